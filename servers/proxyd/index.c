/*
 * Which files there are, and which has to go when there are too many bytes: in
 * memory shared by all processes, under a robust lock, so that a process
 * killed in the middle harms nobody.  SIEVE (Zhang and others, NSDI 2024)
 * decides: one queue, a bit that a hit sets, and a hand that passes over those
 * with the bit; objects that are asked for once never push out popular ones,
 * and a hit takes no lock.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "store.h"

#define ENTRIES	(1 << 18)
#define BUCKETS	(1 << 18)
#define NONE	0		/* entries are numbered from 1 */

struct entry {
	struct key	key;
	uint64_t	bytes;
	uint32_t	newer, older;	/* in the queue */
	uint32_t	chain;		/* in the bucket, or on the free list */
	_Atomic uint64_t mark;		/* its key's, where it is good */
	_Atomic uint8_t	visited;
	uint8_t		used;
};

struct index {
	pthread_mutex_t	lock;
	uint32_t	ready;
	_Atomic uint32_t lost;		/* files there are unknown ones of */
	uint64_t	bytes;
	uint32_t	newest, oldest, hand, free, fresh;
	uint32_t	bucket[BUCKETS];
	struct entry	entry[ENTRIES + 1];
};

struct index *
index_open(const char *folder)
{
	char name[96];

	snprintf(name, sizeof(name), "proxyd index %s", folder);
	return serve_shared(name, sizeof(struct index));
}

int
index_init(struct index *ix)
{
	pthread_mutexattr_t attr;

	if (ix->ready)
		return 0;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&ix->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	ix->ready = 1;
	return 0;
}

/* reset - a process died inside: what it left may be half done, so begin
 * anew; which files there are is looked up again. */
static void
reset(struct index *ix)
{
	ix->bytes = 0;
	ix->newest = ix->oldest = ix->hand = ix->free = ix->fresh = NONE;
	memset(ix->bucket, 0, sizeof(ix->bucket));
	ix->lost = 1;
}

static void
lock(struct index *ix)
{
	if (pthread_mutex_lock(&ix->lock) == EOWNERDEAD) {
		reset(ix);
		pthread_mutex_consistent(&ix->lock);
	}
}

static uint32_t
bucket_of(const struct key *k)
{
	uint32_t h;

	memcpy(&h, k->b, sizeof(h));
	return h % BUCKETS;
}

static uint32_t
find(const struct index *ix, const struct key *k)
{
	uint32_t i = ix->bucket[bucket_of(k)];

	while (i != NONE && memcmp(&ix->entry[i].key, k, sizeof(*k)) != 0)
		i = ix->entry[i].chain;
	return i;
}

/* take_out - of queue and bucket, onto the free list. */
static void
take_out(struct index *ix, uint32_t i)
{
	struct entry *e = &ix->entry[i];
	uint32_t *at = &ix->bucket[bucket_of(&e->key)];

	while (*at != NONE && *at != i)
		at = &ix->entry[*at].chain;
	if (*at == i)
		*at = e->chain;
	if (ix->hand == i)
		ix->hand = e->newer;
	if (e->newer != NONE)
		ix->entry[e->newer].older = e->older;
	else
		ix->newest = e->older;
	if (e->older != NONE)
		ix->entry[e->older].newer = e->newer;
	else
		ix->oldest = e->newer;
	ix->bytes -= e->bytes;
	e->used = 0;
	e->chain = ix->free;
	ix->free = i;
}

/* evict - SIEVE's next victim; its key in out. */
static bool
evict(struct index *ix, struct key *out)
{
	uint32_t i = ix->hand != NONE ? ix->hand : ix->oldest;
	uint32_t turns = 0;

	while (i != NONE && ix->entry[i].visited && turns++ < 2 * ENTRIES) {
		ix->entry[i].visited = 0;
		i = ix->entry[i].newer != NONE ? ix->entry[i].newer :
		    ix->oldest;
	}
	if (i == NONE)
		return false;
	*out = ix->entry[i].key;
	ix->hand = i;
	take_out(ix, i);
	return true;
}

static uint32_t
new_entry(struct index *ix)
{
	uint32_t i = ix->free;

	if (i != NONE)
		ix->free = ix->entry[i].chain;
	else if (ix->fresh < ENTRIES)
		i = ++ix->fresh;
	return i;
}

static void
put_in(struct index *ix, uint32_t i, const struct key *k, uint64_t bytes)
{
	struct entry *e = &ix->entry[i];
	uint32_t *bucket = &ix->bucket[bucket_of(k)];

	e->key = *k;
	e->bytes = bytes;
	e->visited = 0;
	e->mark = 0;
	e->used = 1;
	e->chain = *bucket;
	*bucket = i;
	e->newer = NONE;
	e->older = ix->newest;
	if (ix->newest != NONE)
		ix->entry[ix->newest].newer = i;
	ix->newest = i;
	if (ix->oldest == NONE)
		ix->oldest = i;
	ix->bytes += bytes;
}

int
index_add(struct index *ix, const struct key *k, uint64_t bytes,
    uint64_t limit, struct key *out, int max)
{
	uint32_t i;
	int n = 0;

	lock(ix);
	i = find(ix, k);
	if (i != NONE) {
		ix->bytes += bytes - ix->entry[i].bytes;
		ix->entry[i].bytes = bytes;
	} else {
		i = new_entry(ix);
		if (i == NONE && n < max && evict(ix, &out[n])) {
			n++;
			i = new_entry(ix);
		}
		if (i != NONE)
			put_in(ix, i, k, bytes);
	}
	while (ix->bytes > limit && n < max && evict(ix, &out[n]))
		n++;
	pthread_mutex_unlock(&ix->lock);
	return n;
}

int
index_evict(struct index *ix, struct key *out, int max)
{
	int n = 0;

	lock(ix);
	while (n < max && evict(ix, &out[n]))
		n++;
	pthread_mutex_unlock(&ix->lock);
	return n;
}

/* glance - find without the lock: the entry may be another's a moment later,
 * so that only what does no harm there may be written to it. */
static struct entry *
glance(struct index *ix, const struct key *k)
{
	uint32_t i = ix->bucket[bucket_of(k)], turns = 0;

	while (i != NONE && i <= ENTRIES && turns++ < 64) {
		if (memcmp(&ix->entry[i].key, k, sizeof(*k)) == 0)
			return &ix->entry[i];
		i = ix->entry[i].chain;
	}
	return NULL;
}

bool
index_touch(struct index *ix, const struct key *k)
{
	struct entry *e = glance(ix, k);

	if (e != NULL && !e->visited)
		e->visited = 1;
	return e != NULL;
}

/* mark_of - what says good, of this key and hardly of any other. */
static uint64_t
mark_of(const struct key *k)
{
	uint64_t n;

	memcpy(&n, k->b + KEY_LEN - sizeof(n), sizeof(n));
	return n | 1;
}

void
index_mark(struct index *ix, const struct key *k)
{
	struct entry *e = glance(ix, k);

	if (e != NULL)
		e->mark = mark_of(k);
}

bool
index_marked(struct index *ix, const struct key *k)
{
	struct entry *e = glance(ix, k);

	return e != NULL && e->mark == mark_of(k);
}

bool
index_lost(struct index *ix)
{
	return ix->lost != 0 && atomic_exchange(&ix->lost, 0) != 0;
}

void
index_drop(struct index *ix, const struct key *k)
{
	uint32_t i;

	lock(ix);
	i = find(ix, k);
	if (i != NONE)
		take_out(ix, i);
	pthread_mutex_unlock(&ix->lock);
}

uint64_t
index_bytes(const struct index *ix)
{
	return ix->bytes;
}
