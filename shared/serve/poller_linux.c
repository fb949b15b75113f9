/*
 * The poller by epoll(7).  A port to a BSD replaces this file (kqueue(2)).
 */
#include "serve/poller.h"

#include <sys/epoll.h>

#include <poll.h>

int
poller_new(void)
{
	return epoll_create1(EPOLL_CLOEXEC);
}

int
poller_add(int poller, int fd, enum poller_mode mode)
{
	struct epoll_event ev = { .data.fd = fd, .events = EPOLLIN };

	if (mode == POLLER_EDGE)
		ev.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
	else if (mode == POLLER_EXCLUSIVE)
		ev.events |= EPOLLEXCLUSIVE;
	return epoll_ctl(poller, EPOLL_CTL_ADD, fd, &ev);
}

void
poller_del(int poller, int fd)
{
	epoll_ctl(poller, EPOLL_CTL_DEL, fd, NULL);
}

static short
to_poll(uint32_t events)
{
	short out = 0;

	if (events & EPOLLIN)
		out |= POLLIN;
	if (events & EPOLLOUT)
		out |= POLLOUT;
	if (events & (EPOLLRDHUP | EPOLLHUP))
		out |= POLLHUP;
	if (events & EPOLLERR)
		out |= POLLERR;
	return out;
}

int
poller_wait(int poller, struct poller_event *out, int ms,
    const sigset_t *mask)
{
	struct epoll_event ev[POLLER_BATCH];
	int i, n;

	n = epoll_pwait(poller, ev, POLLER_BATCH, ms, mask);
	for (i = 0; i < n; i++) {
		out[i].fd = ev[i].data.fd;
		out[i].events = to_poll(ev[i].events);
	}
	return n;
}
