/*
 * Requests without framing, and lines: the rule that every line server
 * follows, in one place.  Called by sessions and clients.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "net/conn.h"

/* swallow_newline - the newline behind a request that ended at its stop byte
 * belongs to that request, whenever it comes; complete: no more will come. */
static void
swallow_newline(struct conn *c, int complete)
{
	if ((c->flags & CONN_STOPPED) == 0 || c->in_len == 0)
		return;
	if (*conn_data(c) == '\r') {
		if (c->in_len == 1 && !complete)
			return;		/* the LF may be on its way */
		if (c->in_len == 1 || conn_data(c)[1] == '\n')
			conn_consume(c, 2);
	} else if (*conn_data(c) == '\n') {
		conn_consume(c, 1);
	}
	c->flags &= ~CONN_STOPPED;
}

/* find_end - offset of the byte that ends the request from from on, or -1. */
static ssize_t
find_end(const struct conn *c, size_t from, int stop)
{
	const char *data = conn_data(c), *lf, *st = NULL;
	size_t n = c->in_len;

	if (from >= n)
		return -1;
	lf = memchr(data + from, '\n', n - from);
	if (stop != 0)
		st = memchr(data + from, stop, n - from);
	if (st != NULL && (lf == NULL || st < lf))
		return st - data;
	return lf == NULL ? -1 : lf - data;
}

/* take - copy len bytes as a string, drop them and their end of skip bytes. */
static ssize_t
take(struct conn *c, char *line, size_t size, size_t len, size_t skip)
{
	if (len >= size) {
		conn_consume(c, len + skip);
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(line, conn_data(c), len);
	line[len] = '\0';
	conn_consume(c, len + skip);
	return (ssize_t)len;
}

/* take_ended - the request whose last byte stands at end. */
static ssize_t
take_ended(struct conn *c, char *line, size_t size, size_t end,
    enum conn_framed *framed)
{
	const char *data = conn_data(c);
	size_t len = end;
	ssize_t r;

	if (data[end] == '\n') {
		*framed = CONN_LF;
		if (len > 0 && data[len - 1] == '\r') {
			*framed = CONN_CRLF;
			len--;
		}
		return take(c, line, size, len, end + 1 - len);
	}
	*framed = CONN_STOP;
	r = take(c, line, size, len, 1);
	c->flags |= CONN_STOPPED;
	if (c->in_len > 0 && *conn_data(c) == '\n')
		*framed = CONN_LF;
	else if (c->in_len > 1 && memcmp(conn_data(c), "\r\n", 2) == 0)
		*framed = CONN_CRLF;
	swallow_newline(c, 0);
	return r;
}

/* more - read on; quiet_ms < 0: silence ends nothing. */
static ssize_t
more(struct conn *c, int64_t quiet_ms)
{
	if (c->flags & CONN_EOF)
		return 0;
	if (c->in_len > 0 && quiet_ms >= 0)
		return conn_fill_ms(c, quiet_ms);
	return conn_fill(c);
}

ssize_t
conn_request(struct conn *c, char *line, size_t size, int stop,
    int64_t quiet_ms, enum conn_framed *framed)
{
	size_t seen = 0;
	ssize_t end, r;

	for (;;) {
		if (c->flags & CONN_STOPPED) {
			swallow_newline(c, 0);
			seen = 0;
		}
		end = find_end(c, seen, stop);
		if (end >= 0)
			return take_ended(c, line, size, (size_t)end, framed);
		seen = c->in_len;
		if (seen > size) {	/* one more for the CR of CRLF */
			conn_consume(c, seen);
			errno = EMSGSIZE;
			return -1;
		}
		r = more(c, quiet_ms);
		if (r > 0)
			continue;
		if (r == -1 && (errno != EAGAIN || c->in_len == 0))
			return -1;
		swallow_newline(c, 1);
		if (c->in_len > 0) {
			*framed = CONN_BARE;
			return take(c, line, size, c->in_len, 0);
		}
		if (r == 0) {
			errno = ENODATA;
			return -1;
		}
	}
}

ssize_t
conn_line(struct conn *c, char *line, size_t size)
{
	enum conn_framed framed;

	return conn_request(c, line, size, 0, -1, &framed);
}
