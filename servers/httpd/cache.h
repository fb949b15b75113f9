/*
 * The files that this process has served lately, by site and path: small ones
 * with their contents, large ones as open descriptors.  Checked against the
 * file system at most once a second, bounded in bytes, entries and
 * descriptors.  What does not exist is never remembered.
 */
#ifndef HTTPD_CACHE_H
#define HTTPD_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "resource.h"

struct cache;

struct cache_counts {
	uint64_t hits, misses;
	uint64_t entries, bytes, descriptors;
};

/*
 * cache_new - keep: false where the process will serve one connection and
 * remembering is not worth its while; files are then only opened.
 */
struct cache *cache_new(const struct httpd *, bool keep);
void	cache_free(struct cache *);

/*
 * cache_get - the resource at path, or NULL with *why.  It stays as it is until
 * cache_put(), whatever becomes of it in the cache.
 */
struct resource *cache_get(struct cache *, const struct site *,
	    const char *path, size_t len, int64_t now, enum lookup *why);
void	cache_put(struct resource *);

/* cache_idle - let go of descriptors that nobody asked for lately; ms until
 * that is due again, -1 where there are none. */
int64_t	cache_idle(struct cache *, int64_t now);

void	cache_count(const struct cache *, struct cache_counts *);

#endif
