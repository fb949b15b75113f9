/*
 * A connection: a byte stream with buffers, deadlines and, where asked, TLS.
 * Sessions see nothing else of the network.  Calls look blocking; under them
 * the system call is tried first and net_wait() parks the process or the fiber.
 *
 * A connection between two exchanges holds no buffer: see conn_rest().
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/addr.h"

struct tls_conn;
struct iovec;
struct pollfd;

enum conn_fate {
	CONN_KEEP,	/* call the session again when there is more */
	CONN_CLOSE	/* the conversation is over */
};

#define CONN_BUF_SIZE	16384U	/* each of the two buffers, bytes */

/* conn.flags */
#define CONN_EOF	0x0001	/* the peer has ended its side */
#define CONN_BROKEN	0x0002	/* an error has ended both */
#define CONN_SOCKET	0x0004	/* send(2) and recv(2) may be used */
#define CONN_MORE	0x0008	/* the last read filled its buffer */
#define CONN_HUP	0x0010	/* the poller has seen a hang-up */
#define CONN_DRAIN	0x0020	/* this process is ending: do not keep alive */
#define CONN_TIMEDOUT	0x0040	/* a deadline has passed */
#define CONN_SECURE	0x0080	/* TLS is spoken */
#define CONN_PROXIED	0x0100	/* peer came from a PROXY header */
#define CONN_COUNTED	0x0200	/* counted against its source address */
#define CONN_LINGER	0x0400	/* unread input may remain: close gently */
#define CONN_NOTICE	0x0800	/* service's notice is due */
#define CONN_PROLOGUE	0x1000	/* PROXY header or TLS handshake to come */
#define CONN_STOPPED	0x2000	/* a request ended at its stop byte */
#define CONN_CUT	0x4000	/* a wait was cancelled: the process ends */

struct conn {
	int		 fd;
	int		 wfd;		/* == fd but for inetd on two pipes */
	uint32_t	 flags;
	uint32_t	 exchanges;	/* session calls so far */
	uint32_t	 slot;		/* serve's: place in its table */
	uint32_t	 stall_ms;	/* most of one wait; 0: any */
	uint16_t	 in_off, in_len; /* unread bytes: in[off .. off+len) */
	uint16_t	 out_len;
	char		*in;		/* NULL when empty and at rest */
	char		*out;
	int64_t		 deadline;	/* of the exchange, or of the rest
					   between two; CLOCK_NEVER */
	int64_t		 expires;	/* of the connection */
	uint64_t	 id;		/* unique in this server's life */
	uint64_t	 bytes_in, bytes_out;	/* after TLS */
	struct ipaddr	 peer;
	struct tls_conn	*tls;
	void		*state;		/* the session's, between exchanges */
};

/*
 * conn_init - over a connected descriptor, which becomes non-blocking; the
 * caller keeps the struct, the connection owns the descriptor.
 */
void	conn_init(struct conn *, int fd, const struct ipaddr *peer);

/* conn_close - flush nothing, free buffers and TLS, close the descriptor. */
void	conn_close(struct conn *);

/* conn_rest - give the empty buffers back to the free list. */
void	conn_rest(struct conn *);

/* conn_local - this end's address. */
void	conn_local(const struct conn *, struct addr *);

/*
 * Deadlines.  An operation that outlasts one fails with ETIMEDOUT.
 * conn_deadline: ms from now for all that follows, -1 none.
 */
void	conn_deadline(struct conn *, int64_t ms);
/* conn_stall - one wait takes so many ms at most; 0: any time. */
void	conn_stall(struct conn *, int64_t ms);
/* conn_until - the soonest of deadline and the connection's own (mono ns). */
int64_t	conn_until(const struct conn *, int64_t deadline);
/* conn_wait_any - until one of n descriptors may be ready, as net_wait() has
 * it, by the connection's own deadlines: 0, or -1 with ETIMEDOUT or ECANCELED,
 * which the connection's flags then tell. */
int	conn_wait_any(struct conn *, struct pollfd *, int n);

/*
 * Reading.  conn_fill reads what is there behind the unread bytes (waiting if
 * there is nothing): bytes got, 0 at the peer's end, -1 with errno (ETIMEDOUT,
 * ENOBUFS where the buffer is full, ECANCELED, or read(2)'s).
 */
ssize_t	conn_fill(struct conn *);
/* conn_fill_ms - as conn_fill, but gives up after ms: -1 with EAGAIN. */
ssize_t	conn_fill_ms(struct conn *, int64_t ms);
static inline char *
conn_data(const struct conn *c)
{
	return c->in + c->in_off;
}
static inline size_t
conn_pending(const struct conn *c)
{
	return c->in_len;
}
void	conn_consume(struct conn *, size_t n);
/* conn_read - up to n bytes, from the buffer first; read(2)'s results. */
ssize_t	conn_read(struct conn *, void *, size_t n);
/* conn_read_full - all n bytes, or -1 (errno 0: the peer ended). */
int	conn_read_full(struct conn *, void *, size_t n);
/* conn_readable - 1 if bytes are there now (buffer, TLS or socket), 0 if not,
 * without waiting; end of file counts as readable. */
int	conn_readable(struct conn *);

/*
 * conn_request - the rule for requests without framing (line servers).
 * A request ends at LF or CRLF, at the byte stop (0: none), or where bytes are
 * pending and the peer has been silent for quiet_ms.  Copies it without its
 * end to line as a string; *framed tells whether it ended in a newline
 * (CONN_FRAMED_*).  Returns its length, -1 with errno: EMSGSIZE when it is
 * longer than size - 1 (what was read is dropped; reply and close), ENODATA
 * at the peer's end.  A NUL byte in a request stays in it.
 */
enum conn_framed {
	CONN_BARE,		/* ended by silence or by the peer's end */
	CONN_STOP,		/* ended by the stop byte */
	CONN_LF,
	CONN_CRLF
};
#define CONN_QUIET_MS	100
ssize_t	conn_request(struct conn *, char *line, size_t size, int stop,
	    int64_t quiet_ms, enum conn_framed *framed);
/* conn_line - a line ended by LF or CRLF only; else as conn_request. */
ssize_t	conn_line(struct conn *, char *line, size_t size);

/*
 * Writing.  conn_put and conn_printf collect in the output buffer and send when
 * it is full; conn_flush sends all.  The driver flushes between exchanges.
 * conn_write sends at once (after what was collected).  0, or -1 with errno.
 */
int	conn_put(struct conn *, const void *, size_t);
int	conn_puts(struct conn *, const char *);
int	conn_printf(struct conn *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
int	conn_flush(struct conn *);
int	conn_write(struct conn *, const void *, size_t);
/* conn_room - a place for at least need (<= CONN_BUF_SIZE) bytes in the output
 * buffer, flushing if it must; NULL with errno.  conn_wrote says how many of
 * them were used. */
char	*conn_room(struct conn *, size_t need);
void	conn_wrote(struct conn *, size_t n);
/* conn_write_body - what was collected, then body, in one system call. */
int	conn_write_body(struct conn *, const void *body, size_t n);
/*
 * conn_sendfile - what was collected (in the same segment), then n bytes of
 * the file from off.  0, or -1: errno ENODATA where the file has got shorter.
 */
int	conn_sendfile(struct conn *, int file, off_t off, uint64_t n);

/*
 * conn_unsent - keep no more than that many bytes in the kernel that are not
 * on their way to the peer, for those who send much to many at once: it would
 * take megabytes for each, and where all of them together are too much it
 * drops what is on its way.  A hint, ignored where it cannot be had.
 */
void	conn_unsent(struct conn *, int bytes);

/*
 * Without waiting: conn_take reads into the input buffer, which must be empty;
 * conn_give sends what it can, past what was collected.  As read(2) and
 * write(2), with EAGAIN where they would wait; what failed is not marked.
 */
ssize_t	conn_take(struct conn *);
ssize_t	conn_give(struct conn *, const void *, size_t n);

/* conn_shutdown - flush and end our side; the peer may go on. */
int	conn_shutdown(struct conn *);
/*
 * conn_linger - end our side and drop what the peer still sends, until it ends
 * or ms have passed or max bytes came, so that a reset does not destroy the
 * answer on its way (RFC 9112 section 9.6).
 */
void	conn_linger(struct conn *, int64_t ms, size_t max);

/*
 * conn_relay - carry bytes both ways between two connections until both sides
 * have ended or idle_ms pass without a byte.  Half-closes are passed on.
 * Returns 0, or -1 with errno (ETIMEDOUT).
 */
int	conn_relay(struct conn *, struct conn *, int64_t idle_ms);

/* conn_peer_text - the peer as ADDR:PORT. */
const char *conn_peer_text(const struct conn *, char *buf, size_t size);

/* conn_pool_trim - of the buffers kept for reuse, keep at most n. */
void	conn_pool_trim(unsigned int n);
/* conn_pool_rest - to be called every second or so: gives back what was not
 * needed since the last call, but keeps n; 1 where later there may be more. */
int	conn_pool_rest(unsigned int n);
/* conn_pool_free - give back all memory kept for reuse (before exit). */
void	conn_pool_free(void);

#endif
