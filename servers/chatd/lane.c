/*
 * A connection to Redis: hiredis makes commands and reads replies, bytes are
 * carried by struct conn, as everywhere, so that TLS is the same here.
 */
#include "lane.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/tls.h"

static int
would_wait(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* fail - errno, in words. */
static int
fail(struct lane *l)
{
	if (errno == EPROTO && l->c.tls != NULL)
		tls_failure(&l->c, l->why, sizeof(l->why));
	else
		snprintf(l->why, sizeof(l->why), "%s", strerror(errno));
	return -1;
}

/* reach - a socket that connects by itself; -1 with errno. */
static int
reach(const struct addr *a)
{
	int fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);

	if (fd == -1 || connect(fd, &a->sa, a->len) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

int
lane_open(struct lane *l, const struct addr *a, struct tls_config *tls,
    const char *name)
{
	struct ipaddr ip;
	int fd = reach(a);

	l->why[0] = '\0';
	if (fd == -1)
		return fail(l);
	ipaddr_from(&ip, &a->sa, a->len);
	conn_init(&l->c, fd, &ip);
	l->open = true;
	l->want = POLLOUT;
	l->reader = redisReaderCreate();
	if (l->reader == NULL) {
		errno = ENOMEM;
		fail(l);
	} else if (tls == NULL || tls_connect_begin(&l->c, tls, name, l->why,
	    sizeof(l->why)) == 0)
		return 0;
	lane_close(l);
	return -1;
}

void
lane_close(struct lane *l)
{
	if (!l->open)
		return;
	conn_close(&l->c);
	redisReaderFree(l->reader);
	buf_free(&l->out);
	l->reader = NULL;
	l->sent = 0;
	l->open = false;
}

int
lane_put(struct lane *l, int n, const char **words, const size_t *lens)
{
	char *command;
	int len = redisFormatCommandArgv(&command, n, words, lens);

	if (len < 0)
		return -1;
	buf_add(&l->out, command, (size_t)len);
	redisFreeCommand(command);
	return l->out.failed ? -1 : 0;
}

bool
lane_empty(const struct lane *l)
{
	return l->out.len == l->sent;
}

int
lane_flush(struct lane *l)
{
	ssize_t r;

	while (!lane_empty(l)) {
		r = conn_give(&l->c, l->out.data + l->sent,
		    l->out.len - l->sent);
		if (r == -1 && would_wait()) {
			/* what TLS waits for may be the other side's word */
			l->want = l->c.tls == NULL ||
			    tls_wants_write(&l->c) ? POLLOUT : 0;
			return 0;
		}
		if (r == -1)
			return fail(l);
		l->sent += (size_t)r;
	}
	l->want = 0;
	l->sent = 0;
	if (l->out.cap > 0)
		buf_free(&l->out);
	return 0;
}

int
lane_read(struct lane *l)
{
	ssize_t r = conn_take(&l->c);

	if (r == -1 && would_wait()) {
		conn_rest(&l->c);
		return 0;
	}
	if (r == -1)
		return fail(l);
	if (r == 0) {
		snprintf(l->why, sizeof(l->why),
		    "Server closed the connection");
		return -1;
	}
	redisReaderFeed(l->reader, conn_data(&l->c), (size_t)r);
	conn_consume(&l->c, (size_t)r);
	return l->c.tls != NULL;	/* who may have read ahead */
}

int
lane_reply(struct lane *l, redisReply **reply)
{
	void *p = NULL;

	if (redisReaderGetReply(l->reader, &p) != REDIS_OK) {
		snprintf(l->why, sizeof(l->why), "%s", l->reader->errstr);
		return -1;
	}
	*reply = p;
	return 0;
}

size_t
lane_held(const struct lane *l)
{
	return l->reader->len - l->reader->pos;
}

void
lane_poll(const struct lane *l, struct pollfd *p)
{
	*p = (struct pollfd){ .fd = l->c.fd,
	    .events = (short)(POLLIN | (lane_empty(l) ? 0 : l->want)) };
}
