/*
 * A hash table of resources with second-chance eviction.  One process, no
 * locks; a resource that a parked session is sending outlives its entry by its
 * count of references.
 */
#include "cache.h"

#include <sys/resource.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define BUCKETS		1024		/* a power of two */
#define ENTRIES_MAX	4096
#define FDS_MAX		1024
#define FRESH_NS	NSEC_PER_SEC	/* trusted for so long */
#define SWEEP_NS	(10 * NSEC_PER_SEC)

TAILQ_HEAD(clock_list, resource);

struct cache {
	const struct httpd *h;
	bool		 keep;
	uint64_t	 seed;
	size_t		 bytes, bytes_max;
	unsigned	 entries;
	int		 fds, fds_max;
	int64_t		 swept;
	uint64_t	 hits, misses;
	struct clock_list clock;	/* the oldest first */
	struct resource	*bucket[];
};

/* fds_allowed - an eighth of the descriptors that the process may have. */
static int
fds_allowed(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1 || rl.rlim_cur / 8 > FDS_MAX)
		return FDS_MAX;
	return (int)(rl.rlim_cur / 8);
}

struct cache *
cache_new(const struct httpd *h, bool keep)
{
	size_t buckets = keep ? BUCKETS : 0;
	struct cache *c;

	c = calloc(1, sizeof(*c) + buckets * sizeof(c->bucket[0]));
	if (c == NULL)
		return NULL;
	c->h = h;
	c->keep = keep && h->cache_size > 0;
	c->seed = (uint64_t)clock_wall();
	c->bytes_max = (size_t)h->cache_size;
	c->fds_max = c->keep ? fds_allowed() : 0;
	TAILQ_INIT(&c->clock);
	return c;
}

/* hash_path - eight bytes at a time, multiplied and folded. */
static uint64_t
hash_path(const struct cache *c, const struct site *site, const char *path,
    size_t len)
{
	const uint64_t prime = UINT64_C(0x9E3779B97F4A7C15);
	uint64_t h = c->seed ^ (uint64_t)(uintptr_t)site ^ len, word;

	for (; len >= sizeof(word); len -= sizeof(word), path += sizeof(word)) {
		memcpy(&word, path, sizeof(word));
		h = (h ^ word) * prime;
		h ^= h >> 32;
	}
	word = 0;
	memcpy(&word, path, len);
	h = (h ^ word) * prime;
	return h ^ (h >> 29);
}

static struct resource **
find(struct cache *c, uint64_t hash, const struct site *site,
    const char *path, size_t len)
{
	struct resource **p = &c->bucket[hash & (BUCKETS - 1)], *r;

	for (; (r = *p) != NULL; p = &r->next)
		if (r->hash == hash && r->path_len == len && r->site == site &&
		    memcmp(r->path, path, len) == 0)
			break;
	return p;
}

void
cache_put(struct resource *r)
{
	if (--r->refs == 0)
		resource_free(r);
}

/* drop - out of the table; freed when nobody uses it any more. */
static void
drop(struct cache *c, struct resource **at)
{
	struct resource *r = *at;

	*at = r->next;
	TAILQ_REMOVE(&c->clock, r, clock);
	r->cached = false;
	c->entries--;
	c->bytes -= r->memory;
	c->fds -= r->fds;
	cache_put(r);
}

static void
drop_resource(struct cache *c, struct resource *r)
{
	drop(c, find(c, r->hash, r->site, r->path, r->path_len));
}

static bool
full(const struct cache *c, size_t bytes, int fds)
{
	return c->entries >= ENTRIES_MAX || c->bytes + bytes > c->bytes_max ||
	    (fds > 0 && c->fds + fds > c->fds_max);
}

/* make_room - evict, those used since the hand last came by after the rest. */
static void
make_room(struct cache *c, size_t bytes, int fds)
{
	struct resource *r;

	while (full(c, bytes, fds) && (r = TAILQ_FIRST(&c->clock)) != NULL) {
		if (r->used) {
			r->used = false;
			TAILQ_REMOVE(&c->clock, r, clock);
			TAILQ_INSERT_TAIL(&c->clock, r, clock);
		} else {
			drop_resource(c, r);
		}
	}
}

static void
insert(struct cache *c, struct resource *r)
{
	struct resource **bucket;

	/* One file may not push out more than a quarter of all others. */
	if (r->memory > c->bytes_max / 4 || r->fds > c->fds_max)
		return;
	make_room(c, r->memory, r->fds);
	bucket = &c->bucket[r->hash & (BUCKETS - 1)];
	r->next = *bucket;
	*bucket = r;
	TAILQ_INSERT_TAIL(&c->clock, r, clock);
	r->cached = true;
	r->refs++;
	c->entries++;
	c->bytes += r->memory;
	c->fds += r->fds;
}

/* release_all - a process that is out of descriptors needs them elsewhere. */
static void
release_all(struct cache *c)
{
	struct resource *r;

	while ((r = TAILQ_FIRST(&c->clock)) != NULL)
		drop_resource(c, r);
}

/* look - lookup_path, again after all that was kept open has been closed. */
static enum lookup
look(struct cache *c, const struct site *site, const char *path, size_t len,
    struct found *f)
{
	enum lookup result = lookup_path(c->h, site, path, len, f);

	if (result != LOOKUP_BUSY || c->fds == 0)
		return result;
	release_all(c);
	return lookup_path(c->h, site, path, len, f);
}

/* load - from the file system: a new entry, or the old one found true. */
static struct resource *
load(struct cache *c, uint64_t hash, const struct site *site, const char *path,
    size_t len, int64_t now, enum lookup *why)
{
	struct resource *r, **old;
	struct found f;

	*why = look(c, site, path, len, &f);
	/* look() may have emptied the table */
	old = c->keep ? find(c, hash, site, path, len) : NULL;
	if (old != NULL && *old != NULL) {
		r = *old;
		if (*why == LOOKUP_FILE && !r->racy && resource_same(r, &f)) {
			found_close(&f);
			r->checked = now;
			r->refs++;
			return r;
		}
		drop(c, old);
	}
	if (*why != LOOKUP_FILE)
		return NULL;
	r = resource_new(c->h, site, path, len, &f, c->keep);
	if (r == NULL) {
		*why = lookup_errno(errno);
		return NULL;
	}
	r->hash = hash;
	r->checked = now;
	if (c->keep)
		insert(c, r);
	return r;
}

struct resource *
cache_get(struct cache *c, const struct site *site, const char *path,
    size_t len, int64_t now, enum lookup *why)
{
	uint64_t hash = 0;
	struct resource *r;

	if (c->keep) {
		hash = hash_path(c, site, path, len);
		r = *find(c, hash, site, path, len);
		if (r != NULL && now - r->checked < FRESH_NS) {
			r->used = true;
			r->refs++;
			c->hits++;
			return r;
		}
	}
	c->misses++;
	return load(c, hash, site, path, len, now, why);
}

int64_t
cache_idle(struct cache *c, int64_t now)
{
	struct resource *r, *next;

	if (c->fds == 0)
		return -1;
	if (c->swept == 0)
		c->swept = now;
	if (now - c->swept < SWEEP_NS)
		return (SWEEP_NS - (now - c->swept)) / NSEC_PER_MSEC + 1;
	c->swept = now;
	for (r = TAILQ_FIRST(&c->clock); r != NULL; r = next) {
		next = TAILQ_NEXT(r, clock);
		if (r->fds > 0 && now - r->checked >= SWEEP_NS)
			drop_resource(c, r);
	}
	return c->fds == 0 ? -1 : SWEEP_NS / NSEC_PER_MSEC;
}

void
cache_count(const struct cache *c, struct cache_counts *n)
{
	n->hits = c->hits;
	n->misses = c->misses;
	n->entries = c->entries;
	n->bytes = c->bytes;
	n->descriptors = (uint64_t)c->fds;
}

void
cache_free(struct cache *c)
{
	if (c == NULL)
		return;
	release_all(c);
	free(c);
}
