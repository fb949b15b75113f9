/*
 * The one wait primitive: a descriptor or two and a deadline.  Reading,
 * writing, connecting, accepting and relaying are built on it.  Processes that
 * hold one connection, and the clients, wait in ppoll(2); a child that holds
 * many puts its fibers behind it.
 *
 * Contract: try the system call first and wait only after EAGAIN (readiness
 * may be edge-triggered), and take a return as a hint: try again.
 */
#ifndef NET_WAIT_H
#define NET_WAIT_H

#include <poll.h>
#include <stdint.h>

/*
 * net_wait - until one of n (1..WAIT_MAX) descriptors may be ready for its
 * events or the deadline (monotonic ns, CLOCK_NEVER) has passed.  revents are
 * filled.  Returns the number ready, 0 at the deadline, or -1 with errno:
 * EINTR (a signal; callers go on unless they want to look), ECANCELED (this
 * process gives up its sessions at once).
 */
#define WAIT_MAX	6

int	net_wait(struct pollfd *fds, int n, int64_t deadline);

/* net_wait_fd - the same for one descriptor; 1, 0 or -1. */
int	net_wait_fd(int fd, short events, int64_t deadline);

/* net_pause - let time pass until deadline (a fiber parks, others go on). */
int	net_pause(int64_t deadline);

/* What stands behind net_wait in this process; NULL restores ppoll(2). */
typedef int wait_fn(struct pollfd *fds, int n, int64_t deadline);
void	net_wait_set(wait_fn *);

/* net_wait_set_mask - the sigset_t that is in force while ppoll(2) waits (kept,
 * not copied); NULL: the process's own. */
void	net_wait_set_mask(const void *mask);
/* net_wait_cancel - from now on (or no more), waiting fails with ECANCELED;
 * may be called from a signal handler. */
void	net_wait_cancel(int on);

/* net_wait_set_interrupt - called when a signal has ended a wait in ppoll(2),
 * before net_wait returns; it may call net_wait_cancel. */
void	net_wait_set_interrupt(void (*)(void));

/*
 * net_wait_forget - must be called before close(2) of a descriptor that was
 * waited for and was not wrapped by a struct conn, so that a poller that
 * remembers descriptors learns of it.
 */
void	net_wait_forget(int fd);
void	net_wait_set_forget(void (*)(int fd));

#endif
