/*
 * The better dialect: hellos, probes, and what is said of them.  Nothing is
 * remembered of a client before its cookie has come back, and no answer is
 * longer than what it answers.
 */
#include "base/clock.h"
#include "serve/serve.h"
#include "servers/pingd/cookie.h"
#include "servers/pingd/pingd.h"

#include <string.h>

#define ASK_NS	(5 * NSEC_PER_MSEC)	/* between questions when it left */

/* seal_and_answer - m in place of what came, whose length and payload stay. */
static void
seal_and_answer(struct settings *set, struct dgram_port *port,
    struct dgram *d, struct ping_msg *m)
{
	uint8_t *wire = (uint8_t *)d->data;

	if (set->key != NULL)
		m->flags |= PING_KEYED;
	ping_put(wire, m);
	ping_seal(wire, d->len, set->key);
	pingd_answer(set, port, d, d->data, d->len);
}

void
brood_hello(struct settings *set, struct dgram_port *port, struct dgram *d,
    uint64_t nonce)
{
	struct ping_msg m = { .type = PING_WELCOME, .seq = nonce,
	    .highest = (uint64_t)set->quota };

	cookie_make(set->cookies, &d->peer, set->now, m.cookie);
	seal_and_answer(set, port, d, &m);
	serve_count_request();
}

static void
refuse(struct settings *set, struct dgram_port *port, struct dgram *d,
    const struct ping_msg *probe, enum ping_reason reason)
{
	struct ping_msg m = { .type = PING_REFUSE, .reason = (uint8_t)reason,
	    .seq = probe->seq, .sent = probe->sent };

	memcpy(m.cookie, probe->cookie, PING_COOKIE);
	seal_and_answer(set, port, d, &m);
}

/* client_of - who sent the probe; NULL where its cookie is not his. */
static struct client *
client_of(struct settings *set, const struct dgram *d,
    const struct ping_msg *probe)
{
	struct client *c = clients_find(set->clients, &d->peer);

	if (c != NULL && memcmp(c->cookie, probe->cookie, PING_COOKIE) == 0)
		return c;
	if (!cookie_good(set->cookies, &d->peer, set->now, probe->cookie))
		return NULL;
	return clients_add(set->clients, &d->peer, probe->cookie, set->now);
}

/* learn_left - of the reply that was asked about, if it is known by now. */
static void
learn_left(struct asked *a)
{
	int64_t at;

	if (a->port == NULL || !dgram_left(a->port, &at))
		return;
	a->port = NULL;
	if (a->client->session != a->session)
		return;
	a->client->left_seq = a->seq;
	a->client->left_at = at;
}

/* tell_left - to the client of an earlier reply of his. */
static void
tell_left(struct client *c, struct ping_msg *m)
{
	m->earlier = 0;
	m->earlier_left = 0;
	if (c->left_seq != 0 && m->seq > c->left_seq &&
	    m->seq - c->left_seq <= UINT32_MAX) {
		m->earlier = (uint32_t)(m->seq - c->left_seq);
		m->earlier_left = c->left_at;
	}
	c->left_seq = 0;
}

/* ask_left - about this reply; seldom, for it costs system calls, and not where
 * it is held back. */
static void
ask_left(struct settings *set, struct dgram_port *port, struct client *c,
    uint64_t seq)
{
	struct asked *a = &set->asked;

	if (set->faults != NULL || set->now - a->when < ASK_NS ||
	    dgram_ask_left(port) == -1)
		return;
	*a = (struct asked){ port, c, c->session, seq, set->now };
}

/*
 * answer_probe - with a key, what has come before (or may have) is not answered
 * again: a replay is good for nothing.  Without one, a duplicate is shown to
 * who looks for duplicates.
 */
static void
answer_probe(struct settings *set, struct dgram_port *port, struct dgram *d,
    struct ping_msg *m, struct client *c)
{
	enum seen seen = client_see(c, m->seq);

	c->last = set->now;
	if (seen != SEEN_FIRST && set->key != NULL)
		return;
	m->type = PING_REPLY;
	m->flags = m->reason = 0;
	m->received = c->received;
	m->highest = c->highest;
	m->duplicates = c->duplicates;
	m->reordered = c->reordered;
	m->session = c->session;
	learn_left(&set->asked);
	tell_left(c, m);
	ask_left(set, port, c, m->seq);
	m->replied = clock_wall();
	m->got = d->stamp != 0 ? d->stamp : m->replied;
	seal_and_answer(set, port, d, m);
	serve_count_request();
}

void
brood_message(struct settings *set, struct dgram_port *port, struct dgram *d)
{
	uint8_t *wire = (uint8_t *)d->data;
	struct client *c;
	struct ping_msg m;

	if (ping_get(wire, d->len, &m) == -1 || m.type != PING_PROBE) {
		pingd_complain(set, d, "not a probe");
		return;
	}
	if (!ping_sealed(wire, d->len, set->key)) {
		pingd_complain(set, d, set->key != NULL ?
		    "not made with our key" : "damaged");
		if (set->key != NULL)
			refuse(set, port, d, &m, PING_REASON_KEY);
		return;
	}
	c = client_of(set, d, &m);
	if (c == NULL)
		refuse(set, port, d, &m, PING_REASON_COOKIE);
	else
		answer_probe(set, port, d, &m, c);
}
