/*
 * Checksums of what is too large to be looked at whenever it is asked for: one
 * for each block of a body, in a table behind it, and one for each piece of a
 * part.  They are made while the bytes come in, and looked at when a file of an
 * earlier run is asked for first: what a power cut or a bad disk has left of it
 * is then a miss.  What this run has written or seen to be good is marked in
 * the index, and goes out without being read here.
 *
 * They are zlib's CRC-32: what is looked for is accident, not malice, and at
 * two gigabytes a second it costs less than reading the file.
 */
#include "store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "base/log.h"
#include "net/wait.h"
#include "store_impl.h"

#define TURN	4	/* blocks, then other fibers' turn */

uint32_t
sum_of(uint32_t sum, const void *data, size_t n)
{
	return (uint32_t)crc32_z(sum, data, n);
}

uint32_t
sum_joined(uint32_t a, uint32_t b, uint64_t b_len)
{
	return (uint32_t)crc32_combine(a, b, (z_off_t)b_len);
}

uint64_t
sums_size(uint64_t body_len)
{
	return (body_len / BLOCK_SIZE + (body_len % BLOCK_SIZE != 0)) *
	    sizeof(uint32_t);
}

/* push - the block that has come to its end. */
static bool
push(struct sums *t)
{
	uint32_t room = t->room == 0 ? 16 : t->room * 2;
	uint32_t *grown;

	if (t->n == t->room) {
		grown = realloc(t->v, room * sizeof(*grown));
		if (grown == NULL)
			return false;
		t->v = grown;
		t->room = room;
	}
	t->v[t->n++] = t->sum;
	t->sum = 0;
	t->in_block = 0;
	return true;
}

bool
sums_add(struct sums *t, const void *data, size_t n)
{
	const char *p = data;
	size_t part;

	while (n > 0) {
		part = BLOCK_SIZE - t->in_block;
		if (part > n)
			part = n;
		t->sum = sum_of(t->sum, p, part);
		t->in_block += (uint32_t)part;
		if (t->in_block == BLOCK_SIZE && !push(t))
			return false;
		p += part;
		n -= part;
	}
	return true;
}

bool
sums_end(struct sums *t)
{
	return t->in_block == 0 || push(t);
}

void
sums_free(struct sums *t)
{
	free(t->v);
	*t = (struct sums){ .v = NULL };
}

bool
sum_file(struct store *s, int fd, uint64_t at, uint64_t n, uint32_t *sum)
{
	ssize_t r;

	*sum = 0;
	while (n > 0) {
		r = pread(fd, s->piece, n < PIECE_SIZE ? (size_t)n :
		    PIECE_SIZE, (off_t)at);
		if (r <= 0)
			return false;
		*sum = sum_of(*sum, s->piece, (size_t)r);
		at += (uint64_t)r;
		n -= (uint64_t)r;
	}
	return true;
}

bool
sums_table_is_good(struct store *s, int fd, const struct file_head *fh)
{
	uint32_t sum;

	return sum_file(s, fd, fh->body_at + fh->body_len,
	    sums_size(fh->body_len), &sum) && sum == fh->sums_check;
}

bool
sums_are_good(struct store *s, int fd, uint64_t body_at, uint64_t body_len,
    uint64_t first, uint64_t last)
{
	uint64_t i, at, n;
	uint32_t want, sum;

	for (i = first / BLOCK_SIZE; i <= last / BLOCK_SIZE; i++) {
		at = i * BLOCK_SIZE;
		n = body_len - at < BLOCK_SIZE ? body_len - at : BLOCK_SIZE;
		if (pread(fd, &want, sizeof(want), (off_t)(body_at + body_len +
		    i * sizeof(want))) != (ssize_t)sizeof(want) ||
		    !sum_file(s, fd, body_at + at, n, &sum) || sum != want)
			return false;
		if (i % TURN == TURN - 1 && i < last / BLOCK_SIZE)
			net_pause(0);
	}
	return true;
}

bool
sums_of_part(struct store *s, int fd, uint64_t body_at,
    const struct extent *e, uint32_t n)
{
	uint32_t i, sum, whole;
	uint64_t at, len;

	for (i = 0; i < n; i++) {
		whole = 0;
		for (at = e[i].first; at <= e[i].last; at += len) {
			len = e[i].last + 1 - at;
			if (len > TURN * BLOCK_SIZE)
				len = TURN * BLOCK_SIZE;
			if (!sum_file(s, fd, body_at + at, len, &sum))
				return false;
			whole = at == e[i].first ? sum :
			    sum_joined(whole, sum, len);
			if (at + len <= e[i].last)
				net_pause(0);
		}
		if (whole != e[i].sum)
			return false;
	}
	return true;
}

bool
sums_make(struct store *s, int fd, uint64_t body_at, uint64_t body_len,
    struct sums *t)
{
	uint64_t at, n;

	for (at = 0; at < body_len; at += n) {
		n = body_len - at < BLOCK_SIZE ? body_len - at : BLOCK_SIZE;
		if (!sum_file(s, fd, body_at + at, n, &t->sum) || !push(t))
			return false;
		if (t->n % TURN == 0)
			net_pause(0);
	}
	return true;
}

void
store_damaged(struct store *s, const struct key *k, const char *what)
{
	char name[48];

	file_name(k, name);
	log_warnx("cache: %s is %s", name, what);
	unlinkat(s->dirfd, name, 0);
	index_drop(s->index, k);
}

bool
store_check(struct store *s, struct stored *st, uint64_t first, uint64_t last)
{
	if (!st->unseen)
		return true;
	if (sums_are_good(s, st->fd, st->body_off, st->body_len, first, last))
		return true;
	store_damaged(s, &st->key, "damaged: removed, and an answer cut");
	st->damaged = true;
	return false;
}

void
store_seen(struct store *s, struct stored *st)
{
	if (st->unseen)
		index_mark(s->index, &st->key);
	st->unseen = false;
}
