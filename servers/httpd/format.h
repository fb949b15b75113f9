/*
 * Numbers and bytes into a place that is known to be large enough: what
 * snprintf(3) does, at a tenth of its cost, for the paths of every request.
 */
#ifndef HTTPD_FORMAT_H
#define HTTPD_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FORMAT_UINT_MAX	20	/* digits of a uint64_t */

/* Each writes at p and returns the place behind. */

static inline char *
put_mem(char *p, const void *s, size_t n)
{
	memcpy(p, s, n);
	return p + n;
}

#define PUT_LITERAL(p, s)	put_mem((p), (s), sizeof(s) - 1)

static inline char *
put_uint(char *p, uint64_t n)
{
	char digits[FORMAT_UINT_MAX];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	return put_mem(p, digits + i, sizeof(digits) - i);
}

/* put_fixed - n in exactly width digits, the leading ones zeros. */
static inline char *
put_fixed(char *p, uint64_t n, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		p[i] = (char)('0' + n % 10);
		n /= 10;
	}
	return p + width;
}

/* put_seconds - nanoseconds as seconds with six decimals. */
static inline char *
put_seconds(char *p, int64_t ns)
{
	uint64_t us = ns > 0 ? (uint64_t)ns / 1000 : 0;

	p = put_uint(p, us / 1000000);
	*p++ = '.';
	return put_fixed(p, us % 1000000, 6);
}

#endif
