/*
 * Writing to a connection: collecting, sending, files, and ending gently.
 * Never ends the process; never waits but in net_wait().
 */
#include <sys/socket.h>
#include <sys/uio.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/conn.h"
#include "net/conn_io.h"
#include "net/sendfile.h"
#include "net/tls.h"
#include "net/wait.h"

/* A fiber that could go on sending for ever lets others run after so much. */
#define SEND_TURN	(1024 * 1024)
/* One sendfile(2) call: a few of the kernel's socket buffers. */
#define SENDFILE_CHUNK	(512 * 1024)

/*
 * send_failed - mark the connection unless it was only late.  Who takes nothing
 * any more gets a reset in the end: what the kernel still holds for him, which
 * may be megabytes, would stay with it for minutes after a close.
 */
static int
send_failed(struct conn *c)
{
	struct linger none = { .l_onoff = 1, .l_linger = 0 };
	int error = errno;

	if (error != ETIMEDOUT)
		c->flags |= CONN_BROKEN;
	else if (c->flags & CONN_SOCKET)
		setsockopt(c->wfd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	errno = error;
	return -1;
}

/* send_once - one writev(2) that waits; bytes sent, or -1. */
static ssize_t
send_once(struct conn *c, struct iovec *iov, int n, int flags)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = (size_t)n };
	ssize_t r;

	for (;;) {
		if (c->tls != NULL)
			r = tls_write(c, iov[0].iov_base, iov[0].iov_len,
			    CLOCK_NEVER);
		else if ((c->flags & CONN_SOCKET) == 0)
			r = writev(c->wfd, iov, n);
		else if (n == 1)
			r = send(c->wfd, iov[0].iov_base, iov[0].iov_len,
			    flags | MSG_NOSIGNAL);
		else
			r = sendmsg(c->wfd, &msg, flags | MSG_NOSIGNAL);
		if (r >= 0)
			return r;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return -1;
		if (conn_wait(c, c->wfd, POLLOUT, CLOCK_NEVER) == -1)
			return -1;
	}
}

/* send_all - all of the n (1 or 2) pieces. */
static int
send_all(struct conn *c, struct iovec *iov, int n, int flags)
{
	size_t turn = 0;
	ssize_t r;

	if (c->flags & CONN_BROKEN) {
		errno = EPIPE;
		return -1;
	}
	while (n > 0) {
		if (iov[0].iov_len == 0) {
			iov++;
			n--;
			continue;
		}
		r = send_once(c, iov, n, flags);
		if (r == -1)
			return send_failed(c);
		c->bytes_out += (uint64_t)r;
		turn += (size_t)r;
		while (n > 0 && (size_t)r >= iov[0].iov_len) {
			r -= (ssize_t)iov[0].iov_len;
			iov++;
			n--;
		}
		if (n == 0)
			break;
		iov[0].iov_base = (char *)iov[0].iov_base + r;
		iov[0].iov_len -= (size_t)r;
		if (turn >= SEND_TURN) {
			turn = 0;
			net_pause(0);
		}
	}
	return 0;
}

/* flush_flags - send what was collected. */
static int
flush_flags(struct conn *c, int flags)
{
	struct iovec iov = { .iov_base = c->out, .iov_len = c->out_len };

	if (c->out_len == 0)
		return 0;
	c->out_len = 0;
	return send_all(c, &iov, 1, flags);
}

int
conn_flush(struct conn *c)
{
	return flush_flags(c, 0);
}

char *
conn_room(struct conn *c, size_t need)
{
	if (need > CONN_BUF_SIZE) {
		errno = EMSGSIZE;
		return NULL;
	}
	if (c->out == NULL && (c->out = conn_buffer_get()) == NULL)
		return NULL;
	if (CONN_BUF_SIZE - c->out_len < need && conn_flush(c) == -1)
		return NULL;
	return c->out + c->out_len;
}

void
conn_wrote(struct conn *c, size_t n)
{
	c->out_len += (uint16_t)n;
}

int
conn_put(struct conn *c, const void *data, size_t n)
{
	const char *p = data;
	size_t part;
	char *room;

	while (n > 0) {
		room = conn_room(c, 1);
		if (room == NULL)
			return -1;
		part = CONN_BUF_SIZE - c->out_len;
		if (part > n)
			part = n;
		memcpy(room, p, part);
		conn_wrote(c, part);
		p += part;
		n -= part;
	}
	return 0;
}

int
conn_puts(struct conn *c, const char *s)
{
	return conn_put(c, s, strlen(s));
}

/* printf_long - what does not fit into what is left of the buffer. */
static int
printf_long(struct conn *c, size_t len, const char *fmt, va_list ap)
{
	char *text = malloc(len + 1);
	int r;

	if (text == NULL)
		return -1;
	vsnprintf(text, len + 1, fmt, ap);
	r = conn_put(c, text, len);
	free(text);
	return r;
}

int
conn_printf(struct conn *c, const char *fmt, ...)
{
	va_list ap, again;
	size_t left;
	char *room;
	int n, r = 0;

	room = conn_room(c, 1);
	if (room == NULL)
		return -1;
	left = CONN_BUF_SIZE - c->out_len;
	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(room, left, fmt, ap);
	if (n < 0)
		r = -1;
	else if ((size_t)n < left)
		conn_wrote(c, (size_t)n);
	else
		r = printf_long(c, (size_t)n, fmt, again);
	va_end(again);
	va_end(ap);
	return r;
}

int
conn_write(struct conn *c, const void *data, size_t n)
{
	return conn_write_body(c, data, n);
}

int
conn_write_body(struct conn *c, const void *body, size_t n)
{
	struct iovec iov[2] = {
		{ .iov_base = c->out, .iov_len = c->out_len },
		{ .iov_base = (void *)(uintptr_t)body, .iov_len = n },
	};

	if (c->tls != NULL && n < CONN_BUF_SIZE) {
		/* one record rather than two */
		if (conn_put(c, body, n) == -1)
			return -1;
		return conn_flush(c);
	}
	c->out_len = 0;
	return send_all(c, iov, 2, 0);
}

/* copy_file - conn_sendfile where the kernel cannot: TLS, pipes. */
static int
copy_file(struct conn *c, int file, off_t off, uint64_t n)
{
	size_t want;
	ssize_t r;
	char *room;

	while (n > 0) {
		room = conn_room(c, 1);
		if (room == NULL)
			return -1;
		want = CONN_BUF_SIZE - c->out_len;
		if (want > n)
			want = (size_t)n;
		r = pread(file, room, want, off);
		if (r <= 0) {
			if (r == 0)
				errno = ENODATA;
			return -1;
		}
		conn_wrote(c, (size_t)r);
		off += r;
		n -= (uint64_t)r;
	}
	return conn_flush(c);
}

int
conn_sendfile(struct conn *c, int file, off_t off, uint64_t n)
{
	uint64_t turn = 0;
	size_t part;
	ssize_t r;

	if (c->tls != NULL || (c->flags & CONN_SOCKET) == 0)
		return copy_file(c, file, off, n);
	if (flush_flags(c, n > 0 ? MSG_MORE : 0) == -1)
		return -1;
	while (n > 0) {
		part = n < SENDFILE_CHUNK ? (size_t)n : SENDFILE_CHUNK;
		r = sendfile_some(c->wfd, file, &off, part);
		if (r > 0) {
			c->bytes_out += (uint64_t)r;
			n -= (uint64_t)r;
			turn += (uint64_t)r;
			if (turn >= SEND_TURN && n > 0) {
				turn = 0;
				net_pause(0);
			}
		} else if (r == 0) {
			errno = ENODATA;
			return -1;
		} else if (errno == EAGAIN) {
			if (conn_wait(c, c->wfd, POLLOUT, CLOCK_NEVER) == -1)
				return send_failed(c);
			turn = 0;
		} else if (errno != EINTR) {
			return send_failed(c);
		}
	}
	return 0;
}

void
conn_unsent(struct conn *c, int bytes)
{
#ifdef TCP_NOTSENT_LOWAT
	if (c->flags & CONN_SOCKET)
		setsockopt(c->wfd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes,
		    sizeof(bytes));
#else
	(void)c;
	(void)bytes;
#endif
}

int
conn_shutdown(struct conn *c)
{
	if (conn_flush(c) == -1)
		return -1;
	if (c->tls != NULL)
		tls_shutdown(c);
	if (c->flags & CONN_SOCKET)
		return shutdown(c->wfd, SHUT_WR);
	return 0;
}

void
conn_linger(struct conn *c, int64_t ms, size_t max)
{
	char *scrap;
	ssize_t r;
	size_t got = 0;

	if (conn_shutdown(c) == -1 || (c->flags & (CONN_EOF | CONN_BROKEN)))
		return;
	if (c->in == NULL && (c->in = conn_buffer_get()) == NULL)
		return;
	scrap = c->in;
	c->in_len = c->in_off = 0;
	conn_deadline(c, ms);
	while (got < max) {
		/* the raw socket: what comes is thrown away as it is */
		r = recv(c->fd, scrap, CONN_BUF_SIZE, 0);
		if (r == 0)
			break;
		if (r > 0) {
			got += (size_t)r;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN ||
		    conn_wait(c, c->fd, POLLIN, CLOCK_NEVER) == -1)
			break;
	}
}
