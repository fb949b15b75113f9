/*
 * The better dialect's requests: a name is given only to an address that has
 * shown by a cookie that it receives what is sent there; what a member says is
 * taken in order, each once, and acknowledged.
 */
#include <string.h>

#include "base/clock.h"
#include "serve/serve.h"
#include "servers/roomd/cookie.h"
#include "servers/roomd/roomd.h"

/* A message and where it came from. */
struct came {
	struct dgram_port *port;
	struct dgram	*d;
	struct room_msg	 msg;
	struct member	*m;	/* whose session it names; NULL: none */
};

static void
hello(struct roomd *set, const struct came *c)
{
	struct room_msg out = { .type = ROOM_CHALLENGE,
	    .number = c->msg.number };

	cookie_make(set->table.room->key, &c->d->peer, set->now, out.cookie);
	post_binary(set, c->port, c->d, &out);
}

static void
refused(struct roomd *set, const struct came *c, enum room_reason reason)
{
	post_binary(set, c->port, c->d, &(struct room_msg){
	    .type = ROOM_REFUSED, .number = c->msg.number,
	    .reason = (uint8_t)reason });
}

static void
joined(struct roomd *set, const struct member *m)
{
	post_binary_to(set, m, &(struct room_msg){ .type = ROOM_JOINED,
	    .session = m->session, .number = m->nonce, .base = m->acked + 1,
	    .name = m->name, .namelen = strlen(m->name) });
}

/* resumable - the member of an earlier session, by the same name; or NULL */
static struct member *
resumable(struct roomd *set, const struct came *c)
{
	struct member *m = c->msg.session == 0 ? NULL :
	    table_by_session(&set->table, c->msg.session);

	if (m == NULL || strlen(m->name) != c->msg.namelen ||
	    memcmp(m->name, c->msg.name, c->msg.namelen) != 0)
		return NULL;
	return m;
}

/* resume - m has another address now, or heard nothing for a while */
static struct member *
resume(struct roomd *set, const struct came *c, struct member *m)
{
	if (!ipaddr_equal(&m->peer, &c->d->peer))
		table_move(&set->table, m, &c->d->peer);
	if (!c->d->many)
		m->local = c->d->local;
	post_gate(set, c->port, &m->gate);
	if (c->msg.base > m->acked && c->msg.base <= m->sent)
		m->acked = c->msg.base;
	m->have = 0;
	m->nonce = c->msg.number;
	m->due = m->sent > m->acked ? set->now : CLOCK_NEVER;
	return m;
}

/* begin - a new session; NULL: refused */
static struct member *
begin(struct roomd *set, const struct came *c)
{
	enum room_reason reason = enter_refusal(set, &c->d->peer,
	    c->msg.name, c->msg.namelen);
	struct member *m;

	if (reason != ROOM_REASON_NONE) {
		refused(set, c, reason);
		return NULL;
	}
	m = enter(set, c->port, c->d, c->msg.name, c->msg.namelen,
	    MEMBER_BROOD);
	if (m != NULL) {
		m->nonce = c->msg.number;
		m->session = cookie_session(set->table.room->key, &c->d->peer,
		    ++set->table.room->sessions);
	}
	return m;
}

/* join - the same one twice is answered twice; another one from an address in
 * the room is of a program that has taken the place of the one before */
static void
join(struct roomd *set, const struct came *c)
{
	struct member *there = table_by_peer(&set->table, &c->d->peer), *m;

	if (!cookie_good(set->table.room->key, &c->d->peer, set->now,
	    c->msg.cookie)) {
		refused(set, c, ROOM_REASON_COOKIE);
		return;
	}
	if (there != NULL && there->kind == MEMBER_BROOD &&
	    there->nonce == c->msg.number) {
		m = there;
	} else {
		m = resumable(set, c);
		if (there != NULL && there != m)
			leave(set, there);
		m = m != NULL ? resume(set, c, m) : begin(set, c);
	}
	if (m == NULL)
		return;
	m->heard = set->now;
	joined(set, m);
	if (m->due != CLOCK_NEVER)
		serve_timer_at(m->due);
}

static void
said(struct roomd *set, const struct member *m)
{
	post_binary_to(set, m, &(struct room_msg){ .type = ROOM_SAID,
	    .session = m->session, .number = m->said,
	    .base = set->table.room->last });
}

/* say - what is too much now is not acknowledged: it will come again */
static void
say(struct roomd *set, const struct came *c)
{
	char text[4 * ROOM_TEXT_MAX];
	struct member *m = c->m;
	size_t n;

	if (c->msg.number == m->said + 1) {
		if (!enter_may_say(set, m))
			return;
		n = charset_clean(c->msg.text, c->msg.textlen, text,
		    sizeof(text));
		while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
			n--;
		m->said++;
		if (n > 0 && n <= ROOM_TEXT_MAX)
			post_event(set, ROOM_KIND_SAY, m->name, text, n);
	}
	said(set, m);
}

static void
ack(struct roomd *set, const struct came *c)
{
	struct member *m = c->m;

	brood_acked(set, m, c->msg.number, c->msg.have);
	if (c->msg.flags & ROOM_ASK)
		said(set, m);
}

/* who - names from the one that is asked for, as many as fit */
static void
who(struct roomd *set, const struct came *c)
{
	struct shared_room *room = set->table.room;
	struct room_msg out = { .type = ROOM_NAMES, .session = c->m->session,
	    .number = c->msg.number, .base = set->table.n };
	char names[ROOM_TEXT_MAX];
	uint64_t skip = c->msg.number;
	struct member *m;
	size_t len;

	out.text = names;
	for (m = room->members; m < room->members + set->table.top; m++) {
		if (m->kind == MEMBER_FREE || skip-- > 0)
			continue;
		skip = 0;
		len = strlen(m->name);
		if (len + 1 > sizeof(names) - out.textlen)
			break;
		memcpy(names + out.textlen, m->name, len);
		out.textlen += len + 1;
		names[out.textlen - 1] = '\n';
	}
	post_binary_to(set, c->m, &out);
}

void
brood_bye(struct roomd *set, const struct member *m, enum room_reason reason)
{
	post_binary_to(set, m, &(struct room_msg){ .type = ROOM_BYE,
	    .session = m->session, .reason = (uint8_t)reason });
}

/* bye - to one who has no session (any more) */
static void
bye(struct roomd *set, const struct came *c, enum room_reason reason)
{
	post_binary(set, c->port, c->d, &(struct room_msg){ .type = ROOM_BYE,
	    .session = c->msg.session, .reason = (uint8_t)reason });
}

/* session_message - of a member, or of one who takes himself for one */
static void
session_message(struct roomd *set, struct came *c)
{
	struct member *m = table_by_peer(&set->table, &c->d->peer);

	if (m != NULL && m->kind == MEMBER_BROOD &&
	    m->session == c->msg.session)
		c->m = m;
	if (c->m == NULL) {
		bye(set, c, c->msg.type == ROOM_LEAVE ? ROOM_REASON_LEFT :
		    ROOM_REASON_EXPIRED);
		return;
	}
	c->m->heard = set->now;
	if (c->msg.type == ROOM_SAY) {
		say(set, c);
	} else if (c->msg.type == ROOM_ACK) {
		ack(set, c);
	} else if (c->msg.type == ROOM_WHO) {
		who(set, c);
	} else {
		brood_bye(set, c->m, ROOM_REASON_LEFT);
		leave(set, c->m);
	}
}

void
brood_datagram(struct roomd *set, struct dgram_port *port, struct dgram *d)
{
	struct came c = { .port = port, .d = d };

	if (set->dialect == DIALECT_PLAIN || d->cut ||
	    room_get(&c.msg, d->data, d->len) == -1) {
		post_received(set, d, "(damaged)", 9);
		return;
	}
	post_message(set, "Receive from", &d->peer, &c.msg);
	switch (c.msg.type) {
	case ROOM_HELLO:
		hello(set, &c);
		break;
	case ROOM_JOIN:
		join(set, &c);
		break;
	case ROOM_SAY:
	case ROOM_ACK:
	case ROOM_WHO:
	case ROOM_LEAVE:
		session_message(set, &c);
		break;
	default:	/* a server's: not answered, lest two talk for ever */
		break;
	}
}
