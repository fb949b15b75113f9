/*
 * When a datagram really left, by the kernel's own stamp of it.  Called by
 * dgram.c for ports whose user asks for it; elsewhere nothing is known.
 */
#ifndef NET_LEFT_H
#define NET_LEFT_H

#include <stdint.h>
#include <sys/socket.h>

/* Bytes of control messages: what asking takes, and the receive stamp of a
 * socket for which this is enabled. */
#define LEFT_ASK_ROOM	CMSG_SPACE(sizeof(uint32_t))
#define LEFT_STAMP_ROOM	CMSG_SPACE(3 * sizeof(struct timespec))

/* left_enable - 0, or -1 where the system does not do it. */
int	left_enable(int fd);
/* left_ask - append to the control messages of h, behind which there is room:
 * this one is to be stamped. */
void	left_ask(struct msghdr *h, void *control);
/* left_take - a stamp that has come since, wall ns: 1, or 0 for none. */
int	left_take(int fd, int64_t *ns);
/* left_stamp - a receive stamp of such a socket: 1 and wall ns, or 0. */
int	left_stamp(const struct cmsghdr *, int64_t *ns);

#endif
