/*
 * From a connection into a file.  The kernel moves the bytes through a pipe
 * where it can, which saves one copy of two; where it cannot (TLS, no
 * descriptors left, a file system without splice) they go through a buffer.
 */
#ifndef NET_INFLOW_H
#define NET_INFLOW_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/conn.h"
#include "net/relay_pipe.h"

#define INFLOW_MOST	(1024 * 1024)	/* bytes taken at once */

struct inflow {
	struct conn		*c;
	struct relay_pipe	 pipe;
	char			*buf;	/* where there is no pipe; owned */
	size_t			 held;	/* bytes in buf */
};

/* inflow_open - from this connection; 0, or -1 with ENOMEM. */
int	inflow_open(struct inflow *, struct conn *);
/* inflow_close - what is held is lost.  Also of one that was not opened. */
void	inflow_close(struct inflow *);

/* inflow_take - what comes, n bytes at the most: as conn_read.  All that was
 * taken before must have been put. */
ssize_t	inflow_take(struct inflow *, size_t n);
/* inflow_put - what was taken, into file from off on: how many bytes (some may
 * be left: call again), or -1 with errno. */
ssize_t	inflow_put(struct inflow *, int file, uint64_t off);

#endif
