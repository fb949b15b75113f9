/*
 * The answer on its way to the client: its head with the fields that end here
 * taken out and ours put in, and its body in the framing that the client can
 * read.
 */
#include <string.h>

#include "base/clock.h"
#include "http/date.h"
#include "http/status.h"
#include "transfer.h"

bool
is_hop(const struct http_msg *m, const struct http_field *f)
{
	struct http_str name = http_view(m, f->name);

	switch (f->id) {
	case HDR_CONNECTION:
	case HDR_KEEP_ALIVE:
	case HDR_PROXY_CONNECTION:
	case HDR_PROXY_AUTHORIZATION:
	case HDR_TE:
	case HDR_TRAILER:
	case HDR_TRANSFER_ENCODING:
	case HDR_UPGRADE:
		return true;
	default:
		break;
	}
	return m->known[HDR_CONNECTION] != 0 &&
	    http_has_token(m, HDR_CONNECTION, name);
}

static void
put_field(struct conn *c, struct http_str name, struct http_str value)
{
	conn_put(c, name.ptr, name.len);
	conn_put(c, ": ", 2);
	conn_put(c, value.ptr, value.len);
	conn_put(c, "\r\n", 2);
}

/* put_fields - the answer's own, but for those that we write ourselves. */
static void
put_fields(struct exchange *x, const struct http_msg *res, int64_t age)
{
	unsigned int i;

	for (i = 0; i < res->nfields; i++) {
		const struct http_field *f = &res->fields[i];

		if (f->id == HDR_CONTENT_LENGTH || is_hop(res, f) ||
		    (f->id == HDR_AGE && age >= 0) ||
		    (f->id == HDR_CONTENT_RANGE &&
		    (x->content_range[0] != '\0' || x->as_type != NULL)) ||
		    (f->id == HDR_CONTENT_TYPE && x->as_type != NULL))
			continue;
		put_field(x->c, http_view(res, f->name),
		    http_view(res, f->value));
	}
}

/* framing_for - how this client learns where the body ends. */
static enum framing
framing_for(struct exchange *x, const struct http_msg *res, uint64_t length)
{
	if (res->code < 200 || res->code == 204 || res->code == 304)
		return FRAME_NONE;
	if (length != LENGTH_UNKNOWN)
		return FRAME_LENGTH;
	if (x->req.minor >= 1)
		return FRAME_CHUNKED;
	return FRAME_CLOSE;
}

/* put_length - how the body ends; a 304 says how long it would be. */
static void
put_length(struct exchange *x, const struct http_msg *res, enum framing how,
    uint64_t length)
{
	struct http_str s = http_get(res, HDR_CONTENT_LENGTH);

	if (how == FRAME_LENGTH)
		conn_printf(x->c, "Content-Length: %llu\r\n",
		    (unsigned long long)length);
	else if (how == FRAME_CHUNKED && x->req.method != HTTP_M_HEAD)
		conn_puts(x->c, "Transfer-Encoding: chunked\r\n");
	else if (how == FRAME_NONE && res->code == 304 && s.ptr != NULL)
		put_field(x->c, HTTP_STR("Content-Length"), s);
}

static void
remember_type(struct exchange *x, const struct http_msg *res)
{
	struct http_str s = http_get(res, HDR_CONTENT_TYPE);
	size_t n = s.ptr == NULL ? 0 : strcspn(s.ptr, "; \r");

	if (n > s.len)
		n = s.len;
	if (n >= sizeof(x->type))
		n = sizeof(x->type) - 1;
	if (n > 0)
		memcpy(x->type, s.ptr, n);
	x->type[n] = '\0';
}

enum framing
send_head(struct exchange *x, const struct http_msg *res, uint64_t length,
    int64_t age)
{
	struct http_str phrase = http_view(res, res->phrase);
	enum framing how = framing_for(x, res, length);
	char date[HTTP_DATE_LEN + 1];

	x->status = res->code;
	x->began = true;
	remember_type(x, res);
	if (x->quiet)
		return how;
	if (how == FRAME_CLOSE)
		x->keep = false;
	conn_printf(x->c, "HTTP/1.1 %u ", res->code);
	if (x->content_range[0] != '\0' || x->as_type != NULL ||
	    phrase.len == 0)
		phrase = http_cstr(http_phrase(res->code));
	conn_put(x->c, phrase.ptr, phrase.len);
	conn_put(x->c, "\r\n", 2);
	put_fields(x, res, age);
	if (res->known[HDR_DATE] == 0) {
		/* of one that is stored: when it came (RFC 9110, 6.6.1) */
		http_date_format((time_t)(clock_wall() / NSEC_PER_SEC -
		    (age > 0 ? age : 0)), date);
		conn_printf(x->c, "Date: %s\r\n", date);
	}
	put_length(x, res, how, length);
	if (x->content_range[0] != '\0')
		conn_printf(x->c, "Content-Range: %s\r\n", x->content_range);
	if (x->as_type != NULL)
		conn_printf(x->c, "Content-Type: %s\r\n", x->as_type);
	if (age >= 0)
		conn_printf(x->c, "Age: %lld\r\n", (long long)age);
	conn_printf(x->c, "Via: 1.%u %s\r\n", res->minor, x->p->name);
	if (x->cache_status[0] != '\0')
		conn_printf(x->c, "Cache-Status: %s\r\n", x->cache_status);
	if (!x->keep)
		conn_puts(x->c, "Connection: close\r\n");
	else if (x->req.minor == 0)
		conn_puts(x->c, "Connection: keep-alive\r\n");
	conn_put(x->c, "\r\n", 2);
	if (x->first_byte == 0)
		x->first_byte = serve_now();
	return x->req.method == HTTP_M_HEAD ? FRAME_NONE : how;
}

int
send_data(struct exchange *x, enum framing how, const void *data, size_t n)
{
	char head[HTTP_CHUNK_HEAD_MAX];

	if (x->quiet || how == FRAME_NONE || n == 0)
		return 0;
	if (how != FRAME_CHUNKED)
		return conn_write_body(x->c, data, n);
	if (conn_put(x->c, head, http_chunk_head(n, head)) == -1 ||
	    conn_put(x->c, data, n) == -1 || conn_put(x->c, "\r\n", 2) == -1)
		return -1;
	return conn_flush(x->c);
}

int
send_end(struct exchange *x, enum framing how, const struct body *b)
{
	if (x->quiet || how != FRAME_CHUNKED)
		return 0;
	conn_puts(x->c, "0\r\n");
	if (b != NULL && b->trailer_len > 0 &&
	    b->trailer_len <= sizeof(b->trailer))
		return conn_put(x->c, b->trailer, b->trailer_len);
	return conn_put(x->c, "\r\n", 2);
}

int
relay_body(struct exchange *x, struct answer *a, enum framing how)
{
	struct http_str data;
	int r;

	while ((r = body_next(&a->body, &data)) == 1)
		if (send_data(x, how, data.ptr, data.len) == -1)
			break;
	if (r == 0 && send_end(x, how, &a->body) == 0)
		return 0;
	x->broken = true;
	return -1;
}
