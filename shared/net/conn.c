/*
 * Connections: setting up and ending, and reading.  Called by sessions,
 * clients and serve/; conn_write.c has the writing, conn_line.c the lines.
 * Never ends the process; never waits but in net_wait().
 */
#include "net/conn.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/conn_io.h"
#include "net/tls.h"
#include "net/wait.h"

/* Buffers that no connection uses now; a child uses one set for thousands. */
union spare {
	union spare	*next;
	char		 bytes[CONN_BUF_SIZE];
};
static union spare *spares;
static unsigned int nspares, fewest;	/* since conn_pool_rest() */

_Static_assert(CONN_BUF_SIZE <= UINT16_MAX, "struct conn counts in 16 bits");

#define SPARES_MAX	256	/* more than that go back to malloc */

char *
conn_buffer_get(void)
{
	union spare *s = spares;

	if (s == NULL)
		return malloc(sizeof(*s));
	spares = s->next;
	if (--nspares < fewest)
		fewest = nspares;
	return s->bytes;
}

void
conn_buffer_put(char *bytes)
{
	union spare *s = (union spare *)(void *)bytes;

	if (s == NULL)
		return;
	if (nspares >= SPARES_MAX) {
		free(s);
		return;
	}
	s->next = spares;
	spares = s;
	nspares++;
}

void
conn_pool_trim(unsigned int n)
{
	union spare *s;

	while (nspares > n) {
		s = spares;
		spares = s->next;
		nspares--;
		free(s);
	}
	if (fewest > nspares)
		fewest = nspares;
}

int
conn_pool_rest(unsigned int n)
{
	unsigned int was = nspares, keep = nspares - fewest;

	conn_pool_trim(keep > n ? keep : n);
#if defined(__GLIBC__)
	if (nspares < was)
		malloc_trim(0);		/* from the middle of the heap too */
#endif
	fewest = nspares;
	return nspares > n;
}

void
conn_pool_free(void)
{
	conn_pool_trim(0);
}

void
conn_init(struct conn *c, int fd, const struct ipaddr *peer)
{
	int type, flags;
	socklen_t len = sizeof(type);

	memset(c, 0, sizeof(*c));
	c->fd = c->wfd = fd;
	c->deadline = c->expires = CLOCK_NEVER;
	if (peer != NULL)
		c->peer = *peer;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0)
		c->flags |= CONN_SOCKET;
	flags = fcntl(fd, F_GETFL);
	if (flags != -1 && (flags & O_NONBLOCK) == 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void
conn_accepted(struct conn *c, int fd, const struct ipaddr *peer)
{
	memset(c, 0, sizeof(*c));
	c->fd = c->wfd = fd;
	c->deadline = c->expires = CLOCK_NEVER;
	c->peer = *peer;
	c->flags = CONN_SOCKET;
}

void
conn_close(struct conn *c)
{
	if (c->fd == -1)
		return;
	if (c->tls != NULL) {
		tls_shutdown(c);
		tls_conn_free(c->tls);
		c->tls = NULL;
	}
	conn_buffer_put(c->in);
	conn_buffer_put(c->out);
	c->in = c->out = NULL;
	c->in_len = c->out_len = 0;
	net_wait_forget(c->fd);
	close(c->fd);
	if (c->wfd != c->fd) {
		net_wait_forget(c->wfd);
		close(c->wfd);
	}
	c->fd = c->wfd = -1;
}

void
conn_rest(struct conn *c)
{
	if (c->in != NULL && c->in_len == 0) {
		conn_buffer_put(c->in);
		c->in = NULL;
		c->in_off = 0;
	}
	if (c->out != NULL && c->out_len == 0) {
		conn_buffer_put(c->out);
		c->out = NULL;
	}
}

void
conn_local(const struct conn *c, struct addr *a)
{
	a->len = sizeof(a->ss);
	memset(&a->ss, 0, sizeof(a->ss));
	if (getsockname(c->fd, &a->sa, &a->len) == -1) {
		a->sa.sa_family = AF_UNSPEC;
		a->len = sizeof(a->sa);
	}
}

void
conn_deadline(struct conn *c, int64_t ms)
{
	c->deadline = ms < 0 ? CLOCK_NEVER : clock_after_ms(ms);
}

void
conn_stall(struct conn *c, int64_t ms)
{
	c->stall_ms = ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

int64_t
conn_until(const struct conn *c, int64_t deadline)
{
	int64_t stall;

	if (c->deadline < deadline)
		deadline = c->deadline;
	if (c->expires < deadline)
		deadline = c->expires;
	if (c->stall_ms > 0) {
		stall = clock_coarse() + c->stall_ms * NSEC_PER_MSEC;
		if (stall < deadline)
			deadline = stall;
	}
	return deadline;
}

/*
 * waited - net_wait's r as conn_wait's 0, or -1 with errno: EAGAIN when only
 * the caller's own deadline has passed, ETIMEDOUT when the connection's has.
 */
static int
waited(struct conn *c, int r, bool own)
{
	if (r > 0)
		return 0;
	if (r == 0) {
		if (own) {
			errno = EAGAIN;
		} else {
			c->flags |= CONN_TIMEDOUT;
			errno = ETIMEDOUT;
		}
	} else if (errno == ECANCELED) {
		c->flags |= CONN_CUT;
	}
	return -1;
}

int
conn_wait(struct conn *c, int fd, short events, int64_t own)
{
	int64_t until = conn_until(c, own);
	int r;

	do {
		r = net_wait_fd(fd, events, until);
	} while (r == -1 && errno == EINTR);
	return waited(c, r, own != CLOCK_NEVER && until == own);
}

int
conn_wait_any(struct conn *c, struct pollfd *fds, int n)
{
	int64_t until = conn_until(c, CLOCK_NEVER);
	int r;

	do {
		r = net_wait(fds, n, until);
	} while (r == -1 && errno == EINTR);
	return waited(c, r, false);
}

/* recv_plain - one read(2) that waits; as conn_recv. */
static ssize_t
recv_plain(struct conn *c, void *p, size_t n, int64_t own)
{
	ssize_t r;

	for (;;) {
		if (c->flags & CONN_SOCKET)
			r = recv(c->fd, p, n, 0);
		else
			r = read(c->fd, p, n);
		if (r >= 0)
			return r;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return -1;
		if (conn_wait(c, c->fd, POLLIN, own) == -1)
			return -1;
	}
}

ssize_t
conn_received(struct conn *c, ssize_t r, size_t n)
{
	if (r > 0) {
		c->bytes_in += (uint64_t)r;
		if ((size_t)r == n)
			c->flags |= CONN_MORE;
		else
			c->flags &= ~CONN_MORE;
	} else if (r == 0) {
		c->flags |= CONN_EOF;
	} else if (errno != EAGAIN && errno != ETIMEDOUT) {
		c->flags |= CONN_BROKEN;
	}
	return r;
}

/* conn_recv - what is there, into p: bytes, 0 at the end, -1 with errno. */
static ssize_t
conn_recv(struct conn *c, void *p, size_t n, int64_t own)
{
	ssize_t r;

	if (c->tls != NULL)
		r = tls_read(c, p, n, own);
	else
		r = recv_plain(c, p, n, own);
	return conn_received(c, r, n);
}

/* fill_until - conn_fill with the caller's own deadline. */
static ssize_t
fill_until(struct conn *c, int64_t own)
{
	ssize_t r;

	if (c->in == NULL && (c->in = conn_buffer_get()) == NULL)
		return -1;
	if (c->in_len == 0) {
		c->in_off = 0;
	} else if (c->in_off + c->in_len == CONN_BUF_SIZE) {
		if (c->in_off == 0) {
			errno = ENOBUFS;
			return -1;
		}
		memmove(c->in, c->in + c->in_off, c->in_len);
		c->in_off = 0;
	}
	r = conn_recv(c, c->in + c->in_off + c->in_len,
	    CONN_BUF_SIZE - c->in_off - c->in_len, own);
	if (r > 0)
		c->in_len += (uint16_t)r;
	return r;
}

ssize_t
conn_fill(struct conn *c)
{
	return fill_until(c, CLOCK_NEVER);
}

ssize_t
conn_fill_ms(struct conn *c, int64_t ms)
{
	return fill_until(c, clock_after_ms(ms));
}

ssize_t
conn_try_fill(struct conn *c)
{
	ssize_t r;

	if (c->in == NULL && (c->in = conn_buffer_get()) == NULL)
		return -1;
	c->in_off = c->in_len = 0;
	do {
		if (c->flags & CONN_SOCKET)
			r = recv(c->fd, c->in, CONN_BUF_SIZE, MSG_DONTWAIT);
		else
			r = read(c->fd, c->in, CONN_BUF_SIZE);
	} while (r == -1 && errno == EINTR);
	r = conn_received(c, r, CONN_BUF_SIZE);
	if (r > 0)
		c->in_len = (uint16_t)r;
	return r;
}

void
conn_consume(struct conn *c, size_t n)
{
	if (n >= c->in_len) {
		c->in_off = c->in_len = 0;
		return;
	}
	c->in_off += (uint16_t)n;
	c->in_len -= (uint16_t)n;
}

ssize_t
conn_read(struct conn *c, void *p, size_t n)
{
	if (c->in_len == 0)
		return conn_recv(c, p, n, CLOCK_NEVER);
	if (n > c->in_len)
		n = c->in_len;
	memcpy(p, conn_data(c), n);
	conn_consume(c, n);
	return (ssize_t)n;
}

int
conn_read_full(struct conn *c, void *p, size_t n)
{
	char *at = p;
	ssize_t r;

	while (n > 0) {
		r = conn_read(c, at, n);
		if (r == 0)
			errno = 0;
		if (r <= 0)
			return -1;
		at += r;
		n -= (size_t)r;
	}
	return 0;
}

int
conn_readable(struct conn *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	char byte;
	ssize_t r;

	if (c->in_len > 0 || (c->tls != NULL && tls_pending(c)))
		return 1;
	if ((c->flags & CONN_SOCKET) == 0)
		return poll(&p, 1, 0) != 0;
	do {
		r = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	} while (r == -1 && errno == EINTR);
	if (r == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	/* what there is may be TLS's own: session tickets, part of a record */
	return r <= 0 || c->tls == NULL || tls_readable(c);
}

const char *
conn_peer_text(const struct conn *c, char *buf, size_t size)
{
	return ipaddr_text(&c->peer, buf, size);
}
