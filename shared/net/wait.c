/*
 * The wait primitive, with ppoll(2) behind it unless the process has put
 * something else there.  See wait.h for the contract.
 */
#include "net/wait.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "base/clock.h"

static wait_fn *wait_impl;
static void (*forget_impl)(int);
static const sigset_t *wait_mask;
static volatile sig_atomic_t cancelled;
static void (*interrupt_hook)(void);

void
net_wait_set(wait_fn *fn)
{
	wait_impl = fn;
}

void
net_wait_set_forget(void (*fn)(int fd))
{
	forget_impl = fn;
}

void
net_wait_set_mask(const void *mask)
{
	wait_mask = mask;
}

void
net_wait_cancel(int on)
{
	cancelled = on;
}

void
net_wait_set_interrupt(void (*fn)(void))
{
	interrupt_hook = fn;
}

/* wait_ppoll - signals are let in here and nowhere else. */
static int
wait_ppoll(struct pollfd *fds, int n, int64_t deadline)
{
	struct timespec ts, *tsp = NULL;
	int64_t left;

	if (cancelled) {
		errno = ECANCELED;
		return -1;
	}
	if (deadline != CLOCK_NEVER) {
		left = deadline - clock_mono();
		ts = clock_timespec(left);
		tsp = &ts;
	}
	n = ppoll(fds, (nfds_t)n, tsp, wait_mask);
	if (n == -1 && errno == EINTR && interrupt_hook != NULL) {
		interrupt_hook();
		errno = EINTR;
	}
	if (cancelled) {
		errno = ECANCELED;
		return -1;
	}
	return n;
}

int
net_wait(struct pollfd *fds, int n, int64_t deadline)
{
	if (wait_impl != NULL)
		return wait_impl(fds, n, deadline);
	return wait_ppoll(fds, n, deadline);
}

int
net_wait_fd(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };

	return net_wait(&p, 1, deadline);
}

int
net_pause(int64_t deadline)
{
	int r;

	do {
		r = net_wait(NULL, 0, deadline);
	} while (r == -1 && errno == EINTR);
	return r;
}

void
net_wait_forget(int fd)
{
	if (forget_impl != NULL)
		forget_impl(fd);
}
