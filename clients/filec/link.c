/*
 * Names to addresses, addresses to a connection, and lines over it.  What the
 * lines mean is for others.
 */
#include "link.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "net/dial.h"
#include "net/resolve.h"

#define CONNECT_MS	15000

enum status
fail(struct outcome *o, enum status status, const char *fmt, ...)
{
	va_list ap;

	o->status = status;
	va_start(ap, fmt);
	vsnprintf(o->why, sizeof(o->why), fmt, ap);
	va_end(ap);
	return status;
}

enum status
link_init(struct link *l, const struct settings *set, const char *host,
    const char *port, struct outcome *o)
{
	struct resolve_peer peer = { .host = host, .port = port,
	    .defport = FILE_PORT, .socktype = SOCK_STREAM,
	    .ipv4 = set->ipv4, .ipv6 = set->ipv6 };
	char why[256];

	memset(l, 0, sizeof(*l));
	l->set = set;
	l->host = host;
	l->conn.fd = -1;
	l->naddr = resolve_peer(l->addr, LINK_ADDRS, &peer,
	    clock_after_ms(CONNECT_MS), why, sizeof(why));
	if (l->naddr == -1)
		return fail(o, ST_CONNECT, "%s", why);
	if (!set->tls)
		return ST_OK;
	l->tls = tls_client(set->cacert, !set->insecure, why, sizeof(why));
	return l->tls != NULL ? ST_OK : fail(o, ST_LOCAL, "TLS: %s", why);
}

void
link_close(struct link *l)
{
	if (l->conn.fd != -1)
		conn_close(&l->conn);
}

void
link_free(struct link *l)
{
	link_close(l);
	tls_free(l->tls);
	l->tls = NULL;
}

enum status
link_lost(struct link *l, struct outcome *o)
{
	fail(o, ST_CUT, "%s: %s", l->host, errno == 0 || errno == ENODATA ?
	    "the server has closed the connection" : errno == ETIMEDOUT ?
	    "the server is silent" : strerror(errno));
	link_close(l);
	return ST_CUT;
}

enum status
link_send(struct link *l, const struct file_request *r, struct outcome *o)
{
	char *line = conn_room(&l->conn, FILE_LINE);
	int n;

	if (line == NULL)
		return link_lost(l, o);
	n = file_request_format(r, line, FILE_LINE);
	if (n == -1)
		return fail(o, ST_REFUSED, "the name is too long");
	conn_wrote(&l->conn, (size_t)n);
	return conn_flush(&l->conn) == 0 ? ST_OK : link_lost(l, o);
}

int
link_reply(struct link *l, struct outcome *o)
{
	int code, more;
	ssize_t n;

	do {
		n = conn_line(&l->conn, l->line, sizeof(l->line));
		if (n == -1) {
			link_lost(l, o);
			return -1;
		}
		code = file_reply_parse(l->line, (size_t)n, &l->text, &more);
	} while (code == FILE_WORKING || (more && code != -1 &&
	    code != FILE_ENTRY && code != FILE_NONE));
	l->more = more != 0;
	if (code != -1)
		return code;
	fail(o, ST_CUT, "%s: this is no filed, or one that knows only the "
	    "plain dialect (-P)", l->host);
	link_close(l);
	return -1;
}

enum status
status_of(int code)
{
	switch (code) {
	case FILE_CHANGED:
		return ST_CHANGED;
	case FILE_EXISTS:
		return ST_EXISTS;
	case FILE_BUSY:
		return ST_CONNECT;
	default:
		return ST_REFUSED;
	}
}

enum status
link_said(const struct link *l, int code, struct outcome *o)
{
	return fail(o, status_of(code), "%d %s", code, l->text);
}

/* log_in - where the user has said who that is */
static enum status
log_in(struct link *l, struct outcome *o)
{
	struct file_request r = { .verb = FILE_USER };
	enum status st;
	int code;

	if (l->set->user == NULL)
		return ST_OK;
	snprintf(r.name, sizeof(r.name), "%s", l->set->user);
	memcpy(r.password, l->set->password, sizeof(r.password));
	st = link_send(l, &r, o);
	explicit_bzero(r.password, sizeof(r.password));
	if (st != ST_OK)
		return st;
	code = link_reply(l, o);
	if (code == FILE_WELCOME)
		return ST_OK;
	return code == -1 ? o->status : link_said(l, code, o);
}

static enum status
start_tls(struct link *l, struct outcome *o)
{
	char why[256];

	if (tls_connect(&l->conn, l->tls, l->host, why, sizeof(why)) == 0)
		return ST_OK;
	fail(o, ST_CONNECT, "%s: TLS: %s", l->host, why);
	link_close(l);
	return ST_CONNECT;
}

enum status
link_open(struct link *l, struct outcome *o)
{
	enum status st = ST_OK;
	enum dial_error e;

	if (l->conn.fd != -1)
		return ST_OK;
	e = dial_addrs(&l->conn, l->addr, l->naddr, clock_after_ms(CONNECT_MS));
	if (e != DIAL_OK) {
		l->conn.fd = -1;
		return fail(o, ST_CONNECT, "%s: %s", l->host,
		    e == DIAL_TIMEOUT ? "no answer to the connection" :
		    strerror(errno));
	}
	conn_stall(&l->conn, l->set->timeout_ms);
	if (l->tls != NULL)
		st = start_tls(l, o);
	if (st == ST_OK)
		st = log_in(l, o);
	if (st != ST_OK)
		link_close(l);
	return st;
}
