/*
 * What a socket is, in words: both its addresses, its type and its family.
 * Called by clients for --verbose; it changes nothing.
 */
#ifndef NET_ENDS_H
#define NET_ENDS_H

#include "net/addr.h"

struct ends {
	char		 local[ADDR_TEXT_MAX];	/* ADDR:PORT, or a path */
	char		 peer[ADDR_TEXT_MAX];
	const char	*type;			/* "SOCK_STREAM" */
	const char	*family;		/* "AF_INET" */
};

/* ends_of - fill for the socket fd; what is not known is "unknown". */
void	ends_of(int fd, struct ends *);

#endif
