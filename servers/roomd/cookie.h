/*
 * Cookies, as DTLS has them (RFC 9147, 5.1): who sends one back can receive
 * what is sent to his address, and the server has kept nothing for it.  For
 * roomd only.
 */
#ifndef ROOMD_COOKIE_H
#define ROOMD_COOKIE_H

#include <stdint.h>

#include "base/siphash.h"
#include "net/addr.h"
#include "wire/room.h"

#define COOKIE_SECONDS	60	/* a cookie is good for so long */

/* now is monotonic ns. */
void	cookie_make(const uint8_t key[SIPHASH_KEY], const struct ipaddr *,
	    int64_t now, uint8_t cookie[ROOM_COOKIE]);
/* cookie_good - 1 or 0. */
int	cookie_good(const uint8_t key[SIPHASH_KEY], const struct ipaddr *,
	    int64_t now, const uint8_t cookie[ROOM_COOKIE]);
/* cookie_session - a number that nobody can guess, never 0. */
uint64_t cookie_session(const uint8_t key[SIPHASH_KEY], const struct ipaddr *,
	    uint64_t counter);

#endif
