/*
 * A ring of buffers between the thread that moves bytes and the one that
 * hashes them.  The mover waits only where the hasher is a whole ring behind.
 * Neither is woken for a single piece: on a machine that has other things to
 * do, waking costs more than hashing.
 */
#include "hasher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORTH_IT	(HASHER_PIECES / 4)	/* to wake the hasher for */
#define ROOM_AGAIN	(HASHER_PIECES / 2)	/* to wake the mover for */

static char *
piece(const struct hasher *h, size_t i)
{
	return h->buf + i % HASHER_PIECES * HASHER_BUF;
}

static void *
hash(void *arg)
{
	struct hasher *h = arg;
	size_t i;

	pthread_mutex_lock(&h->lock);
	for (;;) {
		while (h->got == h->put && !h->ended) {
			h->idle = true;
			pthread_cond_signal(&h->room);
			pthread_cond_wait(&h->work, &h->lock);
			h->idle = false;
		}
		if (h->got == h->put)
			break;
		i = h->got;
		pthread_mutex_unlock(&h->lock);
		digest_add(&h->digest, piece(h, i), h->len[i % HASHER_PIECES]);
		pthread_mutex_lock(&h->lock);
		h->got++;
		if (h->put - h->got == ROOM_AGAIN)
			pthread_cond_signal(&h->room);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

int
hasher_start(struct hasher *h)
{
	memset(h, 0, sizeof(*h));
	h->buf = malloc((size_t)HASHER_PIECES * HASHER_BUF);
	if (h->buf == NULL || digest_init(&h->digest) == -1) {
		free(h->buf);
		h->buf = NULL;
		errno = ENOMEM;
		return -1;
	}
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->work, NULL);
	pthread_cond_init(&h->room, NULL);
	h->threaded = pthread_create(&h->thread, NULL, hash, h) == 0;
	return 0;
}

/* wait_for - until no more than most pieces are still to be hashed */
static void
wait_for(struct hasher *h, size_t most)
{
	if (h->idle)
		pthread_cond_signal(&h->work);
	while (h->put - h->got > most)
		pthread_cond_wait(&h->room, &h->lock);
}

char *
hasher_buffer(struct hasher *h)
{
	if (!h->threaded)
		return piece(h, h->put);
	pthread_mutex_lock(&h->lock);
	if (h->put - h->got == HASHER_PIECES)
		wait_for(h, ROOM_AGAIN);
	pthread_mutex_unlock(&h->lock);
	return piece(h, h->put);
}

void
hasher_submit(struct hasher *h, size_t n)
{
	if (!h->threaded) {
		digest_add(&h->digest, piece(h, h->put), n);
		return;
	}
	pthread_mutex_lock(&h->lock);
	h->len[h->put++ % HASHER_PIECES] = n;
	if (h->idle && h->put - h->got >= WORTH_IT)
		pthread_cond_signal(&h->work);
	pthread_mutex_unlock(&h->lock);
}

void
hasher_text(struct hasher *h, char text[DIGEST_TEXT])
{
	if (h->threaded) {
		pthread_mutex_lock(&h->lock);
		wait_for(h, 0);
		pthread_mutex_unlock(&h->lock);
	}
	digest_text(&h->digest, text);
}

void
hasher_end(struct hasher *h)
{
	if (h->buf == NULL)
		return;
	if (h->threaded) {
		pthread_mutex_lock(&h->lock);
		h->ended = true;
		pthread_cond_signal(&h->work);
		pthread_mutex_unlock(&h->lock);
		pthread_join(h->thread, NULL);
	}
	pthread_cond_destroy(&h->work);
	pthread_cond_destroy(&h->room);
	pthread_mutex_destroy(&h->lock);
	digest_free(&h->digest);
	free(h->buf);
	h->buf = NULL;
}
