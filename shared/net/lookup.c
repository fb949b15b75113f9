/*
 * Names looked up by c-ares: a channel for each lookup, driven by net_wait() as
 * everything else is.  Never blocks the process but in net_wait().
 */
#include "net/lookup.h"

#include <ares.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "base/clock.h"
#include "net/wait.h"

#define ROUND_MS	1000	/* c-ares wants to look at its timeouts */

struct lookup {
	struct addr	*out;
	int		 max, n;
	int		 done;
	int		 status;	/* ARES_* */
};

int
lookup_init(void)
{
	return ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS ? 0 : -1;
}

void
lookup_cleanup(void)
{
	ares_library_cleanup();
}

static void
take(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
	struct lookup *l = arg;
	struct ares_addrinfo_node *node;

	(void)timeouts;
	l->done = 1;
	l->status = status;
	if (info == NULL)
		return;
	for (node = info->nodes; node != NULL && l->n < l->max;
	    node = node->ai_next) {
		if (node->ai_addrlen > sizeof(l->out->ss))
			continue;
		memcpy(&l->out[l->n].ss, node->ai_addr, node->ai_addrlen);
		l->out[l->n++].len = node->ai_addrlen;
	}
	ares_freeaddrinfo(info);
}

/* wait_once - until one of the channel's sockets is ready; 0, or -1. */
static int
wait_once(ares_channel channel, int64_t deadline)
{
	ares_socket_t socks[ARES_GETSOCK_MAXNUM];
	struct pollfd p[WAIT_MAX];
	unsigned int bits;	/* the library's macros shift into the sign */
	int i, n = 0, r, in, out;
	int64_t round = clock_after_ms(ROUND_MS);

	bits = (unsigned int)ares_getsock(channel, socks, ARES_GETSOCK_MAXNUM);
	for (i = 0; i < ARES_GETSOCK_MAXNUM && n < WAIT_MAX; i++) {
		in = bits >> i & 1 ? POLLIN : 0;
		out = bits >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0;
		if ((in | out) == 0)
			continue;
		p[n].fd = socks[i];
		p[n++].events = (short)(in | out);
	}
	r = net_wait(p, n, round < deadline ? round : deadline);
	if (r == -1 && errno != EINTR)
		return -1;
	if (r <= 0)
		ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	for (i = 0; i < n && r > 0; i++)
		if (p[i].revents != 0)
			ares_process_fd(channel, p[i].revents & ~POLLOUT ?
			    p[i].fd : ARES_SOCKET_BAD, p[i].revents & POLLOUT ?
			    p[i].fd : ARES_SOCKET_BAD);
	return 0;
}

/* closed - c-ares closes its sockets itself: the poller must forget them. */
static void
closed(void *arg, ares_socket_t fd, int readable, int writable)
{
	(void)arg;
	if (!readable && !writable)
		net_wait_forget(fd);
}

int
lookup(const char *host, uint16_t port, struct addr *out, int max,
    int64_t deadline)
{
	struct ares_options options = { .sock_state_cb = closed };
	struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM };
	struct lookup l = { .out = out, .max = max };
	struct ipaddr ip;
	ares_channel channel;
	char service[8];
	int i, error = 0;

	if (ipaddr_parse(&ip, host) == 0) {
		ip.port = port;
		addr_from_ip(out, &ip);
		return 1;
	}
	if (ares_init_options(&channel, &options, ARES_OPT_SOCK_STATE_CB) !=
	    ARES_SUCCESS) {
		errno = EIO;
		return -1;
	}
	for (i = sizeof(service) - 1, service[i] = '\0'; i > 0 &&
	    (port > 0 || i == sizeof(service) - 1); port /= 10)
		service[--i] = (char)('0' + port % 10);
	ares_getaddrinfo(channel, host, service + i, &hints, take, &l);
	while (!l.done && error == 0) {
		if (clock_mono() >= deadline)
			error = ETIMEDOUT;
		else if (wait_once(channel, deadline) == -1)
			error = errno;
	}
	ares_destroy(channel);
	if (error != 0) {
		errno = error;
		return -1;
	}
	if (l.status == ARES_SUCCESS || l.status == ARES_ENOTFOUND ||
	    l.status == ARES_ENODATA || l.status == ARES_EBADNAME)
		return l.n;
	errno = l.status == ARES_ETIMEOUT ? ETIMEDOUT : EIO;
	return -1;
}
