/*
 * Reading and writing without waiting, for those who carry two ways at once,
 * of which neither may hold the other up: relay.c, and sessions that change
 * what they carry.  Who gets EAGAIN from both waits with net_wait().
 */
#include <sys/socket.h>

#include <unistd.h>

#include "net/conn.h"
#include "net/conn_io.h"
#include "net/tls.h"

ssize_t
conn_take(struct conn *c)
{
	ssize_t r;

	if (c->in == NULL && (c->in = conn_buffer_get()) == NULL)
		return -1;
	c->in_off = 0;
	if (c->tls != NULL)
		r = tls_read(c, c->in, CONN_BUF_SIZE, TLS_NO_WAIT);
	else
		r = read(c->fd, c->in, CONN_BUF_SIZE);
	if (r > 0) {
		c->in_len = (uint16_t)r;
		c->bytes_in += (uint64_t)r;
	} else if (r == 0) {
		c->flags |= CONN_EOF;
	}
	return r;
}

ssize_t
conn_give(struct conn *c, const void *data, size_t n)
{
	ssize_t r;

	if (c->tls != NULL)
		r = tls_write(c, data, n, TLS_NO_WAIT);
	else if (c->flags & CONN_SOCKET)
		r = send(c->wfd, data, n, MSG_NOSIGNAL);
	else
		r = write(c->wfd, data, n);
	if (r > 0)
		c->bytes_out += (uint64_t)r;
	return r;
}
