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
	struct resolve_peer peer = { .host = host, .port = port,
	    .defport = ROOM_PORT, .socktype = SOCK_DGRAM,
	    .ipv4 = r->set->ipv4, .ipv6 = r->set->ipv6 };
	struct addr addrs[ADDRS_MAX];
	char why[256];

	r->host = host;
	if (resolve_peer(addrs, ADDRS_MAX, &peer, clock_after_ms(
	    r->set->wait_ms), why, sizeof(why)) == -1) {
		warnx("%s", why);
		return -1;
	}
	return open_socket(r, &addrs[0]);
}
