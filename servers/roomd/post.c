/*
 * What goes out: lines for people on standard output, and datagrams to members
 * by the socket that they came by.  It decides nothing.
 */
#include <sys/socket.h>

#include <string.h>
#include <time.h>

#include "base/outlet.h"
#include "serve/serve.h"
#include "servers/roomd/roomd.h"

/* -- Sockets -------------------------------------------------------------- */

/* gate_of - where port listens; remembered, because a member may have come by
 * another than the one at hand */
static const struct gate *
gate_of(struct roomd *set, struct dgram_port *port)
{
	struct addr a = { .len = sizeof(a.ss) };
	struct gate *g;

	for (g = set->gate; g < set->gate + set->ngates; g++)
		if (g->port == port)
			return g;
	if (set->ngates == PORTS_MAX)
		return set->gate;
	g->port = port;
	memset(&g->addr, 0, sizeof(g->addr));
	if (getsockname(dgram_port_fd(port), &a.sa, &a.len) == 0)
		ipaddr_from(&g->addr, &a.sa, a.len);
	set->ngates++;
	return g;
}

/* port_for - the socket that m came by, or another of its family */
static struct dgram_port *
port_for(struct roomd *set, const struct member *m)
{
	struct dgram_port *other = NULL;

	for (int i = 0; i < set->ngates; i++) {
		if (ipaddr_equal(&set->gate[i].addr, &m->gate))
			return set->gate[i].port;
		if (set->gate[i].addr.family == m->peer.family)
			other = set->gate[i].port;
	}
	return other != NULL ? other : set->gate[0].port;
}

void
post_now(struct roomd *set, struct dgram_port *port, int64_t now)
{
	set->now = now;
	gate_of(set, port);
}

void
post_gate(struct roomd *set, struct dgram_port *port, struct ipaddr *addr)
{
	*addr = gate_of(set, port)->addr;
}

void
post_done(struct roomd *set)
{
	/* the driver flushes only the socket that it is at */
	for (int i = 0; i < set->ngates && set->ngates > 1; i++)
		dgram_flush(set->gate[i].port);
	outlet_print(set->shown.data, set->shown.len);
	buf_reset(&set->shown);
}

/* -- What is printed ------------------------------------------------------ */

static void
show(struct roomd *set, const char *what, const struct ipaddr *peer,
    const char *text, size_t n)
{
	char mem[4 * POST_MAX + IPADDR_TEXT_MAX + 32];
	char who[IPADDR_TEXT_MAX];
	struct text t;

	if (set->quiet)
		return;
	text_init(&t, mem, sizeof(mem) - 1);
	text_addf(&t, "%s %s: ", what, ipaddr_text(peer, who, sizeof(who)));
	text_addesc(&t, text, n);
	mem[t.len++] = '\n';
	buf_add(&set->shown, mem, t.len);
}

void
post_received(struct roomd *set, const struct dgram *d, const char *text,
    size_t n)
{
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	show(set, "Receive from", &d->peer, text, n);
}

/* -- Plain ---------------------------------------------------------------- */

/* with_time - a system line: the local time in brackets before it */
static size_t
with_time(char *out, size_t size, int64_t seconds, const char *text, size_t n)
{
	time_t at = (time_t)seconds;
	struct text t;
	struct tm tm;

	localtime_r(&at, &tm);
	text_init(&t, out, size);
	text_addf(&t, "[%04d-%02d-%02d %02d:%02d:%02d] ", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	text_add(&t, text, n);
	return t.len;
}

/* send_text - on the wire it is in the clients' charset */
static void
send_text(struct roomd *set, struct dgram_port *port, const struct ipaddr *peer,
    const struct ipaddr *local, int line, const char *text, size_t n)
{
	char wire[2 * POST_MAX];
	size_t len = charset_out(&set->charset, text, n, wire,
	    sizeof(wire) - 1);

	if (line)
		wire[len++] = '\n';
	dgram_send(port, peer, local, wire, len);
	show(set, "Send to", peer, text, n);
}

void
post_reply(struct roomd *set, struct dgram_port *port, const struct dgram *d,
    int line, const char *text, size_t n)
{
	send_text(set, port, &d->peer, d->many ? NULL : &d->local, line, text,
	    n);
}

/* notice - a system line of our own into out; its length */
static size_t
notice(struct roomd *set, enum word word, const char *arg, char out[POST_MAX])
{
	char text[POST_MAX];
	size_t n = words_fill(&set->words, word, arg, text, sizeof(text));

	return with_time(out, POST_MAX, (int64_t)time(NULL), text, n);
}

void
post_notice(struct roomd *set, struct dgram_port *port, const struct dgram *d,
    int line, enum word word, const char *arg)
{
	char out[POST_MAX];

	post_reply(set, port, d, line, out, notice(set, word, arg, out));
}

void
post_notice_to(struct roomd *set, const struct member *m, enum word word,
    const char *arg)
{
	char out[POST_MAX];

	send_text(set, port_for(set, m), &m->peer, &m->local, m->line, out,
	    notice(set, word, arg, out));
}

/* -- The better dialect --------------------------------------------------- */

/* describe - a binary message for people */
static void
describe(struct text *t, const struct room_msg *m)
{
	static const char *const names[] = {
		[ROOM_HELLO] = "HELLO", [ROOM_CHALLENGE] = "CHALLENGE",
		[ROOM_JOIN] = "JOIN", [ROOM_JOINED] = "JOINED",
		[ROOM_REFUSED] = "REFUSED", [ROOM_SAY] = "SAY",
		[ROOM_SAID] = "SAID", [ROOM_EVENT] = "EVENT",
		[ROOM_ACK] = "ACK", [ROOM_WHO] = "WHO",
		[ROOM_NAMES] = "NAMES", [ROOM_LEAVE] = "LEAVE",
		[ROOM_BYE] = "BYE",
	};

	text_adds(t, names[m->type]);
	if (m->type == ROOM_SAY || m->type == ROOM_SAID ||
	    m->type == ROOM_EVENT || m->type == ROOM_ACK) {
		text_adds(t, " ");
		text_addu(t, m->number);
	}
	if (m->reason != ROOM_REASON_NONE)
		text_addf(t, " (%s)", room_reason_text(m->reason));
	if (m->namelen > 0) {
		text_adds(t, " ");
		text_addesc(t, m->name, m->namelen);
	}
	if (m->textlen > 0 && m->type != ROOM_NAMES) {
		text_adds(t, m->type == ROOM_SAY ||
		    m->kind == ROOM_KIND_SAY ? ":" : " ");
		text_addesc(t, m->text, m->textlen);
	}
}

void
post_message(struct roomd *set, const char *what, const struct ipaddr *peer,
    const struct room_msg *m)
{
	char mem[4 * POST_MAX];
	struct text t;

	if (set->quiet)
		return;
	text_init(&t, mem, sizeof(mem));
	describe(&t, m);
	show(set, what, peer, mem, t.len);
}

void
post_binary(struct roomd *set, struct dgram_port *port, const struct dgram *d,
    const struct room_msg *m)
{
	uint8_t wire[ROOM_WIRE_MAX];
	size_t n = room_put(wire, m);

	dgram_reply(port, d, wire, n);
	post_message(set, "Send to", &d->peer, m);
}

void
post_binary_to(struct roomd *set, const struct member *to,
    const struct room_msg *m)
{
	uint8_t wire[ROOM_WIRE_MAX];
	size_t n = room_put(wire, m);

	dgram_send(port_for(set, to), &to->peer, &to->local, wire, n);
	post_message(set, "Send to", &to->peer, m);
}

/* -- To all --------------------------------------------------------------- */

/* plain_line - the event as plain clients see it; its length */
static size_t
plain_line(const struct event *e, char out[POST_MAX])
{
	struct text t;

	if (e->kind != ROOM_KIND_SAY)
		return with_time(out, POST_MAX, e->time, e->text, e->textlen);
	text_init(&t, out, POST_MAX);
	text_add(&t, e->name, e->namelen);
	text_adds(&t, ":");
	text_add(&t, e->text, e->textlen);
	return t.len;
}

void
post_event(struct roomd *set, enum room_kind kind, const char *name,
    const char *text, size_t n)
{
	struct shared_room *room = set->table.room;
	char line[POST_MAX];
	struct member *m;
	size_t len;

	table_event(&set->table, kind, name, text, n);
	len = plain_line(table_event_at(&set->table, room->last), line);
	for (m = room->members; m < room->members + set->table.top; m++) {
		if (m->kind == MEMBER_PLAIN)
			send_text(set, port_for(set, m), &m->peer, &m->local,
			    m->line, line, len);
		else if (m->kind == MEMBER_BROOD)
			brood_more(set, m);
	}
}
