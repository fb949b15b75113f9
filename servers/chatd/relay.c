/*
 * The relay's own half: which process has it, what goes out of the ring to the
 * other hubs, and what is said when the way to them is lost or back.  Called by
 * the core as struct server.aside; never waits but for a moment at the end.
 */
#include "relay.h"

#include <sys/random.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define OWNER_NS	(50 * NSEC_PER_MSEC)	/* look whether it is free */
#define HERE_NS		(10 * NSEC_PER_SEC)	/* a sign of life */
#define GONE_NS		(35 * NSEC_PER_SEC)	/* without any */
#define WANT_NS		(1 * NSEC_PER_SEC)	/* asked again */
#define REWIND_NS	(1 * NSEC_PER_SEC)	/* repeated again */
#define REPEAT_MAX	2000	/* messages of the ring, looked at once more */
#define LISTING		200	/* packets that all people may take */
#define SPARE		8	/* places in the window that events leave */
#define LAST_NS		(300 * NSEC_PER_MSEC)	/* for the last words */

/* -- Saying --------------------------------------------------------------- */

void
relay_put(struct relay *r, struct packet *k, uint64_t number)
{
	char mem[PACKET_MAX];
	struct text t;

	k->hub = r->set->hub->relay.id;
	memcpy(k->name, r->set->hub_name, sizeof(k->name));
	text_init(&t, mem, sizeof(mem));
	packet_put(&t, k);
	if (k->people != NULL)
		text_add(&t, k->people, (size_t)(k->end - k->people));
	if (r->flying == LINK_WINDOW || link_say(r->link, mem, t.len) == -1)
		return;
	r->flight[(r->first + r->flying++) % LINK_WINDOW] = number;
}

/* put_number - a packet that holds no more than that. */
static void
put_number(struct relay *r, enum packet_type type, uint64_t number)
{
	struct packet k = { .type = type, .number = number };

	relay_put(r, &k, 0);
}

void
relay_want(struct relay *r, struct peer *p)
{
	struct packet k = { .type = PACKET_WANT, .other = p->id,
	    .number = p->seen };

	if (p->wanted != 0 && r->now < p->wanted + WANT_NS)
		return;
	p->wanted = r->now;
	relay_put(r, &k, 0);
}

void
relay_tell(struct relay *r, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	hub_post(r->set->hub, CHAT_SERVER, 0, REMOTE_ID, 0, "Server", line,
	    strlen(line));
	r->posted = 1;
}

/* put_people - who is here, in as many packets as it takes. */
static void
put_people(struct relay *r)
{
	struct hub *h = r->set->hub;
	char mem[PACKET_MAX - 256];
	struct packet k = { .type = PACKET_PEOPLE, .number = PEOPLE_FIRST,
	    .people = mem };
	uint32_t i, high = atomic_load(&h->high);
	const struct member *m;
	struct text t;

	text_init(&t, mem, sizeof(mem));
	for (i = 0; i < high; i++) {
		m = &h->member[i];
		if (atomic_load(&m->state) != MEMBER_IN)
			continue;
		if (sizeof(mem) - t.len < 128) {
			k.end = mem + t.len;
			relay_put(r, &k, 0);
			k.number = 0;
			text_init(&t, mem, sizeof(mem));
		}
		text_addf(&t, "\n%u %s %s", m->id, member_room(h, m)->name,
		    member_name(h, m));
	}
	k.number |= PEOPLE_LAST;
	k.end = mem + t.len;
	relay_put(r, &k, 0);
}

/* introduce - where we are, and who is with us. */
static void
introduce(struct relay *r)
{
	put_number(r, PACKET_HERE, r->prev);
	hub_lock(r->set->hub);
	put_people(r);
	hub_unlock(r->set->hub);
	r->answered = r->now;
	r->answer_at = 0;
}

/* -- Events --------------------------------------------------------------- */

/* addressee - fill in whose private message it is; 0 where he is no more. */
static int
addressee(struct relay *r, struct packet *k, uint32_t id)
{
	struct hub *h = r->set->hub;
	uint32_t i, high = atomic_load(&h->high);
	const struct member *m;

	hub_lock(h);
	for (i = 0; i < high; i++) {
		m = &h->member[i];
		if (atomic_load(&m->state) == MEMBER_REMOTE && m->id == id) {
			k->other = h->relay.peer[m->peer - 1].id;
			k->to = m->rid;
		}
	}
	hub_unlock(h);
	return k->other != 0;
}

/* put_event - a message of the ring, if others are to have it. */
static void
put_event(struct relay *r, const struct message *m)
{
	char who[CHAT_NAME_SIZE];
	struct packet k = { .type = PACKET_EVENT, .number = r->prev,
	    .from = m->from };

	if (m->from & REMOTE_ID || m->kind > CHAT_TOPIC ||
	    (m->to != 0 && ((m->to & REMOTE_ID) == 0 ||
	    !addressee(r, &k, m->to))))
		return;
	snprintf(who, sizeof(who), "%.*s", (int)m->who_len, m->who);
	k.event = (struct chat_event){ .kind = (enum chat_kind)m->kind,
	    .number = m->number, .time = m->time, .who = who,
	    .room = hub_room_name(r->set->hub, m->room), .text = m->text,
	    .len = m->len };
	relay_put(r, &k, m->number);
	r->prev = m->number;
}

/* skip - what was overwritten, or is too much to repeat. */
static void
skip(struct relay *r, uint64_t to)
{
	put_number(r, PACKET_GAP, to);
	r->cursor = r->prev = to;
}

/* put_events - as many as there are and the link takes. */
static void
put_events(struct relay *r)
{
	const struct ring *ring = &r->set->hub->ring;
	char copy[RING_COPY];
	struct message m;

	while (link_room(r->link) > SPARE &&
	    r->cursor + 1 < ring_next(ring)) {
		if (r->cursor + 1 < ring_oldest(ring))
			skip(r, ring_oldest(ring) - 1);
		if (!ring_read(ring, r->cursor + 1, &m, copy))
			continue;
		put_event(r, &m);
		r->cursor++;
	}
	if (r->flying == 0 && link_is_up(r->link))
		atomic_store(&r->set->hub->relay.passed, r->cursor);
}

/* repeat - what another hub has not heard. */
static void
repeat(struct relay *r)
{
	uint64_t from = r->rewind;

	r->rewind = NO_REWIND;
	r->rewind_at = r->now + REWIND_NS;
	if (from >= r->cursor)
		return;
	if (r->cursor - from > REPEAT_MAX)
		skip(r, r->cursor - REPEAT_MAX);
	else
		r->cursor = r->prev = from;
}

/* -- The link's ups and downs --------------------------------------------- */

/* resume - where the relay before us, or the link before this one, stopped. */
static void
resume(struct relay *r)
{
	struct shared *s = &r->set->hub->relay;
	uint64_t passed = atomic_load(&s->passed);

	r->prev = r->cursor = atomic_load(&s->said);
	if (r->cursor < passed)
		r->cursor = passed;
	r->first = r->flying = 0;
	r->rewind = NO_REWIND;
}

static void
came_up(void *ctx)
{
	struct relay *r = ctx;
	struct hub *h = r->set->hub;
	int i;

	resume(r);
	r->echo_at = r->now;
	r->here_at = r->now + HERE_NS;
	hub_lock(h);
	for (i = 0; i < PEERS_MAX; i++) {
		h->relay.peer[i].heard = r->now;
		h->relay.peer[i].wanted = 0;
	}
	if (atomic_load(&h->relay.state) == RELAY_ALONE)
		relay_tell(r, "The link to the other hubs is back.");
	atomic_store(&h->relay.state, RELAY_LINKED);
	hub_unlock(h);
	log_info("relay: linked through %s as %s", r->set->relay->where,
	    r->set->hub_name);
	put_number(r, PACKET_HELLO, 0);
	introduce(r);
}

static void
drop_all(struct hub *h)
{
	int i;

	for (i = 0; i < PEERS_MAX; i++)
		if (h->relay.peer[i].id != 0)
			peers_drop(h, &h->relay.peer[i]);
}

static void
went_down(void *ctx, const char *why)
{
	struct relay *r = ctx;
	struct hub *h = r->set->hub;

	log_warnx("relay: %s: %s; going on alone", r->set->relay->where, why);
	hub_lock(h);
	drop_all(h);
	if (atomic_load(&h->relay.state) != RELAY_ALONE)
		relay_tell(r, "There is no link to the other hubs; "
		    "this one goes on alone.");
	atomic_store(&h->relay.state, RELAY_ALONE);
	hub_unlock(h);
}

/* got_there - the oldest in flight has. */
static void
got_there(void *ctx)
{
	struct relay *r = ctx;
	struct shared *s = &r->set->hub->relay;
	uint64_t number;

	if (r->flying == 0)
		return;
	number = r->flight[r->first];
	r->first = (r->first + 1) % LINK_WINDOW;
	r->flying--;
	if (number > atomic_load(&s->said))
		atomic_store(&s->said, number);
}

/* -- By the clock --------------------------------------------------------- */

/* forget_silent - hubs that give no sign of life. */
static void
forget_silent(struct relay *r)
{
	struct hub *h = r->set->hub;
	struct peer *p;
	int i;

	hub_lock(h);
	for (i = 0; i < PEERS_MAX; i++) {
		p = &h->relay.peer[i];
		if (p->id == 0 || p->gone || r->now < p->heard + GONE_NS)
			continue;
		p->gone = 1;
		peers_drop(h, p);
		relay_tell(r, "The hub %s is not heard any more.", p->name);
	}
	hub_unlock(h);
}

/* tick - what is due. */
static void
tick(struct relay *r)
{
	if (r->now >= r->here_at) {
		r->here_at = r->now + HERE_NS;
		put_number(r, PACKET_HERE, r->prev);
		forget_silent(r);
	}
	if (r->now >= r->echo_at + GONE_NS)
		link_break(r->link, "nothing comes back", r->now);
	else if (r->answer_at != 0 && r->now >= r->answer_at &&
	    link_room(r->link) > LISTING)
		introduce(r);
	if (r->rewind != NO_REWIND && r->now >= r->rewind_at)
		repeat(r);
}

/* next_tick - when there will be something due. */
static int64_t
next_tick(const struct relay *r)
{
	int64_t at = r->here_at;

	if (!link_is_up(r->link))
		return CLOCK_NEVER;
	if (r->answer_at != 0 && r->answer_at < at &&
	    link_room(r->link) > LISTING)
		at = r->answer_at;
	if (r->rewind != NO_REWIND && r->rewind_at < at)
		at = r->rewind_at;
	return at;
}

/* own - is the link ours?  Two processes have it for a moment at a reload. */
static int
own(struct relay *r)
{
	int error;

	if (r->owner)
		return 1;
	error = pthread_mutex_trylock(&r->set->hub->relay.owner);
	if (error == EOWNERDEAD)
		pthread_mutex_consistent(&r->set->hub->relay.owner);
	r->owner = error == 0 || error == EOWNERDEAD;
	return r->owner;
}

/* -- The hooks ------------------------------------------------------------ */

bool
relay_wanted(const void *ctx)
{
	const struct settings *set = ctx;

	return set->relay != NULL;
}

int
relay_start(void *ctx)
{
	static const struct link_events events = { .up = came_up,
	    .down = went_down, .heard = relay_heard, .done = got_there };
	struct settings *set = ctx;
	struct relay *r = calloc(1, sizeof(*r));

	if (r != NULL && (r->link = link_new(set->relay, &events, r)) == NULL) {
		free(r);
		r = NULL;
	}
	if (r == NULL) {
		log_warn("relay");
		return -1;
	}
	r->set = set;
	r->rewind = NO_REWIND;
	set->relaying = r;
	return 0;
}

int64_t
relay_run(void *ctx, struct pollfd *p, int *n)
{
	struct settings *set = ctx;
	struct relay *r = set->relaying;
	int64_t until;
	int more;

	r->now = clock_mono();
	if (!own(r))
		return r->now + OWNER_NS;
	more = link_step(r->link, r->now);
	if (link_is_up(r->link)) {
		tick(r);
		put_events(r);
		link_flush(r->link, 0);
	}
	if (r->posted)
		tell_all(set);
	r->posted = 0;
	if (more)
		return r->now;
	until = next_tick(r);
	*n = link_poll(r->link, p, &until);
	return until;
}

void
relay_stop(void *ctx, bool last)
{
	struct settings *set = ctx;
	struct relay *r = set->relaying;

	if (r == NULL)
		return;
	if (r->owner) {
		if (last) {
			put_events(r);
			put_number(r, PACKET_BYE, 0);
		}
		link_flush(r->link, clock_mono() + LAST_NS);
		hub_lock(set->hub);
		drop_all(set->hub);
		hub_unlock(set->hub);
		pthread_mutex_unlock(&set->hub->relay.owner);
	}
	link_free(r->link);
	free(r);
	set->relaying = NULL;
}
