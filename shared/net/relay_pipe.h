/*
 * A pipe through which the kernel carries bytes from a socket to a socket or a
 * file without copying them to the process.  For relay.c and inflow.c only.  A
 * system without splice(2) gets a file of its own whose open fails, and what
 * would go through a pipe is copied.
 */
#ifndef NET_RELAY_PIPE_H
#define NET_RELAY_PIPE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct relay_pipe {
	int	rd, wr;		/* -1: not open */
	size_t	held;		/* bytes in it */
};

/* relay_pipe_open - 0, or -1 (no descriptors left, for one). */
int	relay_pipe_open(struct relay_pipe *);
/* relay_pipe_close - drops what is held; nothing where it is not open. */
void	relay_pipe_close(struct relay_pipe *);
/* relay_pipe_widen - hold so many bytes, where the system allows it. */
void	relay_pipe_widen(struct relay_pipe *, size_t);

/*
 * relay_pipe_fill - what is there on the socket, into an empty pipe: bytes, 0
 * at the peer's end, -1 with errno (EAGAIN).  relay_pipe_drain - to the socket:
 * as write(2).  Neither waits where the sockets are non-blocking.
 */
ssize_t	relay_pipe_fill(struct relay_pipe *, int fd);
ssize_t	relay_pipe_drain(struct relay_pipe *, int fd);
/* relay_pipe_take - as relay_pipe_fill, n bytes at the most.
 * relay_pipe_store - what is held into a file: as pwrite(2), and EINVAL where
 * the file's system cannot. */
ssize_t	relay_pipe_take(struct relay_pipe *, int fd, size_t n);
ssize_t	relay_pipe_store(struct relay_pipe *, int file, uint64_t off);

#endif
