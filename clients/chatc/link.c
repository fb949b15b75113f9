/*
 * The conversation with the server: connecting, greeting, events.  Remembers
 * the last number seen, so that a connection that broke loses nothing.
 */
#include "chatc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/dial.h"

/* secure - TLS, where it was asked for; 0 or -1. */
static int
secure(struct chat *ch, char *why, size_t whylen)
{
	const struct settings *set = ch->set;

	if (!set->tls)
		return 0;
	if (ch->tls == NULL)
		ch->tls = tls_client(set->cacert, !set->insecure, why,
		    whylen);
	return ch->tls == NULL ? -1 :
	    tls_connect(&ch->conn, ch->tls, ch->host, why, whylen);
}

/* greet - and say from where to go on. */
static int
greet(struct chat *ch)
{
	struct chat_hello h = { .last = ch->last, .epoch = ch->epoch,
	    .history = ch->set->history };
	char line[256];
	struct text t;

	if (ch->set->bare)
		return 0;
	snprintf(h.nick, sizeof(h.nick), "%s", ch->nick);
	snprintf(h.room, sizeof(h.room), "%s", ch->room);
	text_init(&t, line, sizeof(line));
	chat_hello_line(&t, &h);
	return conn_write(&ch->conn, line, t.len);
}

int
link_open(struct chat *ch, char *why, size_t whylen)
{
	int saved;

	ch->len = 0;
	ch->skip = ch->welcomed = false;
	if (dial(&ch->conn, ch->host, ch->port, ch->set->wait_ms, why,
	    whylen) != DIAL_OK) {
		ch->conn.fd = -1;
		return -1;
	}
	conn_deadline(&ch->conn, ch->set->wait_ms);
	if (secure(ch, why, whylen) == -1) {
		link_close(ch);
		return -1;
	}
	if (greet(ch) == -1) {
		saved = errno;
		link_close(ch);
		snprintf(why, whylen, "%s: %s", ch->host, strerror(saved));
		return -1;
	}
	conn_deadline(&ch->conn, -1);
	ch->welcomed = ch->set->bare;
	return 0;
}

void
link_close(struct chat *ch)
{
	if (ch->conn.fd != -1)
		conn_close(&ch->conn);
	ch->conn.fd = -1;
	ch->welcomed = false;
}

int
link_send(struct chat *ch, const char *line, size_t len)
{
	if (ch->conn.fd == -1)
		return -1;
	conn_deadline(&ch->conn, ch->set->wait_ms);
	if (conn_put(&ch->conn, line, len) == -1 ||
	    (!ch->set->bare && conn_put(&ch->conn, "\n", 1) == -1) ||
	    conn_flush(&ch->conn) == -1)
		return -1;
	conn_deadline(&ch->conn, -1);
	return 0;
}

/* welcome - what the server calls us, and which numbers it counts. */
static void
welcome(struct chat *ch, const struct chat_event *e)
{
	char text[64] = "";
	unsigned long long epoch = 0;

	if (e->len < sizeof(text))
		memcpy(text, e->text, e->len);
	if (sscanf(text, "chat/2 %llu", &epoch) != 1)
		return;
	if (epoch != ch->epoch)
		ch->last = 0;
	ch->epoch = epoch;
	ch->welcomed = true;
	snprintf(ch->me, sizeof(ch->me), "%s", e->who);
	snprintf(ch->room, sizeof(ch->room), "%s", e->room);
}

/* note_names - follow what we are called and where we are. */
static void
note_names(struct chat *ch, const struct chat_event *e)
{
	size_t n = e->len;

	if (strcmp(e->who, ch->me) != 0)
		return;
	if (e->kind == CHAT_NICK && n < sizeof(ch->me)) {
		memcpy(ch->me, e->text, n);
		ch->me[n] = '\0';
		memcpy(ch->nick, ch->me, sizeof(ch->nick));
	} else if (e->kind == CHAT_ENTER) {
		snprintf(ch->room, sizeof(ch->room), "%s", e->room);
	}
}

/* take_line - one line of the server's. */
static void
take_line(struct chat *ch)
{
	struct chat_event e;

	/* until the welcome comes what plain clients get */
	if (chat_parse(&e, ch->line, ch->len) == -1 ||
	    (!ch->welcomed && e.kind != CHAT_WELCOME))
		return;
	if (e.kind == CHAT_WELCOME)
		welcome(ch, &e);
	/* what /history brings again is older */
	if (e.kind < CHAT_NOTE && e.number > ch->last)
		ch->last = e.number;
	ch->face->event(ch, &e, strcmp(e.who, ch->me) == 0);
	note_names(ch, &e);
}

/* take_bytes - gather them into lines. */
static void
take_bytes(struct chat *ch, const char *p, size_t n)
{
	const char *lf;
	size_t part;

	while (n > 0) {
		lf = memchr(p, '\n', n);
		part = lf == NULL ? n : (size_t)(lf - p);
		if (ch->len + part >= sizeof(ch->line))
			ch->skip = true;
		if (!ch->skip) {
			memcpy(ch->line + ch->len, p, part);
			ch->len += part;
		}
		if (lf == NULL)
			return;
		if (!ch->skip)
			take_line(ch);
		ch->len = 0;
		ch->skip = false;
		p += part + 1;
		n -= part + 1;
	}
}

int
link_take(struct chat *ch)
{
	struct conn *c = &ch->conn;
	ssize_t n;

	do {
		n = conn_fill_ms(c, 0);
		if (conn_pending(c) > 0) {
			if (ch->set->bare)
				ch->face->raw(ch, conn_data(c),
				    conn_pending(c));
			else
				take_bytes(ch, conn_data(c), conn_pending(c));
			conn_consume(c, conn_pending(c));
		}
	} while (n > 0);
	return n == -1 && errno == EAGAIN ? 0 : -1;
}
