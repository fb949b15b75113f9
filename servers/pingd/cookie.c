/*
 * Cookies: when it was made, and a code over that and the client's address by a
 * key that nobody else has.
 */
#include "servers/pingd/cookie.h"

#include <sys/random.h>

#include <endian.h>
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "serve/serve.h"

#define WHEN	4			/* bytes of the time in a cookie */
#define KEY	32

/* The key in the server's shared memory, made when it is first asked for. */
struct kept {
	int		made;
	uint8_t		key[KEY];
};

struct ping_key *
cookie_key(void)
{
	struct kept *kept = serve_shared("pingd.cookies", sizeof(*kept));

	if (kept == NULL)
		return NULL;
	if (!kept->made && getrandom(kept->key, KEY, 0) != KEY) {
		errno = EIO;
		return NULL;
	}
	kept->made = 1;
	return ping_key_new(kept->key, KEY);
}

/* code - what follows the time in a cookie of that second. */
static void
code(struct ping_key *key, const struct ipaddr *ip, uint32_t second,
    uint8_t out[PING_COOKIE])
{
	uint8_t mac[32], what[28];

	second = htobe32(second);
	memcpy(what, &second, WHEN);
	memcpy(what + 4, &ip->family, 2);
	memcpy(what + 6, &ip->port, 2);
	memcpy(what + 8, &ip->scope, 4);
	memcpy(what + 12, ip->ip, 16);
	ping_mac(key, what, sizeof(what), mac);
	memcpy(out, &second, WHEN);
	memcpy(out + WHEN, mac, PING_COOKIE - WHEN);
}

void
cookie_make(struct ping_key *key, const struct ipaddr *ip, int64_t now,
    uint8_t cookie[PING_COOKIE])
{
	code(key, ip, (uint32_t)(now / NSEC_PER_SEC), cookie);
}

int
cookie_good(struct ping_key *key, const struct ipaddr *ip, int64_t now,
    const uint8_t cookie[PING_COOKIE])
{
	uint8_t ours[PING_COOKIE];
	uint32_t second;

	memcpy(&second, cookie, WHEN);
	second = be32toh(second);
	/* One of the future is of before the machine's last start. */
	if ((uint32_t)(now / NSEC_PER_SEC) - second > COOKIE_SECONDS)
		return 0;
	code(key, ip, second, ours);
	return CRYPTO_memcmp(ours, cookie, PING_COOKIE) == 0;
}
