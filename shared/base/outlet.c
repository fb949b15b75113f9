/*
 * Writing for people without waiting for them.  The descriptor is shared with
 * other processes, so it is not made non-blocking: poll(2) says whether a pipe
 * takes PIPE_BUF bytes, and no more than that is written at once.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memrchr */
#endif
#include "base/outlet.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

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

static bool
takes(struct outlet *o)
{
	struct pollfd p = { .fd = o->fd, .events = POLLOUT };
	int r;

	do
		r = poll(&p, 1, o->stuck ? 0 : OUTLET_PATIENCE_MS);
	while (r == -1 && errno == EINTR);
	o->stuck = r == 0;
	return r != 0;	/* an error: write(2) says what it is */
}

void
outlet_write(struct outlet *o, const char *p, size_t n)
{
	size_t want;
	ssize_t r;

	while (n > 0) {
		if (!takes(o))
			return;
		want = piece(p, n);
		do
			r = write(o->fd, p, want);
		while (r == -1 && errno == EINTR);
		if (r <= 0)
			return;
		p += r;
		n -= (size_t)r;
	}
}

void
outlet_print(const char *p, size_t n)
{
	static struct outlet out = { .fd = STDOUT_FILENO };

	outlet_write(&out, p, n);
}
