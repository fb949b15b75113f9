/*
 * A bad network on purpose.  Answers that have to wait stand in a heap by the
 * time at which they are due; their bytes lie in blocks of one piece of memory
 * that is taken at the start.  Nothing here allocates after faults_new.
 */
#include "servers/pingd/faults.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define BLOCK		2048			/* bytes */
#define BLOCKS		(FAULTS_BYTES / BLOCK)
#define NONE		UINT32_MAX

/* How long an answer that is to be overtaken waits for another one. */
#define OVERTAKE_NS	(2 * NSEC_PER_SEC)

struct held {
	int64_t		 due;		/* monotonic ns */
	uint64_t	 order;		/* among those due at once */
	struct dgram_port *port;
	struct ipaddr	 peer, local;
	uint32_t	 len, block;	/* the first of its blocks */
	int		 overtake;	/* goes after the next to this peer */
};

struct faults {
	struct faults_conf conf;	/* its text is not ours: unused here */
	uint64_t	 seed, random, order;
	uint32_t	 nheld, nfree, free;	/* held; blocks; the first */
	uint32_t	 overtaking;	/* held with overtake set */
	struct held	 heap[FAULTS_HELD];
	uint32_t	 next[BLOCKS];
	char		 whole[DGRAM_MAX];
	char		 bytes[BLOCKS][BLOCK];
};

int
faults_wanted(const struct faults_conf *c)
{
	return c->loss > 0 || c->loss_down > 0 || c->duplicate > 0 ||
	    c->reorder > 0 || c->corrupt > 0 || c->delay_ms > 0 ||
	    c->jitter_ms > 0;
}

struct faults *
faults_new(const struct faults_conf *conf, uint64_t seed)
{
	struct faults *f = malloc(sizeof(*f));
	uint32_t i;

	if (f == NULL)
		return NULL;
	memset(f, 0, offsetof(struct faults, heap));
	f->conf = *conf;
	f->seed = seed;
	for (i = 0; i < BLOCKS; i++)
		f->next[i] = i + 1 < BLOCKS ? i + 1 : NONE;
	f->nfree = BLOCKS;
	faults_start(f, 0);
	return f;
}

/* Children that share a port must not all lose the same datagrams. */
void
faults_start(struct faults *f, int process)
{
	f->random = f->seed + (uint64_t)process * 0xda942042e4dd58b5ULL;
}

void
faults_free(struct faults *f)
{
	free(f);
}

/* draw - splitmix64 (Steele, Lea, Flood: Fast splittable generators, 2014). */
static uint64_t
draw(struct faults *f)
{
	uint64_t x = f->random += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* fraction - 0 to 1, never 1. */
static double
fraction(struct faults *f)
{
	return (double)(draw(f) >> 11) * 0x1p-53;
}

/* happens - nothing is drawn for what was not asked for, so that a seed means
 * the same loss with other faults or without. */
static int
happens(struct faults *f, double percent)
{
	return percent > 0 && fraction(f) * 100 < percent;
}

int
faults_lose(struct faults *f)
{
	return happens(f, f->conf.loss);
}

/* -- The heap ------------------------------------------------------------- */

static int
before(const struct held *a, const struct held *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void
swap(struct faults *f, uint32_t a, uint32_t b)
{
	struct held t = f->heap[a];

	f->heap[a] = f->heap[b];
	f->heap[b] = t;
}

static void
sift_up(struct faults *f, uint32_t i)
{
	uint32_t above;

	for (; i > 0 && i < sizeof(f->heap) / sizeof(f->heap[0]); i = above) {
		above = (i - 1) / 2;
		if (!before(&f->heap[i], &f->heap[above]))
			return;
		swap(f, i, above);
	}
}

static void
sift_down(struct faults *f, uint32_t i)
{
	uint32_t least, kid;

	for (;;) {
		least = i;
		for (kid = 2 * i + 1; kid <= 2 * i + 2; kid++)
			if (kid < f->nheld &&
			    before(&f->heap[kid], &f->heap[least]))
				least = kid;
		if (least == i)
			return;
		swap(f, i, least);
		i = least;
	}
}

/* -- Blocks --------------------------------------------------------------- */

static uint32_t
store(struct faults *f, const char *data, size_t len)
{
	uint32_t need = (uint32_t)(len / BLOCK + 1), first = f->free, b;
	size_t n;

	f->nfree -= need;
	for (b = first;; b = f->next[b]) {
		n = len < BLOCK ? len : BLOCK;
		memcpy(f->bytes[b], data, n);
		data += n;
		len -= n;
		if (--need == 0)
			break;
	}
	f->free = f->next[b];
	f->next[b] = NONE;
	return first;
}

/* fetch - the bytes, and the blocks are free again. */
static const char *
fetch(struct faults *f, const struct held *h)
{
	uint32_t b = h->block, next;
	size_t at, n;

	for (at = 0; b != NONE; at += BLOCK, b = next) {
		n = h->len - at < BLOCK ? h->len - at : BLOCK;
		memcpy(f->whole + at, f->bytes[b], n);
		next = f->next[b];
		f->next[b] = f->free;
		f->free = b;
		f->nfree++;
	}
	return f->whole;
}

/* -- Answers -------------------------------------------------------------- */

/* hold - until due; what there is no room for is lost. */
static void
hold(struct faults *f, struct dgram_port *port, const struct dgram *d,
    const char *data, size_t len, int64_t due, int overtake)
{
	struct held *h = &f->heap[f->nheld];

	if (f->nheld == FAULTS_HELD || f->nfree < len / BLOCK + 1)
		return;
	memset(h, 0, sizeof(*h));
	h->due = due;
	h->order = f->order++;
	h->port = port;
	h->peer = d->peer;
	if (!d->many)
		h->local = d->local;
	h->len = (uint32_t)len;
	h->block = store(f, data, len);
	h->overtake = overtake;
	f->overtaking += overtake != 0;
	sift_up(f, f->nheld++);
}

/* release - those that waited for another answer to this peer, which was given
 * now: they follow it, whatever its delay. */
static void
release(struct faults *f, const struct ipaddr *peer, int64_t now)
{
	int64_t due = now + 1 +
	    (f->conf.delay_ms + f->conf.jitter_ms) * NSEC_PER_MSEC;
	uint32_t i;

	for (i = 0; i < f->nheld && f->overtaking > 0; i++) {
		if (!f->heap[i].overtake ||
		    !ipaddr_equal(&f->heap[i].peer, peer))
			continue;
		f->heap[i].overtake = 0;
		f->overtaking--;
		if (due >= f->heap[i].due)
			continue;
		f->heap[i].due = due;
		/* It moves up; what takes its place was looked at already. */
		sift_up(f, i);
	}
}

static int64_t
pause_of(struct faults *f)
{
	double ns = (double)f->conf.delay_ms * NSEC_PER_MSEC;

	if (f->conf.jitter_ms > 0)
		ns += fraction(f) * (double)f->conf.jitter_ms * NSEC_PER_MSEC;
	return (int64_t)ns;
}

/* give - now, or after its delay. */
static void
give(struct faults *f, struct dgram_port *port, const struct dgram *d,
    const char *data, size_t len, int64_t now)
{
	int64_t pause = pause_of(f);

	if (pause > 0)
		hold(f, port, d, data, len, now + pause, 0);
	else
		dgram_reply(port, d, data, len);
}

int
faults_answer(struct faults *f, struct dgram_port *port,
    const struct dgram *d, char *data, size_t len)
{
	int64_t now = clock_mono();
	int copies;

	if (happens(f, f->conf.loss_down))
		return 0;
	if (happens(f, f->conf.corrupt) && len > 0)
		data[draw(f) % len] ^= (char)(1 << draw(f) % 7);
	copies = 1 + happens(f, f->conf.duplicate);
	if (happens(f, f->conf.reorder)) {
		hold(f, port, d, data, len, now + OVERTAKE_NS, 1);
		return f->nheld > 0;
	}
	while (copies-- > 0)
		give(f, port, d, data, len, now);
	if (f->overtaking > 0)
		release(f, &d->peer, now);
	return f->nheld > 0;
}

int64_t
faults_due(const struct faults *f)
{
	return f->nheld > 0 ? f->heap[0].due : CLOCK_NEVER;
}

int64_t
faults_timer(struct faults *f, int64_t now)
{
	struct dgram_port *port = NULL;
	struct held h;

	while (f->nheld > 0 && f->heap[0].due <= now) {
		h = f->heap[0];
		f->heap[0] = f->heap[--f->nheld];
		sift_down(f, 0);
		f->overtaking -= h.overtake != 0;
		if (port != NULL && port != h.port)
			dgram_flush(port);
		port = h.port;
		dgram_send(port, &h.peer, &h.local, fetch(f, &h), h.len);
	}
	if (port != NULL)
		dgram_flush(port);
	return faults_due(f);
}
