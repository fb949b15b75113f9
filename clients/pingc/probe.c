/*
 * What is sent, and when: greetings that find out what the server speaks, then
 * probes at their interval.  Never waits; the loop calls when something is due.
 */
#include "clients/pingc/pingc.h"

#include <sys/random.h>
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "base/clock.h"

#define FLOOD_NS	(10 * NSEC_PER_MSEC)	/* without an answer */
#define HELLO_NS	NSEC_PER_SEC	/* between hellos beside probes */
#define HELLO_SOON_NS	(50 * NSEC_PER_MSEC)	/* ... the first of them */
#define HELLOS_SOON	16
#define TRIES		3

/* After so many ms the hello is said again; after the last, probes begin. */
static const int patience[] = { 30, 50, 70, 100, 100, 150 };
#define PATIENCE	(sizeof(patience) / sizeof(patience[0]))

/* must_be_brood - the plain dialect will not do. */
static bool
must_be_brood(const struct target *t)
{
	return t->opt->protocol == PROTOCOL_BROOD || t->opt->key != NULL;
}

/*
 * transmit - seq is 0 for a hello.  What an earlier datagram met (an ICMP
 * error) is told to the next one in its place: it is tried again.  The
 * numbers of the kernel's stamps may count a failure, or not, by its version.
 */
static int
transmit(struct target *t, const void *data, size_t len, uint64_t seq)
{
	ssize_t n = -1;
	int i, error = 0;

	for (i = 0; i < TRIES && n == -1; i++) {
		t->ids[t->txid % TXIDS] = seq;
		n = send(t->fd, data, len, MSG_NOSIGNAL);
		if (n != -1)
			break;
		error = errno;
		answer_errors(t);
		if (t->txstamps) {
			socket_recount(t->fd);
			t->txid = 0;
		}
		if (error != EINTR && error != ECONNREFUSED &&
		    error != EHOSTUNREACH && error != ENETUNREACH)
			break;
	}
	if (n != -1) {
		t->txid++;
		return 0;
	}
	errno = error;
	return -1;
}

/* hello_due - beside or in place of a probe. */
static bool
hello_due(const struct target *t, int64_t now)
{
	return now - t->hello_at >= (t->hellos < HELLOS_SOON ?
	    HELLO_SOON_NS : HELLO_NS) || t->opt->interval >= HELLO_NS;
}

void
probe_hello(struct target *t)
{
	char hello[PING_HEAD];

	t->hello_at = clock_mono();
	t->hellos++;
	ping_hello_put(hello, t->nonce);
	transmit(t, hello, sizeof(hello), 0);	/* lost, where it fails */
}

size_t
probe_request(const struct target *t, const struct slot *s, char *out)
{
	return ping_plain_put(out, (size_t)t->opt->size, s->seq, s->stamp);
}

static size_t
brood_request(const struct target *t, const struct slot *s, uint8_t *out)
{
	struct ping_msg m = { .type = PING_PROBE, .seq = s->seq,
	    .sent = s->stamp };
	size_t i, len = (size_t)t->opt->size;

	if (len < PING_HEAD)
		len = PING_HEAD;
	if (t->opt->key != NULL)
		m.flags = PING_KEYED;
	memcpy(m.cookie, t->cookie, PING_COOKIE);
	ping_put(out, &m);
	for (i = PING_HEAD; i < len; i++)
		out[i] = (uint8_t)i;
	ping_seal(out, len, t->opt->key);
	return len;
}

/* set_apart - whether the server will count this probe in a session. */
static void
set_apart(struct target *t, struct slot *s, bool apart)
{
	t->counts.apart += (uint64_t)apart - (uint64_t)s->apart;
	s->apart = apart;
}

/* send_slot - the probe, in the dialect that is known by now. */
static void
send_slot(struct target *t, struct slot *s)
{
	static uint8_t data[REQUEST_MAX];
	struct icmp local = { 0 };
	size_t len;

	s->fate = FATE_WAITING;
	s->stamp = s->left = clock_wall();
	s->sent = clock_mono();
	t->stand_in = !t->cookie_good &&
	    (t->known == KNOWN_BROOD || must_be_brood(t));
	set_apart(t, s, !t->cookie_good);
	if (t->stand_in) {
		if (hello_due(t, s->sent))
			probe_hello(t);
		return;
	}
	if (!t->cookie_good)
		t->last_plain = s->seq;
	len = t->cookie_good ? brood_request(t, s, data) :
	    probe_request(t, s, (char *)data);
	s->left = clock_wall();
	if (transmit(t, data, len, s->seq) == 0)
		return;
	local.error = errno;
	answer_fate(t, s->seq, FATE_UNREACHABLE, &local);
}

void
probe_again(struct target *t)
{
	struct slot *s = target_slot(t, t->seq);

	if (s != NULL && s->fate == FATE_WAITING)
		send_slot(t, s);
}

/* schedule - the next probe; one that could not be sent in time is not made up
 * for by a burst. */
static void
schedule(struct target *t, int64_t now)
{
	const struct options *opt = t->opt;
	int64_t step = opt->flood && !opt->interval_given ? FLOOD_NS :
	    opt->interval;

	t->next += step;
	if (t->next < now)
		t->next = now + (opt->flood ? step : 0);
}

static void
next_probe(struct target *t, int64_t now)
{
	struct slot *s = &t->slots[(t->seq + 1) & (t->nslots - 1)];

	if (s->fate == FATE_WAITING)	/* its place is needed */
		answer_fate(t, s->seq, FATE_SILENCE, NULL);
	if (t->seq == 0)
		t->began = now;
	s->seq = ++t->seq;
	s->apart = false;
	t->counts.sent++;
	report_sent(t);
	send_slot(t, s);
	if (t->known == KNOWN_NOT && !t->stand_in &&
	    t->opt->protocol == PROTOCOL_AUTO && hello_due(t, now))
		probe_hello(t);
	schedule(t, now);
	if (t->opt->count > 0 && t->opt->deadline == 0 &&
	    t->seq >= (uint64_t)t->opt->count)
		t->phase = PHASE_WAITING;
}

static void
greet(struct target *t, int64_t now)
{
	if (t->hellos == PATIENCE) {
		report_start(t);
		t->phase = PHASE_RUNNING;
		t->next = now;
		return;
	}
	t->next = now + patience[t->hellos] * NSEC_PER_MSEC;
	probe_hello(t);
}

/* expire - whose time is over without an answer. */
static void
expire(struct target *t, int64_t now)
{
	struct slot *s;

	for (; t->oldest <= t->seq; t->oldest++) {
		s = target_slot(t, t->oldest);
		if (s == NULL || s->fate != FATE_WAITING)
			continue;
		if (now - s->sent < t->opt->wait)
			break;
		answer_fate(t, s->seq, FATE_SILENCE, NULL);
	}
}

void
probe_start(struct target *t, int64_t now)
{
	t->next = now;
	t->phase = PHASE_GREETING;
	if (getrandom(&t->nonce, sizeof(t->nonce), 0) != sizeof(t->nonce))
		t->nonce = (uint64_t)clock_wall();
	if (t->opt->protocol != PROTOCOL_PLAIN)
		return;
	t->known = KNOWN_PLAIN;
	t->phase = PHASE_RUNNING;
	report_start(t);
}

void
probe_tick(struct target *t, int64_t now)
{
	const struct options *opt = t->opt;

	if (t->phase == PHASE_DONE)
		return;
	expire(t, now);
	if (t->phase == PHASE_GREETING && now >= t->next)
		greet(t, now);
	if (t->phase == PHASE_RUNNING && opt->count > 0 &&
	    t->counts.received >= (uint64_t)opt->count)
		t->phase = PHASE_WAITING;
	if (t->phase == PHASE_RUNNING && now >= t->next)
		next_probe(t, now);
	if (t->phase == PHASE_WAITING && (t->oldest > t->seq ||
	    (opt->deadline > 0 &&
	    t->counts.received >= (uint64_t)opt->count))) {
		t->phase = PHASE_DONE;
		t->ended = now;
	}
}

int64_t
probe_next(const struct target *t)
{
	int64_t at = CLOCK_NEVER, over;
	const struct slot *s;

	if (t->phase == PHASE_DONE)
		return at;
	if (t->phase != PHASE_WAITING)
		at = t->next;
	if (t->oldest <= t->seq) {
		s = &t->slots[t->oldest & (t->nslots - 1)];
		/* answered meanwhile: the next tick finds what is oldest */
		over = s->fate == FATE_WAITING ? s->sent + t->opt->wait : 0;
		if (over < at)
			at = over;
	}
	return at;
}
