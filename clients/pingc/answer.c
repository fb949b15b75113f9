/*
 * What came to a target's socket, told apart: replies in either dialect, once
 * or twice, late or damaged; welcomes and refusals; ICMP errors.  Sends nothing
 * but what the greeting asks for.
 */
#include "clients/pingc/pingc.h"

#include <err.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"

#define BATCH		64	/* of one target before the others' turn */
#define HELLO_LEAST_NS	(50 * NSEC_PER_MSEC)
#define CLOCK_SLACK_NS	NSEC_PER_MSEC

void
answer_fate(struct target *t, uint64_t seq, enum fate fate,
    const struct icmp *e)
{
	struct slot *s = target_slot(t, seq);
	struct counts *c = &t->counts;

	if (s == NULL || s->fate != FATE_WAITING)
		return;
	s->fate = fate;
	if (fate == FATE_SILENCE) {
		c->silent++;
		report_silence(t, seq);
		return;
	}
	c->apart += !s->apart;
	s->apart = true;
	if (fate == FATE_REFUSED)
		c->refused++;
	else
		c->unreachable++;
	report_error(t, seq, e, fate);
}

/* round_trip - by the kernel's stamps; where the wall clock was set meanwhile,
 * by the other clock. */
static int64_t
round_trip(const struct slot *s, int64_t came)
{
	int64_t rtt = came - s->left, elapsed = clock_mono() - s->sent;

	return rtt < 0 || rtt > elapsed + CLOCK_SLACK_NS ? elapsed : rtt;
}

/* take_reply - to the probe in s; counted and shown.  1 where it is the first
 * to it. */
static bool
take_reply(struct target *t, struct slot *s, struct reply *r)
{
	struct counts *c = &t->counts;
	bool first = s->fate != FATE_REPLY;

	r->rtt = round_trip(s, r->came);
	r->duplicate = !first;
	r->late = first && s->fate != FATE_WAITING;
	if (r->altered)
		c->altered++;
	else if (r->duplicate)
		c->duplicates++;
	else if (r->late)
		c->late++;
	else
		c->received++;
	if (first) {
		if (s->seq < c->highest)
			c->reordered++;
		else
			c->highest = s->seq;
	}
	if (first && !r->late && !r->altered)
		counts_rtt(c, r->rtt);
	if (s->fate == FATE_WAITING && t->opt->flood &&
	    !t->opt->interval_given && s->seq == t->seq)
		t->next = 0;
	s->fate = FATE_REPLY;
	report_reply(t, r);
	return first;
}

/* -- The plain dialect ---------------------------------------------------- */

/* whose - the slot that a plain reply belongs to, and whether it is what our
 * request should have become. */
static struct slot *
whose(struct target *t, struct reply *r, const struct ping_plain *plain)
{
	static char request[REQUEST_MAX];
	struct slot *s = target_slot(t, plain->seq);
	size_t len;
	bool fits;

	if (s == NULL)
		s = target_slot(t, t->seq);
	if (s == NULL)
		return NULL;
	len = probe_request(t, s, request);
	fits = ping_is_echo(r->text, r->text_len, request, len) ||
	    (r->text_len == len && memcmp(r->text, request, len) == 0);
	r->altered = !fits && r->text_len - plain->skip == len;
	/* A number that does not fit the rest may be what was altered. */
	if (r->altered && s->fate != FATE_WAITING)
		s = target_slot(t, t->seq);
	return s;
}

static void
take_stamp(struct counts *c, const struct ping_plain *plain)
{
	if (plain->stamp < 0)
		return;
	if (c->first_stamp < 0)
		c->first_stamp = plain->stamp;
	c->last_stamp = plain->stamp;
}

static void
now_known(struct target *t, enum known known)
{
	t->known = known;
	if (t->phase != PHASE_GREETING)
		return;
	t->phase = PHASE_RUNNING;
	t->next = clock_mono();
	report_start(t);
}

/*
 * is_for_hello - whether a text is the answer to a greeting.  A server that
 * answers something of its own does not say to what: before the first probe it
 * can be nothing else, and for a while after it those greetings come first that
 * are still to be answered.
 */
static bool
is_for_hello(struct target *t, const struct reply *r)
{
	struct ping_plain plain;
	char hello[PING_HEAD];

	if (t->hellos == 0)
		return false;
	ping_hello_put(hello, t->nonce);
	if (ping_is_echo(r->text, r->text_len, hello, PING_HEAD)) {
		t->hellos_heard++;
		return true;
	}
	ping_plain_get(r->text, r->text_len, &plain);
	if (plain.seq != 0 || (t->seq > 0 && (t->hellos_heard >= t->hellos ||
	    clock_mono() - t->hello_at > t->opt->wait)))
		return false;
	t->hellos_heard++;
	return true;
}

static void
plain_answer(struct target *t, const struct arrival *in)
{
	struct reply r = { .came = in->came, .server = -1, .bytes = in->len,
	    .ttl = in->ttl, .text = (const char *)in->data,
	    .text_len = in->len };
	struct ping_plain plain;
	struct slot *s;

	if (is_for_hello(t, &r)) {
		if (t->known == KNOWN_NOT)
			now_known(t, KNOWN_PLAIN);
		return;
	}
	ping_plain_get(r.text, r.text_len, &plain);
	s = whose(t, &r, &plain);
	if (s == NULL || s->seq > t->last_plain)
		return;		/* that one was not asked in plain */
	r.seq = s->seq;
	take_stamp(&t->counts, &plain);
	take_reply(t, s, &r);
}

/* -- The better dialect --------------------------------------------------- */

/* give_up - of a target that can not be pinged as the user wants it. */
static void
give_up(struct target *t, const char *why)
{
	warnx("%s: %s", t->name, why);
	t->failed = 1;
	t->phase = PHASE_DONE;
	t->ended = clock_mono();
}

static void
take_welcome(struct target *t, const struct ping_msg *m, bool sealed)
{
	bool keyed = m->flags & PING_KEYED;

	if (m->seq != t->nonce || t->cookie_good)
		return;		/* another's, or a second one */
	if (keyed && t->opt->key == NULL)
		give_up(t, "the server wants a key (--key-file, or --protocol "
		    "plain)");
	else if (!keyed && t->opt->key != NULL)
		give_up(t, "the server has no key");
	else if (keyed && !sealed)
		give_up(t, "the server has another key");
	if (t->failed || !sealed)
		return;
	memcpy(t->cookie, m->cookie, PING_COOKIE);
	t->cookie_good = true;
	now_known(t, KNOWN_BROOD);
	if (t->stand_in)
		probe_again(t);
}

/* take_refusal - of a cookie: the server was started anew, or a day is over. */
static void
take_refusal(struct target *t, const struct ping_msg *m)
{
	if (memcmp(m->cookie, t->cookie, PING_COOKIE) != 0 || !t->cookie_good)
		return;
	if (m->reason == PING_REASON_KEY) {
		give_up(t, "the server does not accept our key");
		return;
	}
	t->cookie_good = false;
	t->stand_in = true;
	if (clock_mono() - t->hello_at >= HELLO_LEAST_NS)
		probe_hello(t);
}

static void
take_brood_reply(struct target *t, const struct ping_msg *m,
    const struct arrival *in)
{
	struct reply r = { .seq = m->seq, .came = in->came,
	    .server = m->replied - m->got, .bytes = in->len,
	    .ttl = in->ttl };
	struct slot *s = target_slot(t, m->seq);
	bool first;

	if (memcmp(m->cookie, t->cookie, PING_COOKIE) != 0 || s == NULL)
		return;
	first = take_reply(t, s, &r);
	counts_server(&t->counts, m, r.late ? -1 : r.rtt, first);
}

static void
brood_answer(struct target *t, struct arrival *in)
{
	struct ping_msg m;
	bool sealed;

	if (t->opt->protocol == PROTOCOL_PLAIN)
		return;
	if (ping_get(in->data, in->len, &m) == -1) {
		t->counts.altered++;
		return;
	}
	sealed = ping_sealed(in->data, in->len, t->opt->key);
	if (m.type == PING_WELCOME)
		take_welcome(t, &m, sealed);
	else if (!sealed && !(m.type == PING_REFUSE &&
	    m.reason == PING_REASON_KEY))
		t->counts.altered++;
	else if (m.type == PING_REPLY)
		take_brood_reply(t, &m, in);
	else if (m.type == PING_REFUSE)
		take_refusal(t, &m);
}

/* -- Errors --------------------------------------------------------------- */

/* what_of - the number of the probe that an ICMP message quotes, of which only
 * the beginning may be there; 0: a hello. */
static uint64_t
what_of(const struct target *t, const struct icmp *e)
{
	uint8_t head[PING_HEAD] = { 0 };
	struct ping_plain plain;
	struct ping_msg m;

	if (e->len < 8)
		return t->seq;
	memcpy(head, e->data, e->len < PING_HEAD ? e->len : PING_HEAD);
	if (ping_get(head, PING_HEAD, &m) == 0)
		return e->len >= 32 ? m.seq : t->seq;
	ping_plain_get((const char *)e->data, e->len, &plain);
	return plain.seq;
}

static void
take_icmp(struct target *t, const struct icmp *e)
{
	uint64_t seq = what_of(t, e);

	if (e->origin == 0)
		return;			/* send(2) has told of it */
	if (seq == 0 && t->phase == PHASE_GREETING) {
		/* Nobody listens: let the probes tell of it. */
		t->phase = PHASE_RUNNING;
		t->next = clock_mono();
		report_start(t);
		return;
	}
	if (seq == 0 && t->stand_in)
		seq = t->seq;
	answer_fate(t, seq, e->error == ECONNREFUSED ? FATE_REFUSED :
	    FATE_UNREACHABLE, e);
}

/* take_left - the kernel's own stamp of a probe's leaving, if it makes sense:
 * after ours and not much. */
static void
take_left(struct target *t, uint32_t id, int64_t left)
{
	struct slot *s;

	if (id >= t->txid && id - t->txid < UINT32_MAX / 2)
		return;
	if (t->txid - id > TXIDS)
		return;
	s = target_slot(t, t->ids[id % TXIDS]);
	if (s != NULL && left >= s->left &&
	    left - s->left < NSEC_PER_SEC)
		s->left = left;
}

void
answer_errors(struct target *t)
{
	uint32_t id = 0;
	struct icmp e;
	int64_t left;
	int got;

	while ((got = socket_errors(t->fd, &e, &id, &left)) !=
	    SOCKET_NOTHING) {
		if (got == SOCKET_ICMP)
			take_icmp(t, &e);
		else
			take_left(t, id, left);
	}
}

void
answer_ready(struct target *t)
{
	struct arrival in;
	int i;

	answer_errors(t);
	for (i = 0; i < BATCH && t->phase != PHASE_DONE; i++) {
		if (socket_receive(t->fd, &in) == SOCKET_NOTHING)
			break;
		if (ping_is_binary(in.data, in.len))
			brood_answer(t, &in);
		else
			plain_answer(t, &in);
	}
}
