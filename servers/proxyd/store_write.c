/*
 * What changes the store's files.  Every one is written under a temporary name
 * and renamed when it is complete; a full disk makes the cache smaller and
 * fails no request.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "store_impl.h"
#include "transfer.h"

#define VICTIMS	16	/* removed for one that comes, at the most */

void
temporary_name(uint64_t id, char out[48])
{
	snprintf(out, 48, "tmp/%016llx", (unsigned long long)id);
}

int
open_temporary(struct store *s, uint64_t *id)
{
	char name[48];
	int fd;

	*id = atomic_fetch_add(&s->shared->next_temporary, 1);
	temporary_name(*id, name);
	do
		fd = openat(s->dirfd, name, O_RDWR | O_CREAT | O_EXCL |
		    O_CLOEXEC, 0600);
	while (fd == -1 && errno == ENOSPC && make_room(s));
	return fd;
}

bool
write_all(int fd, const void *data, size_t n, uint64_t at)
{
	const char *p = data;
	ssize_t r;

	while (n > 0) {
		r = pwrite(fd, p, n, (off_t)at);
		if (r == -1 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		p += r;
		n -= (size_t)r;
		at += (uint64_t)r;
	}
	return true;
}

/* remove_files - what the index has given up. */
static void
remove_files(struct store *s, const struct key *out, int n)
{
	char name[48];

	while (n-- > 0) {
		file_name(&out[n], name);
		unlinkat(s->dirfd, name, 0);
		store_changed(s, &out[n]);
	}
}

bool
make_room(struct store *s)
{
	struct key out[VICTIMS];
	int n = index_evict(s->index, out, VICTIMS);

	remove_files(s, out, n);
	return n > 0;
}

void
account_found(struct store *s, const struct key *k, uint64_t bytes)
{
	struct key out[VICTIMS];

	remove_files(s, out, index_add(s->index, k, bytes,
	    (uint64_t)s->size, out, VICTIMS));
}

void
account(struct store *s, const struct key *k, uint64_t bytes)
{
	account_found(s, k, bytes);
	index_mark(s->index, k);
}

bool
forget(struct store *s, const struct key *k)
{
	char name[48];

	file_name(k, name);
	if (unlinkat(s->dirfd, name, 0) == -1)
		return false;
	index_drop(s->index, k);
	return true;
}

void
part_key(struct store *s, const struct key *k, struct key *out)
{
	digest_begin(s);
	digest_add(s, "part", 4);
	digest_add(s, k->b, KEY_LEN);
	digest_end(s, out->b);
}

_Atomic uint32_t *
serial_of(struct store *s, const struct key *url_key)
{
	uint32_t n = (uint32_t)url_key->b[2] << 8 | url_key->b[3];

	return &s->shared->serial[n % SERIALS];
}

/* write_some - a full disk takes it where something else can go. */
static bool
write_some(struct writer *w, const void *data, size_t n, uint64_t at)
{
	while (!write_all(w->fd, data, n, at))
		if (errno != ENOSPC || !make_room(w->store))
			return false;
	return true;
}

uint64_t
store_largest(const struct store *s)
{
	int64_t room = s->size - s->size / 8;

	return (uint64_t)(s->max_object < room ? s->max_object : room);
}

/* add_slack - a head that becomes longer fits in later, before a body that is
 * too large to be copied for that. */
static void
add_slack(struct buf *b)
{
	static const char zeros[FRONT_SLACK];

	buf_add(b, zeros, sizeof(zeros));
}

/* put_front - into a new temporary file: all but the body and the check. */
static bool
put_front(struct exchange *x, struct file_head *fh, const struct http_msg *res,
    const struct http_msg *by, struct writer *w)
{
	struct buf b = { 0 };
	bool ok;

	buf_add(&b, fh, sizeof(*fh));
	buf_adds(&b, x->url);
	buf_adds(&b, w->vary);
	w->at = b.len;
	add_head(&b, res, by);
	fh->head_len = (uint32_t)(b.len - w->at);
	if (fh->announced > SMALL_MAX && fh->announced != UINT64_MAX)
		add_slack(&b);
	fh->body_at = w->at = b.len;
	ok = !b.failed && fh->head_len <= HEAD_MAX &&
	    (w->fd = open_temporary(w->store, &w->id)) != -1;
	if (ok) {
		memcpy(b.data, fh, sizeof(*fh));
		ok = write_some(w, b.data, b.len, 0);
		if (!ok)
			writer_abort(w);
	}
	buf_free(&b);
	return ok;
}

bool
store_write_anew(struct exchange *x, const struct http_msg *res,
    const struct http_msg *by, uint64_t announced, time_t requested,
    time_t received, struct writer *w)
{
	struct file_head fh = { .magic = MAGIC, .kind = FILE_ANSWER,
	    .url_len = (uint32_t)strlen(x->url), .body_len = UINT64_MAX,
	    .announced = announced, .requested = requested,
	    .received = received };

	*w = (struct writer){ .fd = -1, .max = store_largest(x->p->store) };
	if (!vary_place(x, by != NULL && by->known[HDR_VARY] != 0 ? by : res,
	    w, &fh.nonce))
		return false;
	w->serial = x->serial;
	fh.vary_len = (uint32_t)strlen(w->vary);
	memcpy(fh.url_key, w->url_key.b, KEY_LEN);
	memcpy(fh.key, w->key.b, KEY_LEN);
	return put_front(x, &fh, res, by, w);
}

void
store_asked(struct exchange *x)
{
	struct key k;

	store_key(x->p->store, x->url, &k);
	x->serial = *serial_of(x->p->store, &k);
}

bool
store_begin(struct exchange *x, const struct http_msg *res, time_t requested,
    time_t received, struct writer *w)
{
	if (res->body == HTTP_BODY_LENGTH &&
	    res->length > store_largest(x->p->store))
		return false;
	return store_write_anew(x, res, NULL, res->body == HTTP_BODY_LENGTH ?
	    res->length : UINT64_MAX, requested, received, w);
}

void
writer_abort(struct writer *w)
{
	char name[48];

	sums_free(&w->sums);
	if (w->fd == -1)
		return;
	if (w->id != 0) {
		temporary_name(w->id, name);
		unlinkat(w->store->dirfd, name, 0);
	}
	close(w->fd);
	w->fd = -1;
}

int
writer_add(struct writer *w, const void *data, size_t n)
{
	if (w->fd == -1)
		return -1;
	if (w->body + n > w->max || !write_some(w, data, n, w->at +
	    w->range.first + w->body) ||
	    (!w->part && !sums_add(&w->sums, data, n))) {
		/* what came of a part is kept: the caller commits it */
		if (!w->part)
			writer_abort(w);
		return -1;
	}
	if (w->part)
		w->sums.sum = sum_of(w->sums.sum, data, n);
	w->body += n;
	return 0;
}

/* seal - the length and the check into the file's front. */
static bool
seal(struct writer *w)
{
	struct file_head fh;
	uint64_t meta = w->at, len = meta + w->body;
	bool small = len <= SMALL_MAX, ok;
	size_t rest = (size_t)((small ? len : meta) - sizeof(fh));
	char *bytes = malloc(rest);

	if (bytes == NULL)
		return false;
	ok = pread(w->fd, &fh, sizeof(fh), 0) == (ssize_t)sizeof(fh) &&
	    pread(w->fd, bytes, rest, sizeof(fh)) == (ssize_t)rest;
	fh.body_len = w->body;
	if (!small && ok) {
		ok = sums_end(&w->sums);
		fh.sums_check = sum_of(0, w->sums.v, w->sums.n *
		    sizeof(w->sums.v[0]));
	}
	if (ok)
		file_check(w->store, &fh, bytes, rest, fh.check);
	free(bytes);
	/* the length first: who reads the file as it grows then knows that
	 * what comes behind the body is none of it */
	return ok && write_some(w, &fh, sizeof(fh), 0) && (small ||
	    write_some(w, w->sums.v, sums_size(w->body), len));
}

int
writer_commit(struct writer *w)
{
	char from[48], to[48];
	struct key part;
	bool ok;

	if (w->part)
		return part_commit(w);
	if (w->fd == -1)
		return -1;
	temporary_name(w->id, from);
	file_name(&w->key, to);
	/* what was asked for before it was made untrue is not stored after */
	ok = *serial_of(w->store, &w->url_key) == w->serial && seal(w) &&
	    renameat(w->store->dirfd, from, w->store->dirfd, to) == 0;
	if (!ok) {
		writer_abort(w);
		return -1;
	}
	close(w->fd);
	w->fd = -1;
	sums_free(&w->sums);
	store_changed(w->store, &w->url_key);
	account(w->store, &w->key, w->at + w->body + sums_size(w->body));
	part_key(w->store, &w->key, &part);
	forget(w->store, &part);
	return 0;
}
