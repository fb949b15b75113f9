/*
 * What carry.c, which knows of streams, and carry_udp.c, which knows of
 * datagrams, have between them.  Nobody else includes it.
 */
#ifndef HTTPD_CARRY_H
#define HTTPD_CARRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "bridge.h"
#include "lines.h"
#include "wspeer.h"

struct carry {
	struct request	*r;
	struct conn	*c;		/* the peer's */
	struct backend	*b;
	struct wspeer	 ws;
	size_t		 out_off;	/* of ws.out: sent */
	struct buf	 up;		/* for the server behind */
	size_t		 up_off;	/* of up: sent */
	struct lines	 lines;		/* from the server behind */
	size_t		 turn;		/* bytes since others had theirs */

	/* Times, monotonic ns. */
	int64_t		 now;
	int64_t		 heard;		/* a byte from the peer */
	int64_t		 pinged;	/* and nothing was heard since; or 0 */
	int64_t		 moved;		/* out was empty or taken from */
	int64_t		 up_moved;	/* likewise up */
	int64_t		 spoke;		/* a byte from the server behind */
	int64_t		 said;		/* a datagram to it */
	int64_t		 grace;		/* for its last words */
	int64_t		 until;		/* all must be over; 0: no Close yet */
	int64_t		 ping_ns;	/* 0: no pings */

	bool		 peer_closed;	/* its Close has come before ours */
	bool		 gone;		/* the peer is not there any more */
	bool		 up_shut;	/* our side behind is ended */
	bool		 up_ended;	/* the server behind has ended its */
	/* In roomd's room, by either of its dialects. */
	bool		 named;		/* the plain one */
	uint64_t	 session;	/* the better one; 0: none */
	uint64_t	 acked;		/* events that the peer has */
	uint32_t	 have;		/* and of those behind them */
};

/* carry_text - a lines_fn: a message for the peer, made UTF-8. */
void	carry_text(void *, const char *, size_t);
/* carry_lost - the server behind cannot be reached. */
void	carry_lost(struct carry *);
/* carry_big - a message is longer than any datagram. */
void	carry_big(struct carry *);

/* Datagrams: one for a message, one message for each. */
void	carry_datagram(struct carry *, const char *, size_t);
bool	carry_from_udp(struct carry *);
/* carry_keep_at, carry_keep - a sign of life for roomd, where the peer is in
 * its room; carry_leave: and its leave, at the end. */
int64_t	carry_keep_at(const struct carry *);
void	carry_keep(struct carry *);
void	carry_leave(struct carry *);

#endif
