/*
 * The room's memory; see table.h.  A process that is killed while it holds the
 * lock leaves at worst a member that was not yet there or is still: what says
 * that a member or an event exists is written last.
 */
#include "servers/roomd/table.h"

#include <sys/random.h>

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "serve/serve.h"

static int
make_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	errno = pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return errno == 0 ? 0 : -1;
}

int
table_init(struct table *t)
{
	struct shared_room *r = serve_shared("roomd.room", sizeof(*r));

	if (r == NULL)
		return -1;
	t->room = r;
	if (r->made)
		return 0;
	if (make_lock(&r->lock) == -1)
		return -1;
	if (getrandom(r->key, sizeof(r->key), 0) != (ssize_t)sizeof(r->key)) {
		errno = EIO;
		return -1;
	}
	r->changes = 1;
	r->made = 1;
	return 0;
}

/* -- The index ------------------------------------------------------------ */

static uint16_t *
peer_head(struct table *t, const struct ipaddr *ip)
{
	return &t->by_peer[siphash(t->room->key, ip, sizeof(*ip)) %
	    (2 * MEMBERS_MAX)];
}

static uint16_t *
name_head(struct table *t, const char *name, size_t n)
{
	return &t->by_name[siphash(t->room->key, name, n) %
	    (2 * MEMBERS_MAX)];
}

static unsigned int
place(const struct table *t, const struct member *m)
{
	return (unsigned int)(m - t->room->members);
}

static void
link_peer(struct table *t, struct member *m)
{
	uint16_t *head = peer_head(t, &m->peer);

	t->next_peer[place(t, m)] = *head;
	*head = (uint16_t)place(t, m);
}

static void
link_member(struct table *t, struct member *m)
{
	uint16_t *head = name_head(t, m->name, strlen(m->name));

	link_peer(t, m);
	t->next_name[place(t, m)] = *head;
	*head = (uint16_t)place(t, m);
	t->n++;
	if (place(t, m) >= t->top)
		t->top = place(t, m) + 1;
}

/* unlink_from - m out of the chain that begins at head */
static void
unlink_from(uint16_t *head, uint16_t *next, unsigned int at)
{
	while (*head != NOBODY && *head != at)
		head = &next[*head];
	if (*head == at)
		*head = next[at];
}

static void
build(struct table *t)
{
	memset(t->by_peer, 0xff, sizeof(t->by_peer));
	memset(t->by_name, 0xff, sizeof(t->by_name));
	t->n = t->top = 0;
	for (unsigned int i = 0; i < MEMBERS_MAX; i++)
		if (t->room->members[i].kind != MEMBER_FREE)
			link_member(t, &t->room->members[i]);
	t->changes = t->room->changes;
}

/* changed - the index has seen what this process has just done */
static void
changed(struct table *t)
{
	t->changes = ++t->room->changes;
}

/* -- The lock ------------------------------------------------------------- */

void
table_lock(struct table *t)
{
	if (pthread_mutex_lock(&t->room->lock) == EOWNERDEAD) {
		pthread_mutex_consistent(&t->room->lock);
		t->room->changes++;
	}
	if (t->changes != t->room->changes)
		build(t);
}

void
table_unlock(struct table *t)
{
	pthread_mutex_unlock(&t->room->lock);
}

/* -- Members -------------------------------------------------------------- */

struct member *
table_by_peer(struct table *t, const struct ipaddr *ip)
{
	uint16_t i = *peer_head(t, ip);

	while (i != NOBODY && !ipaddr_equal(&t->room->members[i].peer, ip))
		i = t->next_peer[i];
	return i == NOBODY ? NULL : &t->room->members[i];
}

struct member *
table_by_name(struct table *t, const char *name, size_t n)
{
	uint16_t i = *name_head(t, name, n);
	const struct member *m;

	for (; i != NOBODY; i = t->next_name[i]) {
		m = &t->room->members[i];
		if (strlen(m->name) == n && memcmp(m->name, name, n) == 0)
			return &t->room->members[i];
	}
	return NULL;
}

struct member *
table_by_session(struct table *t, uint64_t session)
{
	struct member *m = t->room->members;

	for (; m < t->room->members + t->top; m++)
		if (m->kind == MEMBER_BROOD && m->session == session)
			return m;
	return NULL;
}

struct member *
table_add(struct table *t, const struct member *from, unsigned int max)
{
	struct member *m = t->room->members;
	uint8_t kind = from->kind;

	if (t->n >= max || t->n >= MEMBERS_MAX)
		return NULL;
	while (m->kind != MEMBER_FREE)
		m++;
	*m = *from;
	m->kind = MEMBER_FREE;
	__atomic_store_n(&m->kind, kind, __ATOMIC_RELEASE);
	link_member(t, m);
	changed(t);
	return m;
}

void
table_remove(struct table *t, struct member *m)
{
	__atomic_store_n(&m->kind, MEMBER_FREE, __ATOMIC_RELEASE);
	unlink_from(peer_head(t, &m->peer), t->next_peer, place(t, m));
	unlink_from(name_head(t, m->name, strlen(m->name)), t->next_name,
	    place(t, m));
	t->n--;
	while (t->top > 0 && t->room->members[t->top - 1].kind == MEMBER_FREE)
		t->top--;
	changed(t);
}

void
table_move(struct table *t, struct member *m, const struct ipaddr *to)
{
	unlink_from(peer_head(t, &m->peer), t->next_peer, place(t, m));
	m->peer = *to;
	link_peer(t, m);
	changed(t);
}

unsigned int
table_sources(struct table *t, const struct ipaddr *ip)
{
	uint64_t source = ipaddr_source(ip);
	unsigned int n = 0;

	for (unsigned int i = 0; i < t->top; i++)
		if (t->room->members[i].kind != MEMBER_FREE &&
		    ipaddr_source(&t->room->members[i].peer) == source)
			n++;
	return n;
}

/* -- What was said -------------------------------------------------------- */

void
table_event(struct table *t, enum room_kind kind, const char *name,
    const char *text, size_t n)
{
	uint64_t number = t->room->last + 1;
	struct event *e = &t->room->events[number % EVENTS];

	e->number = 0;
	e->time = (int64_t)time(NULL);
	e->kind = (uint8_t)kind;
	e->namelen = (uint8_t)strnlen(name, ROOM_NAME_MAX - 1);
	memcpy(e->name, name, e->namelen);
	e->textlen = (uint16_t)(n < ROOM_TEXT_MAX ? n : ROOM_TEXT_MAX);
	memcpy(e->text, text, e->textlen);
	e->number = number;
	__atomic_store_n(&t->room->last, number, __ATOMIC_RELEASE);
}

const struct event *
table_event_at(const struct table *t, uint64_t number)
{
	const struct event *e = &t->room->events[number % EVENTS];

	return number != 0 && e->number == number ? e : NULL;
}

uint64_t
table_oldest(const struct table *t)
{
	return t->room->last <= EVENTS ? 1 : t->room->last - EVENTS + 1;
}
