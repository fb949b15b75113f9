/*
 * Answers that are stored in part: a file with the whole's head and, at their
 * places in it, the bytes that have come; its front says which those are.
 * Parts with one strong validator go into one file (RFC 9110, 15.3.7.3; RFC
 * 9111, 3.3 and 3.4), and when all is there it becomes an answer like others.
 */
#include <sys/file.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/wait.h"
#include "store_impl.h"
#include "transfer.h"

/* join - o to e; where both have some bytes, their checksum has to be made
 * anew. */
static void
join(struct extent *e, const struct extent *o)
{
	if (o->last + 1 == e->first)
		e->sum = sum_joined(o->sum, e->sum, e->last - e->first + 1);
	else if (e->last + 1 == o->first)
		e->sum = sum_joined(e->sum, o->sum, o->last - o->first + 1);
	else
		e->again = 1;
	e->again |= o->again;
	e->first = o->first < e->first ? o->first : e->first;
	e->last = o->last > e->last ? o->last : e->last;
}

/* add_extent - in order, joined to those that it touches; false: too many. */
static bool
add_extent(struct front *fr, struct extent e)
{
	struct extent out[EXTENTS_MAX + 1];
	uint32_t i, n = 0;
	bool placed = false;

	for (i = 0; i < fr->fh.nextents; i++) {
		struct extent o = fr->extents[i];

		if (o.first <= e.last + 1 && e.first <= o.last + 1) {
			join(&e, &o);
			continue;
		}
		if (!placed && e.last < o.first) {
			out[n++] = e;
			placed = true;
		}
		out[n++] = o;
	}
	if (!placed)
		out[n++] = e;
	if (n > EXTENTS_MAX)
		return false;
	memcpy(fr->extents, out, n * sizeof(out[0]));
	fr->fh.nextents = n;
	return true;
}

/* same_thing - the stored head in fr and res are of one representation. */
static bool
same_thing(struct front *fr, const struct exchange *x,
    const struct http_msg *res, uint64_t size, struct http_msg *old)
{
	struct http_str a, b = policy_strong(res);

	if (fr->fh.body_len != size || b.ptr == NULL ||
	    fr->fh.url_len != strlen(x->url) ||
	    memcmp(fr->text, x->url, fr->fh.url_len) != 0)
		return false;
	http_msg_init(old, NULL);
	if (http_parse_response(old, fr->text + fr->fh.url_len +
	    fr->fh.vary_len, fr->fh.head_len, HTTP_M_GET) != HTTP_OK)
		return false;
	a = policy_strong(old);
	return a.ptr != NULL && http_eq(a, b);
}

/* go_on - with the file that is there, if it is of the same; its head takes
 * the newer fields over (3.2). */
static bool
go_on(struct exchange *x, const struct http_msg *res, const struct key *k,
    uint64_t size, time_t requested, time_t received, struct writer *w)
{
	struct store *s = x->p->store;
	struct front fr = { .blob = NULL };
	struct http_msg old;
	char name[48];
	bool ok;

	file_name(k, name);
	w->fd = openat(s->dirfd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (w->fd == -1)
		return false;
	ok = file_lock(w->fd) && front_read(s, w->fd, FILE_PART, &fr) &&
	    same_thing(&fr, x, res, size, &old) &&
	    (index_marked(s->index, k) || sums_of_part(s, w->fd,
	    fr.fh.body_at, fr.extents, fr.fh.nextents));
	if (ok) {
		w->at = fr.fh.body_at;
		fr.fh.requested = requested;
		fr.fh.received = received;
		fr.fh.stale_at = 0;
		if (front_text(&fr, x->url, w->vary, &old, res))
			front_write(s, w->fd, &fr);
		flock(w->fd, LOCK_UN);
	} else {
		close(w->fd);
		w->fd = -1;
	}
	free(fr.blob);
	return ok;
}

/* open_file - a new one, under a temporary name, that has nothing yet. */
static bool
open_file(struct front *fr, struct writer *w)
{
	uint64_t front = sizeof(fr->fh) + front_text_len(&fr->fh) +
	    sizeof(fr->extents) + FRONT_SLACK;

	fr->fh.body_at = w->at = (front + 4095) / 4096 * 4096;
	if (fr->fh.body_at > FRONT_MAX ||
	    (w->fd = open_temporary(w->store, &w->id)) == -1)
		return false;
	if (front_write(w->store, w->fd, fr))
		return true;
	writer_abort(w);
	return false;
}

/* make_file - of what is new here. */
static bool
make_file(struct exchange *x, const struct http_msg *res, const struct key *k,
    uint64_t size, uint64_t nonce, time_t requested, time_t received,
    struct writer *w)
{
	struct front fr = { .fh = { .magic = MAGIC, .kind = FILE_PART,
	    .body_len = size, .requested = requested, .received = received,
	    .nonce = nonce }, .blob = NULL };
	bool ok;

	memcpy(fr.fh.url_key, w->url_key.b, KEY_LEN);
	memcpy(fr.fh.key, k->b, KEY_LEN);
	ok = front_text(&fr, x->url, w->vary, res, NULL) && open_file(&fr, w);
	free(fr.blob);
	return ok;
}

bool
store_begin_part(struct exchange *x, const struct http_msg *res,
    time_t requested, time_t received, struct writer *w)
{
	struct store *s = x->p->store;
	struct http_content_range cr;
	struct key k;
	uint64_t nonce;

	*w = (struct writer){ .fd = -1, .part = true, .serial = x->serial };
	if (!policy_part(res, &cr) || cr.size > store_largest(s) ||
	    !vary_place(x, res, w, &nonce))
		return false;
	w->range = cr.range;
	w->max = cr.range.last - cr.range.first + 1;
	part_key(s, &w->key, &k);
	if (go_on(x, res, &k, cr.size, requested, received, w))
		return true;
	/* an answer to If-Range may lack fields of the whole (15.3.7) */
	return x->req.known[HDR_IF_RANGE] == 0 &&
	    make_file(x, res, &k, cr.size, nonce, requested, received, w);
}

/* promote - all is there: it is an answer like others now. */
static bool
promote(struct writer *w, struct front *fr, const char *from)
{
	struct file_head *fh = &fr->fh;
	uint64_t len = fh->body_at + fh->body_len;
	bool small = len <= SMALL_MAX, ok;
	size_t rest = (size_t)((small ? len : fh->body_at) - sizeof(*fh));
	char *bytes = malloc(rest), to[48];

	fh->kind = FILE_ANSWER;
	fh->nextents = 0;
	memcpy(fh->key, w->key.b, KEY_LEN);
	ok = bytes != NULL && pread(w->fd, bytes, rest, sizeof(*fh)) ==
	    (ssize_t)rest && (small || sums_make(w->store, w->fd,
	    fh->body_at, fh->body_len, &w->sums));
	if (!small && ok)
		fh->sums_check = sum_of(0, w->sums.v, w->sums.n *
		    sizeof(w->sums.v[0]));
	if (ok)
		file_check(w->store, fh, bytes, rest, fh->check);
	free(bytes);
	file_name(&w->key, to);
	if (!ok || !write_all(w->fd, fh, sizeof(*fh), 0) ||
	    (!small && !write_all(w->fd, w->sums.v, sums_size(fh->body_len),
	    len)) ||
	    renameat(w->store->dirfd, from, w->store->dirfd, to) == -1)
		return false;
	account(w->store, &w->key, len + sums_size(fh->body_len));
	return true;
}

/* sum_again - what joined pieces had in common. */
static bool
sum_again(struct writer *w, struct front *fr)
{
	struct extent *e = fr->extents;
	uint32_t i;

	for (i = 0; i < fr->fh.nextents; i++) {
		if (e[i].again && !sum_file(w->store, w->fd, fr->fh.body_at +
		    e[i].first, e[i].last - e[i].first + 1, &e[i].sum))
			return false;
		e[i].again = 0;
	}
	return true;
}

/* list_piece - what has come is now among what is there. */
static bool
list_piece(struct writer *w, struct front *fr, const struct key *k)
{
	struct extent e = { w->range.first, w->range.first + w->body - 1,
	    w->sums.sum, 0 };
	char from[48], to[48];
	uint64_t bytes;
	uint32_t i;

	file_name(k, to);
	if (w->id != 0)
		temporary_name(w->id, from);
	else
		file_name(k, from);
	if (!add_extent(fr, e) || !sum_again(w, fr))
		return false;
	if (fr->extents[0].first == 0 &&
	    fr->extents[0].last == fr->fh.body_len - 1) {
		index_drop(w->store->index, k);
		return promote(w, fr, from);
	}
	bytes = fr->fh.body_at;
	for (i = 0; i < fr->fh.nextents; i++)
		bytes += fr->extents[i].last - fr->extents[i].first + 1;
	if (!front_write(w->store, w->fd, fr) || (w->id != 0 &&
	    renameat(w->store->dirfd, from, w->store->dirfd, to) == -1))
		return false;
	account(w->store, k, bytes);
	return true;
}

int
part_commit(struct writer *w)
{
	struct front fr = { .blob = NULL };
	struct key k;
	bool ok;

	if (w->fd == -1)
		return -1;
	part_key(w->store, &w->key, &k);
	ok = w->body > 0 && *serial_of(w->store, &w->url_key) == w->serial &&
	    file_lock(w->fd) && front_read(w->store, w->fd, FILE_PART,
	    &fr) &&
	    list_piece(w, &fr, &k);
	free(fr.blob);
	if (!ok) {
		writer_abort(w);
		return -1;
	}
	close(w->fd);
	w->fd = -1;
	sums_free(&w->sums);
	store_changed(w->store, &w->url_key);
	return 0;
}

uint64_t
store_prefix(const struct stored *st)
{
	return st->nextents > 0 && st->extents[0].first == 0 ?
	    st->extents[0].last + 1 : 0;
}

/* cut_front - of a whole that has not all come: as that of a part, if it can
 * be completed one day. */
static bool
cut_front(const struct writer *w, struct front *fr)
{
	struct http_msg msg;
	struct key k;

	fr->blob = w->at <= FRONT_MAX ? malloc((size_t)w->at) : NULL;
	if (fr->blob == NULL || pread(w->fd, fr->blob, (size_t)w->at, 0) !=
	    (ssize_t)w->at)
		return false;
	memcpy(&fr->fh, fr->blob, sizeof(fr->fh));
	fr->text = fr->blob + sizeof(fr->fh);
	if (fr->fh.announced == UINT64_MAX || w->body >= fr->fh.announced)
		return false;
	fr->fh.kind = FILE_PART;
	fr->fh.body_len = fr->fh.announced;
	part_key(w->store, &w->key, &k);
	memcpy(fr->fh.key, k.b, KEY_LEN);
	http_msg_init(&msg, NULL);
	return http_parse_response(&msg, fr->text + fr->fh.url_len +
	    fr->fh.vary_len, fr->fh.head_len, HTTP_M_GET) == HTTP_OK &&
	    msg.code == 200 && policy_strong(&msg).ptr != NULL;
}

/* copy_cut - the body that has come, from the whole's file into the part's. */
static bool
copy_cut(const struct writer *w, struct writer *part)
{
	char piece[16384];
	ssize_t n;

	while (part->body < w->body) {
		n = pread(w->fd, piece, w->body - part->body < sizeof(piece) ?
		    (size_t)(w->body - part->body) : sizeof(piece),
		    (off_t)(w->at + part->body));
		if (n <= 0 || writer_add(part, piece, (size_t)n) == -1)
			return false;
	}
	return true;
}

void
store_keep_cut(const struct writer *w)
{
	struct front fr = { .blob = NULL };
	struct writer part = *w;

	if (w->fd == -1 || w->part || w->body == 0)
		return;
	part.part = true;
	part.body = 0;
	part.fd = -1;
	part.sums = (struct sums){ .v = NULL };
	if (cut_front(w, &fr) && open_file(&fr, &part)) {
		if (copy_cut(w, &part))
			part_commit(&part);
		else
			writer_abort(&part);
	}
	free(fr.blob);
}
