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
	m->earlier = 0;
	m->earlier_left = 0;
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
