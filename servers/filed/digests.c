/*
 * The table of known digests: sets of four, the eldest goes.  Every process
 * writes to it, and may be killed while it does: an entry whose count is odd is
 * one that is being written, or never will be, and is passed over until
 * everything else in its set is such.
 */
#include "digests.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "serve/serve.h"

#define SETS	1024		/* a power of two */
#define WAYS	4
#define KEY	5		/* words: device, inode, size, two times */
#define WORDS	(KEY + 4)	/* and the digest's */
#define SETTLED	(2 * NSEC_PER_SEC)

struct entry {
	_Atomic uint32_t count;
	_Atomic uint64_t word[WORDS];
};

struct set {
	_Atomic uint32_t next;
	struct entry	 way[WAYS];
};

struct digests {
	struct set	 set[SETS];
};

struct digests *
digests_open(void)
{
	return serve_shared("filed digests", sizeof(struct digests));
}

static uint64_t
time_word(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * NSEC_PER_SEC + (uint64_t)t->tv_nsec;
}

static void
make_key(const struct stat *st, uint64_t key[KEY])
{
	key[0] = (uint64_t)st->st_dev;
	key[1] = (uint64_t)st->st_ino;
	key[2] = (uint64_t)st->st_size;
	key[3] = time_word(&st->st_mtim);
	key[4] = time_word(&st->st_ctim);
}

static struct set *
set_of(struct digests *d, const uint64_t key[KEY])
{
	uint64_t h = (key[0] * 31 + key[1]) * 0x9e3779b97f4a7c15ULL;

	return &d->set[(h >> 32) % SETS];
}

/* read_entry - a whole one, or false. */
static bool
read_entry(struct entry *e, uint64_t word[WORDS])
{
	uint32_t before = atomic_load_explicit(&e->count, memory_order_acquire);

	if (before == 0 || before % 2 != 0)
		return false;
	for (int i = 0; i < WORDS; i++)
		word[i] = atomic_load_explicit(&e->word[i],
		    memory_order_relaxed);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&e->count, memory_order_relaxed) == before;
}

bool
digests_find(struct digests *d, const struct stat *st, char sha[FILE_SHA])
{
	uint64_t key[KEY], word[WORDS];
	struct set *s;

	make_key(st, key);
	s = set_of(d, key);
	for (int i = 0; i < WAYS; i++) {
		if (!read_entry(&s->way[i], word) ||
		    memcmp(word, key, sizeof(key)) != 0)
			continue;
		snprintf(sha, FILE_SHA, "%016llx%016llx%016llx%016llx",
		    (unsigned long long)word[KEY],
		    (unsigned long long)word[KEY + 1],
		    (unsigned long long)word[KEY + 2],
		    (unsigned long long)word[KEY + 3]);
		return true;
	}
	return false;
}

/* write_entry - unless somebody else is at it. */
static bool
write_entry(struct entry *e, const uint64_t word[WORDS])
{
	uint32_t count = atomic_load_explicit(&e->count, memory_order_relaxed);

	if (count % 2 != 0 || !atomic_compare_exchange_strong_explicit(
	    &e->count, &count, count + 1, memory_order_acquire,
	    memory_order_relaxed))
		return false;
	atomic_thread_fence(memory_order_release);
	for (int i = 0; i < WORDS; i++)
		atomic_store_explicit(&e->word[i], word[i],
		    memory_order_relaxed);
	atomic_store_explicit(&e->count, count + 2, memory_order_release);
	return true;
}

static bool
settled(const struct timespec *t, int64_t wall)
{
	return (int64_t)time_word(t) + SETTLED < wall;
}

void
digests_store(struct digests *d, const struct stat *st, int64_t wall,
    const char *sha)
{
	uint64_t word[WORDS];
	char part[17] = "", old[FILE_SHA];
	struct set *s;

	if (!settled(&st->st_mtim, wall) || !settled(&st->st_ctim, wall) ||
	    digests_find(d, st, old))
		return;
	make_key(st, word);
	for (int i = 0; i < WORDS - KEY; i++) {
		memcpy(part, sha + 16 * i, 16);
		word[KEY + i] = strtoull(part, NULL, 16);
	}
	s = set_of(d, word);
	for (int i = 0; i < WAYS; i++)
		if (write_entry(&s->way[atomic_fetch_add_explicit(&s->next, 1,
		    memory_order_relaxed) % WAYS], word))
			return;
}
