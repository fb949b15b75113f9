/*
 * Connections to origins: looked up, dialled, kept between requests and used
 * again by the same process.  Never answers the client.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/dial.h"
#include "net/lookup.h"
#include "net/tls.h"
#include "proxyd.h"

#define KEPT_MAX	64	/* connections in each process */
#define KEPT_NS		(30 * NSEC_PER_SEC)
#define ADDRS_MAX	8

struct kept {
	struct target	 to;
	struct conn	 conn;
	int64_t		 since;
};

struct upstreams {
	struct kept	 kept[KEPT_MAX];
	unsigned int	 n;
};

struct upstreams *
upstreams_new(void)
{
	return calloc(1, sizeof(struct upstreams));
}

void
upstreams_free(struct upstreams *u)
{
	unsigned int i;

	if (u == NULL)
		return;
	for (i = 0; i < u->n; i++)
		upstream_close(&u->kept[i].conn);
	free(u);
}

void
upstream_close(struct conn *up)
{
	conn_close(up);
}

static bool
same_target(const struct target *a, const struct target *b)
{
	return a->port == b->port && a->tls == b->tls &&
	    strcmp(a->host, b->host) == 0;
}

/* drop - forget the ith, which is closed or handed out. */
static void
drop(struct upstreams *u, unsigned int i)
{
	u->kept[i] = u->kept[--u->n];
}

/* is_alive - nothing may be there to be read: neither an end nor bytes that
 * nobody asked for. */
static bool
is_alive(struct conn *up)
{
	return !conn_readable(up);
}

static bool
take_kept(struct upstreams *u, const struct target *t, struct conn *up)
{
	int64_t now = clock_coarse();
	unsigned int i = u->n;

	while (i-- > 0) {
		struct kept *k = &u->kept[i];

		if (now - k->since > KEPT_NS) {
			upstream_close(&k->conn);
			drop(u, i);
			continue;
		}
		if (!same_target(&k->to, t))
			continue;
		*up = k->conn;
		drop(u, i);
		if (is_alive(up))
			return true;
		upstream_close(up);
	}
	return false;
}

void
upstream_put(struct exchange *x, const struct target *t, struct conn *up)
{
	struct upstreams *u = x->p->worker->upstreams;
	struct kept *k;

	if (up->in_len > 0 || up->out_len > 0 ||
	    (up->flags & (CONN_EOF | CONN_BROKEN | CONN_TIMEDOUT))) {
		upstream_close(up);
		return;
	}
	if (u->n == KEPT_MAX) {
		upstream_close(&u->kept[0].conn);
		drop(u, 0);
	}
	conn_rest(up);
	k = &u->kept[u->n++];
	k->to = *t;
	k->conn = *up;
	k->since = clock_coarse();
}

/* permitted - of the addresses, those that this client may reach. */
static int
permitted(const struct exchange *x, struct addr *addrs, int n)
{
	int i, kept = 0;

	for (i = 0; i < n; i++)
		if (x->p->has_parent || access_address(x, &addrs[i]))
			addrs[kept++] = addrs[i];
	return kept;
}

static enum dialled
start_tls(struct exchange *x, const struct target *t, struct conn *up)
{
	char why[256];

	conn_deadline(up, x->p->connect_ms);
	if (tls_connect(up, x->p->tls, t->host, why, sizeof(why)) == 0)
		return DIALLED;
	log_info("%s: TLS: %s", t->host, why);
	upstream_close(up);
	return DIALLED_TLS;
}

static enum dialled
dial_target(struct exchange *x, const struct target *t, bool tunnel,
    struct conn *up)
{
	struct addr addrs[ADDRS_MAX];
	int64_t deadline = clock_after_ms(x->p->connect_ms);
	int n = lookup(t->host, t->port, addrs, ADDRS_MAX, deadline);

	if (n == -1)
		return errno == ETIMEDOUT ? DIALLED_TIMEOUT : DIALLED_NO_NAME;
	if (n == 0)
		return DIALLED_NO_NAME;
	n = permitted(x, addrs, n);
	if (n == 0)
		return DIALLED_FORBIDDEN;
	switch (dial_addrs(up, addrs, n, deadline)) {
	case DIAL_OK:
		break;
	case DIAL_TIMEOUT:
		return DIALLED_TIMEOUT;
	default:
		return DIALLED_REFUSED;
	}
	return t->tls && !tunnel ? start_tls(x, t, up) : DIALLED;
}

enum dialled
upstream_get(struct exchange *x, const struct target *t, bool fresh,
    bool tunnel, struct conn *up)
{
	enum dialled d = DIALLED_KEPT;

	if (fresh || tunnel ||
	    !take_kept(x->p->worker->upstreams, t, up)) {
		d = dial_target(x, t, tunnel, up);
		if (d != DIALLED)
			return d;
	}
	conn_deadline(up, -1);
	up->stall_ns = x->p->read_ms * NSEC_PER_MSEC;
	ipaddr_host(&up->peer, x->peer, sizeof(x->peer));
	return d;
}
