/*
 * Request heads: the request line with the four forms of target (RFC 9112
 * section 3), and what the fields of a request must and must not be.  Every
 * doubt is a 400: a server that guesses can be made to guess wrong.
 */

#include "http/parse.h"

#include <string.h>

#include "http/field.h"
#include "http/host.h"

/* Empty lines that a client may send before a request (section 2.2). */
#define BLANKS_MAX	2

static struct http_slice
slice_of(const struct http_msg *m, struct http_str s)
{
	return (struct http_slice){ s.ptr - m->base, s.len };
}

/*
 * blank_lines - steps over empty lines before the request line.  HTTP_OK:
 * a byte that is not of one stands at m->pos.
 */
static enum http_result
blank_lines(struct http_msg *m, size_t len)
{
	bool bare = (m->limits.lenient & HTTP_LENIENT_LF) != 0;
	const char *p;

	for (;;) {
		p = m->base + m->pos;
		if (m->pos == len)
			return HTTP_MORE;
		if (*p != '\r' && *p != '\n')
			return HTTP_OK;
		if (*p == '\r' && len - m->pos == 1)
			return HTTP_MORE;
		if (*p == '\r' ? p[1] != '\n' : !bare)
			return http_bad(m, 400, "bare CR or LF");
		if (++m->blanks > BLANKS_MAX)
			return http_bad(m, 400, "empty lines, no request");
		m->pos += *p == '\r' ? 2 : 1;
		m->scan = m->pos;
	}
}

/*
 * method_bytes - refuses what cannot be a method as soon as it is seen, so
 * that a TLS or other client which never sends a line learns it at once
 */
static enum http_result
method_bytes(struct http_msg *m, size_t len, uint32_t limit)
{
	for (uint32_t i = m->scan; i < len && i < limit; i++) {
		if (http_is(m->base[i], HTTP_C_TCHAR))
			continue;
		if (m->base[i] != ' ' || i == m->pos)
			return http_bad(m, 400, "invalid byte in the method");
		m->state = PARSE_START_SPACE;
		m->method_name = (struct http_slice){ m->pos, i - m->pos };
		m->method = http_method_of(http_view(m, m->method_name));
		break;
	}
	return HTTP_OK;
}

static enum http_result
version(struct http_msg *m, struct http_str s)
{
	if (s.len != 8 || memcmp(s.ptr, "HTTP/", 5) != 0 ||
	    !http_is(s.ptr[5], HTTP_C_DIGIT) || s.ptr[6] != '.' ||
	    !http_is(s.ptr[7], HTTP_C_DIGIT))
		return http_bad(m, 400, "malformed HTTP version");
	if (s.ptr[5] != '1')
		return http_bad(m, 505, "HTTP version is not 1.x");
	m->minor = s.ptr[7] - '0';
	return HTTP_OK;
}

static void
path_and_query(struct http_msg *m, struct http_str s)
{
	const char *mark = s.len > 0 ? memchr(s.ptr, '?', s.len) : NULL;
	size_t n = mark != NULL ? (size_t)(mark - s.ptr) : s.len;

	m->path = slice_of(m, (struct http_str){ s.ptr, n });
	if (mark != NULL) {
		m->has_query = true;
		m->query = slice_of(m,
		    (struct http_str){ mark + 1, s.len - n - 1 });
	}
}

static enum http_result
authority(struct http_msg *m, struct http_str s)
{
	struct http_str host;

	if (!http_host_split(s, &host, &m->port))
		return http_bad(m, 400, "invalid host");
	m->authority = slice_of(m, s);
	m->host = slice_of(m, host);
	return HTTP_OK;
}

/* skip_scheme - the length of http:// or https:// in any case, or 0 */
static size_t
skip_scheme(struct http_str s, bool *tls)
{
	const struct http_str http = HTTP_STR("http://");
	const struct http_str https = HTTP_STR("https://");

	*tls = s.len >= https.len &&
	    http_caseeq((struct http_str){ s.ptr, https.len }, https);
	if (*tls)
		return https.len;
	if (s.len >= http.len &&
	    http_caseeq((struct http_str){ s.ptr, http.len }, http))
		return http.len;
	return 0;
}

static enum http_result
absolute_form(struct http_msg *m, struct http_str s)
{
	size_t n = skip_scheme(s, &m->tls), end;

	if (n == 0)
		return http_bad(m, 400, "invalid request target");
	for (end = n; end < s.len; end++) {
		if (s.ptr[end] == '/' || s.ptr[end] == '?')
			break;
	}
	m->form = HTTP_TARGET_ABSOLUTE;
	path_and_query(m, (struct http_str){ s.ptr + end, s.len - end });
	return authority(m, (struct http_str){ s.ptr + n, end - n });
}

static enum http_result
target(struct http_msg *m, struct http_str s)
{
	if (m->method == HTTP_M_CONNECT) {
		m->form = HTTP_TARGET_AUTHORITY;
		if (authority(m, s) != HTTP_OK || m->port == 0)
			return http_bad(m, 400, "CONNECT needs host:port");
		return HTTP_OK;
	}
	if (s.len > 0 && s.ptr[0] == '/') {
		m->form = HTTP_TARGET_ORIGIN;
		path_and_query(m, s);
		return HTTP_OK;
	}
	if (s.len == 1 && s.ptr[0] == '*') {
		m->form = HTTP_TARGET_ASTERISK;
		if (m->method != HTTP_M_OPTIONS)
			return http_bad(m, 400, "target * is for OPTIONS");
		return HTTP_OK;
	}
	return absolute_form(m, s);
}

/* request_line - method, one space, target, one space, version */
static enum http_result
request_line(struct http_msg *m, struct http_slice line)
{
	struct http_str rest = http_view(m, line), s;
	enum http_result r;
	size_t n = 0;

	if (m->state != PARSE_START_SPACE)
		return http_bad(m, 400, "malformed request line");
	rest.ptr += m->method_name.len + 1;
	rest.len -= m->method_name.len + 1;
	while (n < rest.len && http_is(rest.ptr[n], HTTP_C_TARGET))
		n++;
	s = (struct http_str){ rest.ptr, n };
	m->target = slice_of(m, s);
	if (n == rest.len)
		return http_bad(m, 400, "request line without a version");
	if (n == 0 || rest.ptr[n] != ' ')
		return http_bad(m, 400, "invalid byte in the target");
	r = version(m, (struct http_str){ rest.ptr + n + 1,
	    rest.len - n - 1 });
	if (r == HTTP_OK)
		r = target(m, s);
	m->state = r == HTTP_OK ? PARSE_FIELDS : PARSE_BAD;
	return r;
}

static enum http_result
start(struct http_msg *m, size_t len)
{
	struct http_slice line;
	enum http_result r = HTTP_OK;
	uint32_t limit;

	if (m->state == PARSE_START)
		r = blank_lines(m, len);
	limit = m->pos + m->limits.line;
	if (limit > m->limits.head)
		limit = m->limits.head;
	if (r == HTTP_OK && m->state == PARSE_START)
		r = method_bytes(m, len, limit);
	if (r != HTTP_OK)
		return r;
	if (m->state == PARSE_START_SPACE)
		r = http_line(m, len, limit, 414, "request line too long",
		    &line);
	else
		r = http_line(m, len, limit, 501, "method too long", &line);
	return r == HTTP_OK ? request_line(m, line) : r;
}

/* host - one Host field and a good one; a target with a host goes first */
static enum http_result
check_host(struct http_msg *m)
{
	unsigned number = m->known[HDR_HOST];
	struct http_slice named = m->authority, host = m->host;
	uint16_t port = m->port;

	if (number == 0)
		return m->minor == 0 ? HTTP_OK :
		    http_bad(m, 400, "no Host field");
	if (m->fields[number - 1].next != 0)
		return http_bad(m, 400, "more than one Host field");
	if (authority(m, http_get(m, HDR_HOST)) != HTTP_OK)
		return http_bad(m, 400, "invalid Host field");
	if (named.len > 0) {
		m->authority = named;
		m->host = host;
		m->port = port;
	}
	return HTTP_OK;
}

/* expect - RFC 9110 section 10.1.1; HTTP/1.0 clients cannot mean it */
static enum http_result
check_expect(struct http_msg *m)
{
	struct http_str value, item;
	unsigned cursor = 0;

	if (m->minor == 0)
		return HTTP_OK;
	while (http_each(m, HDR_EXPECT, &cursor, &value)) {
		while (http_list_next(&value, &item)) {
			if (!http_caseeq(item, HTTP_STR("100-continue")))
				return http_bad(m, 417, "unknown expectation");
			m->expect_continue = m->body == HTTP_BODY_CHUNKED ||
			    m->length > 0;
		}
	}
	return HTTP_OK;
}

enum http_result
http_parse_request(struct http_msg *m, const char *buf, size_t len)
{
	enum http_result r;

	m->base = buf;
	if (m->state == PARSE_DONE)
		return HTTP_OK;
	if (m->state == PARSE_BAD)
		return HTTP_BAD;
	if (m->state != PARSE_FIELDS) {
		r = start(m, len);
		if (r != HTTP_OK)
			return r;
	}
	r = http_fields(m, len, NULL);
	if (r == HTTP_OK)
		r = check_host(m);
	if (r == HTTP_OK)
		r = http_request_body(m);
	if (r != HTTP_OK)
		return r;
	http_persistence(m);
	return check_expect(m);
}
