/*
 * A ring of buffers between the thread that moves bytes and the one that
 * hashes them.  The mover waits only where the hasher is a whole ring behind.
 */
#include "hasher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
		while (h->got == h->put && !h->ended)
			pthread_cond_wait(&h->changed, &h->lock);
		if (h->got == h->put)
			break;
		i = h->got;
		pthread_mutex_unlock(&h->lock);
		digest_add(&h->digest, piece(h, i), h->len[i % HASHER_PIECES]);
		pthread_mutex_lock(&h->lock);
		h->got++;
		pthread_cond_signal(&h->changed);
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
	pthread_cond_init(&h->changed, NULL);
	h->threaded = pthread_create(&h->thread, NULL, hash, h) == 0;
	return 0;
}

/* wait_until_behind - until fewer than most pieces are to be hashed */
static void
wait_until_behind(struct hasher *h, size_t most)
{
	if (!h->threaded)
		return;
	pthread_mutex_lock(&h->lock);
	while (h->put - h->got >= most)
		pthread_cond_wait(&h->changed, &h->lock);
	pthread_mutex_unlock(&h->lock);
}

char *
hasher_buffer(struct hasher *h)
{
	wait_until_behind(h, HASHER_PIECES);
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
	pthread_cond_signal(&h->changed);
	pthread_mutex_unlock(&h->lock);
}

void
hasher_text(struct hasher *h, char text[DIGEST_TEXT])
{
	wait_until_behind(h, 1);
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
		pthread_cond_signal(&h->changed);
		pthread_mutex_unlock(&h->lock);
		pthread_join(h->thread, NULL);
	}
	pthread_cond_destroy(&h->changed);
	pthread_mutex_destroy(&h->lock);
	digest_free(&h->digest);
	free(h->buf);
	h->buf = NULL;
}
