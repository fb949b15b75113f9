/*
 * What the files of struct conn share with one another (and conn_accepted with
 * serve/).  Sessions and clients do not include it.
 */
#ifndef NET_CONN_IO_H
#define NET_CONN_IO_H

#include "net/conn.h"

/* Buffers of CONN_BUF_SIZE bytes from the free list; NULL with errno. */
char	*conn_buffer_get(void);
void	 conn_buffer_put(char *);

/* conn_wait - for poll(2) events on fd; 0, or -1 with EAGAIN (own deadline),
 * ETIMEDOUT (the connection's), ECANCELED. */
int	 conn_wait(struct conn *, int fd, short events, int64_t own);
/* conn_try_fill - conn_fill of a plain connection without waiting: -1 with
 * EAGAIN where nothing is there. */
ssize_t	 conn_try_fill(struct conn *);
/* conn_received - count what a read of n bytes has brought: its r again. */
ssize_t	 conn_received(struct conn *, ssize_t r, size_t n);
/* conn_accepted - conn_init without system calls, for a socket that
 * accept4(2) has made non-blocking. */
void	 conn_accepted(struct conn *, int fd, const struct ipaddr *peer);

#endif
