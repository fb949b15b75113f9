/*
 * The PROXY protocol, versions 1 and 2, as a pure function of the bytes so far.
 * Called by serve/ for connections from --proxy-from; it must tell at the first
 * wrong byte that this is no header, and never look behind the header's end.
 * And the line that a server in front sends.
 */
#include "net/proxyproto.h"

#include <arpa/inet.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char signature[12] = "\r\n\r\n\0\r\nQUIT\n";

/* proxy-protocol.txt section 2.2: version and command, family, lengths. */
enum {
	V2_HEAD = 16,
	V2_LOCAL = 0x20,
	V2_PROXY = 0x21,
	V2_INET_LEN = 12,
	V2_INET6_LEN = 36,
	V2_UNIX_LEN = 216
};

/* What is left of a version 1 line, without its CRLF. */
struct cursor {
	const char	*p, *end;
};

/* field - the text up to the next space or the end, as a string. */
static int
field(struct cursor *c, char *buf, size_t size, int last)
{
	const char *end;
	size_t n;

	end = memchr(c->p, ' ', c->end - c->p);
	if ((end == NULL) != last)
		return -1;
	n = (end != NULL ? end : c->end) - c->p;
	if (n == 0 || n >= size || memchr(c->p, '\0', n) != NULL)
		return -1;
	memcpy(buf, c->p, n);
	buf[n] = '\0';
	c->p = end != NULL ? end + 1 : c->end;
	return 0;
}

/* address - of exactly the family that the line named. */
static int
address(struct cursor *c, int family, struct ipaddr *ip)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t raw[16];

	if (field(c, text, sizeof(text), 0) == -1 ||
	    inet_pton(family, text, raw) != 1)
		return -1;
	if (ip != NULL)
		memcpy(ip->ip, raw, family == AF_INET ? 4 : 16);
	return 0;
}

/* port - decimal, no sign, no leading zero. */
static int
port(struct cursor *c, int last, uint16_t *out)
{
	char text[6];
	uint32_t n = 0;
	size_t i;

	if (field(c, text, sizeof(text), last) == -1 ||
	    (text[0] == '0' && text[1] != '\0'))
		return -1;
	for (i = 0; text[i] != '\0'; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		n = n * 10 + (text[i] - '0');
	}
	if (n > 65535)
		return -1;
	if (out != NULL)
		*out = n;
	return 0;
}

/* settle - hand a peer out in the form that ipaddr_from gives it. */
static void
settle(struct ipaddr *out, const struct ipaddr *ip, int *known)
{
	struct addr a;

	addr_from_ip(&a, ip);
	ipaddr_from(out, &a.sa, a.len);
	*known = 1;
}

/* v1_line - what stands between "PROXY " and CRLF; family 0 for UNKNOWN. */
static int
v1_line(const char *p, size_t len, struct ipaddr *ip)
{
	struct cursor c = { p, p + len };

	memset(ip, 0, sizeof(*ip));
	if (len >= 7 && memcmp(p, "UNKNOWN", 7) == 0)
		return len == 7 || p[7] == ' ' ? 0 : -1;
	if (len < 5 || memcmp(p, "TCP", 3) != 0 || p[4] != ' ')
		return -1;
	if (p[3] == '4')
		ip->family = AF_INET;
	else if (p[3] == '6')
		ip->family = AF_INET6;
	else
		return -1;
	c.p += 5;
	if (address(&c, ip->family, ip) == -1 ||
	    address(&c, ip->family, NULL) == -1 ||
	    port(&c, 0, &ip->port) == -1 || port(&c, 1, NULL) == -1)
		return -1;
	return 0;
}

/*
 * v1_begins - whether the line may still become one: the words are checked at
 * once, and what follows TCP4 and TCP6 is digits, dots, colons and spaces.
 */
static int
v1_begins(const char *p, size_t len)
{
	static const char *const words[] = { "TCP4 ", "TCP6 ", "UNKNOWN" };
	size_t i, n, word;

	for (i = 0; i < 3; i++) {
		word = strlen(words[i]);
		n = len < word ? len : word;
		if (memcmp(p, words[i], n) == 0)
			break;
	}
	if (i == 3)
		return 0;
	if (i == 2)
		return len <= 7 || p[7] == ' ' || p[7] == '\r';
	for (n = word; n < len; n++)
		if (p[n] == '\0' ||
		    strchr("0123456789abcdefABCDEF.: \r", p[n]) == NULL)
			return 0;
	return 1;
}

static ssize_t
parse_v1(const char *p, size_t len, struct ipaddr *peer, int *known)
{
	static const size_t word = 6;	/* "PROXY " */
	struct ipaddr ip;
	const char *cr;
	size_t n;

	n = len < PROXYPROTO_V1_MAX ? len : PROXYPROTO_V1_MAX;
	cr = memchr(p, '\r', n);
	if (memchr(p, '\n', cr != NULL ? (size_t)(cr - p) : n) != NULL)
		return -1;
	if (cr == NULL) {
		/* The last two of 107 bytes are the line's end. */
		if (len >= PROXYPROTO_V1_MAX - 1 ||
		    (len > word && !v1_begins(p + word, len - word)))
			return -1;
		return 0;
	}
	if ((size_t)(cr - p) < word || cr == p + PROXYPROTO_V1_MAX - 1 ||
	    v1_line(p + word, cr - p - word, &ip) == -1)
		return -1;
	if (cr + 1 == p + len)
		return 0;
	if (cr[1] != '\n')
		return -1;
	if (ip.family != 0)
		settle(peer, &ip, known);
	return cr + 2 - p;
}

/* v2_need - the least an address block of this family takes, or -1. */
static int
v2_need(uint8_t family)
{
	switch (family) {
	case 0x00:		/* UNSPEC */
		return 0;
	case 0x11:		/* TCP over IPv4 */
	case 0x12:		/* UDP over IPv4 */
		return V2_INET_LEN;
	case 0x21:
	case 0x22:
		return V2_INET6_LEN;
	case 0x31:
	case 0x32:
		return V2_UNIX_LEN;
	default:
		return -1;
	}
}

/* v2_peer - from the address block, whose length was checked. */
static void
v2_peer(const uint8_t *p, uint8_t family, struct ipaddr *peer, int *known)
{
	struct ipaddr ip;

	memset(&ip, 0, sizeof(ip));
	switch (family >> 4) {
	case 1:
		ip.family = AF_INET;
		memcpy(ip.ip, p, 4);
		ip.port = p[8] << 8 | p[9];
		break;
	case 2:
		ip.family = AF_INET6;
		memcpy(ip.ip, p, 16);
		ip.port = p[32] << 8 | p[33];
		break;
	case 3:
		ip.family = AF_UNIX;
		break;
	default:
		return;
	}
	settle(peer, &ip, known);
}

static ssize_t
parse_v2(const uint8_t *p, size_t len, struct ipaddr *peer, int *known)
{
	size_t total;
	int need = 0;

	if (len > 12 && p[12] != V2_LOCAL && p[12] != V2_PROXY)
		return -1;
	/* A health check (LOCAL) may say anything about its family. */
	if (len > 13 && p[12] == V2_PROXY && (need = v2_need(p[13])) == -1)
		return -1;
	if (len < V2_HEAD)
		return 0;
	total = p[14] << 8 | p[15];
	if (total < (size_t)need)
		return -1;
	total += V2_HEAD;
	if (len < total)
		return 0;
	if (p[12] == V2_PROXY)
		v2_peer(p + V2_HEAD, p[13], peer, known);
	return total;
}

ssize_t
proxyproto_parse(const void *buf, size_t len, struct ipaddr *peer, int *known)
{
	static const char word[6] = "PROXY ";
	size_t n;

	*known = 0;
	if (len == 0)
		return 0;
	n = len < sizeof(signature) ? len : sizeof(signature);
	if (memcmp(buf, signature, n) == 0)
		return parse_v2(buf, len, peer, known);
	n = len < sizeof(word) ? len : sizeof(word);
	if (memcmp(buf, word, n) == 0)
		return parse_v1(buf, len, peer, known);
	return -1;
}

size_t
proxyproto_line(char out[PROXYPROTO_V1_MAX + 1], const struct ipaddr *from,
    const struct ipaddr *to)
{
	char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];
	static const uint8_t none[16];
	int n;

	if ((from->family != AF_INET && from->family != AF_INET6) ||
	    inet_ntop(from->family, from->ip, a, sizeof(a)) == NULL ||
	    inet_ntop(from->family, to->family == from->family ? to->ip : none,
	    b, sizeof(b)) == NULL)
		n = snprintf(out, PROXYPROTO_V1_MAX + 1, "PROXY UNKNOWN\r\n");
	else
		n = snprintf(out, PROXYPROTO_V1_MAX + 1,
		    "PROXY TCP%c %s %s %u %u\r\n",
		    from->family == AF_INET ? '4' : '6', a, b, from->port,
		    to->port);
	return (size_t)n;
}
