/*
 * Cookies and session numbers: a keyed hash over the client's address and a
 * time or a counter.
 */
#include "servers/roomd/cookie.h"

#include <endian.h>
#include <string.h>

#include "base/clock.h"

#define WHEN	4		/* bytes of the time in a cookie */

/* hash - purpose keeps a session number from being good as a cookie */
static uint64_t
hash(const uint8_t key[SIPHASH_KEY], const struct ipaddr *ip, uint64_t what,
    uint64_t purpose)
{
	uint8_t mem[40] = { 0 };

	memcpy(mem, &purpose, 8);
	memcpy(mem + 8, &what, 8);
	memcpy(mem + 16, &ip->family, 2);
	memcpy(mem + 18, &ip->port, 2);
	memcpy(mem + 20, &ip->scope, 4);
	memcpy(mem + 24, ip->ip, 16);
	return siphash(key, mem, sizeof(mem));
}

static void
make(const uint8_t key[SIPHASH_KEY], const struct ipaddr *ip, uint32_t second,
    uint8_t cookie[ROOM_COOKIE])
{
	uint64_t code = hash(key, ip, second, 1);
	uint32_t when = htobe32(second);

	memcpy(cookie, &when, WHEN);
	memcpy(cookie + WHEN, &code, sizeof(code));
}

void
cookie_make(const uint8_t key[SIPHASH_KEY], const struct ipaddr *ip,
    int64_t now, uint8_t cookie[ROOM_COOKIE])
{
	make(key, ip, (uint32_t)(now / NSEC_PER_SEC), cookie);
}

int
cookie_good(const uint8_t key[SIPHASH_KEY], const struct ipaddr *ip,
    int64_t now, const uint8_t cookie[ROOM_COOKIE])
{
	uint8_t ours[ROOM_COOKIE], differ = 0;
	uint32_t when;

	memcpy(&when, cookie, WHEN);
	when = be32toh(when);
	if ((uint32_t)(now / NSEC_PER_SEC) - when > COOKIE_SECONDS)
		return 0;
	make(key, ip, when, ours);
	for (int i = 0; i < ROOM_COOKIE; i++)	/* in constant time */
		differ |= ours[i] ^ cookie[i];
	return differ == 0;
}

uint64_t
cookie_session(const uint8_t key[SIPHASH_KEY], const struct ipaddr *ip,
    uint64_t counter)
{
	uint64_t session = hash(key, ip, counter, 2);

	return session == 0 ? 1 : session;
}
