/*
 * The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): pure
 * parsing of what a balancer sends first.  No input or output.
 */
#ifndef NET_PROXYPROTO_H
#define NET_PROXYPROTO_H

#include <stddef.h>
#include <sys/types.h>

#include "net/addr.h"

#define PROXYPROTO_MAX	(16 + 65535)
#define PROXYPROTO_V1_MAX 107

/*
 * proxyproto_parse - the header at the front of buf.  Returns its length,
 * 0 when more bytes are needed, -1 when it is not one.  *known tells whether
 * peer was filled (LOCAL, UNKNOWN and UNSPEC leave it).
 */
ssize_t	proxyproto_parse(const void *buf, size_t len, struct ipaddr *peer,
	    int *known);

#endif
