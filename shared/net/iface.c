/*
 * Interfaces, from getifaddrs(3), which a confined child may call.  Called now
 * and then, never for each datagram: it allocates.
 */
#include "net/iface.h"

#include <ifaddrs.h>

#include <stdio.h>
#include <string.h>

static int
address_bits(const struct ipaddr *ip)
{
	return ip->family == AF_INET ? 32 : 128;
}

/* mask_bits - how many ones a netmask begins with. */
static int
mask_bits(const struct ipaddr *mask)
{
	int bits = 0, max = address_bits(mask);

	while (bits < max && (mask->ip[bits / 8] & 0x80 >> bits % 8) != 0)
		bits++;
	return bits;
}

/* set_broadcast - what the administrator has set; else all ones behind the
 * netmask, which the kernel takes for broadcast as well. */
static void
set_broadcast(struct iface *f, const struct sockaddr *sa)
{
	static const uint8_t none[4];
	struct ipaddr ip = f->addr;
	int bit;

	if (f->addr.family != AF_INET || (f->flags & IFF_BROADCAST) == 0 ||
	    f->bits > 30)
		return;
	if (sa != NULL && sa->sa_family == AF_INET)
		ipaddr_from(&ip, sa, sizeof(struct sockaddr_in));
	if (memcmp(ip.ip, f->addr.ip, 4) == 0 || memcmp(ip.ip, none, 4) == 0) {
		ip = f->addr;
		for (bit = f->bits; bit < 32; bit++)
			ip.ip[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	}
	ip.port = 0;
	f->broadcast = ip;
}

/* set - from what the system says; 0, or -1: no address that matters here. */
static int
set(struct iface *f, const struct ifaddrs *a)
{
	const struct sockaddr *sa = a->ifa_addr;
	struct ipaddr mask;
	socklen_t len;

	memset(f, 0, sizeof(*f));
	if (sa == NULL || (a->ifa_flags & IFF_UP) == 0 ||
	    (sa->sa_family != AF_INET && sa->sa_family != AF_INET6))
		return -1;
	len = sa->sa_family == AF_INET ? sizeof(struct sockaddr_in) :
	    sizeof(struct sockaddr_in6);
	snprintf(f->name, sizeof(f->name), "%s", a->ifa_name);
	f->index = (int)if_nametoindex(a->ifa_name);
	f->flags = a->ifa_flags;
	ipaddr_from(&f->addr, sa, len);
	f->bits = address_bits(&f->addr);
	if (a->ifa_netmask != NULL) {
		ipaddr_from(&mask, a->ifa_netmask, len);
		mask.family = f->addr.family;
		f->bits = mask_bits(&mask);
	}
	if ((f->flags & IFF_POINTOPOINT) != 0 && a->ifa_dstaddr != NULL)
		ipaddr_from(&f->far, a->ifa_dstaddr, len);
	else
		set_broadcast(f, a->ifa_broadaddr);
	return f->index == 0 ? -1 : 0;
}

int
iface_list(struct iface *v, int max)
{
	struct ifaddrs *all, *a;
	int n = 0;

	if (getifaddrs(&all) == -1)
		return -1;
	for (a = all; a != NULL && n < max; a = a->ifa_next)
		if (set(&v[n], a) == 0)
			n++;
	freeifaddrs(all);
	return n;
}

static int
same_host(const struct ipaddr *a, const struct ipaddr *b)
{
	return a->family == b->family &&
	    memcmp(a->ip, b->ip, (size_t)address_bits(a) / 8) == 0;
}

/* same_network - whether the first bits of the two are the same. */
static int
same_network(const struct iface *f, const struct ipaddr *peer)
{
	int whole = f->bits / 8, rest = f->bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (f->addr.family != peer->family ||
	    memcmp(f->addr.ip, peer->ip, (size_t)whole) != 0)
		return 0;
	return rest == 0 ||
	    (f->addr.ip[whole] & mask) == (peer->ip[whole] & mask);
}

const struct iface *
iface_on_link(const struct iface *v, int n, int index,
    const struct ipaddr *peer)
{
	int i;

	for (i = 0; i < n; i++)
		if ((index == 0 || v[i].index == index) &&
		    (same_network(&v[i], peer) ||
		    (v[i].far.family != 0 && same_host(&v[i].far, peer))))
			return &v[i];
	for (i = 0; i < n; i++)
		if (same_host(&v[i].addr, peer))
			return &v[i];
	return NULL;
}

const char *
iface_name(const struct iface *v, int n, int index, char buf[IFACE_NAME_MAX])
{
	int i;

	for (i = 0; i < n; i++)
		if (v[i].index == index)
			return v[i].name;
	if (index == 0)
		snprintf(buf, IFACE_NAME_MAX, "unknown");
	else
		snprintf(buf, IFACE_NAME_MAX, "#%d", index);
	return buf;
}
