/*
 * What a system says of a datagram beside its bytes: whom it was sent to, by
 * which interface, when it came; and from which address one is to leave.
 * Each system says it in messages of its own.  For dgram.c and listen.c only.
 */
#ifndef NET_ANCILLARY_H
#define NET_ANCILLARY_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "net/dgram.h"

/* Bytes of control messages that either of these takes at most. */
#define ANCILLARY_ROOM	128

/* ancillary_enable - have it said of what comes to a socket of family; 0 or
 * -1 with errno. */
int	ancillary_enable(int fd, int family);
/* ancillary_take - of a message that was received, into local, ifindex, many
 * and stamp. */
void	ancillary_take(struct dgram *, struct msghdr *);
/* ancillary_source - have h leave from local; room holds ANCILLARY_ROOM bytes,
 * aligned as a cmsghdr, which h refers to afterwards. */
void	ancillary_source(struct msghdr *h, void *room, const struct ipaddr *);

#endif
