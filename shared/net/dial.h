/*
 * Connecting, for clients and for sessions that ask another server: every
 * address of a name in turn with a short head start each (RFC 8305), within
 * one deadline.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "net/addr.h"
#include "net/conn.h"

enum dial_error {
	DIAL_OK,
	DIAL_RESOLVE,		/* the name is not known */
	DIAL_CONNECT,		/* nobody answers there */
	DIAL_TIMEOUT,
	DIAL_OTHER
};

/* dial_addrs - connect to the first of n addresses that answers. */
enum dial_error	dial_addrs(struct conn *, const struct addr *, int n,
		    int64_t deadline);
/*
 * dial - "HOST" and "PORT" (or a path after "unix:" as host, port NULL).
 * why gets a line for the user.  timeout in ms, -1 none; looking the name up
 * counts.
 */
enum dial_error	dial(struct conn *, const char *host, const char *port,
		    int64_t timeout_ms, char *why, size_t whylen);

#endif
