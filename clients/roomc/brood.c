/*
 * The better dialect, from the client's side: join with a cookie, say in order,
 * take events in order and each once, and show a sign of life.  A server that
 * falls silent is asked again and again; the session goes on where it was.
 */
#include "roomc.h"

#include <sys/random.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define RTO_MIN		(200 * NSEC_PER_MSEC)
#define RTO_MAX		(4 * NSEC_PER_SEC)
#define LEAVE_TRIES	10
#define WHO_TRIES	8
#define REFUSED_MAX	4	/* that the server is being restarted */
#define TRIES_SLOW	5	/* after so many, the pause is RTO_MAX */
#define AGAIN_MAX	8	/* messages that are repeated at once */
#define HURRY		(20 * NSEC_PER_MSEC)
#define KEEP		(ROOM_KEEP_MS * NSEC_PER_MSEC)

/* pause_after - doubling with each try */
static int64_t
pause_after(int tries)
{
	int64_t ns = RTO_MIN << (tries < 5 ? tries : 5);

	return ns < RTO_MAX ? ns : RTO_MAX;
}

static void
send_msg(struct room *r, const struct room_msg *m)
{
	uint8_t wire[ROOM_WIRE_MAX];

	room_send(r, wire, room_put(wire, m));
}

/* -- Joining -------------------------------------------------------------- */

static void
brood_start(struct room *r)
{
	if (getrandom(&r->nonce, sizeof(r->nonce), 0) == -1)
		r->nonce = (uint64_t)clock_wall();
	r->say_due = r->who_due = CLOCK_NEVER;
	room_phase(r, PHASE_HELLO);
}

/* ask_in - HELLO or JOIN, once more; for how long depends on whether we have
 * been in */
static void
ask_in(struct room *r, int64_t now)
{
	int64_t patience = r->session == 0 ? r->set->wait_ms :
	    r->set->give_up_ms;
	struct room_msg m = { .type = ROOM_HELLO, .number = r->nonce };

	/* on a screen it is the user who gives up, once he has been in */
	if (now - r->since > patience * NSEC_PER_MSEC &&
	    (r->session == 0 || !r->face->always)) {
		room_over(r, "no answer");
		return;
	}
	if (r->phase == PHASE_JOIN) {
		m.type = ROOM_JOIN;
		m.session = r->session;
		m.base = r->next > 0 ? r->next - 1 : 0;
		m.name = r->set->name;
		m.namelen = strlen(r->set->name);
		memcpy(m.cookie, r->cookie, ROOM_COOKIE);
	}
	send_msg(r, &m);
	r->due = now + pause_after(r->tries++);
}

/* again - the server has lost us, or we it */
static void
again(struct room *r, const char *why)
{
	r->face->notice(r, why);
	r->asked = 0;
	brood_start(r);
}

static void
challenge(struct room *r, const struct room_msg *m)
{
	if (r->phase != PHASE_HELLO || m->number != r->nonce)
		return;
	memcpy(r->cookie, m->cookie, ROOM_COOKIE);
	r->phase = PHASE_JOIN;
	r->tries = 0;
	r->due = clock_mono();
}

/* renumber - a new session: what was not acknowledged is said anew */
static void
renumber(struct room *r)
{
	struct pending kept[ROOM_WINDOW];
	uint64_t n = r->said - r->taken;

	for (uint64_t i = 0; i < n; i++)
		kept[i] = r->out[(r->taken + 1 + i) % ROOM_WINDOW];
	for (uint64_t i = 0; i < n; i++)
		r->out[(1 + i) % ROOM_WINDOW] = kept[i];
	r->taken = 0;
	r->said = n;
	r->until = 0;
}

static void
joined(struct room *r, const struct room_msg *m)
{
	int fresh = r->session == 0;

	if (r->phase != PHASE_JOIN || m->number != r->nonce)
		return;
	if (m->session != r->session) {
		renumber(r);
		memset(r->early, 0, sizeof(r->early));
		r->next = m->base;
	}
	r->session = m->session;
	r->taken_told = false;
	if (!fresh)
		r->face->notice(r, "back in the room");
	room_phase(r, PHASE_IN);
	r->say_rto = RTO_MIN;
	r->say_due = r->said > r->taken ? r->since : CLOCK_NEVER;
	r->due = r->said > r->taken ? r->since : r->since + KEEP;
	if (r->face->joined != NULL)
		r->face->joined(r);
}

static void
refused(struct room *r, const struct room_msg *m)
{
	if (r->phase != PHASE_JOIN || m->number != r->nonce)
		return;
	if (m->reason == ROOM_REASON_COOKIE) {
		r->phase = PHASE_HELLO;
		r->due = clock_mono() + pause_after(0);
		return;
	}
	if (m->reason == ROOM_REASON_TAKEN && r->session != 0) {
		/* by another, or by us before the server lost us */
		if (!r->taken_told)
			r->face->notice(r, "the name is taken; trying again");
		r->taken_told = true;
		r->phase = PHASE_HELLO;
		r->tries = TRIES_SLOW;
		r->due = clock_mono() + pause_after(r->tries);
		return;
	}
	room_over(r, m->reason == ROOM_REASON_NAME ?
	    room_name_bad(r->set->name, strlen(r->set->name)) :
	    room_reason_text(m->reason));
}

/* -- Saying --------------------------------------------------------------- */

static void
send_say(struct room *r, uint64_t number)
{
	const struct pending *p = &r->out[number % ROOM_WINDOW];

	send_msg(r, &(struct room_msg){ .type = ROOM_SAY,
	    .session = r->session, .number = number, .text = p->text,
	    .textlen = p->len });
}

static void
brood_say(struct room *r, const char *text, size_t n)
{
	struct pending *p = &r->out[++r->said % ROOM_WINDOW];

	memcpy(p->text, text, n);
	p->len = (uint16_t)n;
	send_say(r, r->said);
	if (r->said == r->taken + 1)
		r->repeated = clock_mono();
	if (r->say_due == CLOCK_NEVER) {
		r->say_rto = RTO_MIN;
		r->say_due = clock_mono() + r->say_rto;
	}
	if (r->say_due < r->due)
		r->due = r->say_due;
}

/* repeat - the first of what was not acknowledged */
static void
repeat(struct room *r, int64_t now)
{
	for (uint64_t k = r->taken + 1; k <= r->said &&
	    k <= r->taken + AGAIN_MAX; k++)
		send_say(r, k);
	r->repeated = now;
}

/* hurry - the server is there and lacks something that was sent: it takes no
 * message before those that precede it */
static void
hurry(struct room *r)
{
	int64_t now = clock_mono();

	if (r->said > r->taken && now - r->repeated > HURRY)
		repeat(r, now);
}

static void
said(struct room *r, const struct room_msg *m)
{
	r->asked = 0;
	if (m->number > r->said || m->number < r->taken)
		return;
	if (m->number > r->taken) {
		r->taken = m->number;
		r->say_rto = RTO_MIN;
		r->say_due = r->said == r->taken ? CLOCK_NEVER :
		    clock_mono() + r->say_rto;
	}
	hurry(r);
	if (m->base > r->until)
		r->until = m->base;
}

/* -- Events --------------------------------------------------------------- */

/* deliver - those whose turn it is */
static void
deliver(struct room *r)
{
	struct heard *h;

	for (;;) {
		h = &r->early[r->next % ROOM_WINDOW];
		if (h->number != r->next)
			return;
		r->face->heard(r, h);
		h->number = 0;
		r->next++;
	}
}

/* skip - the server cannot send what is before base any more */
static void
skip(struct room *r, uint64_t base)
{
	uint64_t missed = 0;

	for (; r->next < base; r->next++) {
		struct heard *h = &r->early[r->next % ROOM_WINDOW];

		if (h->number == r->next) {
			r->face->heard(r, h);
			h->number = 0;
		} else if (++missed > ROOM_WINDOW) {
			missed += base - r->next - 1;
			r->next = base - 1;	/* nothing came so early */
		}
	}
	if (missed > 0)
		r->face->missed(r, missed);
}

static void
event(struct room *r, const struct room_msg *m)
{
	struct heard *h = &r->early[m->number % ROOM_WINDOW];

	r->must_ack = 1;
	if (m->base > r->next && m->base <= m->number)
		skip(r, m->base);
	if (m->number < r->next || m->number >= r->next + ROOM_WINDOW)
		return;		/* seen already, or too early to keep */
	h->number = m->number;
	h->time = m->time;
	h->kind = m->kind;
	h->namelen = (uint8_t)m->namelen;
	h->textlen = (uint16_t)m->textlen;
	memcpy(h->name, m->name, m->namelen);
	memcpy(h->text, m->text, m->textlen);
	deliver(r);
}

/* send_ack - flags ROOM_ASK: with a question whether the server is there */
static void
send_ack(struct room *r, int flags)
{
	uint32_t have = 0;

	for (uint64_t i = 0; i < ROOM_WINDOW - 1; i++)
		if (r->early[(r->next + 1 + i) % ROOM_WINDOW].number ==
		    r->next + 1 + i)
			have |= 1u << i;
	send_msg(r, &(struct room_msg){ .type = ROOM_ACK,
	    .flags = (uint8_t)flags, .session = r->session,
	    .number = r->next - 1, .have = have });
}

static void
brood_seen(struct room *r)
{
	if (r->must_ack && r->session != 0)
		send_ack(r, 0);
	r->must_ack = 0;
}

/* -- Names ---------------------------------------------------------------- */

static void
ask_names(struct room *r)
{
	r->who_due = clock_mono() + pause_after(r->who_tries++);
	if (r->who_due < r->due)
		r->due = r->who_due;
	send_msg(r, &(struct room_msg){ .type = ROOM_WHO,
	    .session = r->session, .number = r->nnames });
}

static void
brood_who(struct room *r)
{
	buf_reset(&r->names);
	r->nnames = 0;
	r->who_tries = 0;
	ask_names(r);
}

static void
names(struct room *r, const struct room_msg *m)
{
	if (r->who_due == CLOCK_NEVER || m->number != r->nnames)
		return;
	buf_add(&r->names, m->text, m->textlen);
	for (size_t i = 0; i < m->textlen; i++)
		r->nnames += m->text[i] == '\n';
	r->who_tries = 0;
	if (r->nnames < m->base && m->textlen > 0) {
		ask_names(r);
		return;
	}
	r->who_due = CLOCK_NEVER;
	r->face->names(r, r->names.data, r->names.len);
}

/* -- The whole ------------------------------------------------------------ */

static void
bye(struct room *r, const struct room_msg *m)
{
	if (m->session != r->session)
		return;
	if (r->phase == PHASE_LEAVE)
		room_over(r, NULL);
	else if (r->phase == PHASE_IN)
		again(r, room_reason_text(m->reason));
}

static void
brood_datagram(struct room *r, const char *data, size_t n)
{
	struct room_msg m;

	if (room_get(&m, data, n) == -1)
		return;
	if (m.type == ROOM_CHALLENGE)
		challenge(r, &m);
	else if (m.type == ROOM_JOINED)
		joined(r, &m);
	else if (m.type == ROOM_REFUSED)
		refused(r, &m);
	else if (m.type == ROOM_BYE)
		bye(r, &m);
	else if (r->session == 0 || m.session != r->session)
		return;
	else if (m.type == ROOM_EVENT)
		event(r, &m);
	else if (m.type == ROOM_SAID)
		said(r, &m);
	else if (m.type == ROOM_NAMES)
		names(r, &m);
}

/* keep - say again what was not acknowledged, and now and then that we live */
static void
keep(struct room *r, int64_t now)
{
	if (r->asked != 0 && (now - r->asked > KEEP ||
	    r->refused >= REFUSED_MAX)) {
		again(r, "the server does not answer; trying again");
		return;
	}
	if (now >= r->say_due) {
		repeat(r, now);
		r->say_rto = r->say_rto * 2 < RTO_MAX ? r->say_rto * 2 :
		    RTO_MAX;
		r->say_due = now + r->say_rto;
		if (r->asked == 0)
			r->asked = now;
	}
	if (now >= r->who_due && r->who_tries < WHO_TRIES)
		ask_names(r);
	else if (now >= r->who_due)
		r->who_due = CLOCK_NEVER;
	if (now - r->since >= KEEP || r->asked != 0) {
		send_ack(r, ROOM_ASK);
		r->since = now;
		if (r->asked == 0)
			r->asked = now;
		r->due = now + pause_after(r->tries++);
	} else {
		r->tries = 0;
		r->due = r->since + KEEP;
	}
	if (r->say_due < r->due)
		r->due = r->say_due;
	if (r->who_due < r->due)
		r->due = r->who_due;
}

static void
brood_tick(struct room *r, int64_t now)
{
	if (r->phase == PHASE_HELLO || r->phase == PHASE_JOIN) {
		ask_in(r, now);
	} else if (r->phase == PHASE_IN) {
		keep(r, now);
	} else if (r->tries++ >= LEAVE_TRIES) {
		room_over(r, "the server did not confirm that we left");
	} else {
		send_msg(r, &(struct room_msg){ .type = ROOM_LEAVE,
		    .session = r->session });
		r->due = now + RTO_MIN;
	}
}

static int
brood_idle(const struct room *r)
{
	return r->said == r->taken && r->next > r->until &&
	    r->who_due == CLOCK_NEVER;
}

static void
brood_leave(struct room *r)
{
	if (r->session == 0)
		room_over(r, NULL);
	else
		room_phase(r, PHASE_LEAVE);
}

const struct dialect dialect_brood = { brood_start, brood_datagram, brood_seen,
    brood_tick, brood_say, brood_idle, brood_who, brood_leave };
