/*
 * The socket to the server: a connected one, so that nobody else's datagrams
 * come in and a port where nobody listens is told.
 */
#include "roomc.h"

#include <sys/socket.h>

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/ends.h"
#include "net/resolve.h"

#define ADDRS_MAX	16

/* choose - the first address of a family that is wanted; NULL: none */
static const struct addr *
choose(const struct settings *set, const struct addr *a, int n)
{
	for (int i = 0; i < n; i++)
		if ((a[i].sa.sa_family == AF_INET && !set->ipv6) ||
		    (a[i].sa.sa_family == AF_INET6 && !set->ipv4))
			return &a[i];
	return NULL;
}

static void
say_ends(int fd)
{
	struct ends e;

	ends_of(fd, &e);
	fprintf(stderr, "local address %s, peer address %s, "
	    "socket type %s, family %s\n", e.local, e.peer, e.type, e.family);
}

static int
open_socket(struct room *r, const struct addr *a)
{
	int fd = socket(a->sa.sa_family,
	    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd != -1 && connect(fd, &a->sa, a->len) == 0)
		r->port = dgram_port_new(fd, 2 * ROOM_WIRE_MAX);
	if (r->port == NULL) {
		warn("%s", r->host);
		if (fd != -1)
			close(fd);
		return -1;
	}
	if (r->set->verbose)
		say_ends(fd);
	return 0;
}

int
link_open(struct room *r, const char *host, const char *port)
{
	bool bare6 = port != NULL && strchr(host, ':') != NULL && *host != '[';
	struct addr addrs[ADDRS_MAX];
	const struct addr *a;
	char where[512], why[256];
	int n;

	r->host = host;
	n = snprintf(where, sizeof(where), bare6 ? "[%s]%s%s" : "%s%s%s", host,
	    port != NULL ? ":" : "", port != NULL ? port : "");
	if ((size_t)n >= sizeof(where)) {
		warnx("'%.60s...': host is too long", host);
		return -1;
	}
	n = resolve_by(addrs, ADDRS_MAX, where, ROOM_PORT, SOCK_DGRAM,
	    clock_after_ms(r->set->wait_ms), why, sizeof(why));
	if (n == -1) {
		warnx("%s", why);
		return -1;
	}
	if ((a = choose(r->set, addrs, n)) == NULL) {
		warnx("'%s': no address that may be used", where);
		return -1;
	}
	return open_socket(r, a);
}
