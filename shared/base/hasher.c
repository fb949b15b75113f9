/*
 * A ring of pieces between the thread that moves bytes and the one that hashes
 * them.  The mover waits only where the hasher is a whole ring behind.  Neither
 * is woken for little: on a machine that has other things to do, waking costs
 * more than hashing.
 */
#include "base/hasher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

#define READ_BUF	(256 * 1024)		/* bytes of a file at once */
#define MUCH		(1024 * 1024)		/* bytes to make a thread for */
#define WORTH_IT	(1024 * 1024)		/* to wake it for */
#define ROOM_AGAIN	(HASHER_PIECES / 2)	/* pieces; to wake the mover */
#define RING_AGAIN	(HASHER_RING / 2)	/* bytes in it; likewise */

/* hash_range - of a file; 0, or errno. */
static int
hash_range(struct hasher *h, const struct hasher_piece *p)
{
	size_t done = 0, part;
	ssize_t r;

	if (h->buf == NULL && (h->buf = buf_pages(READ_BUF)) == NULL)
		return ENOMEM;
	while (done < p->len) {
		part = p->len - done < READ_BUF ? p->len - done : READ_BUF;
		r = pread(p->fd, h->buf, part, (off_t)(p->off + done));
		if (r == -1 && errno == EINTR)
			continue;
		if (r <= 0)
			return r == 0 ? ENODATA : errno;
		digest_add(&h->digest, h->buf, (size_t)r);
		done += (size_t)r;
	}
	return 0;
}

/* hash_piece - 0, or errno. */
static int
hash_piece(struct hasher *h, const struct hasher_piece *p)
{
	if (p->fd != -1)
		return hash_range(h, p);
	digest_add(&h->digest, h->ring + p->off % HASHER_RING, p->len);
	return 0;
}

/* is_enough - whether the mover need not wait. */
static bool
is_enough(const struct hasher *h)
{
	return h->put - h->got <= h->most &&
	    h->ring_put - h->ring_got <= h->ring_most;
}

/* hashed - so says whoever has done it. */
static void
hashed(struct hasher *h, const struct hasher_piece *p, int error)
{
	h->error = error;
	if (p->fd == -1)
		h->ring_got += p->len;
}

static void *
hash(void *arg)
{
	struct hasher *h = arg;
	struct hasher_piece p;
	int error;

	pthread_mutex_lock(&h->lock);
	for (;;) {
		while (h->got == h->put && !h->ended) {
			h->idle = true;
			pthread_cond_signal(&h->room);
			pthread_cond_wait(&h->work, &h->lock);
			h->idle = false;
		}
		if (h->ended)
			break;
		p = h->piece[h->taken++ % HASHER_PIECES];
		error = h->error;
		pthread_mutex_unlock(&h->lock);
		if (error == 0)
			error = hash_piece(h, &p);
		pthread_mutex_lock(&h->lock);
		hashed(h, &p, error);
		h->got++;
		h->behind -= p.len;
		if (is_enough(h))
			pthread_cond_signal(&h->room);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

int
hasher_start(struct hasher *h)
{
	memset(h, 0, sizeof(*h));
	return digest_init(&h->digest);
}

void
hasher_go_on(struct hasher *h, struct digest *d)
{
	memset(h, 0, sizeof(*h));
	h->digest = *d;
	d->ctx = NULL;
}

/* make_thread - unless that has failed before */
static bool
make_thread(struct hasher *h)
{
	if (h->alone)
		return false;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->work, NULL);
	pthread_cond_init(&h->room, NULL);
	h->threaded = pthread_create(&h->thread, NULL, hash, h) == 0;
	h->alone = !h->threaded;
	return h->threaded;
}

/* wait_for - until no more than most pieces are still to be hashed, and no more
 * than ring_most bytes of the ring */
static void
wait_for(struct hasher *h, size_t most, uint64_t ring_most)
{
	h->most = most;
	h->ring_most = ring_most;
	if (h->idle)
		pthread_cond_signal(&h->work);
	while (!is_enough(h))
		pthread_cond_wait(&h->room, &h->lock);
}

char *
hasher_buffer(struct hasher *h, size_t *room)
{
	const size_t at = h->ring_put % HASHER_RING;

	if (h->ring == NULL)
		h->ring = buf_pages(HASHER_RING);
	if (h->ring == NULL)
		return NULL;
	*room = HASHER_RING - at < HASHER_BUF ? HASHER_RING - at : HASHER_BUF;
	if (!h->threaded)
		return h->ring + at;
	pthread_mutex_lock(&h->lock);
	if (h->ring_put - h->ring_got > HASHER_RING - *room)
		wait_for(h, HASHER_PIECES, RING_AGAIN);
	pthread_mutex_unlock(&h->lock);
	return h->ring + at;
}

/* extend - the last piece, where the thread has not begun it and p goes on
 * where it ends, in one. */
static bool
extend(struct hasher *h, const struct hasher_piece *p)
{
	struct hasher_piece *last = &h->piece[(h->put - 1) % HASHER_PIECES];

	if (h->put == h->taken || last->fd != p->fd ||
	    last->off + last->len != p->off ||
	    (p->fd == -1 && p->off % HASHER_RING == 0) ||
	    last->len + p->len > HASHER_RANGE)
		return false;
	last->len += p->len;
	return true;
}

static void
submit(struct hasher *h, const struct hasher_piece *p)
{
	if (!h->threaded && (h->total < MUCH || !make_thread(h))) {
		h->total += p->len;
		h->ring_put += p->fd == -1 ? p->len : 0;
		hashed(h, p, h->error != 0 ? h->error : hash_piece(h, p));
		return;
	}
	pthread_mutex_lock(&h->lock);
	h->ring_put += p->fd == -1 ? p->len : 0;
	if (!extend(h, p)) {
		if (h->put - h->got == HASHER_PIECES)
			wait_for(h, ROOM_AGAIN, HASHER_RING);
		h->piece[h->put++ % HASHER_PIECES] = *p;
	}
	h->behind += p->len;
	if (h->idle && h->behind >= WORTH_IT)
		pthread_cond_signal(&h->work);
	pthread_mutex_unlock(&h->lock);
}

void
hasher_submit(struct hasher *h, size_t n)
{
	struct hasher_piece p = { .fd = -1, .len = n, .off = h->ring_put };

	submit(h, &p);
}

void
hasher_file(struct hasher *h, int fd, uint64_t off, uint64_t n)
{
	struct hasher_piece p = { .fd = fd, .off = off };

	for (; n > 0; n -= p.len, p.off += p.len) {
		p.len = n < HASHER_RANGE ? (size_t)n : HASHER_RANGE;
		submit(h, &p);
	}
}

int
hasher_text(struct hasher *h, char text[DIGEST_TEXT])
{
	text[0] = '\0';
	if (h->threaded) {
		pthread_mutex_lock(&h->lock);
		wait_for(h, 0, 0);
		pthread_mutex_unlock(&h->lock);
	}
	if (h->error != 0) {
		errno = h->error;
		return -1;
	}
	digest_text(&h->digest, text);
	if (text[0] != '\0')
		return 0;
	errno = ENOMEM;
	return -1;
}

void
hasher_end(struct hasher *h)
{
	if (h->digest.ctx == NULL)
		return;
	if (h->threaded) {
		pthread_mutex_lock(&h->lock);
		h->ended = true;
		pthread_cond_signal(&h->work);
		pthread_mutex_unlock(&h->lock);
		pthread_join(h->thread, NULL);
		pthread_cond_destroy(&h->work);
		pthread_cond_destroy(&h->room);
		pthread_mutex_destroy(&h->lock);
	}
	digest_free(&h->digest);
	free(h->ring);
	free(h->buf);
	h->ring = h->buf = NULL;
}
