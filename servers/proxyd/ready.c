/*
 * The fast way of a hit: the answer stands in memory as it goes out, and only
 * Age and the ttl in Cache-Status are written anew.  An entry is made of the
 * bytes that the slow way has just sent, so that both say the same; it goes
 * when the store says that its URL has changed, or when it is no longer fresh.
 * Allocates when an entry is made, never when it is used; takes no lock.
 */
#include "ready.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store_impl.h"

#define SLOTS		2048
#define ANSWER_MAX	(CONN_BUF_SIZE - 64)	/* fits the output buffer */
#define NUMBER_MAX	20			/* digits */

struct entry {
	struct key	 key;
	uint32_t	 generation;
	int64_t		 born, until;	/* wall s: age 0, ttl 0 */
	uint32_t	 url_len, len;
	uint32_t	 piece[3];	/* lengths: to Age, to ttl, the rest */
	char		 type[64];	/* for the log */
	char		 bytes[];	/* URL, then the pieces */
};

struct ready {
	size_t		 most, bytes;
	unsigned int	 hand;
	struct entry	*slot[SLOTS];	/* owned */
};

struct ready *
ready_new(int64_t bytes)
{
	struct ready *r = calloc(1, sizeof(*r));

	if (r != NULL)
		r->most = (size_t)bytes;
	return r;
}

static void
drop(struct ready *r, struct entry **at)
{
	if (*at == NULL)
		return;
	r->bytes -= (*at)->len;
	free(*at);
	*at = NULL;
}

void
ready_free(struct ready *r)
{
	unsigned int i;

	if (r == NULL)
		return;
	for (i = 0; i < SLOTS; i++)
		drop(r, &r->slot[i]);
	free(r);
}

/* slot_of - FNV-1a: who makes two URLs meet gains one slow answer. */
static struct entry **
slot_of(struct ready *r, const char *url, size_t len)
{
	uint64_t h = 14695981039346656037u;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)url[i]) * 1099511628211u;
	return &r->slot[(h ^ h >> 32) % SLOTS];
}

static int64_t
now_s(void)
{
	return clock_wall() / NSEC_PER_SEC;
}

bool
ready_fits(const struct exchange *x)
{
	static const enum http_hdr asks[] = { HDR_CACHE_CONTROL, HDR_PRAGMA,
	    HDR_RANGE, HDR_IF_MATCH, HDR_IF_NONE_MATCH,
	    HDR_IF_MODIFIED_SINCE, HDR_IF_UNMODIFIED_SINCE, HDR_IF_RANGE,
	    HDR_AUTHORIZATION, HDR_EXPECT };
	size_t i;

	if (x->req.method != HTTP_M_GET || x->req.minor != 1 || !x->keep ||
	    x->req.body != HTTP_BODY_NONE || x->req.upgrade)
		return false;
	for (i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		if (x->req.known[asks[i]] != 0)
			return false;
	return true;
}

/* find - a good entry for x's URL. */
static struct entry *
find(const struct exchange *x, size_t len, int64_t now)
{
	struct ready *r = x->p->worker->ready;
	struct entry **at = slot_of(r, x->url, len), *e = *at;

	if (e == NULL || e->url_len != len ||
	    memcmp(e->bytes, x->url, len) != 0)
		return NULL;
	if (now < e->until && now >= e->born && e->generation ==
	    store_generation(x->p->store, &e->key))
		return e;
	drop(r, at);
	return NULL;
}

static char *
put(char *out, const char *bytes, size_t n)
{
	memcpy(out, bytes, n);
	return out + n;
}

static char *
put_number(char *out, int64_t n)
{
	char digits[NUMBER_MAX];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	return put(out, digits + i, sizeof(digits) - i);
}

bool
ready_answer(struct exchange *x)
{
	int64_t now = now_s();
	struct entry *e = find(x, strlen(x->url), now);
	const char *from;
	char *room, *out;

	if (e == NULL)
		return false;
	room = conn_room(x->c, e->len + 2 * (size_t)NUMBER_MAX);
	if (room == NULL)
		return false;
	from = e->bytes + e->url_len;
	out = put(room, from, e->piece[0]);
	out = put_number(out, now - e->born);
	out = put(out, from + e->piece[0], e->piece[1]);
	out = put_number(out, e->until - now);
	out = put(out, from + e->piece[0] + e->piece[1], e->piece[2]);
	conn_wrote(x->c, (size_t)(out - room));
	index_touch(x->p->store->index, &e->key);
	x->status = 200;
	x->began = true;
	x->tag = "TCP_MEM_HIT";
	x->first_byte = serve_now();
	memcpy(x->type, e->type, sizeof(x->type));
	return true;
}

/* digits - how many stand at s. */
static size_t
digits(const char *s, const char *end)
{
	const char *p = s;

	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return (size_t)(p - s);
}

/* The places of an answer's numbers: where each stands, and its end. */
struct places {
	const char	*age, *age_end, *ttl, *ttl_end;
};

/* find_numbers - Age's, and that of our own Cache-Status, the last one. */
static bool
find_numbers(const struct exchange *x, const char *answer, size_t len,
    struct places *p)
{
	const char *end = memmem(answer, len, "\r\n\r\n", 4), *at;
	const char *equals = strstr(x->cache_status, "; hit; ttl=");
	size_t n = strlen(x->cache_status);

	if (end == NULL || equals == NULL)
		return false;
	p->age = memmem(answer, (size_t)(end - answer), "\r\nAge: ", 7);
	at = answer;
	for (p->ttl = NULL; (at = memmem(at, (size_t)(end - at),
	    x->cache_status, n)) != NULL; at += n)
		p->ttl = at + (equals + 11 - x->cache_status);
	if (p->age == NULL || p->ttl == NULL || p->ttl < p->age)
		return false;
	p->age += 7;
	p->age_end = p->age + digits(p->age, end);
	p->ttl_end = p->ttl + digits(p->ttl, end);
	return p->age_end > p->age && p->ttl_end > p->ttl &&
	    memcmp(p->ttl_end, "\r\n", 2) == 0;
}

/* make - an entry of an answer that was sent. */
static struct entry *
make(const struct exchange *x, const struct stored *st, const char *answer,
    size_t len)
{
	struct places p;
	struct entry *e;
	size_t url_len = strlen(x->url);
	int64_t now = now_s(), age = policy_age(&st->fresh, (time_t)now);
	char *out;

	if (!find_numbers(x, answer, len, &p) || st->fresh.lifetime <= age)
		return NULL;
	e = malloc(sizeof(*e) + url_len + len);
	if (e == NULL)
		return NULL;
	e->key = st->url_key;
	e->generation = st->hot->generation;
	e->born = now - age;
	e->until = e->born + st->fresh.lifetime;
	e->url_len = (uint32_t)url_len;
	e->len = (uint32_t)len;
	e->piece[0] = (uint32_t)(p.age - answer);
	e->piece[1] = (uint32_t)(p.ttl - p.age_end);
	e->piece[2] = (uint32_t)(answer + len - p.ttl_end);
	memcpy(e->type, x->type, sizeof(e->type));
	out = put(e->bytes, x->url, url_len);
	out = put(out, answer, e->piece[0]);
	out = put(out, p.age_end, e->piece[1]);
	put(out, p.ttl_end, e->piece[2]);
	return e;
}

void
ready_keep(struct exchange *x, const struct stored *st)
{
	struct ready *r = x->p->worker->ready;
	size_t from = (size_t)(x->out_before - x->c->bytes_out), len;
	struct entry *e, **at;

	if (!x->plain || st->hot == NULL || x->status != 200 || x->broken ||
	    memcmp(&st->key, &st->url_key, sizeof(st->key)) != 0 ||
	    x->c->bytes_out > x->out_before || x->c->out_len <= from)
		return;		/* or part of it is on its way already */
	len = x->c->out_len - from;
	if (len > ANSWER_MAX || len > r->most)
		return;
	e = make(x, st, x->c->out + from, len);
	if (e == NULL)
		return;
	at = slot_of(r, x->url, e->url_len);
	drop(r, at);
	while (r->bytes + e->len > r->most)
		drop(r, &r->slot[r->hand++ % SLOTS]);
	*at = e;
	r->bytes += e->len;
}
