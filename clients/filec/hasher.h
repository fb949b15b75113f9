/*
 * A thread that computes the digest of what passes by, so that a transfer takes
 * as long as the slower of the two and not as long as both.
 */
#ifndef FILEC_HASHER_H
#define FILEC_HASHER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"

#define HASHER_BUF	(256 * 1024)	/* bytes of one piece */
#define HASHER_PIECES	16

struct hasher {
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 work, room;	/* to hash; to put more */
	bool		 threaded;	/* else hashed where it is submitted */
	bool		 ended;
	bool		 idle;		/* the thread waits for pieces */
	size_t		 put, got;	/* pieces submitted and hashed */
	size_t		 len[HASHER_PIECES];
	char		*buf;		/* all pieces; owned */
	struct digest	 digest;
};

/* hasher_start - 0, or -1 with errno.  Only one thread may call these. */
int	hasher_start(struct hasher *);
/* hasher_buffer - the next piece's HASHER_BUF bytes, to be filled.  What was
 * submitted before stays readable for another HASHER_PIECES - 1 pieces. */
char	*hasher_buffer(struct hasher *);
/* hasher_submit - that piece has n bytes. */
void	hasher_submit(struct hasher *, size_t n);
/* hasher_text - the digest of all that was submitted so far. */
void	hasher_text(struct hasher *, char text[DIGEST_TEXT]);
void	hasher_end(struct hasher *);

#endif
