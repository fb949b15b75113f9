/*
 * What carry.c, which goes between, carry_tcp.c, which knows of streams, and
 * carry_udp.c, which knows of datagrams, have between them.  Nobody else
 * includes it.
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

#define CARRY_DATAGRAM	65507	/* bytes of the longest over UDP */

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
	size_t		 weight;	/* of what it holds, as counted */

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

	bool		 binary;	/* bytes are behind, and not lines */
	bool		 peer_closed;	/* its Close has come before ours */
	bool		 gone;		/* the peer is not there any more */
	bool		 up_shut;	/* our side behind is ended */
	bool		 up_ended;	/* the server behind has ended its */
	bool		 said_binary;	/* the peer's last message was */
	/* In roomd's room, by either of its dialects. */
	bool		 named;		/* the plain one */
	uint64_t	 session;	/* the better one; 0: none */
	uint64_t	 acked;		/* events that the peer has */
	uint32_t	 have;		/* and of those behind them */
};

/* carry_end - our Close; what comes from behind is not wanted any more. */
void	carry_end(struct carry *, unsigned code, const char *why);
/* carry_answer_close - the Close that answers the peer's, with its code. */
void	carry_answer_close(struct carry *);
/* carry_lost - the server behind cannot be reached. */
void	carry_lost(struct carry *);
/* carry_big - a message is longer than a datagram to there. */
void	carry_big(struct carry *);

/*
 * Streams.  carry_message: from the peer; carry_spoke: n bytes from behind are
 * in its input buffer, 0: its end.  carry_quiet_at: when what is held of a line
 * is a message, which carry_quiet, where nothing is there, then sends.
 */
void	carry_message(struct carry *, const char *, size_t n, bool binary);
void	carry_spoke(struct carry *, size_t n);
int64_t	carry_quiet_at(const struct carry *);
bool	carry_quiet(struct carry *);
/* carry_weigh - count what is held for long messages, and end the connection
 * where they take too much together; carry_weigh_end: it holds nothing more. */
void	carry_weigh(struct carry *);
void	carry_weigh_end(struct carry *);

/* Datagrams: one for a message, one message for each. */
void	carry_datagram(struct carry *, const char *, size_t);
bool	carry_from_udp(struct carry *);
/* carry_keep_at, carry_keep - a sign of life for roomd, where the peer is in
 * its room; carry_leave: and its leave, at the end. */
int64_t	carry_keep_at(const struct carry *);
void	carry_keep(struct carry *);
void	carry_leave(struct carry *);

#endif
