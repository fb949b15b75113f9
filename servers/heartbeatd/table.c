/*
 * The table of names in shared memory.  Everything is bounded when it is made;
 * nothing here allocates afterwards.
 */
#include "table.h"

#include <sys/random.h>

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "base/clock.h"
#include "serve/serve.h"

/* A writer that is halfway may want this processor; it may also be dead. */
#define READ_SPINS	100
#define READ_TRIES	10000

/* round_up - so that what follows in the same memory is aligned. */
static size_t
round_up(size_t n)
{
	return (n + 63) & ~(size_t)63;
}

static int
make_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;

	if (pthread_mutexattr_init(&attr) != 0)
		return -1;
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	errno = pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return errno == 0 ? 0 : -1;
}

struct table *
table_open(uint32_t max)
{
	size_t rows, due, buckets = 64;
	struct table *t;
	char *at;

	while (buckets < max)
		buckets *= 2;
	rows = round_up(max * sizeof(*t->rows));
	due = round_up(max * sizeof(*t->due));
	at = serve_shared("names", round_up(sizeof(*t)) + rows + due +
	    buckets * sizeof(*t->bucket));
	if (at == NULL)
		return NULL;
	t = (struct table *)(void *)at;
	if (t->ready)
		return t;
	if (make_lock(&t->lock) == -1 ||
	    getrandom(&t->seed, sizeof(t->seed), 0) == -1)
		return NULL;
	at += round_up(sizeof(*t));
	t->rows = (struct row *)(void *)at;
	t->due = (struct due *)(void *)(at + rows);
	t->bucket = (uint32_t *)(void *)(at + rows + due);
	memset(t->bucket, 0xff, buckets * sizeof(*t->bucket));
	t->max = max;
	t->mask = (uint32_t)buckets - 1;
	t->spare = TABLE_NONE;
	t->started = clock_wall();
	t->ready = 1;
	return t;
}

/* hash - FNV-1a from a seed that senders do not know, well mixed. */
static uint32_t
hash(const struct table *t, const char *name)
{
	uint64_t h = t->seed ^ 0xcbf29ce484222325ULL;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3ULL;
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdULL;
	return (uint32_t)((h ^ h >> 33) & t->mask);
}

static uint32_t
number_of(const struct table *t, const struct row *r)
{
	return (uint32_t)(r - t->rows);
}

/* -- The lock ------------------------------------------------------------- */

/*
 * mend - the process that held the lock was killed: rows that it was writing
 * are taken as they are, and heap and buckets made anew from the rows.
 */
static void
mend(struct table *t)
{
	uint32_t i, names = 0, top = atomic_load(&t->top);

	memset(t->bucket, 0xff, ((size_t)t->mask + 1) * sizeof(*t->bucket));
	t->spare = TABLE_NONE;
	t->ndue = 0;
	for (i = 0; i < top; i++) {
		struct row *r = &t->rows[i];
		uint32_t *head = &t->spare;

		if (atomic_load(&r->guard) & 1)
			atomic_fetch_add(&r->guard, 1);
		r->place = TABLE_NONE;
		r->name[sizeof(r->name) - 1] = '\0';
		if (r->used)
			head = &t->bucket[hash(t, r->name)];
		r->next = *head;
		*head = i;
		if (r->used)
			table_plan(t, r, 0);
		names += r->used;
	}
	atomic_store(&t->names, names);
	if (t->queue.n > QUEUE_MAX || t->queue.first >= QUEUE_MAX)
		t->queue.n = t->queue.first = 0;
}

void
table_lock(struct table *t)
{
	if (pthread_mutex_lock(&t->lock) != EOWNERDEAD)
		return;
	pthread_mutex_consistent(&t->lock);
	mend(t);
}

void
table_unlock(struct table *t)
{
	pthread_mutex_unlock(&t->lock);
}

/* -- Rows ----------------------------------------------------------------- */

struct row *
table_find(struct table *t, const char *name)
{
	uint32_t i = t->bucket[hash(t, name)];

	while (i != TABLE_NONE && strcmp(t->rows[i].name, name) != 0)
		i = t->rows[i].next;
	return i == TABLE_NONE ? NULL : &t->rows[i];
}

void
table_begin(struct row *r)
{
	atomic_fetch_add_explicit(&r->guard, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

void
table_end(struct row *r)
{
	atomic_fetch_add_explicit(&r->guard, 1, memory_order_release);
}

/* take_row - a free one, or one that was never used; NULL where all are. */
static struct row *
take_row(struct table *t)
{
	uint32_t top = atomic_load_explicit(&t->top, memory_order_relaxed);
	struct row *r;

	if (t->spare != TABLE_NONE) {
		r = &t->rows[t->spare];
		t->spare = r->next;
		return r;
	}
	if (top == t->max)
		return NULL;
	atomic_store(&t->top, top + 1);
	return &t->rows[top];
}

struct row *
table_add(struct table *t, const char *name, int64_t period, int64_t grace,
    int64_t now)
{
	struct row *r = take_row(t);
	uint32_t *head;

	if (r == NULL)
		return NULL;
	table_begin(r);
	memset(&r->next, 0, sizeof(*r) - offsetof(struct row, next));
	r->place = TABLE_NONE;
	r->status = HEARTBEAT_NO_STATUS;
	memcpy(r->name, name, strlen(name) + 1);
	life_init(&r->life, period, grace, now);
	r->since_wall = clock_wall();
	r->clock = t->clocks.steps;
	r->used = 1;
	table_end(r);
	head = &t->bucket[hash(t, name)];
	r->next = *head;
	*head = number_of(t, r);
	atomic_fetch_add(&t->names, 1);
	return r;
}

static void	take_due(struct table *, uint32_t place);

void
table_remove(struct table *t, struct row *r)
{
	uint32_t *link = &t->bucket[hash(t, r->name)], i = number_of(t, r);

	while (*link != i)
		link = &t->rows[*link].next;
	*link = r->next;
	if (r->place != TABLE_NONE)
		take_due(t, r->place);
	table_begin(r);
	r->used = 0;
	r->name[0] = '\0';
	table_end(r);
	r->next = t->spare;
	t->spare = i;
	atomic_fetch_sub(&t->names, 1);
}

int
table_read(const struct table *t, uint32_t i, struct row *copy)
{
	const struct row *r = &t->rows[i];
	uint32_t before, after;
	int tries = 0;

	do {
		if (tries > READ_SPINS)
			sched_yield();
		before = atomic_load_explicit(&r->guard, memory_order_acquire);
		memcpy((void *)copy, (const void *)r, sizeof(*copy));
		atomic_thread_fence(memory_order_acquire);
		after = atomic_load_explicit(&r->guard, memory_order_relaxed);
	} while ((before != after || (before & 1)) && ++tries < READ_TRIES);
	copy->name[sizeof(copy->name) - 1] = '\0';
	return copy->used;
}

/* -- The heap ------------------------------------------------------------- */

static void
put_due(struct table *t, uint32_t place, struct due d)
{
	t->due[place] = d;
	t->rows[d.row].place = place;
}

/* rise - d belongs at place or nearer to the top. */
static void
rise(struct table *t, uint32_t place, struct due d)
{
	uint32_t above;

	while (place > 0) {
		above = (place - 1) / 2;
		if (t->due[above].at <= d.at)
			break;
		put_due(t, place, t->due[above]);
		place = above;
	}
	put_due(t, place, d);
}

/* sink - d belongs at place or further down. */
static void
sink(struct table *t, uint32_t place, struct due d)
{
	uint32_t below;

	while ((below = 2 * place + 1) < t->ndue) {
		if (below + 1 < t->ndue &&
		    t->due[below + 1].at < t->due[below].at)
			below++;
		if (d.at <= t->due[below].at)
			break;
		put_due(t, place, t->due[below]);
		place = below;
	}
	put_due(t, place, d);
}

static void
take_due(struct table *t, uint32_t place)
{
	struct due last = t->due[--t->ndue];

	t->rows[t->due[place].row].place = TABLE_NONE;
	if (place == t->ndue)
		return;
	if (place > 0 && last.at < t->due[(place - 1) / 2].at)
		rise(t, place, last);
	else
		sink(t, place, last);
}

void
table_plan(struct table *t, struct row *r, int64_t at)
{
	struct due d = { at, number_of(t, r) };

	if (at == CLOCK_NEVER)
		return;		/* where it is planned, it comes up and goes */
	if (r->place == TABLE_NONE)
		rise(t, t->ndue++, d);
	else if (at < t->due[r->place].at)
		rise(t, r->place, d);
}

struct row *
table_next(struct table *t, int64_t *at)
{
	if (t->ndue == 0)
		return NULL;
	*at = t->due[0].at;
	return &t->rows[t->due[0].row];
}

void
table_replan(struct table *t, int64_t at)
{
	struct due d = { at, t->due[0].row };

	if (at == CLOCK_NEVER)
		take_due(t, 0);
	else
		sink(t, 0, d);
}
