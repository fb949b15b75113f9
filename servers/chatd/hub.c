/*
 * Who is in the chat and who waits, over all children.  Called by sessions and
 * by the operator's terminal; everything is done under one robust lock and in
 * the order that hub.h explains.  Never waits for a peer.
 */
#include "hub.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "history.h"
#include "serve/serve.h"

_Static_assert(ROOMS_MAX <= UINT8_MAX + 1 && PEERS_MAX <= UINT8_MAX,
    "struct member has a byte for each");

/* -- The lock ------------------------------------------------------------- */

static int
make(struct hub *h)
{
	pthread_mutexattr_t attr;
	int error;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	error = pthread_mutex_init(&h->lock, &attr);
	if (error == 0)
		error = pthread_mutex_init(&h->relay.owner, &attr);
	pthread_mutexattr_destroy(&attr);
	if (error != 0) {
		errno = error;
		return -1;
	}
	h->serials = 1;
	snprintf(h->rooms[0].name, sizeof(h->rooms[0].name), LOBBY);
	atomic_store(&h->rooms[0].serial, 1);
	atomic_store(&h->epoch, (uint64_t)(clock_wall() / NSEC_PER_MSEC));
	ring_init(&h->ring, 1);
	atomic_store(&h->made, 1);
	return 0;
}

struct hub *
hub_open(void)
{
	struct hub *h = serve_shared("chat", sizeof(struct hub));

	if (h == NULL || (!atomic_load(&h->made) && make(h) == -1))
		return NULL;
	return h;
}

int
hub_unsettled(const struct hub *h)
{
	return atomic_load_explicit(&h->crashes, memory_order_relaxed) !=
	    serve_crashes();
}

void
hub_lock(struct hub *h)
{
	int error = pthread_mutex_lock(&h->lock);

	if (error == EOWNERDEAD) {
		pthread_mutex_consistent(&h->lock);
		log_warnx("a child died in the middle of a change");
	}
	if (error == EOWNERDEAD || hub_unsettled(h))
		hub_settle(h);
}

void
hub_unlock(struct hub *h)
{
	pthread_mutex_unlock(&h->lock);
}

/* -- Posting -------------------------------------------------------------- */

uint64_t
hub_post(struct hub *h, enum chat_kind kind, uint32_t room, uint32_t from,
    uint32_t to, const char *who, const char *text, size_t len)
{
	struct message m = { .time = clock_wall() / NSEC_PER_MSEC,
	    .kind = kind, .room = room, .from = from, .to = to, .who = who,
	    .who_len = (uint16_t)strnlen(who, CHAT_NAME_SIZE - 1),
	    .text = text, .len = (uint16_t)len };

	return hub_post_message(h, &m);
}

uint64_t
hub_post_message(struct hub *h, struct message *m)
{
	m->number = ring_post(&h->ring, m);
	if (m->to == 0)
		history_write(h, m);
	return m->number;
}

const char *
hub_room_name(const struct hub *h, uint32_t serial)
{
	int i;

	for (i = 0; i < ROOMS_MAX && serial != 0; i++)
		if (atomic_load(&h->rooms[i].serial) == serial)
			return h->rooms[i].name;
	return "-";
}

/* said - is the last thing in the ring this one, of that member? Then whoever
 * died has got so far. */
static int
said(const struct hub *h, enum chat_kind kind, const struct member *m)
{
	char copy[RING_COPY];
	struct message last;
	uint64_t next = ring_next(&h->ring);

	return next != ring_oldest(&h->ring) &&
	    ring_read(&h->ring, next - 1, &last, copy) &&
	    last.kind == kind && last.from == m->id;
}

/* tell - all in the member's room. */
static void
tell(struct hub *h, enum chat_kind kind, const struct member *m)
{
	if (!said(h, kind, m))
		hub_post(h, kind, atomic_load(&member_room(h, m)->serial),
		    m->id, 0, member_name(h, m), "", 0);
}

/* -- The queue ------------------------------------------------------------ */

static uint32_t
high(const struct hub *h)
{
	return atomic_load(&h->high);
}

/* is_in_room - here or at another hub */
static int
is_in_room(const struct member *m, uint32_t room)
{
	return atomic_load(&m->state) >= MEMBER_IN &&
	    atomic_load(&m->room) == room;
}

unsigned
hub_in(const struct hub *h, int room)
{
	unsigned n = 0;
	uint32_t i;

	for (i = 0; i < high(h); i++)
		n += room < 0 ? atomic_load(&h->member[i].state) == MEMBER_IN :
		    is_in_room(&h->member[i], (uint32_t)room);
	return n;
}

/* came_before - ids go up by one, and begin anew after the last. */
static int
came_before(const struct member *a, const struct member *b)
{
	return (b->id - a->id - 1) % REMOTE_ID < REMOTE_ID / 2;
}

/* first_waiting - NULL: nobody waits. */
static struct member *
first_waiting(struct hub *h)
{
	struct member *m, *first = NULL;
	uint32_t i;

	for (i = 0; i < high(h); i++) {
		m = &h->member[i];
		if (atomic_load(&m->state) == MEMBER_WAITING &&
		    (first == NULL || came_before(m, first)))
			first = m;
	}
	return first;
}

uint64_t
hub_place(const struct hub *h, const struct member *self)
{
	uint64_t place = 1;
	uint32_t i;

	for (i = 0; i < high(h); i++)
		place += atomic_load(&h->member[i].state) == MEMBER_WAITING &&
		    came_before(&h->member[i], self);
	return place;
}

/* announce - the member is in, and all hear of it, once. */
static void
announce(struct hub *h, struct member *m)
{
	if (atomic_load(&m->flags) & MEMBER_ANNOUNCED)
		return;
	tell(h, CHAT_JOIN, m);
	atomic_fetch_or(&m->flags, MEMBER_ANNOUNCED);
}

/* enter - what comes from now on is for this member. */
static void
enter(struct hub *h, struct member *m)
{
	atomic_store(&m->since, ring_next(&h->ring));
	atomic_store(&m->state, MEMBER_IN);
	atomic_fetch_add(&h->moves, 1);
	announce(h, m);
}

/* fill - while there are places, the first of the queue enter. */
static void
fill(struct hub *h)
{
	unsigned in = hub_in(h, -1);
	struct member *m;

	while ((int64_t)in < atomic_load(&h->max) &&
	    (m = first_waiting(h)) != NULL) {
		enter(h, m);
		in++;
	}
}

struct member *
hub_join(struct hub *h, const char *name)
{
	struct member *m;
	uint32_t i;

	for (i = 0; i < MEMBERS_MAX; i++)
		if (atomic_load(&h->member[i].state) == MEMBER_FREE)
			break;
	if (i == MEMBERS_MAX)
		return NULL;
	m = &h->member[i];
	atomic_store(&m->flags, 0);
	atomic_store(&m->room, 0);
	h->ids = (h->ids + 1) % REMOTE_ID;
	m->id = h->ids > 0 ? h->ids : ++h->ids;
	m->peer = 0;
	m->child = serve_child();
	m->pid = getpid();
	hub_name(h, m, name);
	if (i >= high(h))
		atomic_store(&h->high, i + 1);
	atomic_store(&m->state, MEMBER_WAITING);
	fill(h);
	return m;
}

/* take_away - the row is free; those who knew of it are told. */
static void
take_away(struct hub *h, struct member *m)
{
	uint32_t room = atomic_load(&m->room);

	if (atomic_load(&m->flags) & MEMBER_ANNOUNCED)
		tell(h, CHAT_LEAVE, m);
	atomic_store(&m->state, MEMBER_FREE);
	atomic_fetch_add(&h->moves, 1);
	hub_room_tidy(h, room);
}

void
hub_leave(struct hub *h, struct member *m)
{
	take_away(h, m);
	fill(h);
}

/* end_rename - the name that was written down becomes the member's. */
static void
end_rename(struct hub *h)
{
	uint32_t row = atomic_load(&h->renaming.row);

	if (row == 0)
		return;
	hub_name(h, &h->member[row - 1], h->renaming.name);
	atomic_store(&h->renaming.row, 0);
}

void
hub_settle(struct hub *h)
{
	uint64_t crashes = serve_crashes();
	struct member *m;
	uint32_t i;

	end_rename(h);
	for (i = 0; i < high(h); i++) {
		m = &h->member[i];
		if (atomic_load(&m->state) == MEMBER_FREE || m->peer != 0)
			continue;
		if (serve_child_pid(m->child) != m->pid)
			take_away(h, m);
		else if (atomic_load(&m->state) == MEMBER_IN)
			announce(h, m);
	}
	fill(h);
	peers_settle(h);
	for (i = 1; i < ROOMS_MAX; i++)
		hub_room_tidy(h, i);
	atomic_store(&h->crashes, crashes);
}

/* -- Names and rooms ------------------------------------------------------ */

struct member *
hub_find(struct hub *h, const char *name)
{
	uint32_t i;

	for (i = 0; i < high(h); i++)
		if (atomic_load(&h->member[i].state) != MEMBER_FREE &&
		    chat_same_name(member_name(h, &h->member[i]), name))
			return &h->member[i];
	return NULL;
}

void
hub_name(struct hub *h, struct member *m, const char *name)
{
	size_t len = strlen(name);

	if (len < sizeof(m->name)) {
		memcpy(m->name, name, len + 1);
		return;
	}
	snprintf(h->long_name[m - h->member], CHAT_NAME_SIZE, "%s", name);
	m->name[0] = '\0';
}

void
hub_rename(struct hub *h, struct member *m, const char *name)
{
	snprintf(h->renaming.name, sizeof(h->renaming.name), "%s", name);
	atomic_store(&h->renaming.row, (uint32_t)(m - h->member) + 1);
	end_rename(h);
}

int
hub_room(struct hub *h, const char *name, int create)
{
	struct room *r;
	int i, empty = -1;

	for (i = 0; i < ROOMS_MAX; i++) {
		r = &h->rooms[i];
		if (atomic_load(&r->serial) == 0)
			empty = empty == -1 ? i : empty;
		else if (chat_same_name(r->name, name))
			return i;
	}
	if (!create || empty == -1)
		return -1;
	r = &h->rooms[empty];
	snprintf(r->name, sizeof(r->name), "%s", name);
	r->topic[0][0] = '\0';
	atomic_store(&r->shown, 0);
	atomic_store(&r->serial, ++h->serials);
	return empty;
}

/* is_wanted - is somebody in the room, or will be when there is a place? */
static int
is_wanted(const struct hub *h, uint32_t room)
{
	uint32_t i;

	for (i = 0; i < high(h); i++)
		if (atomic_load(&h->member[i].state) != MEMBER_FREE &&
		    atomic_load(&h->member[i].room) == room)
			return 1;
	return 0;
}

void
hub_room_tidy(struct hub *h, uint32_t room)
{
	if (room != 0 && atomic_load(&h->rooms[room].serial) != 0 &&
	    !is_wanted(h, room))
		atomic_store(&h->rooms[room].serial, 0);
}

void
hub_set_topic(struct room *r, const char *text, size_t len)
{
	uint32_t other = (atomic_load(&r->shown) & 1) ^ 1;

	if (len >= TOPIC_SIZE)
		len = TOPIC_SIZE - 1;
	memcpy(r->topic[other], text, len);
	r->topic[other][len] = '\0';
	atomic_store(&r->shown, other);
}
