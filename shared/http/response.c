/*
 * Response heads, for httpc and for proxyd's upstream side: the status line
 * (RFC 9112 section 4) and which responses have a body.  Nothing that comes
 * from a server is trusted more than what comes from a client.
 */

#include "http/parse.h"

#include <string.h>

/* version - checks as much of HTTP/1. as there is */
static enum http_result
prefix(struct http_msg *m, size_t len)
{
	static const char text[] = "HTTP/1.";
	size_t n = sizeof(text) - 1;

	if (memcmp(m->base, text, len < n ? len : n) != 0)
		return http_bad(m, 502, "not an HTTP/1.x response");
	return HTTP_OK;
}

/* HTTP/1.x SP 3DIGIT [ SP phrase ]; many leave out the last SP as well */
static enum http_result
status_line(struct http_msg *m, struct http_slice line)
{
	const unsigned fixed = 12;
	struct http_str s = http_view(m, line);
	uint64_t code;

	if (s.len < fixed || !http_is(s.ptr[7], HTTP_C_DIGIT) ||
	    s.ptr[8] != ' ' ||
	    http_decimal((struct http_str){ s.ptr + 9, 3 }, 999, &code) ==
	    -1 || code < 100 || (s.len > fixed && s.ptr[fixed] != ' '))
		return http_bad(m, 502, "malformed status line");
	m->minor = s.ptr[7] - '0';
	m->code = code;
	m->phrase = (struct http_slice){ line.off + fixed, 0 };
	if (s.len > fixed) {
		m->phrase.off++;
		m->phrase.len = s.len - fixed - 1;
	}
	if (!http_value_ok(http_view(m, m->phrase)))
		return http_bad(m, 502, "control byte in the status line");
	m->state = PARSE_FIELDS;
	return HTTP_OK;
}

static enum http_result
start(struct http_msg *m, size_t len)
{
	struct http_slice line;
	uint32_t limit = m->limits.line;
	enum http_result r;

	if (len == 0)
		return HTTP_MORE;
	r = prefix(m, len);
	if (r != HTTP_OK)
		return r;
	if (limit > m->limits.head)
		limit = m->limits.head;
	r = http_line(m, len, limit, 502, "status line too long", &line);
	return r == HTTP_OK ? status_line(m, line) : r;
}

static bool
has_body(const struct http_msg *m, enum http_method method)
{
	if (m->code < 200 || m->code == 204 || m->code == 304)
		return false;
	if (method == HTTP_M_CONNECT && m->code < 300)
		return false;
	return method != HTTP_M_HEAD;
}

enum http_result
http_parse_response(struct http_msg *m, char *buf, size_t len,
    enum http_method method)
{
	bool fold = (m->limits.lenient & HTTP_LENIENT_FOLD) != 0;
	enum http_result r = HTTP_OK;

	m->base = buf;
	if (m->state == PARSE_DONE)
		return HTTP_OK;
	if (m->state == PARSE_BAD)
		return HTTP_BAD;
	if (m->state != PARSE_FIELDS)
		r = start(m, len);
	if (r == HTTP_OK)
		r = http_fields(m, len, fold ? buf : NULL);
	if (r == HTTP_OK) {
		m->body = HTTP_BODY_NONE;
		if (has_body(m, method))
			r = http_response_body(m);
		http_persistence(m);
	}
	if (r == HTTP_BAD)
		m->status = 502;
	return r;
}
