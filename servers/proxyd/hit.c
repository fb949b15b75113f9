/*
 * A stored answer given to a client: conditions first, then ranges, then all
 * of it; from memory in one write, from the file by sendfile(2).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cache.h"
#include "http/conditional.h"
#include "http/date.h"
#include "http/range.h"
#include "transfer.h"

static time_t
now_s(void)
{
	return (time_t)(clock_wall() / NSEC_PER_SEC);
}

uint64_t
hit_length(const struct stored *st)
{
	return st->body_len;
}

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
validators(const struct stored *st, struct http_validators *v)
{
	struct http_str s = http_single(&st->msg, HDR_LAST_MODIFIED);

	memset(v, 0, sizeof(*v));
	v->exists = true;
	v->etag = http_single(&st->msg, HDR_ETAG);
	v->has_modified = s.ptr != NULL &&
	    http_date_parse(s, now_s(), &v->modified) == 0;
	if (!v->has_modified) {
		/* RFC 9111, 4.3.2: else the Date that it came with */
		v->has_modified = true;
		v->modified = st->fresh.date;
	}
}

/* send_part - n bytes of the body from off. */
static void
send_part(struct exchange *x, const struct stored *st, uint64_t off,
    uint64_t n)
{
	int r;

	if (x->req.method == HTTP_M_HEAD || n == 0 || x->quiet)
		return;
	if (st->body == NULL)
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
	unsigned int code = st->msg.code;

	st->msg.code = 304;
	st->msg.phrase = (struct http_slice){ 0, 0 };
	send_head(x, &st->msg, 0, age);
	st->msg.code = (uint16_t)code;
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
	send_part(x, st, r.first, n);
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

/* with_range - 1 where the request's Range has been answered. */
static int
with_range(struct exchange *x, struct stored *st,
    const struct http_validators *v, int64_t age)
{
	struct http_str s = http_single(&x->req, HDR_RANGE);
	struct http_range ranges[HTTP_RANGES_MAX];
	unsigned int n;

	if (s.ptr == NULL || st->msg.code != 200 ||
	    x->req.method != HTTP_M_GET ||
	    !http_if_range(&x->req, v, now_s()))
		return 0;
	switch (http_range_parse(s, st->body_len, ranges, HTTP_RANGES_MAX,
	    &n)) {
	case HTTP_RANGE_OK:
		if (n != 1)	/* several: all of it is an answer, too */
			return 0;
		partial(x, st, ranges[0], age);
		return 1;
	case HTTP_RANGE_UNSATISFIABLE:
		unsatisfiable(x, st);
		return 1;
	default:
		return 0;
	}
}

void
hit_answer(struct exchange *x, struct stored *st)
{
	struct http_validators v;
	int64_t age = policy_age(&st->fresh, now_s());

	validators(st, &v);
	if (st->msg.code == 200) {
		switch (http_conditional(&x->req, &v, now_s())) {
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
		send_part(x, st, 0, st->body_len);
}

/* differs - two answers' validators or lengths say that they are not of one
 * representation. */
static bool
differs(const struct stored *st, const struct http_msg *res, enum http_hdr id)
{
	struct http_str a = http_single(&st->msg, id);
	struct http_str b = http_single(res, id);

	return b.ptr != NULL && (a.ptr == NULL || !http_eq(a, b));
}

void
store_head_says(struct exchange *x, struct stored *st,
    const struct http_msg *res)
{
	uint64_t n;

	if (differs(st, res, HDR_ETAG) || differs(st, res,
	    HDR_LAST_MODIFIED) || (http_decimal(http_single(res,
	    HDR_CONTENT_LENGTH), UINT64_MAX - 1, &n) == 0 &&
	    n != st->body_len))
		store_invalidate(x->p->store, x->url);
}
