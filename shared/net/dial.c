/*
 * Connecting with a head start for each address (RFC 8305, "Happy Eyeballs"),
 * for clients and for sessions that ask another server.  It waits in net_wait
 * only, so that in a child with many connections the others go on meanwhile.
 */
#include "net/dial.h"

#include <netinet/tcp.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/resolve.h"
#include "net/wait.h"

#define DIAL_ADDRS	16	/* of one name; more are not tried */
#define STAGGER_MS	250	/* RFC 8305 section 8 */
#define UNIX_RETRY_MS	10

/* One dial: addresses in the order in which they are tried, and the attempts
 * that are under way. */
struct dial {
	const struct addr	*addrs[DIAL_ADDRS];
	int			 n, next;
	int64_t			 deadline;
	int64_t			 start_at;	/* when next may start */
	struct pollfd		 fds[WAIT_MAX];
	const struct addr	*to[WAIT_MAX];
	int			 active;
	const struct addr	*failed;	/* whose error is told */
	int			 error;
};

/* interleave - the families in turn, the first address's family first
 * (RFC 8305 section 4). */
static void
interleave(struct dial *d, const struct addr *addrs, int n)
{
	int family, i, j, k;

	if (n > DIAL_ADDRS)
		n = DIAL_ADDRS;
	d->n = 0;
	family = addrs[0].sa.sa_family;
	for (i = 0, j = 0; d->n < n; ) {
		for (k = i; k < n && addrs[k].sa.sa_family != family; k++)
			continue;
		if (k < n) {
			d->addrs[d->n++] = &addrs[k];
			i = k + 1;
		}
		for (k = j; k < n && addrs[k].sa.sa_family == family; k++)
			continue;
		if (k < n) {
			d->addrs[d->n++] = &addrs[k];
			j = k + 1;
		}
	}
}

/* note - keep the error that says most: that a family is not to be had here
 * says less than what the others met. */
static void
note(struct dial *d, const struct addr *a, int error)
{
	if (d->error == 0 || d->error == ENETUNREACH ||
	    d->error == EADDRNOTAVAIL || d->error == EAFNOSUPPORT) {
		d->error = error;
		d->failed = a;
	}
}

static void
drop(struct dial *d, int i)
{
	net_wait_forget(d->fds[i].fd);
	close(d->fds[i].fd);
	d->active--;
	d->fds[i] = d->fds[d->active];
	d->to[i] = d->to[d->active];
}

/* retry_unix - the listener's backlog is full; connect(2) does not queue. */
static int
retry_unix(struct dial *d, int fd, const struct addr *a)
{
	int64_t at;

	while (connect(fd, &a->sa, a->len) == -1) {
		if (errno != EAGAIN)
			return -1;
		if (clock_mono() >= d->deadline) {
			errno = ETIMEDOUT;
			return -1;
		}
		at = clock_after_ms(UNIX_RETRY_MS);
		if (net_pause(at < d->deadline ? at : d->deadline) == -1 &&
		    errno == ECANCELED)
			return -1;
	}
	return 0;
}

/* attempt - start the next address; its place in fds, or -1: it failed. */
static int
attempt(struct dial *d)
{
	const struct addr *a = d->addrs[d->next++];
	int error, fd, rc;

	d->start_at = clock_after_ms(STAGGER_MS);
	fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (fd == -1) {
		note(d, a, errno);
		return -1;
	}
	if (a->sa.sa_family == AF_UNIX)
		rc = retry_unix(d, fd, a);
	else
		rc = connect(fd, &a->sa, a->len);
	if (rc == -1 && errno != EINPROGRESS && errno != EINTR) {
		error = errno;
		close(fd);
		note(d, a, error);
		return -1;
	}
	d->fds[d->active] = (struct pollfd){ .fd = fd, .events = POLLOUT,
	    .revents = rc == 0 ? POLLOUT : 0 };
	d->to[d->active] = a;
	return d->active++;
}

/* connected - 1, 0 still under way, -1 with errno.  Readiness is a hint only,
 * so that the socket itself is asked. */
static int
connected(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(int);
	int error;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return -1;
	if (error != 0) {
		errno = error;
		return -1;
	}
	len = sizeof(ss);
	if (getpeername(fd, (struct sockaddr *)&ss, &len) == 0)
		return 1;
	return errno == ENOTCONN ? 0 : -1;
}

/* harvest - look at the attempts; the winner's place, or -1. */
static int
harvest(struct dial *d)
{
	int i, rc;

	for (i = 0; i < d->active; ) {
		if (d->fds[i].revents == 0) {
			i++;
			continue;
		}
		d->fds[i].revents = 0;
		if ((rc = connected(d->fds[i].fd)) == 1)
			return i;
		if (rc == 0) {
			i++;
			continue;
		}
		note(d, d->to[i], errno);
		drop(d, i);
		d->start_at = 0;	/* the next one need not wait */
	}
	return -1;
}

/* race - the winner's place in fds, or -1 with errno. */
static int
race(struct dial *d)
{
	int64_t until;
	int i, more;

	for (;;) {
		more = d->next < d->n && d->active < WAIT_MAX;
		if (more && (d->active == 0 || clock_mono() >= d->start_at)) {
			if (attempt(d) == -1) {
				if (d->error == ECANCELED)
					break;
				d->start_at = 0;
			} else if ((i = harvest(d)) != -1)
				return i;
			continue;
		}
		if (d->active == 0)
			break;
		until = more && d->start_at < d->deadline ?
		    d->start_at : d->deadline;
		i = net_wait(d->fds, d->active, until);
		if (i == -1 && errno != EINTR) {
			d->error = errno;
			break;
		}
		if (i > 0 && (i = harvest(d)) != -1)
			return i;
		if (clock_mono() >= d->deadline && d->active > 0) {
			d->error = ETIMEDOUT;
			d->failed = d->to[0];
			errno = ETIMEDOUT;
			return -1;
		}
	}
	errno = d->error;
	return -1;
}

static enum dial_error
run(struct dial *d, struct conn *c, const struct addr *addrs, int n,
    int64_t deadline)
{
	struct ipaddr peer;
	int error, fd, i, one = 1;

	memset(d, 0, sizeof(*d));
	d->deadline = deadline;
	if (n < 1) {
		errno = EINVAL;
		return DIAL_OTHER;
	}
	interleave(d, addrs, n);
	if ((i = race(d)) == -1) {
		error = errno;
		while (d->active > 0)
			drop(d, 0);
		errno = error;
		if (error == ETIMEDOUT && clock_mono() >= deadline)
			return DIAL_TIMEOUT;
		return error == ECANCELED || error == EMFILE ||
		    error == ENFILE || error == ENOMEM || error == ENOBUFS ?
		    DIAL_OTHER : DIAL_CONNECT;
	}
	fd = d->fds[i].fd;
	ipaddr_from(&peer, &d->to[i]->sa, d->to[i]->len);
	if (peer.family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	d->fds[i] = d->fds[--d->active];
	while (d->active > 0)
		drop(d, 0);
	conn_init(c, fd, &peer);
	return DIAL_OK;
}

enum dial_error
dial_addrs(struct conn *c, const struct addr *addrs, int n, int64_t deadline)
{
	struct dial d;

	return run(&d, c, addrs, n, deadline);
}

/* join - host and port as addr_resolve takes them. */
static int
join(char *buf, size_t size, const char *host, const char *port)
{
	int n;

	if (port == NULL)
		n = snprintf(buf, size, "%s", host);
	else if (strchr(host, ':') != NULL && *host != '[')
		n = snprintf(buf, size, "[%s]:%s", host, port);
	else
		n = snprintf(buf, size, "%s:%s", host, port);
	return n < 0 || (size_t)n >= size ? -1 : 0;
}

enum dial_error
dial(struct conn *c, const char *host, const char *port, int64_t timeout_ms,
    char *why, size_t whylen)
{
	char text[1200], where[ADDR_TEXT_MAX];
	struct addr addrs[DIAL_ADDRS];
	int64_t deadline = clock_after_ms(timeout_ms);
	enum dial_error result;
	struct dial d;
	int error, n;

	if (join(text, sizeof(text), host, port) == -1) {
		snprintf(why, whylen, "host name is too long");
		return DIAL_RESOLVE;
	}
	n = resolve_by(addrs, DIAL_ADDRS, text, NULL, SOCK_STREAM, deadline,
	    why, whylen);
	if (n == -1)
		return errno == ETIMEDOUT ? DIAL_TIMEOUT :
		    errno == ECANCELED ? DIAL_OTHER : DIAL_RESOLVE;
	result = run(&d, c, addrs, n, deadline);
	if (result != DIAL_OK) {
		error = errno;
		snprintf(why, whylen, "connect to %s: %s",
		    addr_text(d.failed != NULL ? d.failed : &addrs[0], where,
		    sizeof(where)), strerror(error));
		errno = error;
	}
	return result;
}
