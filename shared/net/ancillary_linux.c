/*
 * Linux's messages beside a datagram: IP_PKTINFO, IPV6_PKTINFO and
 * SO_TIMESTAMPNS.  Never waits.
 */
#include "net/ancillary.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "net/left.h"

_Static_assert(CMSG_SPACE(sizeof(struct in6_pktinfo)) + LEFT_STAMP_ROOM <=
    ANCILLARY_ROOM, "what comes must fit");

int
ancillary_enable(int fd, int family)
{
	const int one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one,
	    sizeof(one)) == -1)
		return -1;
	if (family == AF_INET)
		return setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one,
		    sizeof(one));
	if (family == AF_INET6)
		return setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one,
		    sizeof(one));
	return 0;
}

/*
 * take_pktinfo - whom the datagram was sent to.  The kernel gives an address of
 * ours beside it, which is another one only if the datagram was for many: that
 * is how a subnet's broadcast address is known without its netmask.
 */
static void
take_pktinfo(struct dgram *d, const struct cmsghdr *c)
{
	struct in_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	d->local.family = AF_INET;
	memcpy(d->local.ip, &info.ipi_addr, 4);
	d->ifindex = info.ipi_ifindex;
	d->many = info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr;
}

static void
take_pktinfo6(struct dgram *d, const struct cmsghdr *c)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct in6_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	in6.sin6_addr = info.ipi6_addr;
	if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
		in6.sin6_scope_id = info.ipi6_ifindex;
	ipaddr_from(&d->local, (struct sockaddr *)&in6, sizeof(in6));
	d->ifindex = (int)info.ipi6_ifindex;
	d->many = IN6_IS_ADDR_MULTICAST(&info.ipi6_addr);
}

void
ancillary_take(struct dgram *d, struct msghdr *h)
{
	struct timespec ts;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			take_pktinfo(d, c);
		else if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO)
			take_pktinfo6(d, c);
		else if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
			d->stamp = ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
		} else
			left_stamp(c, &d->stamp);
	}
}

void
ancillary_source(struct msghdr *h, void *room, const struct ipaddr *local)
{
	struct in6_pktinfo info6 = { .ipi6_ifindex = local->scope };
	struct in_pktinfo info = { .ipi_ifindex = (int)local->scope };
	struct cmsghdr *c;
	const void *data;
	size_t len;

	if (local->family == AF_INET) {
		memcpy(&info.ipi_spec_dst, local->ip, 4);
		data = &info;
		len = sizeof(info);
	} else {
		memcpy(&info6.ipi6_addr, local->ip, 16);
		data = &info6;
		len = sizeof(info6);
	}
	memset(room, 0, ANCILLARY_ROOM);
	h->msg_control = room;
	h->msg_controllen = CMSG_SPACE(len);
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = local->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = local->family == AF_INET ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
}
