/*
 * load - a load generator that counts every exchange that goes wrong.
 * scripts/bench uses it where wrk and ab do not reach: for line servers, and
 * where a single lost request must show (reloads).  One process, one epoll
 * loop, a bounded time; it must never retry a failed exchange silently.
 *
 * usage: load [-n] [-c CONNECTIONS] [-t SECONDS] [-p PATH] echo|http ADDR PORT
 * (-n makes a new connection for each exchange).  Prints one JSON object.
 */

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EVENTS          256
#define MAX_CONNECTIONS 16384
#define HEAD_MAX        4096
#define GRACE           5.0 /* seconds for what is under way at the end */

enum state { CLOSED, CONNECTING, WAITING };

struct peer {
	enum state state;
	int fd;
	bool last; /* the reply said that it will close */
	bool in_head;
	size_t got; /* bytes of the reply so far */
	size_t want; /* its whole length, when known */
	char head[HEAD_MAX];
};

static struct {
	unsigned long done; /* exchanges answered in full */
	unsigned long opened; /* connections */
	unsigned long refused; /* connect failed */
	unsigned long cut; /* reset or closed within an exchange */
	unsigned long wrong; /* another answer than expected */
	unsigned long silent; /* no answer GRACE after the end */
	char example[80]; /* the first one that failed */
} count;

static struct sockaddr_in server;
static char request[512];
static size_t request_len;
static bool http, fresh;
static int ep;
static double end;
static int active;

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
fail(unsigned long *counter, const char *what)
{
	if (count.example[0] == '\0')
		snprintf(count.example, sizeof(count.example), "%s: %s", what,
		    errno != 0 ? strerror(errno) : "closed");
	(*counter)++;
}

static void
hang_up(struct peer *p)
{
	if (p->state != CLOSED) {
		close(p->fd);
		active--;
	}
	p->state = CLOSED;
}

/* dial - starts a connection; the loop sees when it stands */
static void
dial(struct peer *p)
{
	struct epoll_event ev;
	int on = 1;

	memset(&ev, 0, sizeof(ev));
	ev.events = EPOLLIN | EPOLLOUT | EPOLLET;
	ev.data.ptr = p;
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (p->fd == -1)
		err(1, "socket");
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	p->state = CONNECTING;
	p->last = false;
	active++;
	errno = 0;
	if ((connect(p->fd, (struct sockaddr *)&server, sizeof(server)) == -1 &&
		errno != EINPROGRESS) ||
	    epoll_ctl(ep, EPOLL_CTL_ADD, p->fd, &ev) == -1) {
		fail(&count.refused, "connect");
		hang_up(p);
	}
}

static void
ask(struct peer *p)
{
	p->state = WAITING;
	p->got = 0;
	p->in_head = http;
	p->want = http ? 0 : request_len;
	errno = 0;
	if (send(p->fd, request, request_len, MSG_NOSIGNAL) !=
	    (ssize_t)request_len) {
		fail(&count.cut, "send");
		hang_up(p);
	}
}

/* answered - one exchange is over: the next one, or the end */
static void
answered(struct peer *p)
{
	count.done++;
	if (now() >= end) {
		hang_up(p);
	} else if (fresh || p->last) {
		hang_up(p);
		dial(p);
	} else
		ask(p);
}

/* read_head - sets want once the head is whole; false if it is not a 200 */
static bool
read_head(struct peer *p)
{
	const char *body, *len;

	p->head[p->got < HEAD_MAX ? p->got : HEAD_MAX - 1] = '\0';
	if ((body = strstr(p->head, "\r\n\r\n")) == NULL)
		return p->got < HEAD_MAX - 1;
	if (strncmp(p->head, "HTTP/1.1 200 ", 13) != 0 ||
	    (len = strcasestr(p->head, "\r\ncontent-length:")) == NULL)
		return false;
	p->want = (size_t)(body + 4 - p->head) + strtoul(len + 17, NULL, 10);
	p->last = strcasestr(p->head, "\r\nconnection: close\r\n") != NULL;
	p->in_head = false;
	return true;
}

/* take - n bytes have arrived in buf; false if they are not the answer */
static bool
take(struct peer *p, const char *buf, size_t n)
{
	if (!http &&
	    (p->got + n > p->want || memcmp(buf, request + p->got, n) != 0))
		return false;
	if (p->in_head) {
		size_t room = HEAD_MAX - 1 - p->got;

		memcpy(p->head + p->got, buf, n < room ? n : room);
	}
	p->got += n;
	if (p->in_head && !read_head(p))
		return false;
	return p->in_head || p->got <= p->want;
}

static void
receive(struct peer *p)
{
	static char buf[65536];
	ssize_t n;

	for (;;) {
		errno = 0;
		n = recv(p->fd, buf, sizeof(buf), 0);
		if (n == -1 && errno == EAGAIN)
			return;
		if (n <= 0) {
			fail(&count.cut, "recv");
			break;
		}
		if (!take(p, buf, (size_t)n)) {
			fail(&count.wrong, "answer");
			break;
		}
		if (!p->in_head && p->got == p->want) {
			answered(p);
			return;
		}
	}
	hang_up(p);
	if (now() < end)
		dial(p);
}

/* connected - the handshake is over, for better or worse */
static void
connected(struct peer *p)
{
	int error = 0;
	socklen_t len = sizeof(error);

	getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		errno = error;
		fail(&count.refused, "connect");
		hang_up(p);
		return;
	}
	count.opened++;
	ask(p);
}

static void
run(struct peer *peers, int n)
{
	struct epoll_event ev[EVENTS];
	double t;
	int i, ready;

	while ((t = now()) < end + GRACE && active > 0) {
		ready = epoll_wait(ep, ev, EVENTS, 100);
		for (i = 0; i < ready; i++) {
			struct peer *p = ev[i].data.ptr;

			if (p->state == CONNECTING &&
			    (ev[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
				connected(p);
			else if (p->state == WAITING)
				receive(p);
		}
		for (i = 0; ready == 0 && t < end && i < n; i++)
			if (peers[i].state == CLOSED)
				dial(&peers[i]);
	}
	count.silent = (unsigned long)active;
}

static void
report(double start, double stop)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	printf("{\"done\": %lu, \"connections\": %lu, \"failed\": %lu, "
	       "\"refused\": %lu, \"cut\": %lu, \"wrong\": %lu, "
	       "\"silent\": %lu, \"seconds\": %.3f, \"cpu\": %.3f, "
	       "\"example\": \"%s\"}\n",
	    count.done, count.opened,
	    count.refused + count.cut + count.wrong + count.silent,
	    count.refused, count.cut, count.wrong, count.silent, stop - start,
	    (double)ru.ru_utime.tv_sec + (double)ru.ru_utime.tv_usec / 1e6 +
		(double)ru.ru_stime.tv_sec + (double)ru.ru_stime.tv_usec / 1e6,
	    count.example);
}

static void
compose(const char *path)
{
	int n;

	if (http)
		n = snprintf(request, sizeof(request),
		    "GET %s HTTP/1.1\r\n"
		    "Host: localhost\r\nUser-Agent: load\r\n%s\r\n",
		    path, fresh ? "Connection: close\r\n" : "");
	else
		n = snprintf(request, sizeof(request),
		    "The hen looks after her chicks.\n");
	if (n < 0 || (size_t)n >= sizeof(request))
		errx(2, "path too long");
	request_len = (size_t)n;
}

static void
usage(void)
{
	fprintf(stderr,
	    "usage: load [-n] [-c CONNECTIONS] [-t SECONDS] "
	    "[-p PATH] echo|http ADDR PORT\n");
	exit(2);
}

/* options - argv into the settings above; the number of connections */
static int
options(int argc, char *argv[], double *seconds)
{
	const char *path = "/";
	int ch, conns = 1;

	while ((ch = getopt(argc, argv, "nc:t:p:")) != -1) {
		switch (ch) {
		case 'n':
			fresh = true;
			break;
		case 'c':
			conns = atoi(optarg);
			break;
		case 't':
			*seconds = atof(optarg);
			break;
		case 'p':
			path = optarg;
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 3 || conns < 1 || conns > MAX_CONNECTIONS ||
	    *seconds <= 0)
		usage();
	http = strcmp(argv[optind], "http") == 0;
	server.sin_family = AF_INET;
	server.sin_port = htons((in_port_t)atoi(argv[optind + 2]));
	if (inet_pton(AF_INET, argv[optind + 1], &server.sin_addr) != 1)
		errx(2, "not an IPv4 address: %s", argv[optind + 1]);
	compose(path);
	return conns;
}

int
main(int argc, char *argv[])
{
	struct peer *peers;
	double seconds = 3, start;
	int conns, i;

	conns = options(argc, argv, &seconds);
	if ((peers = calloc((size_t)conns, sizeof(*peers))) == NULL)
		err(1, "calloc");
	if ((ep = epoll_create1(0)) == -1)
		err(1, "epoll_create1");
	start = now();
	end = start + seconds;
	for (i = 0; i < conns; i++)
		dial(&peers[i]);
	run(peers, conns);
	report(start, now());
	free(peers);
	return count.done == 0;
}
