/*
 * The model in which somebody else listens: inetd(8), systemd, tcpserver,
 * socat.  Descriptor 0 is a connection, or two pipes, or (inetd's wait) a
 * listener or a datagram socket, which is served until it falls silent.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/conn_io.h"
#include "serve/core.h"

/* same_file - stderr is the connection itself: no place for log lines. */
static int
same_file(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
	    sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static int
int_option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, name, &value, &len) == -1)
		return -1;
	return value;
}

static int
one_connection(struct core *core)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct ipaddr peer = { .family = AF_UNIX };
	struct conn c;

	if (getpeername(0, (struct sockaddr *)&ss, &len) == 0)
		ipaddr_from(&peer, (struct sockaddr *)&ss, len);
	conn_init(&c, 0, &peer);
	if ((c.flags & CONN_SOCKET) == 0) {
		c.wfd = 1;
		fcntl(1, F_SETFL, fcntl(1, F_GETFL) | O_NONBLOCK);
	}
	core->now = clock_coarse();
	seat_begin(core, &c);
	ipaddr_text(&peer, core->board->slot[0].doing, SCORE_DOING);
	model_fork_connection(core, &c);
	return 0;
}

/* take_over - descriptor 0 as a listener of ours. */
static int
take_over(struct core *core, enum listener_kind kind)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (l == NULL || (l->fds = malloc(sizeof(int))) == NULL) {
		free(l);
		return -1;
	}
	l->spec = strdup("descriptor 0");
	l->kind = kind;
	l->role = kind == LISTENER_DGRAM ? ROLE_DATAGRAM : ROLE_WORKER;
	l->fds[0] = 0;
	l->nfds = 1;
	l->passed = 1;
	l->addr.len = sizeof(l->addr.ss);
	getsockname(0, &l->addr.sa, &l->addr.len);
	fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
	core->listeners = l;
	core->nlisteners = 1;
	return 0;
}

static int
cannot(const char *name, const char *what)
{
	log_errx("descriptor 0 is a %s, and %s does not serve those", what,
	    name);
	return 1;
}

int
model_inetd(struct core *core)
{
	int type = int_option(0, SO_TYPE), status = 0;

	if (same_file(0, 2))
		log_open("syslog", core->srv->name);
	if (type == SOCK_DGRAM || int_option(0, SO_ACCEPTCONN) == 1) {
		if (type == SOCK_DGRAM && core->srv->datagram == NULL)
			return cannot(core->srv->name, "datagram socket");
		if (take_over(core, type == SOCK_DGRAM ? LISTENER_DGRAM :
		    LISTENER_STREAM) == -1)
			return 1;
		return model_single(core);
	}
	if (core->srv->session == NULL)
		return cannot(core->srv->name, "connection");
	if (child_enter(core) == -1)
		return 1;
	status = one_connection(core);
	child_leave(core);
	return status;
}
