/*
 * From a connection into a file, by way of a pipe or of a buffer.  What a pipe
 * holds is read out of it again where the file turns out not to take it so.
 */
#include "net/inflow.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/conn_io.h"

#define COPY_MOST	(256 * 1024)	/* bytes; as caches have */

int
inflow_open(struct inflow *in, struct conn *c)
{
	memset(in, 0, sizeof(*in));
	in->c = c;
	in->pipe.rd = in->pipe.wr = -1;
	if (c->tls == NULL && c->flags & CONN_SOCKET &&
	    relay_pipe_open(&in->pipe) == 0) {
		relay_pipe_widen(&in->pipe, INFLOW_MOST);
		return 0;
	}
	in->buf = buf_pages(COPY_MOST);
	return in->buf != NULL ? 0 : -1;
}

void
inflow_close(struct inflow *in)
{
	if (in->c == NULL)
		return;
	relay_pipe_close(&in->pipe);
	free(in->buf);
	in->buf = NULL;
}

/* take_buffered - what the connection has read beyond the last line; it is
 * less than a pipe holds. */
static ssize_t
take_buffered(struct inflow *in, size_t n)
{
	ssize_t r;

	if (n > conn_pending(in->c))
		n = conn_pending(in->c);
	r = write(in->pipe.wr, conn_data(in->c), n);
	if (r > 0) {
		in->pipe.held = (size_t)r;
		conn_consume(in->c, (size_t)r);
	}
	return r;
}

static ssize_t
take_piped(struct inflow *in, size_t n)
{
	ssize_t r;

	for (;;) {
		r = relay_pipe_take(&in->pipe, in->c->fd, n);
		if (r != -1 || errno != EAGAIN)
			return conn_received(in->c, r, n);
		if (conn_wait(in->c, in->c->fd, POLLIN, CLOCK_NEVER) == -1)
			return conn_received(in->c, -1, n);
	}
}

ssize_t
inflow_take(struct inflow *in, size_t n)
{
	ssize_t r;

	if (in->buf == NULL)
		return conn_pending(in->c) > 0 ? take_buffered(in, n) :
		    take_piped(in, n);
	r = conn_read(in->c, in->buf, n < COPY_MOST ? n : COPY_MOST);
	if (r > 0)
		in->held = (size_t)r;
	return r;
}

static ssize_t
put_copy(struct inflow *in, int file, uint64_t off)
{
	ssize_t r;

	do {
		r = pwrite(file, in->buf, in->held, (off_t)off);
	} while (r == -1 && errno == EINTR);
	if (r > 0) {
		in->held -= (size_t)r;
		memmove(in->buf, in->buf + r, in->held);
	}
	return r;
}

/* without_pipe - from now on; what it holds is in the buffer then. */
static int
without_pipe(struct inflow *in)
{
	size_t size = in->pipe.held > COPY_MOST ? in->pipe.held : COPY_MOST;
	ssize_t r = 1;

	in->buf = buf_pages(size);
	if (in->buf == NULL)
		return -1;
	while (in->held < in->pipe.held && r > 0) {
		r = read(in->pipe.rd, in->buf + in->held,
		    in->pipe.held - in->held);
		if (r > 0)
			in->held += (size_t)r;
		else if (r == -1 && errno == EINTR)
			r = 1;
	}
	relay_pipe_close(&in->pipe);
	return r > 0 ? 0 : -1;
}

ssize_t
inflow_put(struct inflow *in, int file, uint64_t off)
{
	ssize_t r = -1;

	if (in->buf == NULL) {
		r = relay_pipe_store(&in->pipe, file, off);
		if (r != -1 || errno != EINVAL || without_pipe(in) == -1)
			goto out;
	}
	r = put_copy(in, file, off);
out:
	if (r == 0)
		errno = ENOSPC;
	return r == 0 ? -1 : r;
}
