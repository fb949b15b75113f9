/*
 * The table of clients.  A source's clients all stand in one region, found by
 * the source alone, and within it each in one of WAYS places, found by address
 * and port: however many ports one host speaks from, it displaces nobody
 * outside that region.  Nothing here allocates after clients_new.
 */
#include "servers/pingd/clients.h"

#include <sys/random.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WAYS	8
#define REGIONS	16
#define WORDS	(SEEN_WINDOW / 64)

struct clients {
	uint64_t	secret[2];	/* so that collisions are not chosen */
	uint32_t	session;	/* the last that was given */
	size_t		region;		/* places in one; a power of two */
	struct client	place[];
};

struct clients *
clients_new(size_t max)
{
	size_t region = WAYS;
	struct clients *t;

	while (region * REGIONS < max)
		region *= 2;
	t = calloc(1, sizeof(*t) + region * REGIONS * sizeof(t->place[0]));
	if (t == NULL)
		return NULL;
	t->region = region;
	if (getrandom(t->secret, sizeof(t->secret), 0) !=
	    sizeof(t->secret)) {
		free(t);
		errno = EIO;
		return NULL;
	}
	return t;
}

void
clients_start(struct clients *t)
{
	/* Where it fails, they begin at 1, and may be taken for others'. */
	if (getrandom(&t->session, sizeof(t->session), 0) == -1)
		t->session = 0;
}

void
clients_free(struct clients *t)
{
	free(t);
}

static uint64_t
mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 32;
}

uint64_t
clients_hash(const struct clients *t, const struct ipaddr *ip)
{
	uint64_t a, b;

	memcpy(&a, ip->ip, sizeof(a));
	memcpy(&b, ip->ip + 8, sizeof(b));
	return mix(mix(mix(t->secret[0], a), b), t->secret[1] ^ ip->port);
}

/* ways - where the client may stand: WAYS places from here on. */
static struct client *
ways(struct clients *t, const struct ipaddr *ip)
{
	size_t region, at;

	region = mix(t->secret[1], ipaddr_source(ip)) % REGIONS;
	at = clients_hash(t, ip) & (t->region - 1) & ~(size_t)(WAYS - 1);
	return &t->place[region * t->region + at];
}

struct client *
clients_find(struct clients *t, const struct ipaddr *ip)
{
	struct client *c = ways(t, ip);
	int i;

	for (i = 0; i < WAYS; i++, c++)
		if (c->peer.port == ip->port && ipaddr_equal(&c->peer, ip))
			return c;
	return NULL;
}

struct client *
clients_add(struct clients *t, const struct ipaddr *peer,
    const uint8_t cookie[PING_COOKIE], int64_t now)
{
	struct client *c = clients_find(t, peer), *w;
	int i;

	if (c == NULL) {
		c = w = ways(t, peer);
		for (i = 1; i < WAYS; i++)
			if (w[i].last < c->last)
				c = &w[i];
	}
	memset(c, 0, sizeof(*c));
	c->peer = *peer;
	memcpy(c->cookie, cookie, PING_COOKIE);
	c->last = now;
	if (++t->session == 0)
		t->session = 1;		/* 0 says that there is none */
	c->session = t->session;
	return c;
}

/* slide - make n the highest number: the window moves up by n bits. */
static void
slide(struct client *c, uint64_t n)
{
	unsigned words = (unsigned)(n / 64), bits = (unsigned)(n % 64);
	int i;
	uint64_t v;

	if (n >= SEEN_WINDOW) {
		memset(c->window, 0, sizeof(c->window));
		return;
	}
	for (i = WORDS - 1; i >= 0; i--) {
		v = i >= (int)words ? c->window[i - (int)words] << bits : 0;
		if (bits > 0 && i > (int)words)
			v |= c->window[i - (int)words - 1] >> (64 - bits);
		c->window[i] = v;
	}
}

enum seen
client_see(struct client *c, uint64_t seq)
{
	uint64_t behind, bit;

	if (c->received == 0 || seq > c->highest) {
		slide(c, c->received == 0 ? SEEN_WINDOW : seq - c->highest);
		c->highest = seq;
		c->window[0] |= 1;
		c->received++;
		return SEEN_FIRST;
	}
	behind = c->highest - seq;
	if (behind >= SEEN_WINDOW)
		return SEEN_OLD;
	bit = UINT64_C(1) << behind % 64;
	if (c->window[behind / 64] & bit) {
		c->duplicates++;
		return SEEN_AGAIN;
	}
	c->window[behind / 64] |= bit;
	c->received++;
	c->reordered++;
	return SEEN_FIRST;
}
