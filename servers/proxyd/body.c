/*
 * Bodies that come in: by length, in chunks, or until the connection ends.
 * Reads from one connection, writes to none.
 */
#include <errno.h>
#include <string.h>

#include "transfer.h"

void
body_init(struct body *b, struct conn *c, uint8_t kind, uint64_t length)
{
	b->c = c;
	b->kind = kind;
	b->left = length;
	b->total = 0;
	b->taken = 0;
	b->trailer_len = 0;
	b->why = NULL;
	b->fill = NULL;
	b->done = kind == HTTP_BODY_NONE ||
	    (kind == HTTP_BODY_LENGTH && length == 0);
	if (kind == HTTP_BODY_CHUNKED)
		http_chunked_init(&b->chunked);
}

static int
cut(struct body *b, const char *why)
{
	b->why = why;
	return -1;
}

/* keep_trailer - pieces of the trailer section; too long a one is dropped. */
static void
keep_trailer(struct body *b, struct http_str piece)
{
	if (piece.len > sizeof(b->trailer) - b->trailer_len) {
		b->trailer_len = sizeof(b->trailer) + 1;
		return;
	}
	memcpy(b->trailer + b->trailer_len, piece.ptr, piece.len);
	b->trailer_len += piece.len;
}

/* next_chunked - as body_next, of what is pending; 2: read more. */
static int
next_chunked(struct body *b, struct http_str *data)
{
	size_t used;

	for (;;) {
		enum http_chunk r = http_chunked_next(&b->chunked,
		    b->c->in_len > 0 ? conn_data(b->c) : "",
		    conn_pending(b->c), &used, data);

		switch (r) {
		case HTTP_CHUNK_MORE:
			conn_consume(b->c, used);
			return 2;
		case HTTP_CHUNK_DATA:
			b->taken = used;
			return 1;
		case HTTP_CHUNK_TRAILER:
			if (b->trailer_len <= sizeof(b->trailer))
				keep_trailer(b, *data);
			conn_consume(b->c, used);
			break;
		case HTTP_CHUNK_DONE:
			conn_consume(b->c, used);
			b->done = true;
			return 0;
		default:
			errno = EBADMSG;
			return cut(b, "malformed chunks");
		}
	}
}

/* next_pending - as body_next, of what is pending; 2: read more. */
static int
next_pending(struct body *b, struct http_str *data)
{
	if (b->kind == HTTP_BODY_CHUNKED)
		return next_chunked(b, data);
	if (conn_pending(b->c) == 0)
		return 2;
	data->ptr = conn_data(b->c);
	data->len = conn_pending(b->c);
	if (b->kind == HTTP_BODY_LENGTH) {
		if (data->len > b->left)
			data->len = (size_t)b->left;
		b->left -= data->len;
		b->done = b->left == 0;
	}
	b->taken = data->len;
	return 1;
}

void
body_release(struct body *b)
{
	if (b->taken > 0)
		conn_consume(b->c, b->taken);
	b->taken = 0;
}

int
body_next(struct body *b, struct http_str *data)
{
	ssize_t n;
	int r;

	body_release(b);
	if (b->done)
		return 0;
	for (;;) {
		r = next_pending(b, data);
		if (r != 2) {
			if (r == 1)
				b->total += data->len;
			return r;
		}
		n = b->fill != NULL ? b->fill(b->arg) : conn_fill(b->c);
		if (n > 0)
			continue;
		if (n == 0 && b->kind == HTTP_BODY_CLOSE) {
			b->done = true;
			return 0;
		}
		if (n == 0)
			errno = EPIPE;
		return cut(b, n == 0 ? "the body ended too soon" :
		    errno == ETIMEDOUT ? "the body stalled" :
		    "the connection broke in the body");
	}
}
