/*
 * Datagrams in batches: recvmmsg(2) in, sendmmsg(2) out, with the kernel's
 * receive stamp and the address that was asked, so that the answer comes from
 * there.  Used by the UDP side of serve/ and by clients.
 */
#ifndef NET_DGRAM_H
#define NET_DGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"

#define DGRAM_BATCH	64
#define DGRAM_MAX	65535	/* bytes of one datagram */

struct dgram {
	struct ipaddr	 peer;		/* who sent it */
	struct ipaddr	 local;		/* whom it was sent to (port 0) */
	int		 ifindex;	/* where it came in; 0: unknown */
	int		 cut;		/* longer than the port's maximum */
	int		 many;		/* it was broadcast or multicast */
	int64_t		 stamp;		/* kernel receive time, wall ns; 0 */
	char		*data;		/* in the batch: until the next recv */
	size_t		 len;
};

struct dgram_port;	/* a socket and its two batches; owns the descriptor */

/*
 * dgram_port_new - over a socket, as listen_dgram makes one (any UDP socket
 * does, but without stamps and the address asked); datagrams up to maxlen bytes
 * are taken whole.  NULL with errno, and the descriptor is still the caller's.
 */
struct dgram_port *dgram_port_new(int fd, size_t maxlen);
void	dgram_port_free(struct dgram_port *);
int	dgram_port_fd(const struct dgram_port *);

/* dgram_recv - what is there now, at most DGRAM_BATCH; how many, 0 none, -1
 * with errno (ECONNREFUSED where a connected socket's peer is not there).
 * A full batch means that there may be more. */
int	dgram_recv(struct dgram_port *);
struct dgram *dgram_at(struct dgram_port *, int i);

/*
 * dgram_send - queue a copy for peer (NULL: whom the socket is connected to),
 * from local (NULL or no unicast address: the kernel chooses) and, where that
 * has a scope, by the interface of that number; a full queue is sent first.  0,
 * or -1 with errno (EMSGSIZE).
 */
int	dgram_send(struct dgram_port *, const struct ipaddr *peer,
	    const struct ipaddr *local, const void *data, size_t len);
/* dgram_reply - to whom d came from, from where it was sent to unless that was
 * an address of many. */
int	dgram_reply(struct dgram_port *, const struct dgram *d,
	    const void *data, size_t len);
/*
 * dgram_ask_left - have the kernel tell when the next datagram leaves that is
 * queued: 0; or -1 where the system cannot, or more than one came in the last
 * batch, and there is better to do.  dgram_left: the wall ns once it is known,
 * which dgram_recv finds out: 1, once; or 0.
 */
int	dgram_ask_left(struct dgram_port *);
int	dgram_left(struct dgram_port *, int64_t *ns);
/* dgram_flush - send what is queued; what the kernel will not take now is
 * dropped and counted, as a network would.  Freeing a port does not flush. */
void	dgram_flush(struct dgram_port *);
uint64_t dgram_dropped(const struct dgram_port *);

/*
 * dgram_bad_source - must not be answered: port 0, the ports of services that
 * answer anything (echo, daytime, quote, chargen, time, tftp, dns, ntp, our
 * own ports[0..n)), multicast, broadcast and unspecified sources.
 */
int	dgram_bad_source(const struct ipaddr *,
	    const uint16_t *ports, size_t n);

#endif
