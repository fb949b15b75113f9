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
#include "net/listen.h"
#include "serve/core.h"

#define QUIET_MS	60000	/* then a listener is given back */

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

/*
 * step_aside - what descriptors 0 and 1 are, moves to others, so that what a
 * session prints and what libraries complain of never reaches the peer: it goes
 * to standard error, or nowhere where that is the connection too.
 */
static int
step_aside(struct core *core, int *in, int *out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int hidden = same_file(0, 2) || same_file(1, 2);

	*in = fcntl(0, F_DUPFD_CLOEXEC, 3);
	*out = same_file(0, 1) ? *in : fcntl(1, F_DUPFD_CLOEXEC, 3);
	if (*out == -1)
		*out = *in;
	if (null == -1 || *in == -1) {
		log_err("descriptor 0");
		return -1;
	}
	if (hidden && strcmp(core->conf->opt.log, "stderr") == 0)
		log_open("syslog", core->srv->name);
	dup2(null, 0);
	if (hidden)
		dup2(null, 2);
	if (dup2(2, 1) == -1)
		dup2(null, 1);
	close(null);
	return 0;
}

static int
one_connection(struct core *core, int in, int out)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct ipaddr peer = { .family = AF_UNIX };
	struct conn c;

	if (getpeername(in, (struct sockaddr *)&ss, &len) == 0)
		ipaddr_from(&peer, (struct sockaddr *)&ss, len);
	conn_init(&c, in, &peer);
	if ((c.flags & CONN_SOCKET) == 0) {
		c.wfd = out;
		fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_NONBLOCK);
	}
	core->now = clock_coarse();
	seat_begin(core, &c);
	ipaddr_text(&peer, core->board->slot[0].doing, SCORE_DOING);
	model_fork_connection(core, &c);
	return 0;
}

/* take_over - what was descriptor 0 as a listener of ours. */
static int
take_over(struct core *core, int fd, enum listener_kind kind)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (l == NULL || (l->fds = malloc(sizeof(int))) == NULL) {
		free(l);
		return -1;
	}
	l->spec = strdup("descriptor 0");
	l->kind = kind;
	l->role = kind == LISTENER_DGRAM ? ROLE_DATAGRAM : ROLE_WORKER;
	l->fds[0] = fd;
	l->nfds = 1;
	l->passed = 1;
	l->addr.len = sizeof(l->addr.ss);
	getsockname(fd, &l->addr.sa, &l->addr.len);
	if (kind == LISTENER_DGRAM)
		listen_dgram_tells(fd);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
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

int64_t
inetd_until(const struct core *core)
{
	int64_t ms = core->conf->opt.idle_ms;

	if (core->model != MODEL_INETD)
		return CLOCK_NEVER;
	return clock_after_ms(ms > 0 ? ms : QUIET_MS);
}

int
model_inetd(struct core *core)
{
	int type = int_option(0, SO_TYPE), status = 0, in, out;
	int listener = type == SOCK_DGRAM ||
	    int_option(0, SO_ACCEPTCONN) == 1;

	if (step_aside(core, &in, &out) == -1)
		return 1;
	if (listener) {
		if (type == SOCK_DGRAM && core->srv->datagram == NULL)
			return cannot(core->srv->name, "datagram socket");
		if (take_over(core, in, type == SOCK_DGRAM ? LISTENER_DGRAM :
		    LISTENER_STREAM) == -1)
			return 1;
		return model_single(core);
	}
	if (core->srv->session == NULL)
		return cannot(core->srv->name, "connection");
	if (child_enter(core) == -1)
		return 1;
	status = one_connection(core, in, out);
	child_leave(core);
	return status;
}
