/*
 * The link to a time server: its addresses, the connection, and an exchange
 * over it.  What is asked and what is made of the answer is none of its
 * business.
 */
#include "timec.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "net/dial.h"
#include "net/ends.h"
#include "net/resolve.h"
#include "wire/time.h"

/* -- Addresses ------------------------------------------------------------ */

int
link_init(struct link *l, const struct settings *set, const char *host,
    const char *port, const char *defport)
{
	struct resolve_peer peer = { .host = host, .port = port,
	    .defport = defport, .ipv4 = set->ipv4, .ipv6 = set->ipv6,
	    .socktype = set->udp ? SOCK_DGRAM : SOCK_STREAM };
	char why[256];

	*l = (struct link){ .set = set, .host = host, .conn.fd = -1,
	    .udp = -1 };
	l->naddrs = resolve_peer(l->addrs, LINK_ADDRS, &peer,
	    clock_after_ms(set->wait_ms), why, sizeof(why));
	if (l->naddrs != -1)
		return 0;
	warnx("%s", why);
	return -1;
}

void
link_free(struct link *l)
{
	link_close(l);
	tls_free(l->tls);
	conn_pool_free();
}

/* -- The connection ------------------------------------------------------- */

static int
start_tls(struct link *l)
{
	char why[256];

	if (l->tls == NULL)
		l->tls = tls_client(l->set->cacert, !l->set->insecure, why,
		    sizeof(why));
	if (l->tls != NULL && tls_connect(&l->conn, l->tls, l->host,
	    why, sizeof(why)) == 0)
		return 0;
	warnx("TLS with %s: %s", l->host, why);
	return -1;
}

void
link_say_ends(const struct link *l, int fd)
{
	struct ends e;
	char tls[128];

	ends_of(fd, &e);
	fprintf(stderr, "local address %s, peer address %s, "
	    "socket type %s, family %s\n", e.local, e.peer, e.type, e.family);
	if (l->tls != NULL)
		fprintf(stderr, "%s\n",
		    tls_describe(&l->conn, tls, sizeof(tls)));
}

enum outcome
link_open(struct link *l)
{
	enum dial_error e;

	if (l->set->udp || l->conn.fd != -1)
		return OUTCOME_ANSWERED;
	e = dial_addrs(&l->conn, l->addrs, l->naddrs,
	    clock_after_ms(l->set->wait_ms));
	if (e != DIAL_OK) {
		if (e == DIAL_TIMEOUT)
			warnx("%s: no answer to the connection", l->host);
		else
			warn("%s", l->host);
		l->conn.fd = -1;
		return e == DIAL_OTHER ? OUTCOME_ERROR : OUTCOME_SILENCE;
	}
	l->peer = l->conn.peer;
	conn_deadline(&l->conn, l->set->wait_ms);
	if (l->set->tls && start_tls(l) == -1) {
		link_close(l);
		return OUTCOME_ERROR;
	}
	if (l->set->verbose)
		link_say_ends(l, l->conn.fd);
	return OUTCOME_ANSWERED;
}

void
link_close(struct link *l)
{
	if (l->conn.fd != -1)
		conn_close(&l->conn);
	l->conn.fd = -1;
	l->answered = false;
}

/* ready - drop what came unasked, and connect where there is no connection, or
 * the server has closed it in the meantime */
static enum outcome
ready(struct link *l)
{
	while (l->conn.fd != -1 && conn_readable(&l->conn)) {
		conn_consume(&l->conn, conn_pending(&l->conn));
		conn_deadline(&l->conn, l->set->wait_ms);
		if (conn_fill(&l->conn) <= 0)
			link_close(l);
		else
			conn_consume(&l->conn, conn_pending(&l->conn));
	}
	return link_open(l);
}

/* -- Exchanges ------------------------------------------------------------ */

/* take - n bytes as the answer; the time protocol's are a number, which may
 * well end in the byte of a newline */
static enum outcome
take(struct link *l, struct answer *a, size_t n)
{
	if (n > ANSWER_MAX) {
		warnx("%s: the answer is longer than %d bytes", l->host,
		    ANSWER_MAX);
		return OUTCOME_ERROR;
	}
	memcpy(a->text, conn_data(&l->conn), n);
	conn_consume(&l->conn, n);
	while (l->set->protocol != PROTOCOL_TIME && n > 0 &&
	    (a->text[n - 1] == '\n' || a->text[n - 1] == '\r'))
		n--;
	a->text[n] = '\0';
	a->len = n;
	return OUTCOME_ANSWERED;
}

/* whole - how many of the bytes that have come are a whole answer; 0: none */
static size_t
whole(const struct conn *c)
{
	size_t n = conn_pending(c);
	const char *lf = n == 0 ? NULL : memchr(conn_data(c), '\n', n);

	if (lf != NULL)
		return (size_t)(lf - conn_data(c)) + 1;
	return n > 0 && time_reply_whole(conn_data(c), n) ? n : 0;
}

/* ended - the server has ended the connection: r and errno are conn_fill's */
static bool
ended(ssize_t r)
{
	return r == 0 || errno == ECONNRESET || errno == EPIPE;
}

/* failed - why nothing was read after had bytes of an answer.  A server that
 * closes without having read our request resets the connection. */
static enum outcome
failed(const struct link *l, ssize_t r, size_t had)
{
	bool silence = r == 0 || errno == ETIMEDOUT || (had == 0 && ended(r));

	if (r == 0)
		warnx("%s has closed the connection", l->host);
	else if (errno == ETIMEDOUT)
		warnx("%s: no answer", l->host);
	else
		warn("%s", l->host);
	return silence ? OUTCOME_SILENCE : OUTCOME_ERROR;
}

/* stale - the server has ended a connection on which it had answered before,
 * while this request was on its way */
static bool
stale(const struct link *l, ssize_t r, size_t had)
{
	return had == 0 && l->answered && ended(r);
}

/* drop_newlines - the last answer was whole without its newline, which may come
 * in a segment of its own, after the next request has gone out */
static void
drop_newlines(struct conn *c)
{
	while (conn_pending(c) > 0 &&
	    (*conn_data(c) == '\n' || *conn_data(c) == '\r'))
		conn_consume(c, 1);
}

/* recv_reply - up to a newline, the end of one of timed's replies, the end of
 * the connection, or silence; began: on the monotonic clock */
static enum outcome
recv_reply(struct link *l, struct answer *a, int64_t began)
{
	struct conn *c = &l->conn;
	ssize_t r;
	size_t n;

	for (;;) {
		drop_newlines(c);
		if ((n = whole(c)) > 0)
			return take(l, a, n);
		n = conn_pending(c);
		if (n > ANSWER_MAX)
			return take(l, a, n);
		r = n > 0 ? conn_fill_ms(c, CONN_QUIET_MS) : conn_fill(c);
		if (r > 0)
			a->rtt = clock_mono() - began;
		else if (n > 0 && (r == 0 || errno == EAGAIN))
			return take(l, a, n);
		else
			return stale(l, r, n) ? OUTCOME_STALE :
			    failed(l, r, n);
	}
}

/* exchange - a request and its answer, over a connection that is there */
static enum outcome
exchange(struct link *l, const char *request, size_t len, struct answer *a)
{
	int64_t began;

	conn_deadline(&l->conn, l->set->wait_ms);
	a->sent = clock_wall();
	began = clock_mono();
	if (conn_put(&l->conn, request, len) == 0 && conn_flush(&l->conn) == 0)
		return recv_reply(l, a, began);
	return stale(l, -1, 0) ? OUTCOME_STALE : failed(l, -1, 0);
}

enum outcome
link_ask(struct link *l, const char *request, size_t len, struct answer *a)
{
	enum outcome o;

	if (l->set->udp)
		return udp_ask(l, request, len, a);
	do {
		if ((o = ready(l)) != OUTCOME_ANSWERED)
			return o;
		o = exchange(l, request, len, a);
		l->answered = true;
		/* What comes after this would be taken for the next answer. */
		if (o != OUTCOME_ANSWERED)
			link_close(l);
	} while (o == OUTCOME_STALE);
	return o;
}

/* A server that has said it all and does not close has answered too. */
enum outcome
link_listen(struct link *l, struct answer *a)
{
	size_t most = l->set->protocol == PROTOCOL_TIME ? 4 : ANSWER_MAX + 1;
	struct conn *c = &l->conn;
	enum outcome o;
	int64_t began;
	ssize_t r;

	if (l->set->udp)
		return udp_ask(l, "", 0, a);
	a->sent = clock_wall();
	began = clock_mono();
	if ((o = link_open(l)) != OUTCOME_ANSWERED)
		return o;
	do {
		r = conn_pending(c) > 0 && l->set->protocol ==
		    PROTOCOL_DAYTIME ? conn_fill_ms(c, CONN_QUIET_MS) :
		    conn_fill(c);
		if (r > 0)
			a->rtt = clock_mono() - began;
	} while (r > 0 && conn_pending(c) < most);
	return conn_pending(c) > 0 ? take(l, a, conn_pending(c)) :
	    failed(l, r, 0);
}
