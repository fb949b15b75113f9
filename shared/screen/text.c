/*
 * UTF-8 to wide characters and back, without the locale: the terminal may have
 * another charset than what is said.  Called for all that is shown or typed.
 */
#include <string.h>
#include <wchar.h>

#include "base/utf8.h"
#include "screen/screen.h"
#include "screen/screen_priv.h"

/* strange - instead of what cannot be shown */
static wchar_t
strange(void)
{
	return wcwidth(0xfffd) == 1 ? 0xfffd : L'?';
}

/* turns - the direction of writing: such text could pose as another's */
static int
turns(wchar_t c)
{
	return c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069);
}

/* decode - a character that utf8_seq() has found to be one of len bytes */
static wchar_t
decode(const char *s, size_t len)
{
	static const unsigned char lead[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	wchar_t c = (unsigned char)s[0] & lead[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	return c;
}

size_t
screen_wide(const char *text, wchar_t *out, size_t max)
{
	size_t n = 0, len, left = strlen(text);
	wchar_t c;

	while (left > 0 && n + 1 < max) {
		len = utf8_seq(text, left);
		c = len == 0 ? strange() : decode(text, len);
		if (c == L'\t')
			c = L' ';
		out[n++] = wcwidth(c) < 0 || turns(c) ? strange() : c;
		len = len == 0 ? 1 : len;
		text += len;
		left -= len;
	}
	out[n] = L'\0';
	return n;
}

size_t
screen_narrow(wchar_t c, char out[4])
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = len - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (char)(lead[len] | c);
	return len;
}
