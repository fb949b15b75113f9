/*
 * An exchange of datagrams.  Each has a socket of its own: an answer that comes
 * too late for its request must not be taken for that of the next one.
 */
#include "timec.h"

#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/wait.h"

/* open_udp - a socket that hears this address only; 0 or -1 */
static int
open_udp(struct link *l, const struct addr *a)
{
	l->udp = socket(a->sa.sa_family,
	    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->udp == -1)
		return -1;
	ipaddr_from(&l->peer, &a->sa, a->len);
	return connect(l->udp, &a->sa, a->len);
}

/* recv_udp - 0, or -1 with errno (ETIMEDOUT) */
static int
recv_udp(const struct link *l, struct answer *a, int64_t deadline)
{
	ssize_t n;
	int r;

	for (;;) {
		n = recv(l->udp, a->text, ANSWER_MAX, 0);
		if (n >= 0) {
			a->len = (size_t)n;
			return 0;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -1;
		r = net_wait_fd(l->udp, POLLIN, deadline);
		if (r == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (r == -1 && errno != EINTR)
			return -1;
	}
}

/* try_one - ask at this address; 0, or -1 with errno */
static int
try_one(struct link *l, const struct addr *addr, const char *request,
    size_t len, struct answer *a)
{
	int64_t began;
	int error, r;

	r = open_udp(l, addr);
	if (r == 0 && l->set->verbose)
		link_say_ends(l, l->udp);
	a->sent = clock_wall();
	began = clock_mono();
	if (r == 0 && send(l->udp, request, len, 0) == -1)
		r = -1;
	if (r == 0)
		r = recv_udp(l, a, clock_after_ms(l->set->wait_ms));
	a->rtt = clock_mono() - began;
	error = errno;
	if (l->udp != -1)
		close(l->udp);
	l->udp = -1;
	errno = error;
	return r;
}

/* trim - a text's newline; see take() in link.c */
static void
trim(const struct link *l, struct answer *a)
{
	while (l->set->protocol != PROTOCOL_TIME && a->len > 0 &&
	    (a->text[a->len - 1] == '\n' || a->text[a->len - 1] == '\r'))
		a->len--;
	a->text[a->len] = '\0';
}

/* udp_ask - the next address where nobody listens at this one: a name such as
 * localhost stands for two, and the server may have one of them. */
enum outcome
udp_ask(struct link *l, const char *request, size_t len, struct answer *a)
{
	for (int i = 0; i < l->naddrs; i++) {
		if (try_one(l, &l->addrs[i], request, len, a) == 0) {
			trim(l, a);
			return OUTCOME_ANSWERED;
		}
		if (errno == ETIMEDOUT) {
			warnx("%s: no answer", l->host);
			return OUTCOME_SILENCE;
		}
		if (errno != ECONNREFUSED && errno != ENETUNREACH &&
		    errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL) {
			warn("%s", l->host);
			return OUTCOME_ERROR;
		}
	}
	warn("%s", l->host);
	return OUTCOME_SILENCE;
}
