/*
 * Listening sockets for serve/ and for clients that listen.  Binds and listens,
 * never accepts; what it returns is non-blocking and close-on-exec.
 */
#include "net/listen.h"

#include <sys/stat.h>

#include <netinet/tcp.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "net/ancillary.h"

#define DGRAM_QUEUE	(4 * 1024 * 1024)	/* bytes, in the kernel's sum */

static int
on(int fd, int level, int option)
{
	int one = 1;

	return setsockopt(fd, level, option, &one, sizeof(one));
}

/* is_path - a UNIX socket with a name in the file system. */
static int
is_path(const struct addr *a)
{
	return a->sa.sa_family == AF_UNIX &&
	    a->len > offsetof(struct sockaddr_un, sun_path) &&
	    a->un.sun_path[0] != '\0';
}

/*
 * remove_stale - a socket file that nobody listens on, as a server that was
 * killed leaves it.  Anything else of that name stays, and bind(2) fails.
 */
static int
remove_stale(const struct addr *a, int type)
{
	struct stat st;
	int error, fd;

	if (lstat(a->un.sun_path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return -1;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	error = connect(fd, &a->sa, a->len) == -1 ? errno : 0;
	close(fd);
	return error == ECONNREFUSED ? unlink(a->un.sun_path) : -1;
}

static int
bind_addr(int fd, const struct addr *a, int type)
{
	if (bind(fd, &a->sa, a->len) == 0)
		return 0;
	if (errno != EADDRINUSE || !is_path(a))
		return -1;
	if (remove_stale(a, type) == -1) {
		errno = EADDRINUSE;
		return -1;
	}
	return bind(fd, &a->sa, a->len);
}

/* set_options - what must be set before bind(2). */
static int
set_options(int fd, const struct addr *a, int type, int flags)
{
	if (a->sa.sa_family == AF_UNIX)
		return 0;
	/* With UDP it would let another process take the port over. */
	if (type == SOCK_STREAM && on(fd, SOL_SOCKET, SO_REUSEADDR) == -1)
		return -1;
	/* What is accepted inherits it: a peer whose machine is gone must not
	 * hold its place for ever where silence is no reason to close. */
	if (type == SOCK_STREAM && on(fd, SOL_SOCKET, SO_KEEPALIVE) == -1)
		return -1;
	if ((flags & LISTEN_REUSEPORT) &&
	    on(fd, SOL_SOCKET, SO_REUSEPORT) == -1)
		return -1;
	/* Always, so that 0.0.0.0 and :: can be listened on side by side
	 * whatever the system's default is. */
	if (a->sa.sa_family == AF_INET6 &&
	    on(fd, IPPROTO_IPV6, IPV6_V6ONLY) == -1)
		return -1;
	return 0;
}

static int
open_bound(struct addr *a, int type, int flags)
{
	int error, fd;

	fd = socket(a->sa.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (set_options(fd, a, type, flags) == -1 ||
	    bind_addr(fd, a, type) == -1)
		goto fail;
	if ((flags & LISTEN_FIRST) && a->sa.sa_family != AF_UNIX &&
	    on(fd, SOL_SOCKET, SO_REUSEPORT) == -1)
		goto fail;
	if (!is_path(a)) {
		a->len = sizeof(a->ss);
		if (getsockname(fd, &a->sa, &a->len) == -1)
			goto fail;
	}
	return fd;
fail:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int
undo(int fd, const struct addr *a)
{
	int error = errno;

	if (is_path(a))
		unlink(a->un.sun_path);
	close(fd);
	errno = error;
	return -1;
}

int
listen_stream(struct addr *a, int backlog, int flags)
{
	int fd;

	if ((fd = open_bound(a, SOCK_STREAM, flags)) == -1)
		return -1;
	if (listen(fd, backlog) == -1)
		return undo(fd, a);
	return fd;
}

int
listen_defer(int fd, int wanted)
{
#ifdef TCP_DEFER_ACCEPT
	/* The kernel's unit is a second; 0 turns it off. */
	return setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &wanted,
	    sizeof(wanted));
#else
	(void)fd;
	errno = ENOPROTOOPT;
	return wanted ? -1 : 0;
#endif
}

int
listen_dgram_tells(int fd)
{
	struct addr a = { .len = sizeof(a.ss) };

	if (getsockname(fd, &a.sa, &a.len) == -1)
		return -1;
	return ancillary_enable(fd, a.sa.sa_family);
}

/*
 * queue_more - datagrams wait here while the server is about others, and what
 * does not fit is lost, whoever sent it: a flood that is then dropped by the
 * server must leave room for others.  As much as the system allows; only root
 * may have more.
 */
static void
queue_more(int fd)
{
	int bytes = DGRAM_QUEUE;

#ifdef SO_RCVBUFFORCE
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
	    sizeof(bytes)) == 0)
		return;
#endif
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

int
listen_dgram(struct addr *a, int flags)
{
	int fd;

	if ((fd = open_bound(a, SOCK_DGRAM, flags)) == -1)
		return -1;
	queue_more(fd);
	return listen_dgram_tells(fd) == -1 ? undo(fd, a) : fd;
}
