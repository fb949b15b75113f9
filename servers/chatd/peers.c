/*
 * The other hubs and their people.  Called by the relay and, after a crash, by
 * whoever takes the hub's lock next; keeps to the rules in hub.h, so that it
 * may be killed anywhere.
 */
#include "peers.h"

#include <stdio.h>
#include <string.h>

#include "hub.h"

#define ROOMS_REMOTE	(ROOMS_MAX / 2)	/* rooms that others may fill */

struct peer *
peers_find(struct hub *h, uint64_t id)
{
	int i;

	for (i = 0; i < PEERS_MAX; i++)
		if (h->relay.peer[i].id == id)
			return &h->relay.peer[i];
	return NULL;
}

/* one_gone - the one that has been silent for longest; NULL. */
static struct peer *
one_gone(struct hub *h)
{
	struct peer *p, *found = NULL;
	int i;

	for (i = 0; i < PEERS_MAX; i++) {
		p = &h->relay.peer[i];
		if (p->gone && (found == NULL || p->heard < found->heard))
			found = p;
	}
	return found;
}

struct peer *
peers_add(struct hub *h, uint64_t id, const char *name)
{
	struct peer *p = peers_find(h, id);

	if (p != NULL)
		return p;
	if ((p = peers_find(h, 0)) == NULL)
		p = one_gone(h);
	if (p != NULL) {
		memset(p, 0, sizeof(*p));
		snprintf(p->name, sizeof(p->name), "%s", name);
		p->id = id;
	}
	return p;
}

static uint32_t
row(const struct hub *h, const struct peer *p)
{
	return (uint32_t)(p - h->relay.peer) + 1;
}

static int
is_of(const struct hub *h, const struct member *m, const struct peer *p)
{
	return atomic_load(&m->state) == MEMBER_REMOTE &&
	    m->peer == row(h, p);
}

void
peers_drop(struct hub *h, struct peer *p)
{
	p->sweep++;
	peers_sweep(h, p);
}

/* The lock's owner has died: was the event he had in hand posted?  Nobody has
 * posted since. */
void
peers_settle(struct hub *h)
{
	struct peer *p;
	int i;

	for (i = 0; i < PEERS_MAX; i++) {
		p = &h->relay.peer[i];
		if (p->id == 0 || p->trying <= p->seen)
			continue;
		if (ring_next(&h->ring) > p->at)
			p->seen = p->trying;
		else
			p->trying = p->seen;
	}
}

void
peers_name(char out[CHAT_NAME_SIZE], const char *name, const struct peer *p)
{
	snprintf(out, CHAT_NAME_SIZE, "%.*s@%s",
	    (int)(CHAT_NAME_SIZE - 2 - strlen(p->name)), name, p->name);
}

struct member *
peers_person(struct hub *h, const struct peer *p, uint32_t rid)
{
	uint32_t i, high = atomic_load(&h->high);

	for (i = 0; i < high; i++)
		if (is_of(h, &h->member[i], p) && h->member[i].rid == rid)
			return &h->member[i];
	return NULL;
}

/* room_for - its index; -1: there is none, and none may be made. */
static int
room_for(struct hub *h, const char *name)
{
	int i, n = 0, room = hub_room(h, name, 0);

	if (room != -1 || strcmp(name, "-") == 0)
		return room;
	for (i = 0; i < ROOMS_MAX; i++)
		n += atomic_load(&h->rooms[i].serial) != 0;
	return n < ROOMS_REMOTE ? hub_room(h, name, 1) : -1;
}

/* new_row - NULL: there are enough. */
static struct member *
new_row(struct hub *h)
{
	uint32_t i, n = 0, high = atomic_load(&h->high);
	struct member *unused = NULL;

	for (i = 0; i < high; i++) {
		n += atomic_load(&h->member[i].state) == MEMBER_REMOTE;
		if (unused == NULL &&
		    atomic_load(&h->member[i].state) == MEMBER_FREE)
			unused = &h->member[i];
	}
	if (n >= REMOTE_MAX)
		return NULL;
	if (unused == NULL && high < MEMBERS_MAX) {
		unused = &h->member[high];
		atomic_store(&h->high, high + 1);
	}
	return unused;
}

/* make - a row that nobody looks at yet, then the store that shows it. */
static struct member *
make(struct hub *h, const struct peer *p, uint32_t rid, int room,
    const char *name)
{
	struct member *m = new_row(h);

	if (m == NULL)
		return NULL;
	atomic_store(&m->flags, 0);
	atomic_store(&m->room, (uint32_t)room);
	h->remote_ids = (h->remote_ids + 1) % REMOTE_ID;
	if (h->remote_ids == 0)		/* the relay's own */
		h->remote_ids = 1;
	m->id = h->remote_ids | REMOTE_ID;
	m->peer = row(h, p);
	m->rid = rid;
	m->sweep = p->sweep;
	hub_name(h, m, name);
	atomic_store(&m->state, MEMBER_REMOTE);
	return m;
}

struct member *
peers_put(struct hub *h, const struct peer *p, uint32_t rid, const char *room,
    const char *name)
{
	struct member *m = peers_person(h, p, rid);
	char full[CHAT_NAME_SIZE];
	int to = room_for(h, room);
	uint32_t from;

	if (to == -1)
		return NULL;
	peers_name(full, name, p);
	if (m == NULL)
		return make(h, p, rid, to, full);
	m->sweep = p->sweep;
	if (strcmp(member_name(h, m), full) != 0)
		hub_rename(h, m, full);
	from = atomic_load(&m->room);
	if (from != (uint32_t)to) {
		atomic_store(&m->room, (uint32_t)to);
		hub_room_tidy(h, from);
	}
	return m;
}

void
peers_remove(struct hub *h, struct member *m)
{
	uint32_t room = atomic_load(&m->room);

	atomic_store(&m->state, MEMBER_FREE);
	hub_room_tidy(h, room);
}

void
peers_sweep(struct hub *h, const struct peer *p)
{
	uint32_t i, high = atomic_load(&h->high);

	for (i = 0; i < high; i++)
		if (is_of(h, &h->member[i], p) &&
		    h->member[i].sweep != p->sweep)
			peers_remove(h, &h->member[i]);
}
