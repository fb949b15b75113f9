/*
 * The three ways of escaping.  A byte that needs it is spelled out by a
 * function of each way's own; the loop around them is the same, and fast
 * over what needs nothing, since access logs go through here.
 */

#include "http/escape.h"

#include <stdbool.h>
#include <string.h>

static const char hex[] = "0123456789abcdef";

static size_t
copy(char *out, const char *text)
{
	size_t n = strlen(text);

	memcpy(out, text, n);
	return n;
}

/*
 * step - takes what stands at the front of s, one byte or one character of
 * several, writes its escaped form into out (HTTP_ESCAPE_MAX bytes), says
 * how much it took and returns how much it wrote
 */
typedef size_t (*step)(struct http_str s, char *out, size_t *took);

/* Which bytes need a step; all others are copied, many at a time. */
enum { IN_HTML = 1, IN_TEXT = 2 };
static const unsigned char special[256] = {
	[0x00 ... 0x1f] = IN_HTML | IN_TEXT,
	[0x7f] = IN_HTML | IN_TEXT,
	[0x80 ... 0xff] = IN_TEXT,
	['"'] = IN_HTML | IN_TEXT,
	['\\'] = IN_TEXT,
	['&'] = IN_HTML,
	['\''] = IN_HTML,
	['<'] = IN_HTML,
	['>'] = IN_HTML,
};

static size_t
plain(struct http_str s, size_t room, int where)
{
	size_t n = 0;

	while (n < s.len && n < room &&
	    (special[(unsigned char)s.ptr[n]] & where) == 0)
		n++;
	return n;
}

static size_t
escape(struct http_str *in, char *out, size_t size, int where, step one)
{
	char piece[HTTP_ESCAPE_MAX];
	size_t n = 0, took, wrote;

	for (;;) {
		took = plain(*in, size - n, where);
		if (took > 0)
			memcpy(out + n, in->ptr, took);
		n += took;
		in->ptr += took;
		in->len -= took;
		if (in->len == 0 || n == size)
			break;
		wrote = one(*in, piece, &took);
		if (wrote > size - n)
			break;
		memcpy(out + n, piece, wrote);
		n += wrote;
		in->ptr += took;
		in->len -= took;
	}
	return n;
}

static size_t
html(struct http_str s, char *out, size_t *took)
{
	*took = 1;
	switch (*s.ptr) {
	case '&':
		return copy(out, "&amp;");
	case '<':
		return copy(out, "&lt;");
	case '>':
		return copy(out, "&gt;");
	case '"':
		return copy(out, "&quot;");
	case '\'':
		return copy(out, "&#39;");
	default:
		*out = *s.ptr == '\t' || *s.ptr == '\n' ? *s.ptr : '?';
		return 1;
	}
}

/*
 * utf8 - the length of the valid character of several bytes at the front of
 * s, or 0 (RFC 3629: nothing overlong, no surrogate, nothing over U+10FFFF)
 */
static size_t
utf8(struct http_str s)
{
	unsigned char a = s.ptr[0], b = s.len > 1 ? s.ptr[1] : 0;
	size_t n = a >= 0xf0 ? 4 : a >= 0xe0 ? 3 : 2;

	if (a < 0xc2 || a > 0xf4 || s.len < n)
		return 0;
	if ((a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) ||
	    (a == 0xf0 && b < 0x90) || (a == 0xf4 && b > 0x8f))
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s.ptr[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

static size_t
json(struct http_str s, char *out, size_t *took)
{
	static const char bytes[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
	unsigned char c = *s.ptr;
	const char *found;

	*took = 1;
	found = c != '\0' ? strchr(bytes, c) : NULL;
	if (found != NULL) {
		out[0] = '\\';
		out[1] = letter[found - bytes];
		return 2;
	}
	if (c >= 0x80) {
		size_t n = utf8(s);

		if (n == 0)
			return copy(out, "\\ufffd");
		memcpy(out, s.ptr, n);
		*took = n;
		return n;
	}
	copy(out, "\\u00");
	out[4] = hex[c >> 4];
	out[5] = hex[c & 0xf];
	return 6;
}

static size_t
log_byte(struct http_str s, char *out, size_t *took)
{
	unsigned char c = *s.ptr;

	*took = 1;
	copy(out, "\\x");
	out[2] = hex[c >> 4];
	out[3] = hex[c & 0xf];
	return 4;
}

size_t
http_escape_html(struct http_str *in, char *out, size_t size)
{
	return escape(in, out, size, IN_HTML, html);
}

size_t
http_escape_json(struct http_str *in, char *out, size_t size)
{
	return escape(in, out, size, IN_TEXT, json);
}

size_t
http_escape_log(struct http_str *in, char *out, size_t size)
{
	return escape(in, out, size, IN_TEXT, log_byte);
}
