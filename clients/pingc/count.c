/*
 * Counting: round trips, jitter, and in which direction probes were lost.  All
 * of it takes the same memory after a second as after a week.  No input or
 * output.
 */
#include "clients/pingc/pingc.h"

#include <string.h>

void
counts_init(struct counts *c)
{
	memset(c, 0, sizeof(*c));
	hist_init(&c->rtt);
	hist_init(&c->jitter);
	hist_init(&c->server);
	hist_init(&c->net);
	c->last_rtt = -1;
	c->first_stamp = c->last_stamp = -1;
}

static uint64_t
distance(int64_t a, int64_t b)
{
	return (uint64_t)(a > b ? a - b : b - a);
}

void
counts_rtt(struct counts *c, int64_t rtt)
{
	hist_add(&c->rtt, (uint64_t)rtt);
	if (c->last_rtt >= 0)
		hist_add(&c->jitter, distance(rtt, c->last_rtt));
	c->ewma = c->last_rtt < 0 ? (double)rtt :
	    c->ewma + ((double)rtt - c->ewma) / 8;
	c->last_rtt = rtt;
}

/* settle - how long the pending reply's probe was in the server. */
static void
settle(struct counts *c, int64_t left)
{
	int64_t server = left - c->pending.got;

	if (c->pending.seq == 0)
		return;
	c->pending.seq = 0;
	/* A clock that was set meanwhile makes nonsense of the two. */
	if (server < 0 || server > c->pending.rtt)
		return;
	hist_add(&c->server, (uint64_t)server);
	hist_add(&c->net, (uint64_t)(c->pending.rtt - server));
}

void
counts_settle(struct counts *c)
{
	settle(c, c->pending.replied);
}

static void
add(struct heard *to, const struct heard *h)
{
	to->received += h->received;
	to->duplicates += h->duplicates;
	to->reordered += h->reordered;
	to->replies += h->replies;
}

/*
 * session_of - a server that is started anew, or whose table was full, counts
 * from 0 in another session; where children share a port, replies of two may
 * be mixed for a while.
 */
static struct heard *
session_of(struct counts *c, uint32_t session)
{
	int i;

	for (i = 0; i < HEARD; i++)
		if (c->heard[i].session == session)
			return &c->heard[i];
	add(&c->before, &c->heard[HEARD - 1]);
	memmove(c->heard + 1, c->heard, (HEARD - 1) * sizeof(c->heard[0]));
	c->heard[0] = (struct heard){ .session = session };
	return &c->heard[0];
}

/*
 * counts_server - a reply tells how many of our probes have come up to the
 * highest; that is newer, and so better, the more it has received.
 */
void
counts_server(struct counts *c, const struct ping_msg *m, int64_t rtt,
    bool first)
{
	struct heard *h = session_of(c, m->session);

	if (first)
		h->replies++;
	if (m->received >= h->received) {
		h->received = m->received;
		h->duplicates = m->duplicates;
		h->reordered = m->reordered;
	}
	if (m->highest > c->reached && m->highest <= c->sent) {
		c->reached = m->highest;
		c->apart_reached = c->apart;
	}
	if (c->pending.seq != 0)
		settle(c, m->earlier != 0 &&
		    m->seq - m->earlier == c->pending.seq ?
		    m->earlier_left : c->pending.replied);
	if (!first || rtt < 0)
		return;
	c->pending.seq = m->seq;
	c->pending.rtt = rtt;
	c->pending.got = m->got;
	c->pending.replied = m->replied;
}

struct heard
counts_heard(const struct counts *c)
{
	struct heard all = c->before;
	int i;

	for (i = 0; i < HEARD; i++)
		add(&all, &c->heard[i]);
	return all;
}

uint64_t
counts_lost_up(const struct counts *c)
{
	uint64_t got = counts_heard(c).received + c->apart_reached;

	return c->reached > got ? c->reached - got : 0;
}

uint64_t
counts_lost_down(const struct counts *c)
{
	struct heard all = counts_heard(c);

	return all.received > all.replies ? all.received - all.replies : 0;
}
