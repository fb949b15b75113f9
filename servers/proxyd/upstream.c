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
#include "dead.h"
#include "net/dial.h"
#include "net/lookup.h"
#include "net/tls.h"
#include "transfer.h"

#define KEPT_MAX	64	/* connections in each process */
#define KEPT_NS		(30 * NSEC_PER_SEC)
#define YOUNG_NS	NSEC_PER_SEC
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

/*
 * take_kept - one to t, which this client may use: another may have been let
 * where it may not.  What can't be repeated gets none that the origin may be
 * closing just now, as many do after a few seconds.
 */
static bool
take_kept(const struct exchange *x, const struct target *t, struct conn *up)
{
	struct upstreams *u = x->p->worker->upstreams;
	int64_t now = clock_coarse();
	int64_t most = request_repeats(x) ? KEPT_NS : YOUNG_NS;
	unsigned int i = u->n;

	while (i-- > 0) {
		struct kept *k = &u->kept[i];

		if (now - k->since > KEPT_NS) {
			upstream_close(&k->conn);
			drop(u, i);
			continue;
		}
		if (!same_target(&k->to, t) || now - k->since > most ||
		    !access_address(x, &k->conn.peer))
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
	struct ipaddr ip;
	int i, kept = 0;

	for (i = 0; i < n; i++) {
		ipaddr_from(&ip, &addrs[i].sa, addrs[i].len);
		if (access_address(x, &ip))
			addrs[kept++] = addrs[i];
	}
	return kept;
}

static enum dialled
start_tls(const struct proxyd *p, const struct target *t, struct conn *up)
{
	const char *name = t->name != NULL ? t->name : t->host;
	char why[256];

	if (tls_connect(up, p->tls, name, why, sizeof(why)) == 0)
		return DIALLED;
	log_info("%s: TLS: %s", t->host, why);
	upstream_close(up);
	return DIALLED_TLS;
}

/* reach - a connection to where t is, as far as x, where there is one, may. */
static enum dialled
reach(const struct exchange *x, const struct target *t, int64_t deadline,
    struct conn *up)
{
	struct addr addrs[ADDRS_MAX];
	int n = lookup(t->host, t->port, addrs, ADDRS_MAX, deadline);

	if (n == -1)
		return errno == ETIMEDOUT ? DIALLED_TIMEOUT : DIALLED_NO_NAME;
	if (n == 0)
		return DIALLED_NO_NAME;
	if (x != NULL && (n = permitted(x, addrs, n)) == 0)
		return DIALLED_FORBIDDEN;
	switch (dial_addrs(up, addrs, n, deadline)) {
	case DIAL_OK:
		return DIALLED;
	case DIAL_TIMEOUT:
		return DIALLED_TIMEOUT;
	default:
		return DIALLED_REFUSED;
	}
}

/* made_tunnel - the next proxy's answer to CONNECT was one of success. */
static bool
made_tunnel(struct conn *up)
{
	struct http_msg res;

	http_msg_init(&res, NULL);
	for (;;) {
		enum http_result r = conn_pending(up) == 0 ? HTTP_MORE :
		    http_parse_response(&res, conn_data(up),
		    conn_pending(up), HTTP_M_CONNECT);

		if (r == HTTP_OK)
			break;
		if (r == HTTP_BAD || conn_fill(up) <= 0)
			return false;
	}
	conn_consume(up, res.head_len);
	if (res.code < 200 || res.code > 299)
		log_info("--upstream: its answer to CONNECT is %u", res.code);
	return res.code >= 200 && res.code <= 299;
}

/* through - a tunnel to t over the next proxy, which up leads to. */
static enum dialled
through(const struct target *t, struct conn *up)
{
	char authority[HOST_MAX + 16];

	target_address(t, authority, sizeof(authority));
	conn_printf(up, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n",
	    authority, authority);
	if (conn_flush(up) == 0 && made_tunnel(up))
		return DIALLED;
	upstream_close(up);
	return DIALLED_NO_TUNNEL;
}

/*
 * dial_target - with what it takes to speak to t itself, or over the next proxy
 * about t; tunnel: but for TLS, which is the client's.  x: NULL for a look at
 * an origin.
 */
static enum dialled
dial_target(const struct proxyd *p, const struct exchange *x,
    const struct target *t, bool tunnel, int64_t ms, struct conn *up)
{
	bool reverse = x == NULL || x->reverse;
	bool by_parent = p->has_parent && (tunnel || t->tls || reverse);
	enum dialled d = reach(x, by_parent ? &p->parent : t,
	    clock_after_ms(ms), up);

	if (d != DIALLED)
		return d;
	conn_deadline(up, ms);
	if (by_parent && (tunnel || t->tls))
		d = through(t, up);
	return d == DIALLED && t->tls && !tunnel ? start_tls(p, t, up) : d;
}

/* dial_unless_dead - as dial_target, but for who was not to be reached just
 * now.  That a client may not go there says nothing about others. */
static enum dialled
dial_unless_dead(const struct exchange *x, const struct target *t, bool tunnel,
    struct conn *up)
{
	struct dead *dead = x->reverse ? NULL : x->p->dead;
	enum dialled d = dead == NULL ? DIALLED : dead_why(dead, t);

	if (d != DIALLED)
		return d;
	d = dial_target(x->p, x, t, tunnel, x->p->connect_ms, up);
	if (dead != NULL && d != DIALLED_FORBIDDEN)
		dead_set(dead, t, d, x->p->negative_s);
	return d;
}

enum dialled
upstream_get(struct exchange *x, const struct target *t, bool fresh,
    bool tunnel, struct conn *up)
{
	enum dialled d = DIALLED_KEPT;

	if (fresh || tunnel || !take_kept(x, t, up)) {
		d = dial_unless_dead(x, t, tunnel, up);
		if (d != DIALLED)
			return d;
	}
	conn_deadline(up, -1);
	conn_stall(up, x->p->read_ms);
	ipaddr_host(&up->peer, x->peer, sizeof(x->peer));
	return d;
}

enum dialled
upstream_probe(const struct proxyd *p, const struct target *t, int64_t ms,
    struct conn *up)
{
	return dial_target(p, NULL, t, false, ms, up);
}

const char *
dialled_text(enum dialled d, int *status)
{
	*status = 502;
	switch (d) {
	case DIALLED_NO_NAME:
		return "the host's name is not known";
	case DIALLED_TIMEOUT:
		*status = 504;
		return "connecting to the host timed out";
	case DIALLED_FORBIDDEN:
		*status = 403;
		return "--allow-to: this client may not reach that address";
	case DIALLED_TLS:
		return "the host's certificate or TLS failed";
	case DIALLED_NO_TUNNEL:
		return "--upstream: the next proxy made no tunnel";
	default:
		return "the host refused the connection";
	}
}
