/*
 * Whom beaconc asks: the addresses that the user names, or on each interface
 * everybody.
 */
#include "beaconc.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "net/resolve.h"

#define ADDRS_MAX	16	/* of one name */

static int
all_digits(const char *s)
{
	return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

/* wanted - -4 and -6 say which; neither and both mean both. */
static bool
wanted(const struct settings *set, const struct addr *a)
{
	if (set->ipv4 == set->ipv6)
		return a->sa.sa_family != AF_UNIX;
	return a->sa.sa_family == (set->ipv4 ? AF_INET : AF_INET6);
}

static int
add_named(struct targets *t, const struct settings *set, const char *text,
    const char *port)
{
	struct addr addrs[ADDRS_MAX];
	char why[256];
	int before = t->n, n;

	n = resolve_by(addrs, ADDRS_MAX, text, port, SOCK_DGRAM,
	    set->timeout > 0 ? clock_after_ms(set->timeout) : CLOCK_NEVER, why,
	    sizeof(why));
	if (n == -1) {
		warnx("%s", why);
		return -1;
	}
	for (int i = 0; i < n && t->n < TARGETS_MAX; i++) {
		if (!wanted(set, &addrs[i]))
			continue;
		memset(&t->v[t->n], 0, sizeof(t->v[t->n]));
		ipaddr_from(&t->v[t->n++].to, &addrs[i].sa, addrs[i].len);
	}
	if (t->n > before)
		return 0;
	warnx("'%s': no address to send a datagram to", text);
	return -1;
}

/* An address and a number are HOST PORT, as the other clients have it. */
int
targets_named(struct targets *t, const struct settings *set,
    const struct opt_operands *op)
{
	t->n = 0;
	t->fixed = true;
	if (op->n == 2 && all_digits(op->v[1]))
		return add_named(t, set, op->v[0], op->v[1]);
	for (int i = 0; i < op->n; i++)
		if (add_named(t, set, op->v[i], set->port) == -1)
			return -1;
	return 0;
}

static int
is_asked(const struct targets *t, const struct target *x)
{
	for (int i = 0; i < t->n; i++)
		if (ipaddr_equal(&t->v[i].to, &x->to) &&
		    strcmp(t->v[i].name, x->name) == 0)
			return 1;
	return 0;
}

/* broadcast_of - the interface's own, or everybody on the wire whatever their
 * netmask; 0, or -1: it has none. */
static int
broadcast_of(struct target *x, const struct iface *f, bool limited)
{
	if (f->broadcast.family == 0)
		return -1;
	x->to = f->broadcast;
	if (limited)
		memset(x->to.ip, 0xff, 4);
	/* By this interface, though another be in the same network. */
	x->from = f->addr;
	x->from.scope = (uint32_t)f->index;
	return 0;
}

static int
group_of(struct target *x, const struct iface *f)
{
	if (f->addr.family != AF_INET6 || (f->flags & IFF_MULTICAST) == 0 ||
	    ipaddr_parse(&x->to, BEACON_GROUP) == -1)
		return -1;
	x->to.scope = (uint32_t)f->index;
	return 0;
}

int
targets_of_links(struct targets *t, const struct settings *set,
    const struct iface *links, int nlinks)
{
	uint16_t port = 0;
	struct target x;
	int r;

	for (const char *p = set->port; *p != '\0'; p++)
		port = (uint16_t)(port * 10 + (*p - '0'));
	t->n = 0;
	for (int i = 0; i < nlinks && t->n < TARGETS_MAX; i++) {
		memset(&x, 0, sizeof(x));
		r = -1;
		if (links[i].addr.family == AF_INET &&
		    (set->ipv4 || !set->ipv6))
			r = broadcast_of(&x, &links[i], set->limited);
		else if (set->ipv6)
			r = group_of(&x, &links[i]);
		x.to.port = port;
		snprintf(x.name, sizeof(x.name), "%s", links[i].name);
		if (r == 0 && !is_asked(t, &x))
			t->v[t->n++] = x;
	}
	return t->n;
}
