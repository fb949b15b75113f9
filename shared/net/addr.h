/*
 * Addresses: "HOST:PORT", "[::1]:80", ":80", "unix:/path"; networks in CIDR
 * form; and their text.
 */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>

struct addr {
	socklen_t len;
	union {
		struct sockaddr		sa;
		struct sockaddr_in	in;
		struct sockaddr_in6	in6;
		struct sockaddr_un	un;
		struct sockaddr_storage	ss;
	};
};

/* The same, small enough to be kept by the thousand: IP only; a UNIX socket's
 * peer is family AF_UNIX and no more. */
struct ipaddr {
	uint16_t	family;		/* AF_INET, AF_INET6, AF_UNIX, 0 */
	uint16_t	port;		/* host order */
	uint32_t	scope;
	uint8_t		ip[16];		/* network order; IPv4 in the first 4 */
};

/* ADDR:PORT text; an IPv6 address stands in brackets.  addr_text gives a scope
 * by its interface's name, the others, which make no system call, by number. */
#define ADDR_TEXT_MAX	(sizeof(((struct sockaddr_un *)0)->sun_path) + 8)
#define IPADDR_TEXT_MAX	64

const char *addr_text(const struct addr *, char *buf, size_t size);
const char *ipaddr_text(const struct ipaddr *, char *buf, size_t size);
/* ... without the port and the brackets. */
const char *ipaddr_host(const struct ipaddr *, char *buf, size_t size);

void	ipaddr_from(struct ipaddr *, const struct sockaddr *, socklen_t);
void	addr_from_ip(struct addr *, const struct ipaddr *);
int	ipaddr_equal(const struct ipaddr *, const struct ipaddr *); /* + port */
/* ipaddr_source - a number for the source: the IPv4 address or the IPv6 /64
 * (one customer), hashed; 0 for UNIX. */
uint64_t ipaddr_source(const struct ipaddr *);

/* ipaddr_parse - numeric address without port; 0 or -1. */
int	ipaddr_parse(struct ipaddr *, const char *text);

/*
 * addr_resolve - "HOST:PORT" and its kin to at most max addresses (blocking
 * lookup; numeric ones do not look up; net/resolve.h has one with a deadline).
 * how is 0, ADDR_PASSIVE or ADDR_NUMERIC: a name is then an error.  Host may be
 * empty or * where passive: every address; there "PORT" alone does as well.  A
 * missing port is defport (may be NULL).  Returns how many, or -1 with the
 * reason in why, one line for users that quotes the text.
 */
#define ADDR_PASSIVE	1
#define ADDR_NUMERIC	2
int	addr_resolve(struct addr *out, int max, const char *text,
	    const char *defport, int how, int socktype,
	    char *why, size_t whylen);

/* A network, as --proxy-from and --allow take it. */
struct cidr {
	struct ipaddr	net;
	int		bits;
};
/* cidr_parse - ADDRESS, ADDRESS/BITS, or "unix": peers of UNIX sockets.  Bits
 * behind the network's are cleared.  0, or -1. */
int	cidr_parse(struct cidr *, const char *text);
/* cidr_has - also for an IPv4 peer written as ::ffff:1.2.3.4. */
int	cidr_has(const struct cidr *, const struct ipaddr *);

#endif
