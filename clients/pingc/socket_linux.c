/*
 * A target's socket: connected, with the kernel's stamps for what comes and for
 * what leaves, and with ICMP errors together with who sent them.  Only Linux
 * has the error queue, hence the file of its own.
 */
#include "clients/pingc/pingc.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <netinet/in.h>

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include "base/clock.h"

#define TX_STAMPS (SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | \
		    SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY)
#define RECEIVE_BUFFER	(1024 * 1024)	/* bytes; floods come in bursts */

union control {
	char		room[512];
	struct cmsghdr	align;
};

static int
set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

void
socket_precise(void)
{
	prctl(PR_SET_TIMERSLACK, 1UL);
}

void
socket_recount(int fd)
{
	set(fd, SOL_SOCKET, SO_TIMESTAMPING, 0);
	set(fd, SOL_SOCKET, SO_TIMESTAMPING, TX_STAMPS);
}

/* bind_to - the address, or the interface of that name. */
static int
bind_to(int fd, int family, const char *device)
{
	struct ipaddr ip;
	struct addr a;

	if (ipaddr_parse(&ip, device) == 0) {
		if (ip.family != family) {
			errno = EAFNOSUPPORT;
			return -1;
		}
		addr_from_ip(&a, &ip);
		return bind(fd, &a.sa, a.len);
	}
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
	    (socklen_t)strlen(device));
}

int
socket_open(const struct addr *a, const char *device, bool *txstamps,
    const char **what)
{
	int family = a->sa.sa_family, error, fd;

	*what = "socket";
	fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (family == AF_INET) {
		set(fd, IPPROTO_IP, IP_RECVERR, 1);
		set(fd, IPPROTO_IP, IP_RECVTTL, 1);
	} else {
		set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
		set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
	}
	set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	*txstamps = set(fd, SOL_SOCKET, SO_TIMESTAMPING, TX_STAMPS) == 0;
	*what = device;
	if (device != NULL && bind_to(fd, family, device) == -1)
		goto fail;
	*what = "connect";
	if (connect(fd, &a->sa, a->len) == 0)
		return fd;
fail:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int64_t
ns_of(const void *p)
{
	struct timespec ts;

	memcpy(&ts, p, sizeof(ts));
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static int
int_of(const struct cmsghdr *c)
{
	int v;

	memcpy(&v, CMSG_DATA(c), sizeof(v));
	return v;
}

static int
is(const struct cmsghdr *c, int level, int type)
{
	return c->cmsg_level == level && c->cmsg_type == type;
}

/* message_in - where recvmsg(2) puts everything. */
static struct msghdr *
message_in(union control *control)
{
	static uint8_t data[65536];
	static struct iovec iov = { .iov_base = data, .iov_len = 65535 };
	static struct msghdr h;

	h = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = control, .msg_controllen = sizeof(*control) };
	return &h;
}

int
socket_receive(int fd, struct arrival *in)
{
	union control control;
	struct msghdr *h = message_in(&control);
	struct cmsghdr *c;
	ssize_t n;

	do {
		n = recvmsg(fd, h, MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return SOCKET_NOTHING;	/* errors come by their queue */
	in->data = h->msg_iov->iov_base;
	in->len = (size_t)n;
	in->came = 0;
	in->ttl = -1;
	for (c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (is(c, SOL_SOCKET, SCM_TIMESTAMPNS))
			in->came = ns_of(CMSG_DATA(c));
		else if (is(c, IPPROTO_IP, IP_TTL) ||
		    is(c, IPPROTO_IPV6, IPV6_HOPLIMIT))
			in->ttl = int_of(c);
	}
	if (in->came == 0)
		in->came = clock_wall();
	return SOCKET_DATA;
}

/* take_error - of the kernel's report, what we want of it. */
static int
take_error(const struct cmsghdr *c, struct icmp *e, uint32_t *id)
{
	struct sock_extended_err ee;
	const struct sockaddr *from;

	memcpy(&ee, CMSG_DATA(c), sizeof(ee));
	if (ee.ee_origin == SO_EE_ORIGIN_TIMESTAMPING) {
		*id = ee.ee_data;
		return SOCKET_LEFT;
	}
	e->error = (int)ee.ee_errno;
	e->origin = ee.ee_origin != SO_EE_ORIGIN_LOCAL;
	from = (const struct sockaddr *)(const void *)(CMSG_DATA(c) +
	    sizeof(ee));
	ipaddr_from(&e->from, from,
	    (socklen_t)(c->cmsg_len - CMSG_LEN(sizeof(ee))));
	return SOCKET_ICMP;
}

int
socket_errors(int fd, struct icmp *e, uint32_t *id, int64_t *left)
{
	union control control;
	struct msghdr *h = message_in(&control);
	int got = SOCKET_NOTHING;
	struct cmsghdr *c;
	ssize_t n;

	do {
		n = recvmsg(fd, h, MSG_DONTWAIT | MSG_ERRQUEUE);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return SOCKET_NOTHING;
	memset(e, 0, sizeof(*e));
	e->data = h->msg_iov->iov_base;
	e->len = (size_t)n;
	*left = 0;
	for (c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (is(c, SOL_SOCKET, SCM_TIMESTAMPING))
			*left = ns_of(CMSG_DATA(c));
		else if (is(c, IPPROTO_IP, IP_RECVERR) ||
		    is(c, IPPROTO_IPV6, IPV6_RECVERR))
			got = take_error(c, e, id);
	}
	/* Something that is neither: the caller asks for what is next. */
	if (got == SOCKET_NOTHING)
		*id = UINT32_MAX;
	return got == SOCKET_NOTHING ? SOCKET_LEFT : got;
}
