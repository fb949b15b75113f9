/*
 * A view of bytes that belong to someone else, and the character classes of
 * RFC 9110 section 5.6 and RFC 3986 section 2.  Everything in the http room
 * speaks in these views; nothing here copies, allocates or looks at a locale.
 */

#ifndef HTTP_STR_H
#define HTTP_STR_H

#include <stddef.h>
#include <stdint.h>

/* Bytes, not terminated; ptr is NULL where the thing is absent. */
struct http_str {
	const char	*ptr;
	size_t		 len;
};

/* A string literal or array as a view. */
#define HTTP_STR(s)	((struct http_str){ (s), sizeof(s) - 1 })

/* Bits of http_class[]. */
enum {
	HTTP_C_TCHAR = 0x01,	/* token: RFC 9110 section 5.6.2 */
	HTTP_C_VCHAR = 0x02,	/* field-vchar, SP or HTAB: section 5.5 */
	HTTP_C_DIGIT = 0x04,
	HTTP_C_HEX = 0x08,
	HTTP_C_HOST = 0x10,	/* reg-name, '%' included: RFC 3986 3.2.2 */
	HTTP_C_TARGET = 0x20,	/* visible ASCII but '#': what a target holds */
	HTTP_C_PATH = 0x40,	/* needs no escape in a path: pchar or '/' */
	HTTP_C_ETAG = 0x80	/* etagc: RFC 9110 section 8.8.3 */
};
extern const uint8_t http_class[256];

/* ASCII lower case of a token's byte; 0 for bytes no token may hold. */
extern const uint8_t http_lower[256];

static inline int
http_is(char c, unsigned bits)
{
	return (http_class[(unsigned char)c] & bits) != 0;
}

/* The value of a hexadecimal digit, or -1. */
int	http_hex(char c);

/* Whether two views are the same bytes. */
int	http_eq(struct http_str a, struct http_str b);

/* The same, with ASCII letters of either case alike. */
int	http_caseeq(struct http_str a, struct http_str b);

/* Takes SP and HTAB off both ends. */
struct http_str	http_trim(struct http_str s);

/* A view of a terminated string. */
struct http_str	http_cstr(const char *s);

/*
 * Reads a decimal number that fills the whole of s: digits only, no sign,
 * no blanks.  Returns 0, or -1 for anything else and for numbers over max.
 */
int	http_decimal(struct http_str s, uint64_t max, uint64_t *out);

#endif
