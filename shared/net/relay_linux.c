/*
 * The pipes of relay.c and inflow.c, by splice(2).  Never waits; the process
 * must ignore SIGPIPE, since splice has no flag against it.
 */
#include "net/relay_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/*
 * What is asked for, and the least that is worth a pipe.  CPU seconds for a
 * GiB: 0.55 with 64 KiB, 0.33 with 256 KiB, 0.31 with 512 KiB.  A user's pipes
 * together may have 64 MiB (pipe-user-pages-soft), and past that new ones hold
 * two pages.
 */
#define RELAY_PIPE_SIZE		(256 * 1024)
#define RELAY_PIPE_LEAST	(64 * 1024)

int
relay_pipe_open(struct relay_pipe *p)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	if (fcntl(fds[1], F_SETPIPE_SZ, RELAY_PIPE_SIZE) == -1 &&
	    fcntl(fds[1], F_GETPIPE_SZ) < RELAY_PIPE_LEAST) {
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
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

void
relay_pipe_widen(struct relay_pipe *p, size_t size)
{
	fcntl(p->wr, F_SETPIPE_SZ, (int)size);
}

static ssize_t
move(int from, int to, off_t *off, size_t n)
{
	ssize_t r;

	do {
		r = splice(from, NULL, to, off, n,
		    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	} while (r == -1 && errno == EINTR);
	return r;
}

ssize_t
relay_pipe_fill(struct relay_pipe *p, int fd)
{
	return relay_pipe_take(p, fd, RELAY_PIPE_SIZE);
}

ssize_t
relay_pipe_take(struct relay_pipe *p, int fd, size_t n)
{
	ssize_t r;

	if ((r = move(fd, p->wr, NULL, n)) > 0)
		p->held = (size_t)r;
	return r;
}

ssize_t
relay_pipe_drain(struct relay_pipe *p, int fd)
{
	ssize_t r;

	if ((r = move(p->rd, fd, NULL, p->held)) > 0)
		p->held -= (size_t)r;
	return r;
}

ssize_t
relay_pipe_store(struct relay_pipe *p, int file, uint64_t off)
{
	off_t at = (off_t)off;
	ssize_t r;

	if ((r = move(p->rd, file, &at, p->held)) > 0)
		p->held -= (size_t)r;
	return r;
}
