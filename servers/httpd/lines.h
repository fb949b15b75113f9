/*
 * What a line server says, cut into messages: each line is one, without its
 * end; and so are bytes without a newline behind which there was silence, as
 * plain servers say them.  Does no input or output.
 */
#ifndef HTTPD_LINES_H
#define HTTPD_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define LINES_QUIET_MS	100	/* of who has not ended what it said so far */
#define LINES_LINE_MS	1000	/* of who ends its lines */
#define LINES_BYTES_MS	10	/* of bytes that a read or so has brought */
#define LINES_BYTES_FEW	16384

struct lines {
	struct buf	 held;		/* the beginning of a line */
	size_t		 max;		/* bytes of a message */
	bool		 ends;		/* it ends what it says in newlines */
	bool		 bare;		/* the last message did not */
	bool		 bytes;		/* not lines: silence alone ends them */
};

typedef void lines_fn(void *arg, const char *message, size_t n);

/* lines_feed - n bytes came; fn is called for each message that they end.
 * Messages longer than max are cut between characters, if they have any. */
void	lines_feed(struct lines *, const char *, size_t n, lines_fn *,
	    void *arg);
/* lines_quiet - what is held is a message: nothing came for lines_wait ms, or
 * nothing more will come. */
void	lines_quiet(struct lines *, lines_fn *, void *arg);
/* lines_wait - ms of silence after which to call lines_quiet; -1: none. */
int64_t	lines_wait(const struct lines *);
/* lines_bytes - from now on bytes are meant, or lines; what is held is a
 * message of the kind before. */
void	lines_bytes(struct lines *, bool bytes, lines_fn *, void *arg);
void	lines_free(struct lines *);

#endif
