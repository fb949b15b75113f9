/*
 * Where a message ends and whether another may follow: Content-Length,
 * Transfer-Encoding and Connection (RFC 9112 sections 6, 7 and 9).  What two
 * recipients could read differently is refused, never repaired.
 */

#include "http/parse.h"

#include <string.h>

#include "http/field.h"

/* What the Transfer-Encoding fields of a message amount to. */
enum coding {
	CODING_BAD,		/* malformed, or chunked twice or not last */
	CODING_CHUNKED,		/* chunked and nothing else */
	CODING_MORE_CHUNKED,	/* others, then chunked */
	CODING_OTHER		/* others only */
};

/*
 * one_coding - reads a member of the list; its name says which it is.
 * Quoted parameters are taken for malformed: no coding has any, and a comma
 * or "chunked" inside one is read in two ways.
 */
static bool
one_coding(struct http_str s, bool *chunked)
{
	struct http_str name, rest = s;
	struct http_param param;
	int r;

	name = http_head_of(&rest);
	*chunked = http_caseeq(name, HTTP_STR("chunked"));
	if (!http_is_token(name) || memchr(s.ptr, '"', s.len) != NULL)
		return false;
	if (name.len < s.len && *chunked)
		return false;
	while ((r = http_param_next(&rest, &param)) == 1)
		continue;
	return r == 0;
}

/*
 * one_line - goes on with a line of the field.  Empty members, which other
 * lists may have, are malformed here.
 */
static bool
one_line(struct http_str value, unsigned *others, unsigned *chunks)
{
	const char *comma;
	bool chunked;

	do {
		struct http_str item = value;

		comma = memchr(value.ptr, ',', value.len);
		if (comma != NULL) {
			item.len = comma - value.ptr;
			value.ptr += item.len + 1;
			value.len -= item.len + 1;
		}
		/* Nothing may follow chunked, itself included. */
		if (*chunks > 0 || !one_coding(http_trim(item), &chunked))
			return false;
		*(chunked ? chunks : others) += 1;
	} while (comma != NULL);
	return true;
}

static enum coding
transfer_coding(const struct http_msg *m)
{
	unsigned cursor = 0, others = 0, chunks = 0;
	struct http_str value;

	while (http_each(m, HDR_TRANSFER_ENCODING, &cursor, &value)) {
		if (!one_line(value, &others, &chunks))
			return CODING_BAD;
	}
	if (chunks == 0)
		return CODING_OTHER;
	return others == 0 ? CODING_CHUNKED : CODING_MORE_CHUNKED;
}

/*
 * lenient_length - for clients: any number of equal values, on lines of
 * their own or in lists (RFC 9112 section 6.3, item 5)
 */
static bool
lenient_length(const struct http_msg *m, uint64_t *length)
{
	struct http_str value, item;
	unsigned cursor = 0, seen = 0;
	uint64_t n;

	while (http_each(m, HDR_CONTENT_LENGTH, &cursor, &value)) {
		while (http_list_next(&value, &item)) {
			if (http_decimal(item, INT64_MAX, &n) == -1 ||
			    (seen++ > 0 && n != *length))
				return false;
			*length = n;
		}
	}
	return seen > 0;
}

static enum http_result
content_length(struct http_msg *m, bool lenient)
{
	unsigned first = m->known[HDR_CONTENT_LENGTH];

	m->body = HTTP_BODY_LENGTH;
	if (lenient && lenient_length(m, &m->length))
		return HTTP_OK;
	if (m->fields[first - 1].next != 0)
		return http_bad(m, 400, "more than one Content-Length field");
	/* Zeros in front are digits like others (RFC 9110 section 8.6). */
	if (http_decimal(http_get(m, HDR_CONTENT_LENGTH), INT64_MAX,
	    &m->length) == -1)
		return http_bad(m, 400, "invalid Content-Length");
	return HTTP_OK;
}

enum http_result
http_request_body(struct http_msg *m)
{
	if (m->known[HDR_TRANSFER_ENCODING] == 0) {
		m->body = HTTP_BODY_NONE;
		if (m->known[HDR_CONTENT_LENGTH] == 0)
			return HTTP_OK;
		return content_length(m, false);
	}
	if (m->known[HDR_CONTENT_LENGTH] != 0)
		return http_bad(m, 400,
		    "both Content-Length and Transfer-Encoding");
	if (m->minor == 0)
		return http_bad(m, 400, "Transfer-Encoding in HTTP/1.0");
	m->body = HTTP_BODY_CHUNKED;
	switch (transfer_coding(m)) {
	case CODING_CHUNKED:
		return HTTP_OK;
	case CODING_BAD:
		return http_bad(m, 400, "invalid Transfer-Encoding");
	default:
		return http_bad(m, 501, "unknown transfer coding");
	}
}

enum http_result
http_response_body(struct http_msg *m)
{
	bool lenient = (m->limits.lenient & HTTP_LENIENT_BODY) != 0;
	enum coding coding;

	if (m->known[HDR_TRANSFER_ENCODING] == 0) {
		m->body = HTTP_BODY_CLOSE;
		if (m->known[HDR_CONTENT_LENGTH] == 0)
			return HTTP_OK;
		return content_length(m, lenient);
	}
	if (m->known[HDR_CONTENT_LENGTH] != 0 && !lenient)
		return http_bad(m, 502,
		    "both Content-Length and Transfer-Encoding");
	if (m->minor == 0 && !lenient)
		return http_bad(m, 502, "Transfer-Encoding in HTTP/1.0");
	coding = transfer_coding(m);
	if (coding == CODING_BAD)
		return http_bad(m, 502, "invalid Transfer-Encoding");
	m->coded = coding != CODING_CHUNKED;
	m->body = coding == CODING_OTHER ? HTTP_BODY_CLOSE :
	    HTTP_BODY_CHUNKED;
	return HTTP_OK;
}

void
http_persistence(struct http_msg *m)
{
	bool close = false, keep = m->minor > 0, upgrade = false;
	struct http_str value, item;
	unsigned cursor = 0;

	while (http_each(m, HDR_CONNECTION, &cursor, &value)) {
		while (http_list_next(&value, &item)) {
			if (http_caseeq(item, HTTP_STR("close")))
				close = true;
			else if (http_caseeq(item, HTTP_STR("keep-alive")))
				keep = true;
			else if (http_caseeq(item, HTTP_STR("upgrade")))
				upgrade = true;
		}
	}
	m->keep_alive = keep && !close && m->body != HTTP_BODY_CLOSE;
	/* A server ignores Upgrade in HTTP/1.0 (RFC 9110 section 7.8). */
	m->upgrade = upgrade && m->known[HDR_UPGRADE] != 0 && m->minor > 0;
}
