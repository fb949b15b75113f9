/*
 * A thread that computes the digest of what passes by, so that a transfer takes
 * as long as the slower of the two and not as long as both.  What passes by is
 * either in buffers, or in a file that the kernel has moved it to or from; then
 * the thread reads it there while it is warm.
 */
#ifndef BASE_HASHER_H
#define BASE_HASHER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

#define HASHER_RING	(4 * 1024 * 1024)	/* bytes */
#define HASHER_BUF	(1024 * 1024)	/* of it at once, at the most */
#define HASHER_PIECES	16
#define HASHER_RANGE	(512 * 1024)	/* bytes of a file in one piece */

/* Something to be hashed. */
struct hasher_piece {
	int	 fd;		/* -1: it is in the ring */
	size_t	 len;		/* bytes */
	uint64_t off;		/* in the file, or bytes put in the ring */
};

struct hasher {
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 work, room;	/* to hash; to put more */
	bool		 threaded;	/* else hashed where it is submitted */
	bool		 alone;		/* there can be no thread */
	uint64_t	 total;		/* bytes submitted before the thread */
	bool		 ended;
	bool		 idle;		/* the thread waits for pieces */
	int		 error;		/* errno of a file that was read */
	size_t		 put, taken, got; /* pieces: submitted, begun, hashed */
	uint64_t	 behind;	/* bytes submitted and not hashed */
	uint64_t	 ring_put, ring_got; /* bytes of the ring: likewise */
	size_t		 most;		/* the mover waits for no more pieces */
	uint64_t	 ring_most;	/* and no more bytes in the ring */
	struct hasher_piece piece[HASHER_PIECES];
	char		*ring;		/* owned */
	char		*buf;		/* what is read from files; owned */
	struct digest	 digest;
};

/* hasher_start - 0, or -1 with errno.  Only one thread may call these.  The
 * other is made when there is much to be hashed. */
int	hasher_start(struct hasher *);
/* hasher_go_on - the same after what a digest has had, which is taken over. */
void	hasher_go_on(struct hasher *, struct digest *);
/*
 * hasher_buffer - a place for the next room bytes, at least one and HASHER_BUF
 * at the most; NULL with ENOMEM.  Places follow one another, from the beginning
 * of a page on.  What was submitted last stays readable.
 */
char	*hasher_buffer(struct hasher *, size_t *room);
/* hasher_submit - n bytes are there. */
void	hasher_submit(struct hasher *, size_t n);
/*
 * hasher_file - n bytes of fd from off on, which are there already; fd must
 * stay open until hasher_text or hasher_end.  Waits where the thread is
 * HASHER_PIECES times HASHER_RANGE bytes behind.
 */
void	hasher_file(struct hasher *, int fd, uint64_t off, uint64_t n);
/* hasher_text - the digest of all that was submitted so far: 0, or -1 with
 * errno (ENODATA where a file had less) and no text. */
int	hasher_text(struct hasher *, char text[DIGEST_TEXT]);
/* hasher_end - of a zeroed one, too. */
void	hasher_end(struct hasher *);

#endif
