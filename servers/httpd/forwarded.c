/*
 * X-Forwarded-For and Forwarded.  Each proxy appends the address that it was
 * called from, so the list is believed from its end, as far as the proxies in
 * it are trusted; the rest is what a client may have made up.
 */
#include "forwarded.h"

#include <string.h>

#include "http/field.h"

#define HOPS_MAX	32	/* of a longer list only the end is read */

/*
 * parse_node - "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80";
 * -1 for names, "unknown" and "_hidden"
 */
static int
parse_node(struct http_str s, struct ipaddr *ip)
{
	char text[IPADDR_TEXT_MAX], *end;

	if (s.len == 0 || s.len >= sizeof(text))
		return -1;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	if (text[0] == '[') {
		end = strchr(text, ']');
		if (end == NULL)
			return -1;
		*end = '\0';
		return ipaddr_parse(ip, text + 1);
	}
	end = strchr(text, ':');
	if (end != NULL && strchr(end + 1, ':') == NULL)
		*end = '\0';
	return ipaddr_parse(ip, text);
}

/* for_of - the value of "for" in one element of Forwarded. */
static struct http_str
for_of(struct http_str item)
{
	struct http_param p;

	while (http_param_next(&item, &p) == 1)
		if (http_caseeq(p.name, HTTP_STR("for")) &&
		    p.value.ptr != NULL)
			return p.value;
	return (struct http_str){ NULL, 0 };
}

/* hops - the nodes of a field, the last HOPS_MAX of them; how many. */
static unsigned
hops(const struct http_msg *m, enum http_hdr id, struct http_str *nodes)
{
	struct http_str value, item;
	unsigned cursor = 0, n = 0;

	while (http_each(m, id, &cursor, &value)) {
		while (http_list_next(&value, &item)) {
			if (n == HOPS_MAX) {
				n--;
				memmove(nodes, nodes + 1, n * sizeof(*nodes));
			}
			nodes[n++] = id == HDR_FORWARDED ? for_of(item) : item;
		}
	}
	return n;
}

/* field_of - which of the two fields counts. */
static enum http_hdr
field_of(const struct request *r)
{
	switch (r->h->forwarded) {
	case FORWARDED_XFF:
		return HDR_X_FORWARDED_FOR;
	case FORWARDED_RFC7239:
		return HDR_FORWARDED;
	default:
		return r->msg.known[HDR_X_FORWARDED_FOR] != 0 ?
		    HDR_X_FORWARDED_FOR : HDR_FORWARDED;
	}
}

/* is_trusted - a peer on a UNIX socket is a proxy on this machine. */
static bool
is_trusted(const struct request *r, const struct ipaddr *ip)
{
	return ip->family == AF_UNIX || network_has(&r->h->trusted, ip);
}

void
forwarded_client(struct request *r)
{
	struct http_str nodes[HOPS_MAX];
	struct ipaddr ip;
	unsigned n;

	if (!is_trusted(r, &r->client))
		return;
	n = hops(&r->msg, field_of(r), nodes);
	while (n-- > 0) {
		memset(&ip, 0, sizeof(ip));
		if (parse_node(nodes[n], &ip) == -1)
			return;
		r->client = ip;
		if (!is_trusted(r, &ip))
			return;
	}
}
