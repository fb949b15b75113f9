/*
 * What other hubs say, into the ring and the tables.  Called by the link for
 * each message of the channel.  Each event is taken once and in its hub's
 * order; a message that is none of ours is dropped, and now and then logged.
 */
#include "relay.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define GRUMBLE_NS	(60 * NSEC_PER_SEC)
#define ANSWER_NS	(200 * NSEC_PER_MSEC)	/* between two lists */

/* changes - what the event does to the rows of people; before it is posted. */
static void
changes(struct hub *h, const struct peer *p, const struct packet *k)
{
	const struct chat_event *e = &k->event;

	if (k->from == 0)
		return;
	if (e->kind == CHAT_JOIN || e->kind == CHAT_ENTER)
		peers_put(h, p, k->from, e->room, e->who);
	else if (e->kind == CHAT_NICK)
		peers_put(h, p, k->from, e->room, e->text);
}

/* room_of - the serial of the room that the event is for; 0: all of them; -1:
 * nobody here is in it. */
static int64_t
room_of(struct hub *h, const struct chat_event *e)
{
	int room;

	if (e->kind == CHAT_SERVER || e->kind == CHAT_PRIVATE)
		return 0;
	room = hub_room(h, e->room, 0);
	if (room == -1)
		return -1;
	if (e->kind == CHAT_TOPIC)
		hub_set_topic(&h->rooms[room], e->text, e->len);
	return atomic_load(&h->rooms[room].serial);
}

/* here - has a person of this hub that id? */
static int
here(const struct hub *h, uint32_t id)
{
	uint32_t i, high = atomic_load(&h->high);

	for (i = 0; i < high; i++)
		if (atomic_load(&h->member[i].state) == MEMBER_IN &&
		    h->member[i].id == id)
			return 1;
	return 0;
}

/* text_of - as it is posted here; its length. */
static size_t
text_of(const struct peer *p, const struct chat_event *e,
    char out[CHAT_TEXT_MAX])
{
	ssize_t n;

	if (e->kind == CHAT_NICK) {
		peers_name(out, e->text, p);
		return strlen(out);
	}
	/* cleaned where it was said; but who knows who says it here */
	n = chat_clean(out, CHAT_TEXT_MAX, e->text, e->len);
	return n > 0 ? (size_t)n : 0;
}

/* post - the event, in words of this hub's. */
static void
post(struct relay *r, const struct peer *p, const struct packet *k)
{
	struct hub *h = r->set->hub;
	const struct chat_event *e = &k->event;
	int64_t now = clock_wall() / NSEC_PER_MSEC, room;
	char who[CHAT_NAME_SIZE], text[CHAT_TEXT_MAX];
	struct member *m;
	struct message out = { .kind = e->kind, .who = who, .text = text,
	    .time = e->time < now ? e->time : now };

	changes(h, p, k);
	room = room_of(h, e);
	m = k->from == 0 ? NULL : peers_person(h, p, k->from);
	out.from = m == NULL ? REMOTE_ID : m->id;
	if (e->kind == CHAT_PRIVATE) {
		if (k->other != h->relay.id || !here(h, k->to))
			return;
		out.to = k->to;
	}
	if (room != -1) {
		peers_name(who, e->who, p);
		out.who_len = (uint16_t)strlen(who);
		out.room = (uint32_t)room;
		out.len = (uint16_t)text_of(p, e, text);
		hub_post_message(h, &out);
		r->posted = 1;
	}
	if (e->kind == CHAT_LEAVE && m != NULL)
		peers_remove(h, m);
}

/* take_event - once, and in order. */
static void
take_event(struct relay *r, struct peer *p, const struct packet *k)
{
	uint64_t number = k->event.number;

	if (!p->met) {
		p->met = 1;
		p->seen = p->trying = k->number;
	}
	if (number <= p->seen)
		return;
	if (k->number > p->seen) {
		relay_want(r, p);	/* it will come again */
		return;
	}
	p->at = ring_next(&r->set->hub->ring);
	p->trying = number;
	post(r, p, k);
	p->seen = number;
}

/* take_number - how far that hub is, or (gap) from where it goes on. */
static void
take_number(struct relay *r, struct peer *p, const struct packet *k)
{
	if (!p->met || (k->type == PACKET_GAP && k->number > p->seen)) {
		if (p->met)
			relay_tell(r, "Some of what was said at %s is lost.",
			    p->name);
		p->met = 1;
		p->seen = p->trying = k->number;
	} else if (k->number > p->seen) {
		relay_want(r, p);
	}
}

static void
take_people(struct relay *r, struct peer *p, struct packet *k)
{
	const char *room, *who;
	uint32_t id;

	if (k->number & PEOPLE_FIRST)
		p->sweep++;
	while (packet_person(k, &id, &room, &who) == 1)
		peers_put(r->set->hub, p, id, room, who);
	if (k->number & PEOPLE_LAST)
		peers_sweep(r->set->hub, p);
}

/* answer_hello - soon, but not to each of many. */
static void
answer_hello(struct relay *r)
{
	if (r->answer_at == 0)
		r->answer_at = r->answered + ANSWER_NS > r->now ?
		    r->answered + ANSWER_NS : r->now;
}

/* take - with the hub's lock held. */
static void
take(struct relay *r, struct peer *p, struct packet *k)
{
	switch (k->type) {
	case PACKET_EVENT:
		take_event(r, p, k);
		break;
	case PACKET_HELLO:
		answer_hello(r);
		break;
	case PACKET_HERE:
	case PACKET_GAP:
		take_number(r, p, k);
		break;
	case PACKET_WANT:
		if (k->other == r->set->hub->relay.id &&
		    k->number < r->rewind)
			r->rewind = k->number;
		break;
	case PACKET_PEOPLE:
		take_people(r, p, k);
		break;
	default:
		peers_drop(r->set->hub, p);
		p->gone = 1;
		relay_tell(r, "The hub %s has gone.", p->name);
		break;
	}
}

/* grumble - about what should not stand in the channel; not too often. */
static void
grumble(struct relay *r, const char *what)
{
	if (r->grumbled != 0 && r->now < r->grumbled + GRUMBLE_NS)
		return;
	r->grumbled = r->now;
	log_warnx("relay: %s in the channel", what);
}

void
relay_heard(void *ctx, char *data, size_t n)
{
	struct relay *r = ctx;
	struct hub *h = r->set->hub;
	struct packet k;
	struct peer *p;

	if (packet_parse(&k, data, n) == -1) {
		grumble(r, "a message that is not a hub's");
		return;
	}
	if (k.hub == h->relay.id) {
		r->echo_at = r->now;
		return;
	}
	hub_lock(h);
	p = peers_add(h, k.hub, k.name);
	if (p == NULL) {
		grumble(r, "too many hubs");
	} else {
		if ((p->heard == 0 || p->gone) && k.type != PACKET_BYE)
			relay_tell(r, "The hub %s is linked.", p->name);
		p->gone = k.type == PACKET_BYE;
		p->heard = r->now;
		take(r, p, &k);
	}
	hub_unlock(h);
}
