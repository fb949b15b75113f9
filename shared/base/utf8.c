/*
 * Well-formed UTF-8, as table 3-7 of the Unicode Standard has it: only the
 * second byte's range depends on the first.
 */
#include "base/utf8.h"

size_t
utf8_seq(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	unsigned char lo = 0x80, hi = 0xbf;
	size_t len, i;

	if (n == 0)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] < 0xc2 || u[0] > 0xf4)
		return 0;
	len = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	if (u[0] == 0xe0)		/* over-long */
		lo = 0xa0;
	else if (u[0] == 0xed)		/* surrogates */
		hi = 0x9f;
	else if (u[0] == 0xf0)		/* over-long */
		lo = 0x90;
	else if (u[0] == 0xf4)		/* beyond U+10FFFF */
		hi = 0x8f;
	if (u[1] < lo || u[1] > hi)
		return 0;
	for (i = 2; i < len; i++)
		if (u[i] < 0x80 || u[i] > 0xbf)
			return 0;
	return len;
}

int
utf8_valid(const char *s, size_t n)
{
	size_t len;

	for (; n > 0; s += len, n -= len)
		if ((len = utf8_seq(s, n)) == 0)
			return 0;
	return 1;
}

int
utf8_control(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;

	if (len == 1)
		return u[0] < 0x20 || u[0] == 0x7f;
	return len == 2 && u[0] == 0xc2 && u[1] < 0xa0;
}
