/*
 * Request bodies.  Nobody here has a use for one, but where it ends the next
 * request begins, so it is read by the rules and dropped, within limits.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http/chunked.h"
#include "request.h"

int
request_keep_head(struct request *r)
{
	size_t n = r->msg.head_len;

	if (r->copy != NULL)
		return 0;
	r->copy = malloc(n);
	if (r->copy == NULL) {
		reply_refuse(r, 503, "no memory for a request's head");
		return -1;
	}
	memcpy(r->copy, conn_data(r->c), n);
	http_rebase(&r->msg, r->copy);
	conn_consume(r->c, n);
	return 0;
}

/* more - wait for more of the body. */
static int
more(struct request *r)
{
	ssize_t n = conn_fill(r->c);

	if (n > 0)
		return 0;
	if (n == 0)
		reply_refuse(r, 400, "the request ends in its body");
	else if (errno == ETIMEDOUT)
		reply_refuse(r, 408, "the body took too long");
	else
		r->failed = true;
	return -1;
}

static int
drop_length(struct request *r)
{
	uint64_t left = r->msg.length, have;

	for (;;) {
		have = conn_pending(r->c);
		if (have > left)
			have = left;
		conn_consume(r->c, (size_t)have);
		left -= have;
		if (left == 0)
			return 0;
		if (more(r) == -1)
			return -1;
	}
}

/*
 * drop_chunked - the decoder is asked again where no bytes are left, too: the
 * end may come with the last of them, behind the trailer.
 */
static int
drop_chunked(struct request *r)
{
	uint64_t most = (uint64_t)r->h->max_body;
	struct http_chunked ch;
	struct http_str out;
	size_t used;

	http_chunked_init(&ch);
	for (;;) {
		enum http_chunk got = http_chunked_next(&ch, conn_data(r->c),
		    conn_pending(r->c), &used, &out);

		conn_consume(r->c, used);
		if (got == HTTP_CHUNK_DONE)
			return 0;
		if (got == HTTP_CHUNK_BAD) {
			reply_refuse(r, ch.status, ch.reason);
			return -1;
		}
		/* a chunk's size is known once its data comes */
		if (got == HTTP_CHUNK_DATA &&
		    (ch.total > most || ch.left > most - ch.total)) {
			reply_refuse(r, 413, "body too long");
			return -1;
		}
		if (got == HTTP_CHUNK_MORE && more(r) == -1)
			return -1;
	}
}

/* invite - a client that waits to be asked for its body (RFC 9110 10.1.1) is
 * asked, unless the body is there already. */
static int
invite(struct request *r)
{
	if (!r->msg.expect_continue || conn_pending(r->c) > 0)
		return 0;
	reply_text(r, "HTTP/1.1 100 Continue\r\n\r\n");
	if (!r->failed && conn_flush(r->c) == 0)
		return 0;
	r->failed = true;
	return -1;
}

int
body_drop(struct request *r)
{
	const struct http_msg *m = &r->msg;
	int64_t ms = r->h->body_timeout;
	int result;

	if (m->body == HTTP_BODY_NONE ||
	    (m->body == HTTP_BODY_LENGTH && m->length == 0))
		return 0;
	if (m->body == HTTP_BODY_LENGTH &&
	    m->length > (uint64_t)r->h->max_body) {
		reply_refuse(r, 413, "body too long");
		return -1;
	}
	if (request_keep_head(r) == -1 || invite(r) == -1)
		return -1;
	conn_deadline(r->c, ms > 0 ? ms : -1);
	result = m->body == HTTP_BODY_CHUNKED ? drop_chunked(r) :
	    drop_length(r);
	conn_deadline(r->c, -1);
	return result;
}
