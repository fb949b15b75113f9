/*
 * Heads and bodies on their way: what is read from one connection and written
 * to another.  Used by forward.c and cache.c.
 */
#ifndef PROXYD_TRANSFER_H
#define PROXYD_TRANSFER_H

#include "http/chunked.h"
#include "proxyd.h"

#define TRAILER_MAX	2048	/* bytes that are passed on */

/* A body that comes in, in whatever framing. */
struct body {
	struct conn	*c;
	uint8_t		 kind;		/* enum http_body */
	bool		 done;
	uint64_t	 left;
	uint64_t	 total;		/* data so far */
	size_t		 taken;		/* of what is pending: given out */
	struct http_chunked chunked;
	char		 trailer[TRAILER_MAX];
	size_t		 trailer_len;
	const char	*why;		/* of -1 */
	ssize_t		(*fill)(void *);	/* for conn_fill, or NULL */
	void		*arg;		/* fill's */
};

void	body_init(struct body *, struct conn *, uint8_t kind, uint64_t length);
/* body_next - data, valid until the next call: 1; 0 at the end; -1 with errno:
 * EBADMSG (malformed), EPIPE (it ended too soon), or that of conn_fill. */
int	body_next(struct body *, struct http_str *data);
/* body_release - the data that body_next gave last is no longer used. */
void	body_release(struct body *);

/* What goes up in place of the client's own conditions and range. */
struct revalidate {
	struct http_str	etag, modified;	/* ptr NULL: none */
	struct http_str	range;		/* If-Range; ptr NULL: no range */
	uint64_t	from;		/* first byte of the range */
};

enum framing { FRAME_NONE, FRAME_LENGTH, FRAME_CHUNKED, FRAME_CLOSE };

/* An answer on its way from upstream. */
struct answer {
	struct conn	 up;
	struct target	 to;
	struct http_msg	 res;
	struct body	 body;
	time_t		 requested, received;
	bool		 open;		/* up is a connection */
	bool		 spent;		/* ... that has not got all of the
					   request: not for another */
	bool		 early;		/* the client is sent it already, as
					   how says: forward_early */
	enum framing	 how;
	int		 status;	/* where there is none: what to reply */
	const char	*why;
};

/* request_has_body - of more than nothing, as far as is known. */
bool	request_has_body(const struct exchange *);
/* request_repeats - it may be made again where no answer came: its body is not
 * gone, and twice does no harm. */
bool	request_repeats(const struct exchange *);

/* request_put - the head of x's request to t, sent; plain and rv as below.  0,
 * or -1. */
int	request_put(struct exchange *, struct conn *up, const struct target *t,
	    bool plain, const struct revalidate *rv);

/* upload - the request's body, up; what the origin says meanwhile is heard.
 * 0, or -1 with status and why where the client's body was no good. */
int	upload(struct exchange *, struct answer *);
/* forward_early - an answer of 2xx that has begun before the request's body
 * was sent: its head to the client. */
void	forward_early(struct exchange *, struct answer *);

#define INTERIM_MAX	32	/* 1xx answers in a row */
/* read_one - the head of one answer, interim or not; ms: -1, or how long to
 * wait for it to begin.  1 read, 0 not yet, -1 with status and why. */
int	read_one(struct answer *, enum http_method, int64_t ms);
/* pass_interim - a 1xx answer, to a client that knows of them. */
void	pass_interim(struct exchange *, const struct http_msg *);

/*
 * fetch_head - ask upstream for x and read the head of the answer, with the
 * request's body and interim answers passed on.  plain: as the client asked;
 * else without its conditions and ranges, and with rv's where not NULL.
 * 0, or -1 with status and why.
 */
int	fetch_head(struct exchange *, struct answer *, bool plain,
	    const struct revalidate *rv);
/* fetch_end - complete: the connection may be kept. */
void	fetch_end(struct exchange *, struct answer *, bool complete);

/* send_head - the answer's head to the client, but for its end.  length:
 * HTTP_LENGTH_NONE where it is not known. */
#define LENGTH_UNKNOWN	UINT64_MAX
enum framing send_head(struct exchange *, const struct http_msg *res,
	    uint64_t length, int64_t age);
/* send_data, send_end - 0, or -1 where the client has gone. */
int	send_data(struct exchange *, enum framing, const void *, size_t);
int	send_end(struct exchange *, enum framing, const struct body *);

/* is_hop - a field that ends at this hop (RFC 9110, 7.6.1). */
bool	is_hop(const struct http_msg *, const struct http_field *);
/* relay_body - the rest of an answer to the client; 0 whole, -1 cut. */
int	relay_body(struct exchange *, struct answer *, enum framing);

#endif
