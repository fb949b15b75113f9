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

/* literal_ok - what stands between brackets */
static bool
literal_ok(struct http_str s)
{
	if (s.len > 0 && (*s.ptr | 0x20) == 'v')
		return future_ok(s);
	return ipv6_ok(s);
}

static bool
name_ok(struct http_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!http_is(s.ptr[i], HTTP_C_HOST))
			return false;
		if (s.ptr[i] != '%')
			continue;
		if (s.len - i < 3 || !http_is(s.ptr[i + 1], HTTP_C_HEX) ||
		    !http_is(s.ptr[i + 2], HTTP_C_HEX))
			return false;
		i += 2;
	}
	return s.len > 0;
}

bool
http_host_split(struct http_str authority, struct http_str *host,
    uint16_t *port)
{
	struct http_str rest;
	const char *end;
	uint64_t number = 0;
	bool literal;

	literal = authority.len > 0 && authority.ptr[0] == '[';
	end = authority.len == 0 ? NULL :
	    memchr(authority.ptr, literal ? ']' : ':', authority.len);
	if (literal && end == NULL)
		return false;
	host->ptr = authority.ptr;
	host->len = end == NULL ? authority.len :
	    (size_t)(end - authority.ptr) + literal;
	rest = (struct http_str){ host->ptr + host->len,
	    authority.len - host->len };
	if (rest.len > 1) {
		rest.ptr++;
		rest.len--;
		if (rest.ptr[-1] != ':' ||
		    http_decimal(rest, UINT16_MAX, &number) == -1)
			return false;
	} else if (rest.len == 1 && *rest.ptr != ':') {
		return false;
	}
	*port = number;
	if (literal)
		return literal_ok((struct http_str){ host->ptr + 1,
		    host->len - 2 });
	return name_ok(*host);
}
