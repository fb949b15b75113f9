/*
 * Which URLs are not worth waiting for.  Where many ask at once for what may
 * not be stored, one after another would wait for an answer that is not for
 * them (varnish has hit-for-miss against that).  Two URLs may meet in a place:
 * then one is fetched more often than it had to be, and nothing else happens.
 */
#include "alone.h"

#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"
#include "serve/serve.h"

#define PLACES	8192
#define FOR_S	60

struct alone {
	/* the upper half of the URL's hash, and until when (wall s) */
	_Atomic uint64_t place[PLACES];
};

struct alone *
alone_open(void)
{
	return serve_shared("proxyd alone", sizeof(struct alone));
}

/* hash - FNV-1a. */
static uint64_t
hash(const char *url)
{
	uint64_t h = 14695981039346656037u;

	for (; *url != '\0'; url++)
		h = (h ^ (unsigned char)*url) * 1099511628211u;
	return h;
}

static uint32_t
now_s(void)
{
	return (uint32_t)(clock_wall() / NSEC_PER_SEC);
}

bool
alone_is(const struct alone *a, const char *url)
{
	uint64_t h = hash(url), v;

	v = atomic_load_explicit(&a->place[h % PLACES], memory_order_relaxed);
	return v >> 32 == h >> 32 && (uint32_t)v > now_s();
}

void
alone_set(struct alone *a, const char *url, bool stored)
{
	uint64_t h = hash(url);
	_Atomic uint64_t *at = &a->place[h % PLACES];

	if (!stored)
		atomic_store_explicit(at, h >> 32 << 32 | (now_s() + FOR_S),
		    memory_order_relaxed);
	else if (atomic_load_explicit(at, memory_order_relaxed) >> 32 ==
	    h >> 32)
		atomic_store_explicit(at, 0, memory_order_relaxed);
}
