/*
 * Hosts that could not be connected to a moment ago.  Each is one word in a
 * table that all processes share: 28 bits of a hash, how it failed, until when.
 * Two hosts may meet in a place: then the one that failed last is known.
 */
#include "dead.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "serve/serve.h"

#define PLACES		4096
#define HASH_MASK	(~UINT64_C(0) << 36)

struct dead {
	/* hash, enum dialled in 4 bits, until when (wall s) in 32 */
	_Atomic uint64_t place[PLACES];
};

struct dead *
dead_open(void)
{
	return serve_shared("proxyd dead", sizeof(struct dead));
}

/* hash - FNV-1a, of host, port and TLS. */
static uint64_t
hash(const struct target *t)
{
	uint64_t h = 14695981039346656037u;
	const char *p;

	for (p = t->host; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211u;
	h = (h ^ (t->port & 0xff)) * 1099511628211u;
	h = (h ^ (uint64_t)(t->port >> 8)) * 1099511628211u;
	return (h ^ (uint64_t)t->tls) * 1099511628211u;
}

static uint32_t
now_s(void)
{
	return (uint32_t)(clock_wall() / NSEC_PER_SEC);
}

enum dialled
dead_why(const struct dead *d, const struct target *t)
{
	uint64_t h = hash(t), v;

	v = atomic_load_explicit(&d->place[h % PLACES], memory_order_relaxed);
	return (v & HASH_MASK) == (h & HASH_MASK) && (uint32_t)v > now_s() ?
	    (enum dialled)(v >> 32 & 0xf) : DIALLED;
}

void
dead_set(struct dead *d, const struct target *t, enum dialled how,
    int64_t seconds)
{
	uint64_t h = hash(t), until = now_s() + (uint64_t)seconds;
	_Atomic uint64_t *at = &d->place[h % PLACES];

	if (how == DIALLED) {
		if ((atomic_load_explicit(at, memory_order_relaxed) &
		    HASH_MASK) == (h & HASH_MASK))
			atomic_store_explicit(at, 0, memory_order_relaxed);
		return;
	}
	if (until > UINT32_MAX)
		until = UINT32_MAX;
	atomic_store_explicit(at, (h & HASH_MASK) | (uint64_t)how << 32 |
	    until, memory_order_relaxed);
}
