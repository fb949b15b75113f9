/*
 * What a member of the better dialect has not got: sent in order as far as the
 * window lets, and again until it is acknowledged.  One who is too slow for the
 * ring misses what has left it, and sees so from the numbers.
 */
#include "base/clock.h"
#include "serve/serve.h"
#include "servers/roomd/roomd.h"

#define RTO_MIN		(200 * NSEC_PER_MSEC)
#define RTO_MAX		(4 * NSEC_PER_SEC)
#define AGAIN_MAX	8	/* datagrams that are repeated at once */

static void
send_event(struct roomd *set, const struct member *m, const struct event *e)
{
	post_binary_to(set, m, &(struct room_msg){ .type = ROOM_EVENT,
	    .session = m->session, .number = e->number, .base = m->acked + 1,
	    .time = (uint64_t)e->time, .kind = e->kind, .name = e->name,
	    .namelen = e->namelen, .text = e->text, .textlen = e->textlen });
}

/* catch_up - what is no longer in the ring is given up */
static void
catch_up(struct roomd *set, struct member *m)
{
	uint64_t oldest = table_oldest(&set->table);

	if (m->acked + 1 >= oldest)
		return;
	m->acked = oldest - 1;
	m->have = 0;
	if (m->sent < m->acked)
		m->sent = m->acked;
}

void
brood_more(struct roomd *set, struct member *m)
{
	const struct event *e;

	catch_up(set, m);
	while (m->sent < set->table.room->last &&
	    m->sent - m->acked < ROOM_WINDOW) {
		e = table_event_at(&set->table, ++m->sent);
		if (e != NULL)
			send_event(set, m, e);
		if (m->due == CLOCK_NEVER)
			m->due = set->now + m->rto;
	}
	if (m->due != CLOCK_NEVER)
		serve_timer_at(m->due);
}

void
brood_acked(struct roomd *set, struct member *m, uint64_t number,
    uint32_t have)
{
	if (number < m->acked || number > m->sent)
		return;		/* old, or never sent */
	m->have = have;
	if (number > m->acked) {
		m->acked = number;
		m->rto = RTO_MIN;
		m->due = m->sent > number ? set->now + m->rto : CLOCK_NEVER;
	}
	brood_more(set, m);
}

/* has - has he said that he has this one? */
static int
has(const struct member *m, uint64_t number)
{
	uint64_t bit = number - m->acked - 2;

	return number >= m->acked + 2 && bit < 32 && (m->have >> bit & 1);
}

int64_t
brood_timer(struct roomd *set, struct member *m)
{
	const struct event *e;
	int again = 0;

	if (m->due > set->now)
		return m->due;
	catch_up(set, m);
	for (uint64_t k = m->acked + 1; k <= m->sent && again < AGAIN_MAX;
	    k++) {
		if (has(m, k) || (e = table_event_at(&set->table, k)) == NULL)
			continue;
		send_event(set, m, e);
		again++;
	}
	m->rto = m->rto * 2 < RTO_MAX ? m->rto * 2 : RTO_MAX;
	m->due = m->sent > m->acked ? set->now + m->rto : CLOCK_NEVER;
	brood_more(set, m);
	return m->due;
}
