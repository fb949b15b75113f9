/*
 * Charsets of the wire; see charset.h.  Each datagram is converted by itself,
 * from the converter's first state.
 */
#include "servers/roomd/charset.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

#define STRANGE		"\xef\xbf\xbd"	/* U+FFFD */
#define NONE		((iconv_t)-1)
#define PIECE		4096		/* bytes of UTF-8 of any datagram */

int
charset_open(struct charset *c, const char *name)
{
	c->in = c->out = NONE;
	if (name == NULL || strcasecmp(name, "UTF-8") == 0)
		return 0;
	c->in = iconv_open("UTF-8", name);
	c->out = iconv_open(name, "UTF-8");
	if (c->in != NONE && c->out != NONE)
		return 0;
	charset_close(c);
	return -1;
}

void
charset_close(struct charset *c)
{
	if (c->in != NONE)
		iconv_close(c->in);
	if (c->out != NONE)
		iconv_close(c->out);
	c->in = c->out = NONE;
}

/* convert - with instead for what has no counterpart: step bytes of the input
 * are then passed over (0: a character of UTF-8); what does not fit is cut */
static size_t
convert(iconv_t cd, char *in, size_t n, char *out, size_t size,
    const char *instead, size_t step)
{
	size_t room = size, len = strlen(instead), skip;

	iconv(cd, NULL, NULL, NULL, NULL);
	while (n > 0 && iconv(cd, &in, &n, &out, &room) == (size_t)-1) {
		if (errno == E2BIG || room < len)
			return size + 1;
		skip = step > 0 ? step : utf8_seq(in, n);
		skip = skip == 0 ? 1 : skip;
		memcpy(out, instead, len);
		out += len;
		room -= len;
		in += skip;
		n -= skip;
	}
	if (iconv(cd, NULL, NULL, &out, &room) == (size_t)-1)
		return size + 1;
	return size - room;
}

/* clean - copy, with U+FFFD for bytes that are no character, for control
 * characters, and for what turns the direction of writing */
static size_t
clean(const char *in, size_t n, char *out, size_t size)
{
	size_t used = 0, len, put;
	const char *from;

	while (n > 0) {
		len = utf8_seq(in, n);
		from = in;
		put = len;
		if (len == 0 || utf8_turns(in, len) ||
		    (utf8_control(in, len) && *in != '\t')) {
			from = STRANGE;
			put = 3;
			len = len == 0 ? 1 : len;
		}
		if (put > size - used)
			return size + 1;
		memcpy(out + used, from, put);
		used += put;
		in += len;
		n -= len;
	}
	return used;
}

size_t
charset_clean(const char *data, size_t n, char *out, size_t size)
{
	size_t end = 0, len;

	if (n > 0 && data[n - 1] == '\n')
		end = n > 1 && data[n - 2] == '\r' ? 2 : 1;
	len = clean(data, n - end, out, size);
	if (len > size || end > size - len)
		return size + 1;
	memcpy(out + len, data + n - end, end);
	return len + end;
}

size_t
charset_in(struct charset *c, char *data, size_t n, char *out, size_t size)
{
	char utf8[PIECE];

	if (c->in == NONE)
		return charset_clean(data, n, out, size);
	n = convert(c->in, data, n, utf8, sizeof(utf8), STRANGE, 1);
	return n > sizeof(utf8) ? size + 1 : charset_clean(utf8, n, out, size);
}

size_t
charset_out(struct charset *c, const char *text, size_t n, char *out,
    size_t size)
{
	char copy[PIECE];

	if (n > sizeof(copy))
		n = sizeof(copy);
	memcpy(copy, text, n);
	if (c->out == NONE) {
		n = n < size ? n : size;
		memcpy(out, copy, n);
		return n;
	}
	n = convert(c->out, copy, n, out, size, "?", 0);
	return n <= size ? n : 0;
}
