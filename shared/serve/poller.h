/*
 * The poller under the fibers and the classic pool: epoll on Linux.
 */
#ifndef SERVE_POLLER_H
#define SERVE_POLLER_H

#include <signal.h>
#include <stdint.h>

#define POLLER_BATCH	256

struct poller_event {
	int	fd;
	short	events;		/* poll(2)'s POLLIN, POLLOUT, POLLHUP, ... */
};

enum poller_mode {
	POLLER_EDGE,		/* both directions, each change told once */
	POLLER_LEVEL,		/* readable, told as long as it is */
	POLLER_EXCLUSIVE	/* readable, told to one of several processes */
};

int	poller_new(void);	/* a descriptor, or -1 with errno */
int	poller_add(int poller, int fd, enum poller_mode);
void	poller_del(int poller, int fd);
/* poller_wait - at most POLLER_BATCH events; timeout in ms, -1 for ever; mask
 * is in force while it waits.  How many, or -1 with errno (EINTR). */
int	poller_wait(int poller, struct poller_event *, int ms,
	    const sigset_t *mask);

#endif
