/*
 * The two halves of what systemd and its like ask of a daemon: descriptors
 * passed in at start, and short datagrams about how it goes.  Called by the
 * parent.  A supervisor that is gone, or slow, must never stop the server:
 * what cannot be sent within a second is dropped.
 */
#include "serve/notify.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define MESSAGE_MAX	1024
#define LISTEN_FDS_MAX	4096	/* more is a mistake in the environment */

static struct {
	int		 fd;		/* -1: nobody asked */
	struct sockaddr_un to;
	socklen_t	 tolen;
	int64_t		 watchdog_ns;
	char		*names;		/* owned; LISTEN_FDNAMES, cut at ':' */
	size_t		 nameslen;
} supervisor = { .fd = -1 };

/* number - the environment's name as 0 to max; -1 without it, -2 for rubbish */
static int64_t
number(const char *name, int64_t max)
{
	const char *s = getenv(name);
	char *end;
	long long n;

	if (s == NULL)
		return -1;
	if (*s < '0' || *s > '9')
		return -2;
	errno = 0;
	n = strtoll(s, &end, 10);
	return *end != '\0' || errno != 0 || n > max ? -2 : n;
}

/* keep_names - a copy of LISTEN_FDNAMES in which each name ends in NUL */
static void
keep_names(void)
{
	const char *s = getenv("LISTEN_FDNAMES");

	free(supervisor.names);
	supervisor.names = s != NULL ? strdup(s) : NULL;
	if (supervisor.names == NULL)
		return;
	supervisor.nameslen = strlen(supervisor.names) + 1;
	for (char *p = supervisor.names; (p = strchr(p, ':')) != NULL; )
		*p++ = '\0';
}

/* take_fds - n descriptors that nobody else is to inherit */
static int
take_fds(int n)
{
	for (int fd = NOTIFY_FDS_START; fd < NOTIFY_FDS_START + n; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags == -1 ||
		    fcntl(fd, F_SETFD, flags | FD_CLOEXEC) == -1)
			return -1;
	}
	return n;
}

int
notify_listen_fds(void)
{
	int64_t pid = number("LISTEN_PID", INT_MAX), n = 0;

	/* Not for us where the number is another's: a parent's, say. */
	if (pid == getpid() && (n = number("LISTEN_FDS", LISTEN_FDS_MAX)) > 0)
		keep_names();
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (pid == -2 || n == -2) {
		errno = EINVAL;
		return -1;
	}
	return n > 0 ? take_fds((int)n) : 0;
}

const char *
notify_fd_name(int i)
{
	const char *p = supervisor.names;

	if (p == NULL || i < 0)
		return NULL;
	while (i-- > 0) {
		p += strlen(p) + 1;
		if (p >= supervisor.names + supervisor.nameslen)
			return NULL;
	}
	return p;
}

/* keep_address - what sd_notify(3) allows: a path or an abstract name */
static int
keep_address(const char *s)
{
	struct sockaddr_un *to = &supervisor.to;
	size_t len = strlen(s);

	if ((s[0] != '/' && s[0] != '@') || len < 2)
		return -1;
	/* A path has a NUL behind it, an abstract name one in front. */
	if (len > sizeof(to->sun_path) - (s[0] == '/' ? 1 : 0))
		return -1;
	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	memcpy(to->sun_path, s, len);
	if (s[0] == '@')
		to->sun_path[0] = '\0';
	supervisor.tolen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    len + (s[0] == '/' ? 1 : 0));
	return 0;
}

/* open_socket - to the address kept */
static int
open_socket(void)
{
	const struct timeval second = { .tv_sec = 1 };
	int fd;

	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second));
	return fd;
}

void
notify_init(void)
{
	const char *s = getenv("NOTIFY_SOCKET");
	int64_t usec, pid;

	if (s != NULL && supervisor.fd == -1) {
		if (keep_address(s) == -1)
			log_warnx("NOTIFY_SOCKET: cannot use the address %s",
			    s);
		else if ((supervisor.fd = open_socket()) == -1)
			log_warn("NOTIFY_SOCKET: socket");
	}
	usec = number("WATCHDOG_USEC", INT64_MAX / 1000);
	pid = number("WATCHDOG_PID", INT_MAX);
	if (usec == -2 || pid == -2)
		log_warnx("WATCHDOG_USEC, WATCHDOG_PID: not numbers, ignored");
	supervisor.watchdog_ns = usec > 0 && (pid == -1 || pid == getpid()) ?
	    usec * 1000 / 2 : 0;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void
notify_free(void)
{
	if (supervisor.fd != -1)
		close(supervisor.fd);
	supervisor.fd = -1;
	supervisor.watchdog_ns = 0;
	free(supervisor.names);
	supervisor.names = NULL;
}

void
notify_send(const char *fmt, ...)
{
	char text[MESSAGE_MAX];
	size_t len;
	va_list ap;
	int n, saved = errno;

	if (supervisor.fd == -1)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	len = (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
	/* Type=notify-reload asks for it, to tell this reload from the last. */
	if (strcmp(text, "RELOADING=1") == 0)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "\nMONOTONIC_USEC=%lld",
		    (long long)(clock_mono() / 1000));
	if (sendto(supervisor.fd, text, len, MSG_NOSIGNAL,
	    (const struct sockaddr *)&supervisor.to, supervisor.tolen) == -1)
		log_debug("NOTIFY_SOCKET: sendto: %s", strerror(errno));
	errno = saved;
}

int64_t
notify_watchdog_ns(void)
{
	return supervisor.watchdog_ns;
}
