/*
 * Hosts as they stand in Host, in authority-form targets and in URIs
 * (RFC 3986 section 3.2.2).  For the request parser, for uri.c and for
 * whoever compares names of virtual hosts.
 */

#ifndef HTTP_HOST_H
#define HTTP_HOST_H

#include <stdbool.h>

#include "http/str.h"

/*
 * Divides HOST or HOST:PORT.  host keeps the brackets of an IPv6 address;
 * port is 0 where none is named (an empty one counts as none).  False unless
 * host is a valid name or address that is not empty and port at most 65535.
 * A name may hold what RFC 3986 lets it, except the comma, which no name has
 * but two Host values joined into one do.
 */
bool	http_host_split(struct http_str authority, struct http_str *host,
	    uint16_t *port);

#endif
