/*
 * Reading answers: heads, interim answers, and bodies by their framing, in
 * constant memory.  Every end that comes too soon is told from the right one.
 */
#include "transfer.h"

#include <errno.h>
#include <string.h>

#include "http/chunked.h"

#define HEADS_MAX	(512 * 1024)	/* all heads of one answer, bytes */
#define PIECE		65536
#define DROP_MAX	65536	/* a new connection is cheaper than more */

static const struct http_limits limits = {
	.line = 16384, .head = 256 * 1024, .fields = HTTP_FIELDS_MAX,
	.lenient = HTTP_LENIENT_LF | HTTP_LENIENT_FOLD | HTTP_LENIENT_BODY
};

void
response_begin(struct transfer *t)
{
	buf_reset(&t->response.head);
	t->response.final = false;
	t->response.heads = 0;
}

/* head_ended - the connection did, in the middle of a head or before it */
static int
head_ended(struct transfer *t)
{
	struct response *r = &t->response;

	if (r->head.len == 0)
		return fail(t, ST_EMPTY, "the server closed the connection "
		    "without an answer");
	return fail(t, ST_RECV, "the server closed the connection in the "
	    "middle of the answer's head");
}

/* head_got - a complete head stands in the buffer */
static int
head_got(struct transfer *t)
{
	struct response *r = &t->response;

	r->head.len = r->msg.head_len;
	r->heads += r->head.len;
	t->result.size_header += r->head.len;
	trace_head(t, '<', r->head.data, r->head.len);
	if (r->msg.code == 101)
		return fail(t, ST_REPLY, "the server switches to a protocol "
		    "that nobody asked for");
	r->final = r->msg.code >= 200;
	if (!r->final)
		answer_keep(t);
	return ST_OK;
}

int
response_head(struct transfer *t, enum http_method method)
{
	struct conn *c = &t->link->conn;
	struct response *r = &t->response;
	enum http_result result;
	size_t before, n;
	ssize_t got;

	buf_reset(&r->head);
	http_msg_init(&r->msg, &limits);
	for (;;) {
		if (conn_pending(c) == 0 && (got = conn_fill(c)) <= 0)
			return got == 0 ? head_ended(t) :
			    link_error(t, ST_RECV, "waiting for the answer");
		if (t->result.time_starttransfer == 0)
			t->result.time_starttransfer = since(t);
		before = r->head.len;
		n = conn_pending(c);
		if (r->heads + before + n > HEADS_MAX)
			return fail(t, ST_RECV, "the answer's heads are longer "
			    "than %d bytes", HEADS_MAX);
		buf_add(&r->head, conn_data(c), n);
		if (r->head.failed)
			return fail(t, ST_MEMORY, "out of memory");
		result = http_parse_response(&r->msg, r->head.data,
		    r->head.len, method);
		if (result == HTTP_BAD)
			return fail(t, r->msg.code == 0 ? ST_SCHEME : ST_REPLY,
			    "the server's answer: %s", r->msg.reason);
		if (result == HTTP_OK) {
			conn_consume(c, r->msg.head_len - before);
			return head_got(t);
		}
		conn_consume(c, n);
	}
}

int
response_final(struct transfer *t, enum http_method method)
{
	int st = ST_OK;

	while (st == ST_OK && !t->response.final)
		st = response_head(t, method);
	return st;
}

/* -- Bodies --------------------------------------------------------------- */

/* Where a body goes: the output, or nowhere while it is short. */
struct sink {
	struct transfer	*t;
	bool		 drop;
	uint64_t	 got;
};

static int
sink_put(struct sink *s, const char *p, size_t n)
{
	struct transfer *t = s->t;
	int st;

	s->got += n;
	if (s->drop)
		return s->got > DROP_MAX ? ST_PARTIAL : ST_OK;
	st = output_write(t, p, n);
	t->result.size_download += n;
	return st;
}

/* sink_wait - before the network is waited for */
static int
sink_wait(struct sink *s)
{
	struct transfer *t = s->t;

	if (s->drop)
		return ST_OK;
	progress_update(&t->out.progress, t->out.from +
	    t->result.size_download);
	return output_flush(t);
}

static int
cut_short(struct transfer *t, uint64_t got, uint64_t length)
{
	return fail(t, ST_PARTIAL, "the connection ended after %llu of %llu "
	    "bytes", (unsigned long long)got, (unsigned long long)length);
}

/* body_plain - length bytes, or with UINT64_MAX until the connection ends */
static int
body_plain(struct sink *s, uint64_t length)
{
	static char piece[PIECE];
	struct transfer *t = s->t;
	size_t want;
	ssize_t n;
	int st = ST_OK;

	while (st == ST_OK && s->got < length) {
		if ((st = sink_wait(s)) != ST_OK)
			break;
		want = length - s->got < sizeof(piece) ?
		    (size_t)(length - s->got) : sizeof(piece);
		n = conn_read(&t->link->conn, piece, want);
		if (n == -1)
			return link_error(t, ST_RECV, "reading the body");
		if (n == 0)
			return length == UINT64_MAX ? ST_OK :
			    cut_short(t, s->got, length);
		st = sink_put(s, piece, (size_t)n);
	}
	return st;
}

/* trailers - they are shown as heads are, without the empty line */
static int
trailers(struct sink *s)
{
	const size_t empty = sizeof("\r\n") - 1;
	struct transfer *t = s->t;
	struct buf *b = &t->response.before;
	int st = ST_OK;

	if (b->failed)
		return fail(t, ST_MEMORY, "out of memory");
	trace_head(t, '<', b->data, b->len);
	if (t->set->include && !s->drop && b->len > empty)
		st = output_write(t, b->data, b->len - empty);
	buf_reset(b);
	return st;
}

/* chunks - decode what stands in the buffer; *more where it wants more */
static int
chunks(struct sink *s, struct http_chunked *d, bool *more)
{
	struct transfer *t = s->t;
	struct conn *c = &t->link->conn;
	struct http_str out;
	size_t used;
	int st = ST_OK;

	*more = true;
	while (st == ST_OK) {
		switch (http_chunked_next(d, conn_data(c), conn_pending(c),
		    &used, &out)) {
		case HTTP_CHUNK_DATA:
			st = sink_put(s, out.ptr, out.len);
			break;
		case HTTP_CHUNK_TRAILER:
			buf_add(&t->response.before, out.ptr, out.len);
			break;
		case HTTP_CHUNK_DONE:
			conn_consume(c, used);
			*more = false;
			return trailers(s);
		case HTTP_CHUNK_MORE:
			conn_consume(c, used);
			return ST_OK;
		case HTTP_CHUNK_BAD:
			return fail(t, ST_RECV, "the body is not chunked as "
			    "announced: %s", d->reason);
		}
		conn_consume(c, used);
	}
	return st;
}

static int
body_chunked(struct sink *s)
{
	struct transfer *t = s->t;
	struct http_chunked d;
	bool more = true;
	ssize_t n;
	int st;

	http_chunked_init(&d);
	for (;;) {
		st = chunks(s, &d, &more);
		if (st != ST_OK || !more)
			return st;
		if ((st = sink_wait(s)) != ST_OK)
			return st;
		n = conn_fill(&t->link->conn);
		if (n == -1)
			return link_error(t, ST_RECV, "reading the body");
		if (n == 0)
			return fail(t, ST_PARTIAL, "the connection ended after "
			    "%llu bytes, before the last chunk",
			    (unsigned long long)s->got);
	}
}

static int
body(struct sink *s)
{
	const struct http_msg *m = &s->t->response.msg;

	if (m->coded)
		return fail(s->t, ST_CODING, "the body has a transfer coding "
		    "that is not spoken here");
	switch (m->body) {
	case HTTP_BODY_LENGTH:
		return body_plain(s, m->length);
	case HTTP_BODY_CHUNKED:
		return body_chunked(s);
	case HTTP_BODY_CLOSE:
		return body_plain(s, UINT64_MAX);
	default:
		return ST_OK;
	}
}

/* settle - keep the connection only where the next answer's beginning is
 * certain */
static void
settle(struct transfer *t, int st)
{
	const struct http_msg *m = &t->response.msg;
	bool unread = t->set->head && m->body != HTTP_BODY_NONE;

	if (st != ST_OK || !m->keep_alive || m->body == HTTP_BODY_CLOSE ||
	    !t->up.complete || unread)
		link_close(t->link);
}

int
response_body(struct transfer *t)
{
	struct sink s = { .t = t };
	int st = ST_OK, flushed;

	/* -I with another method: there may be one, and nobody wants it. */
	if (!t->set->head)
		st = body(&s);
	flushed = output_flush(t);
	progress_update(&t->out.progress, t->out.from +
	    t->result.size_download);
	if (st == ST_OK)
		st = flushed;
	settle(t, st);
	return st;
}

void
response_drop(struct transfer *t)
{
	const struct http_msg *m = &t->response.msg;
	struct sink s = { .t = t, .drop = true };
	int st = ST_PARTIAL;

	if (m->keep_alive && t->up.complete && !m->coded &&
	    m->body != HTTP_BODY_CLOSE &&
	    (m->body != HTTP_BODY_LENGTH || m->length <= DROP_MAX))
		st = body(&s);
	buf_reset(&t->response.before);
	settle(t, st);
}
