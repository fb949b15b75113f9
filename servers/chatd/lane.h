/*
 * One connection to a Redis server, plain or TLS, that never waits: commands
 * are put together, bytes go and come as they can, replies are taken apart by
 * hiredis.  Called by link.c, which has two.
 */
#ifndef CHATD_LANE_H
#define CHATD_LANE_H

#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "net/addr.h"
#include "net/conn.h"

struct tls_config;

struct lane {
	bool		 open;
	struct conn	 c;
	redisReader	*reader;
	struct buf	 out;
	size_t		 sent;		/* of out */
	short		 want;		/* to poll for what waits to go */
	char		 why[160];	/* what went wrong */
};

/*
 * lane_open - begin to connect; tls: NULL, or what the server's certificate is
 * checked by, for name.  0, or -1 with why, and it is closed.
 */
int	lane_open(struct lane *, const struct addr *, struct tls_config *tls,
	    const char *name);
void	lane_close(struct lane *);

/* lane_put - a command of n words at the end of what will be sent; 0, or -1:
 * no memory.  lens NULL: they are strings. */
int	lane_put(struct lane *, int n, const char **words, const size_t *lens);
/* lane_flush - send what can be; 0, or -1 with why.  lane_empty: all is
 * sent. */
int	lane_flush(struct lane *);
bool	lane_empty(const struct lane *);

/* lane_read - feed the reader with what is there; 1 where there may be more at
 * once, 0, or -1 with why.  lane_reply - the next reply, NULL in it: none is
 * whole; 0, or -1 with why.  It is freed by freeReplyObject(). */
int	lane_read(struct lane *);
int	lane_reply(struct lane *, redisReply **);
/* lane_held - bytes that are not a reply yet. */
size_t	lane_held(const struct lane *);

void	lane_poll(const struct lane *, struct pollfd *);

#endif
