/*
 * The way to the other hubs: a channel of a Redis server, joined over two
 * connections, since one that listens may not speak.  Never waits: the caller
 * polls what link_poll() names and calls link_step() again.
 */
#ifndef CHATD_LINK_H
#define CHATD_LINK_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"

#define LINK_ADDRS	4
#define LINK_WINDOW	256	/* sent and not acknowledged, at the most */

/* Where --relay points. */
struct link_target {
	struct tls_config *tls;		/* NULL: redis://; else rediss:// */
	char		 name[256];	/* whose certificate it is to be */
	struct addr	 addr[LINK_ADDRS];
	int		 naddr;
	char		 where[256];	/* HOST:PORT, for people */
	char		 user[64], password[256];	/* "": none */
	char		 channel[128];
};

/*
 * link_target_parse - redis://[USER:PASSWORD@]HOST:PORT/CHANNEL, or rediss://
 * for TLS, with %XX in what may hold anything, and look HOST up (blocking).
 * cafile: what certificates are checked by, or NULL: the system's.  As setup:
 * 0, or with one line in why, which does not quote the password, -1 or
 * SETUP_USAGE.
 */
int	link_target_parse(struct link_target *, const char *url,
	    const char *cafile, char *why, size_t whylen);
/* link_target_clear - free what it has, and forget the password. */
void	link_target_clear(struct link_target *);

struct link;

/* What the link tells its owner, while in link_step(). */
struct link_events {
	void	(*up)(void *);
	/* down - the link was up, or (first) could not come up for the first
	 * time since it last was */
	void	(*down)(void *, const char *why);
	/* heard - a message, which may be changed and has room for one byte
	 * more */
	void	(*heard)(void *, char *data, size_t n);
	/* done - the oldest of those said has got to the channel */
	void	(*done)(void *);
};

/* link_new - not connected yet; NULL with errno. */
struct link *link_new(const struct link_target *, const struct link_events *,
	    void *owner);
void	link_free(struct link *);

/* link_break - as if the server had hung up. */
void	link_break(struct link *, const char *why, int64_t now);

/* link_step - all there is to do now, for so many messages at most; 1 where
 * there is more. */
int	link_step(struct link *, int64_t now);
/* link_poll - what to wait for, up to two; how many.  *until is brought forward
 * to when there is something to do by the clock. */
int	link_poll(const struct link *, struct pollfd *, int64_t *until);

/* link_is_up; link_room - how many more may be said; link_say - at most that
 * many; 0, or -1 where it is down. */
int	link_is_up(const struct link *);
unsigned link_room(const struct link *);
int	link_say(struct link *, const char *data, size_t n);
/* link_flush - wait until all is said, but no longer than until. */
void	link_flush(struct link *, int64_t until);

#endif
