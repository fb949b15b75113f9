/*
 * The plain dialect: text without numbers, byte for byte as the coursework's
 * clients send and expect it.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "serve/serve.h"
#include "servers/roomd/roomd.h"

#define TOLD_PAUSE	(10 * NSEC_PER_MSEC)	/* between two strangers */

/* A datagram in UTF-8, and who sent it. */
struct said {
	struct dgram_port *port;
	struct dgram	*d;
	struct member	*m;		/* NULL: a stranger */
	const char	*text;
	size_t		 n;
	int		 line;		/* it came with a newline */
};

/* stranger - told once that he is one, and not many in a second, lest forged
 * addresses be flooded by us */
static void
stranger(struct roomd *set, const struct said *s, enum word word)
{
	uint64_t hash = siphash(set->table.room->key, &s->d->peer,
	    sizeof(s->d->peer));

	if (set->told[hash % TOLD_MAX] == hash || set->now < set->told_next)
		return;
	set->told[hash % TOLD_MAX] = hash;
	set->told_next = set->now + TOLD_PAUSE;
	post_notice(set, s->port, s->d, s->line, word, NULL);
}

/* forget - who has been here is told anew that he is not */
static void
forget(struct roomd *set, const struct ipaddr *peer)
{
	set->told[siphash(set->table.room->key, peer, sizeof(*peer)) %
	    TOLD_MAX] = 0;
}

static void
refuse(struct roomd *set, const struct said *s, enum room_reason reason)
{
	char name[ROOM_NAME_MAX];

	snprintf(name, sizeof(name), "%.*s", (int)s->n, s->text);
	if (reason == ROOM_REASON_NAME)
		post_notice(set, s->port, s->d, s->line, WORD_NAME,
		    words_fault(&set->words, room_name_bad(s->text, s->n)));
	else if (reason == ROOM_REASON_TAKEN)
		post_notice(set, s->port, s->d, s->line, WORD_TAKEN, name);
	else
		post_notice(set, s->port, s->d, s->line, WORD_FULL, NULL);
}

/* name - a client that has heard nothing may well send it again */
static void
name(struct roomd *set, struct said *s)
{
	enum room_reason reason;

	if (s->m != NULL) {
		if (s->m->kind != MEMBER_PLAIN || strlen(s->m->name) != s->n ||
		    memcmp(s->m->name, s->text, s->n) != 0)
			post_notice(set, s->port, s->d, s->line, WORD_ALREADY,
			    s->m->name);
		return;
	}
	reason = enter_refusal(set, &s->d->peer, s->text, s->n);
	if (reason != ROOM_REASON_NONE) {
		refuse(set, s, reason);
		return;
	}
	forget(set, &s->d->peer);
	s->m = enter(set, s->port, s->d, s->text, s->n, MEMBER_PLAIN);
	if (s->m != NULL)
		s->m->line = (uint8_t)s->line;
}

static void
say(struct roomd *set, const struct said *s)
{
	char most[16];

	if (s->n > ROOM_TEXT_MAX) {
		snprintf(most, sizeof(most), "%d", ROOM_TEXT_MAX);
		post_notice(set, s->port, s->d, s->line, WORD_LONG, most);
	} else if (enter_may_say(set, s->m)) {
		post_event(set, ROOM_KIND_SAY, s->m->name, s->text, s->n);
	} else if (set->now - s->m->scolded > NSEC_PER_SEC) {
		s->m->scolded = set->now;
		post_notice(set, s->port, s->d, s->line, WORD_FAST, NULL);
	}
}

/* exit_ - answered to everybody: the answer before may have been lost */
static void
exit_(struct roomd *set, const struct said *s)
{
	post_reply(set, s->port, s->d, s->line, "exit", 4);
	if (s->m != NULL && s->m->kind == MEMBER_PLAIN)
		leave(set, s->m);
}

static void
serve(struct roomd *set, struct said *s, enum room_plain what)
{
	s->m = table_by_peer(&set->table, &s->d->peer);
	if (s->m != NULL && s->m->kind == MEMBER_PLAIN)
		s->m->heard = set->now;
	if (set->dialect == DIALECT_BROOD && what != ROOM_PLAIN_EMPTY)
		stranger(set, s, WORD_DIALECT);
	else if (what == ROOM_PLAIN_NAME)
		name(set, s);
	else if (what == ROOM_PLAIN_EXIT)
		exit_(set, s);
	else if (what == ROOM_PLAIN_SAY && s->m == NULL)
		stranger(set, s, WORD_STRANGER);
	else if (what == ROOM_PLAIN_SAY && s->m->kind == MEMBER_PLAIN)
		say(set, s);
}

void
plain_datagram(struct roomd *set, struct dgram_port *port, struct dgram *d)
{
	char text[2 * ROOM_TEXT_MAX];
	struct said s = { .port = port, .d = d, .text = text };
	enum room_plain what = ROOM_PLAIN_SAY;

	s.n = charset_in(&set->charset, d->data, d->len, text, sizeof(text));
	if (s.n > sizeof(text) || d->cut) {
		s.line = d->data[d->len - 1] == '\n';
		s.n = sizeof(text) + 1;	/* too long, whatever it is */
		post_received(set, d, "(too long)", 10);
	} else {
		post_received(set, d, text, s.n);
		what = room_plain(text, &s.n, &s.line);
	}
	serve(set, &s, what);
}
