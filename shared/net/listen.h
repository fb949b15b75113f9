/*
 * Listening sockets.  Called by serve/ and by clients that listen (chatc in
 * p2p); binds and listens, never accepts.
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include "net/addr.h"

#define LISTEN_REUSEPORT 0x1	/* several sockets share the port */
#define LISTEN_FIRST	 0x4	/* ... and this is the first: the port must be
				 * free, as nobody else's may be shared */

/*
 * listen_stream - a non-blocking, close-on-exec TCP or UNIX listener on addr,
 * whose port is filled in where it was 0.  A UNIX path that nobody listens on
 * any more is removed first.  Returns the descriptor, or -1 with errno.
 */
int	listen_stream(struct addr *, int backlog, int flags);
/*
 * listen_defer - have accept(2) on this TCP listener give connections whose
 * first bytes are there already, or (wanted 0) any.  A client that says nothing
 * is given after a second.  0, or -1 with errno where the system cannot.
 */
int	listen_defer(int fd, int wanted);
/* listen_dgram - the same for datagrams, which will come with the kernel's
 * stamp and the address they were sent to (dgram.h). */
int	listen_dgram(struct addr *, int flags);
/* listen_dgram_tells - have a socket that somebody else opened say as much of
 * each datagram; 0, or -1 with errno. */
int	listen_dgram_tells(int fd);

#endif
