/*
 * A target: its name, its address, its socket and the probes that are under
 * way.  Called by main for each operand.
 */
#include "clients/pingc/pingc.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/resolve.h"

#define ADDRS_MAX	16
#define SLOTS_MIN	256
#define SLOTS_MAX	65536

/* slots_wanted - four times the probes that can wait for an answer at once, so
 * that late answers and duplicates are still known. */
static size_t
slots_wanted(const struct options *opt)
{
	int64_t flight = SLOTS_MAX;
	size_t n = SLOTS_MIN;

	if (opt->interval > 0)
		flight = opt->wait / opt->interval + 1;
	while (n < SLOTS_MAX && (int64_t)n < 4 * flight)
		n *= 2;
	return n;
}

/* resolve - host and port to an address of a family that is wanted. */
static int
resolve(struct target *t, const char *host, const char *port)
{
	const struct options *opt = t->opt;
	struct resolve_peer peer = { .host = host, .port = port,
	    .defport = PING_PORT, .socktype = SOCK_DGRAM,
	    .ipv4 = opt->ipv4, .ipv6 = opt->ipv6 };
	struct addr a[ADDRS_MAX];
	char why[256];

	if (resolve_peer(a, ADDRS_MAX, &peer, opt->until, why,
	    sizeof(why)) == -1) {
		warnx("%s", why);
		return -1;
	}
	t->addr = a[0];
	return 0;
}

/* name_of - HOST of HOST:PORT and [ADDRESS]:PORT, as the user wrote it. */
static char *
name_of(const char *host)
{
	const char *colon = strrchr(host, ':');
	size_t n = strlen(host);

	if (*host == '[' && strchr(host, ']') != NULL)
		return strndup(host + 1, (size_t)(strchr(host, ']') - host) -
		    1);
	if (colon != NULL && strchr(host, ':') == colon)
		n = (size_t)(colon - host);
	return strndup(host, n);
}

/* prepare - memory, which is all that this target will ever take. */
static int
prepare(struct target *t, const char *host)
{
	struct ipaddr ip;

	ipaddr_from(&ip, &t->addr.sa, t->addr.len);
	ipaddr_host(&ip, t->host, sizeof(t->host));
	counts_init(&t->counts);
	t->oldest = 1;
	t->nslots = slots_wanted(t->opt);
	t->slots = calloc(t->nslots, sizeof(*t->slots));
	t->name = name_of(host);
	if (t->slots != NULL && t->name != NULL)
		return 0;
	warn("%s", host);
	return -1;
}

int
target_open(struct target *t, const struct options *opt, const char *host,
    const char *port)
{
	const char *what;

	memset(t, 0, sizeof(*t));
	t->opt = opt;
	t->fd = -1;
	t->phase = PHASE_DONE;
	if (resolve(t, host, port) == -1 || prepare(t, host) == -1)
		return -1;
	t->fd = socket_open(&t->addr, opt->device, &t->txstamps, &what);
	if (t->fd == -1) {
		warn("%s: %s", host, what);
		return -1;
	}
	return 0;
}

void
target_close(struct target *t)
{
	if (t->fd != -1)
		close(t->fd);
	free(t->slots);
	free(t->name);
}

struct slot *
target_slot(struct target *t, uint64_t seq)
{
	struct slot *s = &t->slots[seq & (t->nslots - 1)];

	return seq > 0 && s->seq == seq && s->fate != FATE_NONE ? s : NULL;
}
