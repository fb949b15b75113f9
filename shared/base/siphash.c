/*
 * SipHash-2-4, after the paper's section 2: two rounds for each word of eight
 * bytes, four at the end.  Pure; see siphash.h.
 */
#include "base/siphash.h"

#include <endian.h>
#include <string.h>

struct state {
	uint64_t	v0, v1, v2, v3;
};

static uint64_t
rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void
rounds(struct state *s, int n)
{
	while (n-- > 0) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 = rotate(s->v0, 32) + s->v3;
		s->v2 += s->v1;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 = rotate(s->v2, 32);
	}
}

static void
word(struct state *s, uint64_t m)
{
	s->v3 ^= m;
	rounds(s, 2);
	s->v0 ^= m;
}

uint64_t
siphash(const uint8_t key[SIPHASH_KEY], const void *data, size_t n)
{
	const uint8_t *p = data;
	uint64_t k0, k1, m;
	struct state s;
	size_t i;

	memcpy(&k0, key, 8);
	memcpy(&k1, key + 8, 8);
	k0 = le64toh(k0);
	k1 = le64toh(k1);
	s.v0 = k0 ^ 0x736f6d6570736575;	/* "somepseudorandomlygeneratedbytes" */
	s.v1 = k1 ^ 0x646f72616e646f6d;
	s.v2 = k0 ^ 0x6c7967656e657261;
	s.v3 = k1 ^ 0x7465646279746573;
	for (i = 0; i + 8 <= n; i += 8) {
		memcpy(&m, p + i, 8);
		word(&s, le64toh(m));
	}
	m = 0;
	if (n > i)
		memcpy(&m, p + i, n - i);
	word(&s, le64toh(m) | (uint64_t)(n & 0xff) << 56);
	s.v2 ^= 0xff;
	rounds(&s, 4);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
