/*
 * A stored answer given to a client: conditions first, then ranges, then all
 * of it; from memory in one write, from the file by sendfile(2).
 */
#include "cache.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "http/conditional.h"
#include "http/date.h"
#include "http/range.h"

ssize_t
hit_read(const struct stored *st, void *out, size_t n, uint64_t off)
{
	if (st->fd != -1)
		return pread(st->fd, out, n, (off_t)(st->body_off + off));
	if (off >= st->body_len)
		return 0;
	if (n > st->body_len - off)
		n = (size_t)(st->body_len - off);
	memcpy(out, st->body + off, n);
	return (ssize_t)n;
}

static void
validators(const struct http_msg *m, time_t date, struct http_validators *v)
{
	struct http_str s = http_single(m, HDR_LAST_MODIFIED);

	memset(v, 0, sizeof(*v));
	v->exists = true;
	v->etag = http_single(m, HDR_ETAG);
	v->has_modified = s.ptr != NULL &&
	    http_date_parse(s, cache_now(), &v->modified) == 0;
	if (!v->has_modified && date != 0) {
		/* RFC 9111, 4.3.2: else the Date that it came with */
		v->has_modified = true;
		v->modified = date;
	}
}

bool
hit_has(struct exchange *x, const struct http_msg *res)
{
	struct http_validators v;

	if (res->code != 200)
		return false;
	validators(res, 0, &v);
	return http_conditional(&x->req, &v, cache_now()) ==
	    HTTP_COND_NOT_MODIFIED;
}

/*
 * send_seen - from the file of an earlier run, block by block, each once its
 * checksum has been seen to fit.  Where one does not, the answer is cut: it
 * never comes to the length that its head has told.
 */
static int
send_seen(struct exchange *x, struct stored *st, uint64_t off, uint64_t n)
{
	bool whole = off == 0 && n == st->body_len;
	uint64_t part;

	while (n > 0) {
		part = BLOCK_SIZE - off % BLOCK_SIZE;
		if (part > n)
			part = n;
		if (!store_check(x->p->store, st, off, off + part - 1) ||
		    conn_sendfile(x->c, st->fd, (off_t)(st->body_off + off),
		    part) == -1)
			return -1;
		off += part;
		n -= part;
	}
	if (whole)
		store_seen(x->p->store, st);
	return 0;
}

void
hit_send(struct exchange *x, struct stored *st, uint64_t off, uint64_t n)
{
	int r;

	if (x->req.method == HTTP_M_HEAD || n == 0 || x->quiet || x->broken)
		return;
	if (st->unseen)
		r = send_seen(x, st, off, n);
	else if (st->body == NULL)
		r = conn_sendfile(x->c, st->fd, (off_t)(st->body_off + off),
		    n);
	else if (n <= CONN_BUF_SIZE / 2)
		r = conn_put(x->c, st->body + off, (size_t)n);
	else
		r = conn_write_body(x->c, st->body + off, (size_t)n);
	if (r == -1)
		x->broken = true;
}

/* not_modified - 304 with the stored fields (RFC 9110, 15.4.5). */
static void
not_modified(struct exchange *x, struct stored *st, int64_t age)
{
	st->msg.code = 304;
	st->msg.phrase = (struct http_slice){ 0, 0 };
	send_head(x, &st->msg, 0, age);
	st->msg.code = 200;
}

/* partial - one range: 206. */
static void
partial(struct exchange *x, struct stored *st, struct http_range r,
    int64_t age)
{
	uint64_t n = r.last - r.first + 1;
	char range[HTTP_CONTENT_RANGE_MAX];

	http_content_range(r, st->body_len, range);
	snprintf(x->content_range, sizeof(x->content_range), "%s", range);
	st->msg.code = 206;
	send_head(x, &st->msg, n, age);
	st->msg.code = 200;
	hit_send(x, st, r.first, n);
}

static void
unsatisfiable(struct exchange *x, const struct stored *st)
{
	char fields[128], range[HTTP_CONTENT_RANGE_MAX];

	http_content_range_none(st->body_len, range);
	snprintf(fields, sizeof(fields), "Content-Range: %s\r\n", range);
	reply_text(x, 416, fields, "text/plain; charset=utf-8",
	    "416 Range Not Satisfiable\n");
}

/* is_there - all of each range is in what is stored. */
static bool
is_there(const struct stored *st, const struct http_range *ranges, unsigned n)
{
	unsigned int i, j;

	for (i = 0; st->part && i < n; i++) {
		for (j = 0; j < st->nextents; j++)
			if (ranges[i].first >= st->extents[j].first &&
			    ranges[i].last <= st->extents[j].last)
				break;
		if (j == st->nextents)
			return false;
	}
	return true;
}

/* with_range - the request's Range has been answered. */
static bool
with_range(struct exchange *x, struct stored *st,
    const struct http_validators *v, int64_t age)
{
	struct http_str s = http_single(&x->req, HDR_RANGE);
	struct http_range ranges[HTTP_RANGES_MAX];
	unsigned int n;

	if (s.ptr == NULL || st->msg.code != 200 ||
	    x->req.method != HTTP_M_GET ||
	    !http_if_range(&x->req, v, cache_now()))
		return false;
	switch (http_range_parse(s, st->body_len, ranges, HTTP_RANGES_MAX,
	    &n)) {
	case HTTP_RANGE_OK:
		if (!is_there(st, ranges, n))
			return false;
		if (n == 1)
			partial(x, st, ranges[0], age);
		else
			hit_parts(x, st, ranges, n, age);
		return true;
	case HTTP_RANGE_UNSATISFIABLE:
		unsatisfiable(x, st);
		return true;
	default:
		return false;
	}
}

bool
hit_part(struct exchange *x, struct stored *st)
{
	struct http_validators v;

	validators(&st->msg, st->fresh.date, &v);
	if (http_conditional(&x->req, &v, cache_now()) ==
	    HTTP_COND_NOT_MODIFIED) {
		not_modified(x, st, policy_age(&st->fresh, cache_now()));
		return true;
	}
	return with_range(x, st, &v, policy_age(&st->fresh, cache_now()));
}

void
hit_answer(struct exchange *x, struct stored *st)
{
	struct http_validators v;
	int64_t age = policy_age(&st->fresh, cache_now());

	validators(&st->msg, st->fresh.date, &v);
	if (st->msg.code == 200) {
		switch (http_conditional(&x->req, &v, cache_now())) {
		case HTTP_COND_NOT_MODIFIED:
			not_modified(x, st, age);
			return;
		case HTTP_COND_FAILED:
			reply_error(x, 412, "a precondition failed");
			return;
		default:
			break;
		}
	}
	if (with_range(x, st, &v, age))
		return;
	send_head(x, &st->msg, st->msg.code == 204 ? 0 : st->body_len, age);
	if (st->msg.code != 204)
		hit_send(x, st, 0, st->body_len);
}
