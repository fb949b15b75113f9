/*
 * floor - the least that answering an HTTP request can cost on this machine:
 * an edge-triggered epoll loop which receives something and sends the same
 * 1 KiB answer, unread.  scripts/bench measures servers against it.  It is no
 * web server and must never be taken for one.
 *
 * usage: floor [-c] PROCESSES   (-c closes the connection after each answer)
 */

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BODY          1024
#define EVENTS        256
#define MAX_PROCESSES 64

static char answer[BODY + 512];
static size_t answer_len;
static int close_each;

/* make_answer - a head such as a web server would send, and 1 KiB */
static void
make_answer(void)
{
	int n;

	n = snprintf(answer, sizeof(answer),
	    "HTTP/1.1 200 OK\r\n"
	    "Date: Sat, 19 Jun 2021 22:05:18 GMT\r\n"
	    "Server: floor\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Length: %d\r\n"
	    "Last-Modified: Sat, 19 Jun 2021 22:05:18 GMT\r\n"
	    "ETag: \"60ce6a0e-400\"\r\n"
	    "Accept-Ranges: bytes\r\n"
	    "%s"
	    "\r\n",
	    BODY, close_each ? "Connection: close\r\n" : "");
	memset(answer + n, 'x', BODY);
	answer_len = (size_t)n + BODY;
}

/* open_listener - one of several on the same port; *port may be 0 */
static int
open_listener(in_port_t *port)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int fd, on = 1;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = *port;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fd == -1)
		err(1, "socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == -1)
		err(1, "SO_REUSEPORT");
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "bind");
	if (listen(fd, 4096) == -1)
		err(1, "listen");
	if (getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		err(1, "getsockname");
	*port = sin.sin_port;
	return fd;
}

/* watch - edge-triggered, so that one call per connection is enough */
static void
watch(int ep, int fd)
{
	struct epoll_event ev;

	memset(&ev, 0, sizeof(ev));
	ev.events = EPOLLIN | EPOLLET;
	ev.data.fd = fd;
	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == -1)
		err(1, "epoll_ctl");
}

/* accept_all - an edge stands for any number of waiting connections */
static void
accept_all(int ep, int listener)
{
	int fd, on = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) != -1) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		watch(ep, fd);
	}
}

/* serve - one request is one segment here; the load never pipelines */
static void
serve(int fd)
{
	char buf[4096];
	ssize_t n;

	n = recv(fd, buf, sizeof(buf), 0);
	if (n == -1)
		return;
	if (n == 0 || send(fd, answer, answer_len, MSG_NOSIGNAL) == -1 ||
	    close_each)
		close(fd);
}

static void
loop(int listener)
{
	struct epoll_event ev[EVENTS];
	int ep, i, n;

	if ((ep = epoll_create1(0)) == -1)
		err(1, "epoll_create1");
	watch(ep, listener);
	for (;;) {
		n = epoll_wait(ep, ev, EVENTS, -1);
		for (i = 0; i < n; i++) {
			if (ev[i].data.fd == listener)
				accept_all(ep, listener);
			else
				serve(ev[i].data.fd);
		}
	}
}

int
main(int argc, char *argv[])
{
	int i, listener[MAX_PROCESSES], processes;
	in_port_t port = 0;

	close_each = argc == 3 && strcmp(argv[1], "-c") == 0;
	processes = argc < 2 ? 0 : atoi(argv[argc - 1]);
	if (processes < 1 || processes > MAX_PROCESSES)
		errx(2, "usage: floor [-c] PROCESSES");
	make_answer();
	for (i = 0; i < processes; i++)
		listener[i] = open_listener(&port);
	printf("listening on 127.0.0.1:%d\n", ntohs(port));
	fflush(stdout);
	for (i = 0; i < processes; i++) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			loop(listener[i]);
		}
	}
	while (wait(NULL) != -1)
		;
	return 0;
}
