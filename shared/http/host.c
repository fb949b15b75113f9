/*
 * Checks hosts.  An address in brackets must be one, so that nothing odd
 * gets past here into a log, a redirect or a name to connect to.
 */

#include "http/host.h"

#include <arpa/inet.h>
#include <string.h>

/* ipv6_ok - an IPv6 address without a zone */
static bool
ipv6_ok(struct http_str s)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (s.len >= sizeof(text))
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

/* future_ok - the same of later versions: "v", a number and what it means */
static bool
future_ok(struct http_str s)
{
	size_t i = 1;

	while (i < s.len && http_is(s.ptr[i], HTTP_C_HEX))
		i++;
	if (i == 1 || i + 1 >= s.len || s.ptr[i] != '.')
		return false;
	for (i++; i < s.len; i++)
		if (s.ptr[i] == '%' || (s.ptr[i] != ':' &&
		    !http_is(s.ptr[i], HTTP_C_HOST)))
			return false;
	return true;
}

/* literal_len - of an address in brackets at the front of s; 0: none */
static size_t
literal_len(struct http_str s)
{
	const char *end = memchr(s.ptr, ']', s.len);
	struct http_str in;

	if (end == NULL)
		return 0;
	in = (struct http_str){ s.ptr + 1, end - s.ptr - 1 };
	if (in.len == 0 || !((*in.ptr | 0x20) == 'v' ? future_ok(in) :
	    ipv6_ok(in)))
		return 0;
	return in.len + 2;
}

/* name_len - the same of a name, which ends at the first byte that none has */
static size_t
name_len(struct http_str s)
{
	size_t i;

	for (i = 0; i < s.len && http_is(s.ptr[i], HTTP_C_HOST); i++) {
		if (s.ptr[i] != '%')
			continue;
		if (s.len - i < 3 || !http_is(s.ptr[i + 1], HTTP_C_HEX) ||
		    !http_is(s.ptr[i + 2], HTTP_C_HEX))
			return 0;
		i += 2;
	}
	return i;
}

bool
http_host_split(struct http_str authority, struct http_str *host,
    uint16_t *port)
{
	struct http_str rest;
	uint64_t number = 0;

	*host = authority;
	if (authority.len == 0)
		return false;
	host->len = *authority.ptr == '[' ? literal_len(authority) :
	    name_len(authority);
	rest = (struct http_str){ host->ptr + host->len,
	    authority.len - host->len };
	if (host->len == 0 || (rest.len > 0 && *rest.ptr != ':'))
		return false;
	if (rest.len > 1 && http_decimal((struct http_str){ rest.ptr + 1,
	    rest.len - 1 }, UINT16_MAX, &number) == -1)
		return false;
	*port = number;
	return true;
}
