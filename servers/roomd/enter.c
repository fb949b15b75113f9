/*
 * Coming, going and how much one may say, the same for both dialects.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "serve/serve.h"
#include "servers/roomd/roomd.h"

#define BURST	3		/* seconds of the rate that may come at once */
#define RTO_MIN	(200 * NSEC_PER_MSEC)

enum room_reason
enter_refusal(struct roomd *set, const struct ipaddr *from, const char *name,
    size_t n)
{
	if (room_name_bad(name, n) != NULL)
		return ROOM_REASON_NAME;
	if (table_by_name(&set->table, name, n) != NULL)
		return ROOM_REASON_TAKEN;
	if (set->table.n >= (unsigned int)set->max_members ||
	    (set->per_source > 0 && table_sources(&set->table, from) >=
	    (unsigned int)set->per_source))
		return ROOM_REASON_FULL;
	return ROOM_REASON_NONE;
}

/* announce - that somebody came or went */
static void
announce(struct roomd *set, enum room_kind kind, const char *name)
{
	char text[ROOM_TEXT_MAX];
	size_t n = words_fill(&set->words, kind == ROOM_KIND_JOIN ?
	    WORD_JOINED : WORD_LEFT, name, text, sizeof(text));

	post_event(set, kind, name, text, n);
}

struct member *
enter(struct roomd *set, struct dgram_port *port, const struct dgram *d,
    const char *name, size_t n, int kind)
{
	int64_t patience = kind == MEMBER_PLAIN ? set->expire_ms :
	    set->timeout_ms;
	struct member m = { .kind = (uint8_t)kind, .peer = d->peer,
	    .heard = set->now, .due = CLOCK_NEVER, .rto = RTO_MIN };

	memcpy(m.name, name, n);
	if (!d->many)
		m.local = d->local;
	post_gate(set, port, &m.gate);
	announce(set, ROOM_KIND_JOIN, m.name);	/* to those who were there */
	m.acked = m.sent = set->table.room->last;
	serve_timer_at(set->now + patience * NSEC_PER_MSEC);
	return table_add(&set->table, &m, (unsigned int)set->max_members);
}

void
leave(struct roomd *set, struct member *m)
{
	char name[ROOM_NAME_MAX];

	memcpy(name, m->name, sizeof(name));
	table_remove(&set->table, m);
	announce(set, ROOM_KIND_LEFT, name);
}

int
enter_may_say(struct roomd *set, struct member *m)
{
	int64_t cost, at = m->full_at > set->now ? m->full_at : set->now;

	if (set->rate <= 0)
		return 1;
	cost = (int64_t)(NSEC_PER_SEC / set->rate);
	if (at + cost - set->now > BURST * NSEC_PER_SEC + cost)
		return 0;
	m->full_at = at + cost;
	return 1;
}
