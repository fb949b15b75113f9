/*
 * Making contact: names, families, sockets, TLS.  Called by main once; what is
 * said over the connection is none of its business.
 */
#include "talk.h"

#include <sys/socket.h>

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/addr.h"
#include "net/dial.h"
#include "net/ends.h"
#include "net/resolve.h"

#define ADDRS_MAX	16
#define CONNECT_MS	10000	/* for the connection and TLS, at least */

static int64_t
connect_ms(const struct talk *t)
{
	return t->set->wait_ms > CONNECT_MS ? t->set->wait_ms : CONNECT_MS;
}

/* resolve - the operands to addresses; how many, or -1 and said why */
static int
resolve(const struct talk *t, const char *port, struct addr *addrs)
{
	struct resolve_peer peer = { .host = t->host, .port = port,
	    .defport = "7007", .ipv4 = t->set->ipv4, .ipv6 = t->set->ipv6,
	    .socktype = t->set->udp ? SOCK_DGRAM : SOCK_STREAM };
	char why[256];
	int n;

	n = resolve_peer(addrs, ADDRS_MAX, &peer,
	    clock_after_ms(connect_ms(t)), why, sizeof(why));
	if (n == -1)
		warnx("%s", why);
	return n;
}

static int
open_udp(struct talk *t, const struct addr *a)
{
	t->udp = socket(a->sa.sa_family,
	    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (t->udp == -1 || connect(t->udp, &a->sa, a->len) == -1) {
		warn("%s", t->host);
		return -1;
	}
	return 0;
}

static int
start_tls(struct talk *t)
{
	char why[256];

	t->tls = tls_client(t->set->cacert, !t->set->insecure, why,
	    sizeof(why));
	if (t->tls == NULL || tls_connect(&t->conn, t->tls, t->host,
	    why, sizeof(why)) == -1) {
		warnx("TLS with %s: %s", t->host, why);
		return -1;
	}
	return 0;
}

static int
open_tcp(struct talk *t, const struct addr *addrs, int n)
{
	int64_t ms = connect_ms(t);
	enum dial_error e;

	e = dial_addrs(&t->conn, addrs, n, clock_after_ms(ms));
	if (e != DIAL_OK) {
		if (e == DIAL_TIMEOUT)
			warnx("%s: no answer to the connection", t->host);
		else
			warn("%s", t->host);
		t->conn.fd = -1;
		return -1;
	}
	conn_deadline(&t->conn, ms);
	return t->set->tls ? start_tls(t) : 0;
}

static void
say_ends(const struct talk *t)
{
	struct ends e;
	char tls[128];

	ends_of(t->udp != -1 ? t->udp : t->conn.fd, &e);
	fprintf(stderr, "local address %s, peer address %s, "
	    "socket type %s, family %s\n", e.local, e.peer, e.type, e.family);
	if (t->tls != NULL)
		fprintf(stderr, "%s\n",
		    tls_describe(&t->conn, tls, sizeof(tls)));
}

int
make_contact(struct talk *t, const char *port)
{
	struct addr addrs[ADDRS_MAX];
	int n = resolve(t, port, addrs);

	if (n == -1)
		return -1;
	if ((t->set->udp ? open_udp(t, addrs) : open_tcp(t, addrs, n)) == -1)
		return -1;
	if (t->set->verbose)
		say_ends(t);
	return 0;
}

void
leave(struct talk *t)
{
	if (t->udp != -1)
		close(t->udp);
	if (t->conn.fd != -1)
		conn_close(&t->conn);
	tls_free(t->tls);
	conn_pool_free();
}
