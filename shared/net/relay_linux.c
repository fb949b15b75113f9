/*
 * The pipes of relay.c, by splice(2).  Never waits; the process must ignore
 * SIGPIPE, since splice has no flag against it.
 */
#include "net/relay_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define RELAY_PIPE_SIZE	65536	/* what a pipe holds without being asked */

int
relay_pipe_open(struct relay_pipe *p)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	p->rd = fds[0];
	p->wr = fds[1];
	p->held = 0;
	return 0;
}

void
relay_pipe_close(struct relay_pipe *p)
{
	if (p->rd == -1)
		return;
	close(p->rd);
	close(p->wr);
	p->rd = p->wr = -1;
	p->held = 0;
}

static ssize_t
move(int from, int to, size_t n)
{
	ssize_t r;

	do {
		r = splice(from, NULL, to, NULL, n,
		    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	} while (r == -1 && errno == EINTR);
	return r;
}

ssize_t
relay_pipe_fill(struct relay_pipe *p, int fd)
{
	ssize_t r;

	if ((r = move(fd, p->wr, RELAY_PIPE_SIZE)) > 0)
		p->held = (size_t)r;
	return r;
}

ssize_t
relay_pipe_drain(struct relay_pipe *p, int fd)
{
	ssize_t r;

	if ((r = move(p->rd, fd, p->held)) > 0)
		p->held -= (size_t)r;
	return r;
}
