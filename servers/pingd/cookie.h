/*
 * Cookies, as DTLS has them (RFC 9147, 5.1): who sends one back can receive
 * what is sent to his address.  The server keeps nothing for them but a key.
 * Called by brood.c.
 */
#ifndef PINGD_COOKIE_H
#define PINGD_COOKIE_H

#include <stdint.h>

#include "net/addr.h"
#include "wire/ping.h"

#define COOKIE_SECONDS	86400	/* a cookie is good for so long */

/* cookie_key - the same after each reload and in every child; NULL with errno.
 * For setup(). */
struct ping_key	*cookie_key(void);
/* now is monotonic ns. */
void	cookie_make(struct ping_key *, const struct ipaddr *, int64_t now,
	    uint8_t cookie[PING_COOKIE]);
/* cookie_good - 1 or 0. */
int	cookie_good(struct ping_key *, const struct ipaddr *, int64_t now,
	    const uint8_t cookie[PING_COOKIE]);

#endif
