/*
 * A state for each place in the grammar and one byte at a time, but for the
 * data, which is handed out whole.  Takes nothing that the grammar does not
 * have: no bare LF, no blanks around the size, no sign, no prefix, and no
 * extension that is not NAME or NAME=VALUE.
 */

#include "http/chunked.h"

#include <stdbool.h>
#include <string.h>

/* Of a size; the biggest has 16, and zeros may stand in front. */
#define DIGITS_MAX	32

enum state {
	SIZE,			/* digits; at least one */
	EXT_BLANK,		/* blanks behind a size or extension */
	EXT_NAME_START,		/* behind ';' and blanks */
	EXT_NAME,
	EXT_NAME_BLANK,		/* blanks behind a name */
	EXT_VALUE_START,	/* behind '=' and blanks */
	EXT_TOKEN,
	EXT_QUOTED,
	EXT_ESCAPE,
	EXT_END,		/* behind a quoted value */
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER_START,		/* at the start of a line */
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	LAST_LF,
	DONE,
	BAD
};

void
http_chunked_init(struct http_chunked *c)
{
	memset(c, 0, sizeof(*c));
	c->state = SIZE;
}

static enum http_chunk
bad(struct http_chunked *c, unsigned status, const char *reason)
{
	c->state = BAD;
	c->status = status;
	c->reason = reason;
	return HTTP_CHUNK_BAD;
}

static bool
is_blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

/*
 * Each of the functions below takes one byte, sets the next state, and
 * returns false where the grammar has no such byte.
 */
static bool
size_byte(struct http_chunked *c, char ch)
{
	int digit = http_hex(ch);

	if (digit >= 0) {
		if (c->left > INT64_MAX >> 4 || ++c->digits > DIGITS_MAX)
			return false;
		c->left = c->left << 4 | digit;
		return true;
	}
	if (c->digits == 0)
		return false;
	c->state = ch == '\r' ? SIZE_LF : ch == ';' ? EXT_NAME_START :
	    EXT_BLANK;
	return ch == '\r' || ch == ';' || is_blank(ch);
}

/* after_value - what may follow a whole extension */
static bool
after_value(struct http_chunked *c, char ch)
{
	if (ch == ';')
		c->state = EXT_NAME_START;
	else if (ch == '\r')
		c->state = SIZE_LF;
	else
		c->state = EXT_BLANK;
	return ch == ';' || ch == '\r' || is_blank(ch);
}

static bool
ext_name_byte(struct http_chunked *c, char ch)
{
	if (http_is(ch, HTTP_C_TCHAR) && c->state != EXT_NAME_BLANK) {
		c->state = EXT_NAME;
		return true;
	}
	if (c->state == EXT_NAME_START)
		return is_blank(ch);
	if (ch == '=') {
		c->state = EXT_VALUE_START;
		return true;
	}
	if (is_blank(ch)) {
		c->state = EXT_NAME_BLANK;
		return true;
	}
	/* Blanks may stand before ';' and '=', never before the line's end. */
	if (c->state == EXT_NAME_BLANK && ch != ';')
		return false;
	return after_value(c, ch);
}

static bool
ext_value_byte(struct http_chunked *c, char ch)
{
	switch (c->state) {
	case EXT_VALUE_START:
		if (is_blank(ch))
			return true;
		c->state = ch == '"' ? EXT_QUOTED : EXT_TOKEN;
		return ch == '"' || http_is(ch, HTTP_C_TCHAR);
	case EXT_TOKEN:
		return http_is(ch, HTTP_C_TCHAR) || after_value(c, ch);
	case EXT_QUOTED:
		if (ch == '"')
			c->state = EXT_END;
		else if (ch == '\\')
			c->state = EXT_ESCAPE;
		return http_is(ch, HTTP_C_VCHAR);
	case EXT_ESCAPE:
		c->state = EXT_QUOTED;
		return http_is(ch, HTTP_C_VCHAR);
	case EXT_END:
		return after_value(c, ch);
	default:	/* EXT_BLANK */
		if (ch == ';')
			c->state = EXT_NAME_START;
		return ch == ';' || is_blank(ch);
	}
}

static bool
trailer_byte(struct http_chunked *c, char ch)
{
	switch (c->state) {
	case TRAILER_START:
		if (ch == '\r') {
			c->state = LAST_LF;
			return true;
		}
		c->state = TRAILER_NAME;
		return http_is(ch, HTTP_C_TCHAR);
	case TRAILER_NAME:
		if (ch == ':')
			c->state = TRAILER_VALUE;
		return ch == ':' || http_is(ch, HTTP_C_TCHAR);
	case TRAILER_VALUE:
		if (ch == '\r')
			c->state = TRAILER_LF;
		return ch == '\r' || http_is(ch, HTTP_C_VCHAR);
	case TRAILER_LF:
		c->state = TRAILER_START;
		return ch == '\n';
	default:	/* LAST_LF */
		c->state = DONE;
		return ch == '\n';
	}
}

static enum http_chunk
extension_byte(struct http_chunked *c, char ch)
{
	bool ok = c->state == EXT_NAME_START || c->state == EXT_NAME ||
	    c->state == EXT_NAME_BLANK ? ext_name_byte(c, ch) :
	    ext_value_byte(c, ch);

	if (!ok)
		return bad(c, 400, "invalid chunk extension");
	if (++c->extension > HTTP_CHUNK_EXT_MAX ||
	    ++c->extensions > HTTP_CHUNK_EXTS_MAX + c->total)
		return bad(c, 400, "chunk extensions too long");
	return HTTP_CHUNK_MORE;
}

/* line_byte - a byte of the line with the size */
static enum http_chunk
line_byte(struct http_chunked *c, char ch)
{
	if (c->state == SIZE) {
		return size_byte(c, ch) ? HTTP_CHUNK_MORE :
		    bad(c, 400, "invalid chunk size");
	}
	if (c->state != SIZE_LF)
		return extension_byte(c, ch);
	if (ch != '\n')
		return bad(c, 400, "bare CR in a chunk's size line");
	c->state = c->left > 0 ? DATA : TRAILER_START;
	c->digits = 0;
	c->extension = 0;
	return HTTP_CHUNK_MORE;
}

static enum http_chunk
data_end(struct http_chunked *c, char ch)
{
	if (ch != (c->state == DATA_CR ? '\r' : '\n'))
		return bad(c, 400, "chunk's data not followed by CRLF");
	c->state = c->state == DATA_CR ? DATA_LF : SIZE;
	return HTTP_CHUNK_MORE;
}

static enum http_chunk
data(struct http_chunked *c, const char *in, size_t n, struct http_str *out)
{
	out->ptr = in;
	out->len = n < c->left ? n : c->left;
	c->left -= out->len;
	c->total += out->len;
	if (c->left == 0)
		c->state = DATA_CR;
	return HTTP_CHUNK_DATA;
}

/* trailer - as much of the trailer section as there is, as one piece */
static enum http_chunk
trailer(struct http_chunked *c, const char *in, size_t n, struct http_str *out)
{
	size_t i = 0;

	while (i < n && c->state != DONE) {
		if (!trailer_byte(c, in[i]))
			return bad(c, 400, "malformed trailer section");
		i++;
		if (++c->trailer > HTTP_CHUNK_TRAILER_MAX)
			return bad(c, 431, "trailer section too long");
	}
	*out = (struct http_str){ in, i };
	return HTTP_CHUNK_TRAILER;
}

enum http_chunk
http_chunked_next(struct http_chunked *c, const char *in, size_t n,
    size_t *used, struct http_str *out)
{
	enum http_chunk r = HTTP_CHUNK_MORE;
	size_t i = 0;

	*out = (struct http_str){ NULL, 0 };
	while (r == HTTP_CHUNK_MORE && c->state < DONE && i < n) {
		if (c->state < DATA)
			r = line_byte(c, in[i++]);
		else if (c->state == DATA)
			r = data(c, in + i, n - i, out);
		else if (c->state < TRAILER_START)
			r = data_end(c, in[i++]);
		else
			r = trailer(c, in + i, n - i, out);
	}
	*used = i + out->len;
	if (r != HTTP_CHUNK_MORE)
		return r;
	return c->state == DONE ? HTTP_CHUNK_DONE :
	    c->state == BAD ? HTTP_CHUNK_BAD : HTTP_CHUNK_MORE;
}

size_t
http_chunk_head(uint64_t size, char out[HTTP_CHUNK_HEAD_MAX])
{
	static const char hex[] = "0123456789abcdef";
	unsigned shift = 60;
	size_t n = 0;

	while (shift > 0 && size >> shift == 0)
		shift -= 4;
	for (;; shift -= 4) {
		out[n++] = hex[size >> shift & 0xf];
		if (shift == 0)
			break;
	}
	out[n++] = '\r';
	out[n++] = '\n';
	return n;
}
