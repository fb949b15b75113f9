/*
 * Credentials, up to where crypt(3) takes over, which is not called here:
 * it may take as long as its hash was meant to.
 */

#include "http/auth.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789+/";

static int
sextet(char c)
{
	const char *found = c != '\0' ? strchr(alphabet, c) : NULL;

	return found != NULL ? (int)(found - alphabet) : -1;
}

/* unpad - takes one or two '=' off what is padded to a multiple of four */
static struct http_str
unpad(struct http_str s)
{
	size_t padded = s.len % 4 == 0 ? s.len : 0;

	while (padded - s.len < 2 && s.len > 0 && padded > 0 &&
	    s.ptr[s.len - 1] == '=')
		s.len--;
	return s;
}

long
http_base64_decode(struct http_str in, char *out, size_t size)
{
	struct http_str s = unpad(in);
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	if (s.len % 4 == 1)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		int six = sextet(s.ptr[i]);

		if (six == -1)
			return -1;
		bits = bits << 6 | six;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (n == size)
			return -1;
		out[n++] = bits >> have & 0xff;
		bits &= (1u << have) - 1;
	}
	return bits == 0 ? (long)n : -1;
}

long
http_base64_encode(struct http_str in, char *out, size_t size)
{
	size_t n = 0;

	/* Groups of three become groups of four, and a NUL follows. */
	if (size == 0 || in.len / 3 + (in.len % 3 > 0) > (size - 1) / 4)
		return -1;
	for (size_t i = 0; i < in.len; i += 3) {
		size_t left = in.len - i;
		uint32_t bits = (uint32_t)(unsigned char)in.ptr[i] << 16;

		if (left > 1)
			bits |= (unsigned char)in.ptr[i + 1] << 8;
		if (left > 2)
			bits |= (unsigned char)in.ptr[i + 2];
		out[n++] = alphabet[bits >> 18];
		out[n++] = alphabet[bits >> 12 & 0x3f];
		out[n++] = left > 1 ? alphabet[bits >> 6 & 0x3f] : '=';
		out[n++] = left > 2 ? alphabet[bits & 0x3f] : '=';
	}
	out[n] = '\0';
	return n;
}

bool
http_basic_decode(struct http_str value, char *buf, size_t size,
    struct http_str *user, struct http_str *password)
{
	const struct http_str scheme = HTTP_STR("basic ");
	char *colon;
	long n;

	if (value.len < scheme.len || size == 0 ||
	    !http_caseeq((struct http_str){ value.ptr, scheme.len }, scheme))
		return false;
	value.ptr += scheme.len;
	value.len -= scheme.len;
	n = http_base64_decode(http_trim(value), buf, size - 1);
	if (n == -1)
		return false;
	buf[n] = '\0';
	for (long i = 0; i < n; i++) {
		if ((unsigned char)buf[i] < 0x20 || buf[i] == 0x7f)
			return false;
	}
	colon = memchr(buf, ':', n);
	if (colon == NULL)
		return false;
	*colon = '\0';
	*user = (struct http_str){ buf, colon - buf };
	*password = (struct http_str){ colon + 1, buf + n - (colon + 1) };
	return true;
}

/* line - takes a line off the front of rest, without its end */
static struct http_str
line(struct http_str *rest)
{
	const char *lf = memchr(rest->ptr, '\n', rest->len);
	size_t n = lf != NULL ? (size_t)(lf - rest->ptr) : rest->len;
	struct http_str s = { rest->ptr, n };

	rest->ptr += lf != NULL ? n + 1 : n;
	rest->len -= lf != NULL ? n + 1 : n;
	if (s.len > 0 && s.ptr[s.len - 1] == '\r')
		s.len--;
	return s;
}

struct http_str
http_password_hash(struct http_str file, struct http_str user)
{
	while (file.len > 0) {
		struct http_str s = line(&file), hash;
		const char *end;

		if (s.len <= user.len || *s.ptr == '#' ||
		    s.ptr[user.len] != ':' || user.len == 0 ||
		    memcmp(s.ptr, user.ptr, user.len) != 0)
			continue;
		hash.ptr = s.ptr + user.len + 1;
		hash.len = s.len - user.len - 1;
		end = hash.len > 0 ? memchr(hash.ptr, ':', hash.len) : NULL;
		if (end != NULL)
			hash.len = end - hash.ptr;
		return http_trim(hash);
	}
	return (struct http_str){ NULL, 0 };
}
