/*
 * Addresses as numbers and as text, and networks.  Everybody calls it.  Nothing
 * here looks a name up (addr_resolve.c does), allocates or keeps state, and
 * ipaddr_text makes no system call, so that a confined child may log a peer.
 */
#include "net/addr.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/* ipaddr_unmap - an IPv4 peer on an IPv6 socket is an IPv4 peer. */
static void
ipaddr_unmap(struct ipaddr *ip)
{
	if (ip->family != AF_INET6 ||
	    memcmp(ip->ip, mapped, sizeof(mapped)) != 0)
		return;
	ip->family = AF_INET;
	ip->scope = 0;
	memmove(ip->ip, ip->ip + 12, 4);
	memset(ip->ip + 4, 0, 12);
}

void
ipaddr_from(struct ipaddr *ip, const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memset(ip, 0, sizeof(*ip));
	if (sa == NULL || len < sizeof(sa->sa_family))
		return;
	/* Copied, since a caller's buffer may not be aligned. */
	if (sa->sa_family == AF_INET && len >= sizeof(in)) {
		memcpy(&in, sa, sizeof(in));
		ip->family = AF_INET;
		ip->port = ntohs(in.sin_port);
		memcpy(ip->ip, &in.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6 && len >= sizeof(in6)) {
		memcpy(&in6, sa, sizeof(in6));
		ip->family = AF_INET6;
		ip->port = ntohs(in6.sin6_port);
		ip->scope = in6.sin6_scope_id;
		memcpy(ip->ip, &in6.sin6_addr, 16);
		ipaddr_unmap(ip);
	} else if (sa->sa_family == AF_UNIX)
		ip->family = AF_UNIX;
}

void
addr_from_ip(struct addr *a, const struct ipaddr *ip)
{
	memset(a, 0, sizeof(*a));
	a->sa.sa_family = ip->family;
	switch (ip->family) {
	case AF_INET:
		a->in.sin_port = htons(ip->port);
		memcpy(&a->in.sin_addr, ip->ip, 4);
		a->len = sizeof(a->in);
		break;
	case AF_INET6:
		a->in6.sin6_port = htons(ip->port);
		a->in6.sin6_scope_id = ip->scope;
		memcpy(&a->in6.sin6_addr, ip->ip, 16);
		a->len = sizeof(a->in6);
		break;
	default:
		a->len = sizeof(a->sa.sa_family);
	}
}

static size_t
ipaddr_bytes(const struct ipaddr *ip)
{
	return ip->family == AF_INET ? 4 : ip->family == AF_INET6 ? 16 : 0;
}

int
ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b)
{
	return a->family == b->family && a->port == b->port &&
	    a->scope == b->scope && memcmp(a->ip, b->ip, ipaddr_bytes(a)) == 0;
}

/* mix - splitmix64's finaliser: two keys never meet in one value. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

uint64_t
ipaddr_source(const struct ipaddr *ip)
{
	uint64_t key = 0;

	if (ip->family == AF_INET)
		memcpy(&key, ip->ip, 4);
	else if (ip->family == AF_INET6)
		memcpy(&key, ip->ip, 8);
	else
		return 0;
	/* Links share fe80::/64; other addresses have no scope. */
	key = mix(key ^ (uint64_t)ip->scope << 32 ^
	    0x9e3779b97f4a7c15u * ip->family);
	return key != 0 ? key : 1;
}

/* is_linklocal - fe80::/10 and ff02::/16: addresses that need a scope, and the
 * only ones with which getaddrinfo(3) takes it by its name. */
static int
is_linklocal(const struct ipaddr *ip)
{
	return (ip->ip[0] == 0xfe && (ip->ip[1] & 0xc0) == 0x80) ||
	    (ip->ip[0] == 0xff && (ip->ip[1] & 0x0f) == 0x02);
}

/* host_text - the address, with its scope by name or by number. */
static void
host_text(const struct ipaddr *ip, int names, char *buf, size_t size)
{
	char host[INET6_ADDRSTRLEN], name[IF_NAMESIZE];

	if (ip->family == AF_UNIX || ip->family == 0) {
		snprintf(buf, size, "%s", ip->family ? "unix:" : "unknown");
		return;
	}
	if (inet_ntop(ip->family, ip->ip, host, sizeof(host)) == NULL)
		snprintf(host, sizeof(host), "unknown");
	if (ip->scope == 0)
		snprintf(buf, size, "%s", host);
	else if (names && is_linklocal(ip) &&
	    if_indextoname(ip->scope, name) != NULL)
		snprintf(buf, size, "%s%%%s", host, name);
	else
		snprintf(buf, size, "%s%%%u", host, (unsigned)ip->scope);
}

static const char *
port_text(const struct ipaddr *ip, int names, char *buf, size_t size)
{
	char host[IPADDR_TEXT_MAX];

	host_text(ip, names, host, sizeof(host));
	if (ip->family == AF_INET6)
		snprintf(buf, size, "[%s]:%u", host, (unsigned)ip->port);
	else if (ip->family == AF_INET)
		snprintf(buf, size, "%s:%u", host, (unsigned)ip->port);
	else
		snprintf(buf, size, "%s", host);
	return buf;
}

const char *
ipaddr_text(const struct ipaddr *ip, char *buf, size_t size)
{
	return port_text(ip, 0, buf, size);
}

const char *
ipaddr_host(const struct ipaddr *ip, char *buf, size_t size)
{
	host_text(ip, 0, buf, size);
	return buf;
}

/* unix_text - a path, or @ and a name of the abstract space (unix(7)), in
 * which other NULs are shown as @ too, as ss(8) does. */
static const char *
unix_text(const struct addr *a, char *buf, size_t size)
{
	char path[sizeof(a->un.sun_path) + 1];
	size_t i, n;

	n = a->len > offsetof(struct sockaddr_un, sun_path) ?
	    a->len - offsetof(struct sockaddr_un, sun_path) : 0;
	if (n > sizeof(a->un.sun_path))
		n = sizeof(a->un.sun_path);
	memcpy(path, a->un.sun_path, n);
	path[n] = '\0';
	if (n > 0 && path[0] == '\0')
		for (i = 0; i < n; i++)
			if (path[i] == '\0')
				path[i] = '@';
	snprintf(buf, size, "unix:%s", path);
	return buf;
}

const char *
addr_text(const struct addr *a, char *buf, size_t size)
{
	struct ipaddr ip;

	if (a->len >= sizeof(a->sa.sa_family) && a->sa.sa_family == AF_UNIX)
		return unix_text(a, buf, size);
	ipaddr_from(&ip, &a->sa, a->len);
	return port_text(&ip, 1, buf, size);
}

/* parse_scope - an interface's name or number, no longer than a name may be:
 * an address with its scope fits in IPADDR_TEXT_MAX. */
static int
parse_scope(const char *text, uint32_t *scope)
{
	unsigned long n;
	char *end;

	/* The kernel would take lo:1, an alias, for lo. */
	if (strpbrk(text, ":/") != NULL || strlen(text) >= IF_NAMESIZE)
		return -1;
	if ((*scope = if_nametoindex(text)) != 0)
		return 0;
	if (*text < '0' || *text > '9')
		return -1;
	n = strtoul(text, &end, 10);
	if (*end != '\0' || n == 0 || n > UINT32_MAX)
		return -1;
	*scope = n;
	return 0;
}

/* parse_raw - as ipaddr_parse, but ::ffff:1.2.3.4 stays IPv6. */
static int
parse_raw(struct ipaddr *ip, const char *text)
{
	char host[INET6_ADDRSTRLEN];
	const char *scope;
	size_t len;

	memset(ip, 0, sizeof(*ip));
	if (inet_pton(AF_INET, text, ip->ip) == 1) {
		ip->family = AF_INET;
		return 0;
	}
	scope = strchr(text, '%');
	len = scope != NULL ? (size_t)(scope - text) : strlen(text);
	if (len >= sizeof(host))
		return -1;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET6, host, ip->ip) != 1)
		return -1;
	ip->family = AF_INET6;
	return scope == NULL ? 0 : parse_scope(scope + 1, &ip->scope);
}

int
ipaddr_parse(struct ipaddr *ip, const char *text)
{
	if (parse_raw(ip, text) == -1)
		return -1;
	ipaddr_unmap(ip);
	return 0;
}

/* parse_bits - 0 to max in decimal, or -1. */
static int
parse_bits(const char *text, int max)
{
	int bits;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 3 ||
	    strspn(text, "0123456789") != strlen(text))
		return -1;
	bits = atoi(text);
	return bits <= max ? bits : -1;
}

/* mask - clear what is behind the first bits. */
static void
mask(uint8_t *ip, int bits)
{
	int i;

	for (i = 0; i < 16; i++, bits -= 8)
		if (bits <= 0)
			ip[i] = 0;
		else if (bits < 8)
			ip[i] &= 0xff << (8 - bits);
}

int
cidr_parse(struct cidr *c, const char *text)
{
	char host[IPADDR_TEXT_MAX];
	const char *slash;
	size_t len;

	memset(c, 0, sizeof(*c));
	if (strcmp(text, "unix") == 0) {
		c->net.family = AF_UNIX;
		return 0;
	}
	slash = strchr(text, '/');
	len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	if (len >= sizeof(host))
		return -1;
	memcpy(host, text, len);
	host[len] = '\0';
	if (parse_raw(&c->net, host) == -1)
		return -1;
	c->bits = 8 * ipaddr_bytes(&c->net);
	if (slash != NULL && (c->bits = parse_bits(slash + 1, c->bits)) == -1)
		return -1;
	if (c->net.family == AF_INET6 &&
	    memcmp(c->net.ip, mapped, sizeof(mapped)) == 0) {
		if ((c->bits -= 96) < 0)
			return -1;
		ipaddr_unmap(&c->net);
	}
	mask(c->net.ip, c->bits);
	return 0;
}

int
cidr_has(const struct cidr *c, const struct ipaddr *peer)
{
	struct ipaddr ip = *peer;

	ipaddr_unmap(&ip);
	if (ip.family != c->net.family ||
	    (c->net.scope != 0 && c->net.scope != ip.scope))
		return 0;
	if (ip.family == AF_UNIX)
		return 1;
	mask(ip.ip, c->bits);
	return memcmp(ip.ip, c->net.ip, ipaddr_bytes(&ip)) == 0;
}
