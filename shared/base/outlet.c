/*
 * Writing for people without waiting for them.  The descriptor is shared with
 * other processes, so it is not made non-blocking: poll(2) says whether a pipe
 * takes PIPE_BUF bytes, and no more than that is written at once.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* memrchr */
#endif
#include "base/outlet.h"

#include <sys/mman.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define OUTLETS	3	/* the standard ones; [0] is any other */

static atomic_bool own[OUTLETS];
static atomic_bool *stuck = own;

void
outlet_share(void)
{
	void *p = mmap(NULL, sizeof(own), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED)
		stuck = p;
}

/* piece - how much of it goes out in one write: lines, if it can be */
static size_t
piece(const char *p, size_t n)
{
	const char *end;

	if (n <= PIPE_BUF)
		return n;
	end = memrchr(p, '\n', PIPE_BUF);
	return end != NULL ? (size_t)(end - p) + 1 : PIPE_BUF;
}

static int
takes(int fd, int patience_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	atomic_bool *s = stuck + (fd > 0 && fd < OUTLETS ? fd : 0);
	int r;

	do
		r = poll(&p, 1, atomic_load(s) ? 0 : patience_ms);
	while (r == -1 && errno == EINTR);
	if (atomic_load(s) != (r == 0))
		atomic_store(s, r == 0);
	return r != 0;	/* an error: write(2) says what it is */
}

int
outlet_write(int fd, int patience_ms, const char *p, size_t n)
{
	size_t want;
	ssize_t r;

	while (n > 0) {
		if (!takes(fd, patience_ms))
			return -1;
		want = piece(p, n);
		do
			r = write(fd, p, want);
		while (r == -1 && errno == EINTR);
		if (r <= 0)
			return -1;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

void
outlet_print(const char *p, size_t n)
{
	outlet_write(STDOUT_FILENO, OUTLET_PATIENCE_MS, p, n);
}
