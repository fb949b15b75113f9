/*
 * Making, keeping and leaving connections: names, families, proxies, TLS.
 * What is asked over them is the business of the other files.
 */
#include "link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/dial.h"
#include "net/ends.h"
#include "net/resolve.h"
#include "transfer.h"

#define ADDRS_MAX	16

void
link_init(struct link *l)
{
	memset(l, 0, sizeof(*l));
	l->conn.fd = -1;
}

void
link_close(struct link *l)
{
	if (l->conn.fd != -1)
		conn_close(&l->conn);
	l->conn.fd = -1;
	l->reused = false;
}

void
link_free(struct link *l)
{
	link_close(l);
	tls_free(l->tls);
	free(l->key);
	link_init(l);
}

int
link_error(struct transfer *t, int status, const char *doing)
{
	int64_t ms = (clock_mono() - t->began) / NSEC_PER_MSEC;

	if (errno == ETIMEDOUT && t->link->conn.deadline <= clock_mono())
		return fail(t, ST_TIMEOUT, "%s: nothing came within %lld ms",
		    doing, (long long)ms);
	if (errno == EPROTO)
		return fail(t, status, "%s: TLS error, or the peer was cut off",
		    doing);
	return fail(t, status, "%s: %s", doing, strerror(errno));
}

/* key_of - the same text for URLs that can share a connection */
static char *
key_of(const struct transfer *t)
{
	char *key = NULL;
	int n;

	if (t->set->unix_path != NULL)
		n = asprintf(&key, "unix:%s %s", t->set->unix_path,
		    t->at.url.tls ? t->at.host : "");
	else if (t->proxy != NULL && !t->at.url.tls)
		n = asprintf(&key, "%s:%s", t->proxy->host, t->proxy->port);
	else
		n = asprintf(&key, "%s://%s:%s", t->at.url.tls ? "https" :
		    "http", t->at.host, t->at.port);
	return n == -1 ? NULL : key;
}

/* resolve - whom to connect to; how many, or minus an exit status */
static int
resolve(struct transfer *t, struct addr *addrs, char *name, size_t size,
    int64_t deadline)
{
	const struct target *to = t->proxy != NULL ? t->proxy : &t->at;
	struct resolve_peer peer = { .host = name,
	    .socktype = SOCK_STREAM, .ipv4 = t->set->ipv4,
	    .ipv6 = t->set->ipv6 };
	char why[512];
	int n;

	if (t->set->unix_path != NULL)
		snprintf(name, size, "unix:%s", t->set->unix_path);
	else
		snprintf(name, size, "%s%s%s:%s", to->url.bracketed ? "[" : "",
		    to->host, to->url.bracketed ? "]" : "", to->port);
	n = resolve_peer(addrs, ADDRS_MAX, &peer, deadline, why, sizeof(why));
	if (n > 0)
		return n;
	if (errno == ETIMEDOUT)
		return -fail(t, ST_TIMEOUT, "%s", why);
	return -fail(t, t->proxy != NULL ? ST_PROXY_NAME : ST_NAME, "%s", why);
}

/* note_ends - addresses for the report and for --verbose */
static void
note_ends(struct transfer *t)
{
	struct conn *c = &t->link->conn;
	struct ipaddr local;
	struct addr a;
	struct ends e;

	ends_of(c->fd, &e);
	trace(t, "connected: local address %s, peer address %s, "
	    "socket type %s, family %s", e.local, e.peer, e.type, e.family);
	t->result.remote_ip[0] = t->result.local_ip[0] = '\0';
	t->result.remote_port = t->result.local_port = 0;
	if (c->peer.family != AF_INET && c->peer.family != AF_INET6)
		return;
	conn_local(c, &a);
	ipaddr_from(&local, &a.sa, a.len);
	ipaddr_host(&c->peer, t->result.remote_ip, IPADDR_TEXT_MAX);
	ipaddr_host(&local, t->result.local_ip, IPADDR_TEXT_MAX);
	t->result.remote_port = c->peer.port;
	t->result.local_port = local.port;
}

static int
connect_to(struct transfer *t, int64_t deadline)
{
	struct addr addrs[ADDRS_MAX];
	char name[ADDR_TEXT_MAX + 256];
	int n = resolve(t, addrs, name, sizeof(name), deadline);
	enum dial_error e;

	if (n < 0)
		return -n;
	t->result.time_namelookup = since(t);
	trace(t, "connecting to %s (%d address%s)", name, n,
	    n == 1 ? "" : "es");
	e = dial_addrs(&t->link->conn, addrs, n, deadline);
	if (e != DIAL_OK) {
		t->link->conn.fd = -1;
		return e == DIAL_TIMEOUT ? fail(t, ST_TIMEOUT,
		    "%s: no connection within %lld ms", name,
		    (long long)((clock_mono() - t->began) / NSEC_PER_MSEC)) :
		    fail(t, ST_CONNECT, "%s: %s", name, strerror(errno));
	}
	t->result.time_connect = since(t);
	t->result.num_connects++;
	note_ends(t);
	return ST_OK;
}

/* refused - a proxy that gives no answer, or none that can be read, makes no
 * tunnel: that is ST_RECV, and the reason stays */
static int
refused(struct transfer *t, int st)
{
	if (st == ST_EMPTY || st == ST_REPLY || st == ST_SCHEME)
		st = ST_RECV;
	t->result.exitcode = (uint32_t)st;
	return st;
}

/* tunnel - ask the proxy for the origin itself */
static int
tunnel(struct transfer *t)
{
	struct conn *c = &t->link->conn;
	struct buf head = { 0 };
	int st;

	st = request_connect(t, &head);
	if (st == ST_OK && conn_write(c, head.data, head.len) == -1)
		st = link_error(t, ST_SEND, "asking the proxy");
	buf_free(&head);
	if (st != ST_OK)
		return st;
	response_begin(t);
	st = response_final(t, HTTP_M_CONNECT);
	if (st != ST_OK)
		return refused(t, st);
	t->result.http_connect = t->response.msg.code;
	if (t->response.msg.code / 100 != 2) {
		st = answer_refused(t);
		return st != ST_OK ? st : fail(t, ST_RECV, "the proxy answers "
		    "%u to CONNECT", t->response.msg.code);
	}
	answer_keep(t);
	/* TLS begins with us: nobody can have sent anything yet. */
	if (conn_pending(c) > 0)
		return fail(t, ST_RECV, "the proxy sends before it is asked");
	return ST_OK;
}

static int
secure(struct transfer *t)
{
	struct link *l = t->link;
	char why[256], text[128];
	int st = ST_TLS;

	if (l->tls == NULL) {
		l->tls = tls_client(t->set->cacert, !t->set->insecure, why,
		    sizeof(why));
		if (l->tls == NULL)
			return fail(t, t->set->cacert != NULL ? ST_CACERT :
			    ST_TLS, "%s", why);
		tls_alpn(l->tls, "http/1.1");
	}
	if (tls_connect(&l->conn, l->tls, t->at.host, why, sizeof(why)) == -1) {
		if (errno == ETIMEDOUT)
			st = ST_TIMEOUT;
		else if (errno == EACCES)
			st = ST_CERT;
		return fail(t, st, "%s: %s", t->at.host, why);
	}
	t->result.time_appconnect = since(t);
	trace(t, "TLS: %s", tls_describe(&l->conn, text, sizeof(text)));
	return ST_OK;
}

/* make - a new connection, within its own deadline and the transfer's */
static int
make(struct transfer *t)
{
	int64_t deadline = t->deadline;
	struct conn *c = &t->link->conn;
	int st;

	if (t->set->connect_timeout > 0 &&
	    clock_after_ms(t->set->connect_timeout) < deadline)
		deadline = clock_after_ms(t->set->connect_timeout);
	st = connect_to(t, deadline);
	if (st != ST_OK)
		return st;
	c->deadline = deadline;
	if (t->proxy != NULL && t->at.url.tls)
		st = tunnel(t);
	if (st == ST_OK && t->at.url.tls)
		st = secure(t);
	c->deadline = t->deadline;
	return st;
}

/* idle - the kept connection is there, and nothing that belongs to no answer
 * has come over it */
static bool
idle(struct conn *c)
{
	return c->fd != -1 && conn_pending(c) == 0 &&
	    conn_fill_ms(c, 0) == -1 && errno == EAGAIN;
}

int
link_open(struct transfer *t)
{
	struct link *l = t->link;
	char *key = key_of(t);
	int st;

	if (key == NULL)
		return fail(t, ST_MEMORY, "out of memory");
	l->conn.deadline = t->deadline;
	if (l->key != NULL && strcmp(key, l->key) == 0 && idle(&l->conn)) {
		free(key);
		l->reused = true;
		note_ends(t);
		trace(t, "using the connection again");
		return ST_OK;
	}
	link_close(l);
	free(l->key);
	l->key = key;
	st = make(t);
	if (st != ST_OK)
		link_close(l);
	return st;
}
