/*
 * Transmit stamps by SO_TIMESTAMPING (Documentation/networking/timestamping):
 * asked for in a control message, one datagram at a time, and found in the
 * socket's error queue.  Never waits.
 */
#include "net/left.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include "base/clock.h"

int
left_enable(int fd)
{
	int flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
	    SOF_TIMESTAMPING_OPT_TSONLY, off = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags,
	    sizeof(flags)) == -1)
		return -1;
	/* Receive stamps come the same way now, and need not come twice. */
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &off, sizeof(off));
	return 0;
}

void
left_ask(struct msghdr *h, void *control)
{
	uint32_t flags = SOF_TIMESTAMPING_TX_SOFTWARE;
	struct cmsghdr *c;

	c = (struct cmsghdr *)(void *)((char *)control + h->msg_controllen);
	memset(c, 0, LEFT_ASK_ROOM);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SO_TIMESTAMPING;
	c->cmsg_len = CMSG_LEN(sizeof(flags));
	memcpy(CMSG_DATA(c), &flags, sizeof(flags));
	h->msg_control = control;
	h->msg_controllen += LEFT_ASK_ROOM;
}

int
left_stamp(const struct cmsghdr *c, int64_t *ns)
{
	struct timespec ts;

	if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPING)
		return 0;
	memcpy(&ts, CMSG_DATA(c), sizeof(ts));	/* the first of the three */
	*ns = ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
	return 1;
}

int
left_take(int fd, int64_t *ns)
{
	union {
		char		room[256];
		struct cmsghdr	align;
	} control;
	struct cmsghdr *c;
	struct msghdr h;
	char data[1];
	struct iovec iov = { data, sizeof(data) };

	for (;;) {
		h = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1,
		    .msg_control = &control,
		    .msg_controllen = sizeof(control) };
		if (recvmsg(fd, &h, MSG_ERRQUEUE | MSG_DONTWAIT) == -1) {
			if (errno == EINTR)
				continue;
			return 0;
		}
		for (c = CMSG_FIRSTHDR(&h); c != NULL;
		    c = CMSG_NXTHDR(&h, c))
			if (left_stamp(c, ns))
				return 1;
	}
}
