/*
 * What a 304 changes.  Of a large answer only the front is written, where it
 * is, for its body may be gigabytes; a small one, or one whose head has
 * outgrown its place, is copied and renamed.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/wait.h"
#include "store_impl.h"
#include "transfer.h"

#define TURN	(1024 * 1024)	/* bytes copied, then other fibers' turn */

/* A 304, or an answer to HEAD that says as much. */
struct news {
	const struct http_msg *msg;
	time_t		 requested, received;
};

/* open_same - the file of st, to be written to; -1: it is gone, or another has
 * come in its place. */
static int
open_same(struct store *s, const struct stored *st)
{
	struct stat read, named;
	char name[48];
	int fd;

	file_name(&st->key, name);
	fd = openat(s->dirfd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return -1;
	if (fstat(fd, &named) == 0 && fstat(st->fd, &read) == 0 &&
	    named.st_dev == read.st_dev && named.st_ino == read.st_ino)
		return fd;
	close(fd);
	return -1;
}

/* write_front - of the file of fd, if the head fits in where the old one is. */
static bool
write_front(struct exchange *x, const struct stored *st, int fd,
    const struct news *new, const char *vary)
{
	struct store *s = x->p->store;
	struct front fr = { .blob = NULL };
	bool ok = file_lock(fd) &&
	    *serial_of(s, &st->url_key) == x->serial &&
	    front_read(s, fd, FILE_ANSWER, &fr);

	if (ok) {
		fr.fh.requested = new->requested;
		fr.fh.received = new->received;
		fr.fh.stale_at = 0;
		ok = front_text(&fr, x->url, vary, &st->msg, new->msg) &&
		    front_write(s, fd, &fr);
	}
	free(fr.blob);
	return ok;
}

/* in_place - false: it cannot be, or there would be another name for it, by
 * what it varies by now. */
static bool
in_place(struct exchange *x, const struct stored *st, const struct news *new)
{
	struct writer w = { .fd = -1 };
	uint64_t nonce;
	bool ok;
	int fd;

	if (st->fd == -1 || !vary_place(x, new->msg->known[HDR_VARY] != 0 ?
	    new->msg : &st->msg, &w, &nonce) ||
	    memcmp(w.key.b, st->key.b, KEY_LEN) != 0)
		return false;
	fd = open_same(x->p->store, st);
	if (fd == -1)
		return false;
	ok = write_front(x, st, fd, new, w.vary);
	close(fd);
	if (ok)
		store_changed(x->p->store, &st->url_key);
	return ok;
}

/* copy_body - of the stored answer into w. */
static bool
copy_body(const struct stored *st, struct writer *w)
{
	char piece[16384];
	uint64_t done = 0, turn = TURN;
	ssize_t n;

	if (st->body != NULL)
		return writer_add(w, st->body, (size_t)st->body_len) == 0;
	while (done < st->body_len) {
		n = pread(st->fd, piece, st->body_len - done < sizeof(piece) ?
		    (size_t)(st->body_len - done) : sizeof(piece),
		    (off_t)(st->body_off + done));
		if (n <= 0 || writer_add(w, piece, (size_t)n) == -1)
			return false;
		done += (uint64_t)n;
		if (done >= turn) {
			turn += TURN;
			net_pause(0);
		}
	}
	return true;
}

/* copy - all of it, under the same name. */
static bool
copy(struct exchange *x, struct stored *st, const struct news *new)
{
	struct writer w;

	if (!store_write_anew(x, &st->msg, new->msg, st->body_len,
	    new->requested, new->received, &w))
		return false;
	w.max = UINT64_MAX;
	if (!copy_body(st, &w)) {
		writer_abort(&w);
		return false;
	}
	return writer_commit(&w) == 0;
}

bool
store_refresh(struct exchange *x, struct stored *st,
    const struct http_msg *not_modified, time_t requested, time_t received)
{
	struct news new = { not_modified, requested, received };

	if (*serial_of(x->p->store, &st->url_key) != x->serial)
		return false;
	/* damage must not get a good checksum, and is no answer to who asked
	 * whether it is good */
	if (st->body_len > 0 &&
	    !store_check(x->p->store, st, 0, st->body_len - 1))
		return false;
	store_seen(x->p->store, st);
	if (!in_place(x, st, &new) && !copy(x, st, &new))
		return false;
	store_release(st);
	return store_find(x, st);
}
