/*
 * Well-formed UTF-8, as table 3-7 of the Unicode Standard has it: only the
 * second byte's range depends on the first.
 */
#include "base/utf8.h"

/* begin - with the first byte of a character; 0 where it is none. */
static int
begin(struct utf8_feed *f, unsigned char c)
{
	f->lo = 0x80;
	f->hi = 0xbf;
	f->need = 0;
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	f->need = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	if (c == 0xe0)			/* over-long */
		f->lo = 0xa0;
	else if (c == 0xed)		/* surrogates */
		f->hi = 0x9f;
	else if (c == 0xf0)		/* over-long */
		f->lo = 0x90;
	else if (c == 0xf4)		/* beyond U+10FFFF */
		f->hi = 0x8f;
	return 1;
}

/* follow - with a byte that is not the first. */
static int
follow(struct utf8_feed *f, unsigned char c)
{
	if (c < f->lo || c > f->hi)
		return 0;
	f->need--;
	f->lo = 0x80;
	f->hi = 0xbf;
	return 1;
}

int
utf8_more(struct utf8_feed *f, const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t i;

	for (i = 0; i < n; i++) {
		if (f->need == 0 && u[i] < 0x80)
			continue;
		if (!(f->need == 0 ? begin(f, u[i]) : follow(f, u[i])))
			return 0;
	}
	return 1;
}

size_t
utf8_seq(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	struct utf8_feed f;
	size_t i = 1;

	if (n == 0 || !begin(&f, u[0]))
		return 0;
	while (f.need > 0)
		if (i == n || !follow(&f, u[i++]))
			return 0;
	return i;
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

uint32_t
utf8_code(const char *s, size_t len)
{
	static const unsigned char first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (unsigned char)s[0] & first[len];
	size_t i;

	for (i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	return c;
}

int
utf8_turns(const char *s, size_t len)
{
	uint32_t c = utf8_code(s, len);

	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	    c == 0x200e || c == 0x200f || c == 0x061c || c == 0x2028 ||
	    c == 0x2029;
}
