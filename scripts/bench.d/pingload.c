/*
 * The load of the ping benchmark: keeps a number of datagrams under way to a
 * UDP server on 127.0.0.1 and counts what comes back.  Called by bench.d/ping.
 *
 * pingload [-b] [-w WINDOW] [-t SECONDS] PORT
 *	-b	the better dialect of pingd, after its greeting
 * prints "SENT ANSWERED SECONDS".
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <endian.h>
#include <err.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH	32
#define HEAD	128		/* bytes of a message of the better dialect */
#define STALL	20		/* ms without an answer: all were lost */

struct load {
	int		 fd, better;
	uint64_t	 seq, sent, answered;
	uint8_t		 cookie[16];
	char		 out[BATCH][HEAD], in[BATCH][HEAD];
	struct iovec	 outv[BATCH], inv[BATCH];
	struct mmsghdr	 outm[BATCH], inm[BATCH];
};

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static uint64_t
mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

/* seal - the checksum that wire/ping_code.c has. */
static void
seal(char *p)
{
	uint64_t h = HEAD, word;
	int i;

	memset(p + 96, 0, 32);
	for (i = 0; i < HEAD; i += 8) {
		memcpy(&word, p + i, 8);
		h = mix(h, be64toh(word));
	}
	h = htobe64(mix(h, 0));
	memcpy(p + 96, &h, 8);
}

static size_t
request(struct load *l, char *p)
{
	uint64_t seq = htobe64(++l->seq);

	if (!l->better)
		return (size_t)sprintf(p, "Ping %llu 1624140318.123456",
		    (unsigned long long)l->seq);
	memset(p, 0, HEAD);
	memcpy(p, "\x8f\0PG\1\2", 6);
	memcpy(p + 8, l->cookie, sizeof(l->cookie));
	memcpy(p + 24, &seq, 8);
	seal(p);
	return HEAD;
}

static void
greet(struct load *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLIN };
	char hello[HEAD];

	memset(hello, '.', sizeof(hello));
	memcpy(hello, "Brood ping 1 hello 0123456789abcdef", 35);
	if (send(l->fd, hello, sizeof(hello), 0) != sizeof(hello) ||
	    poll(&p, 1, 2000) != 1 ||
	    recv(l->fd, hello, sizeof(hello), 0) != HEAD || hello[5] != 1)
		errx(1, "no welcome");
	memcpy(l->cookie, hello + 8, sizeof(l->cookie));
}

static void
set_up(struct load *l, int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int i, room = 4 << 20;

	l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (l->fd == -1 ||
	    connect(l->fd, (struct sockaddr *)&in, sizeof(in)) == -1)
		err(1, "socket");
	setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	for (i = 0; i < BATCH; i++) {
		l->outv[i].iov_base = l->out[i];
		l->inv[i] = (struct iovec){ l->in[i], HEAD };
		l->outm[i].msg_hdr = (struct msghdr){ .msg_iov = &l->outv[i],
		    .msg_iovlen = 1 };
		l->inm[i].msg_hdr = (struct msghdr){ .msg_iov = &l->inv[i],
		    .msg_iovlen = 1 };
	}
	if (l->better)
		greet(l);
}

static void
run(struct load *l, uint64_t window, double end)
{
	struct pollfd p = { .fd = l->fd, .events = POLLIN };
	uint64_t away = 0;
	int i, n;

	while (now() < end) {
		for (i = 0; i < BATCH && away + (uint64_t)i < window; i++)
			l->outv[i].iov_len = request(l, l->out[i]);
		n = i > 0 ? sendmmsg(l->fd, l->outm, (unsigned)i, 0) : 0;
		if (n > 0) {
			l->sent += (uint64_t)n;
			away += (uint64_t)n;
		}
		if (poll(&p, 1, STALL) == 0)
			away = 0;
		while ((n = recvmmsg(l->fd, l->inm, BATCH, MSG_DONTWAIT,
		    NULL)) > 0) {
			l->answered += (uint64_t)n;
			away -= (uint64_t)n < away ? (uint64_t)n : away;
		}
	}
}

int
main(int argc, char **argv)
{
	static struct load l;
	double seconds = 3, began;
	uint64_t window = 64;
	int c;

	while ((c = getopt(argc, argv, "bw:t:")) != -1) {
		if (c == 'b')
			l.better = 1;
		else if (c == 'w')
			window = strtoull(optarg, NULL, 10);
		else if (c == 't')
			seconds = atof(optarg);
		else
			return 2;
	}
	if (optind + 1 != argc || window == 0)
		errx(2, "usage: pingload [-b] [-w WINDOW] [-t SECONDS] PORT");
	set_up(&l, atoi(argv[optind]));
	began = now();
	run(&l, window, began + seconds);
	printf("%llu %llu %.6f\n", (unsigned long long)l.sent,
	    (unsigned long long)l.answered, now() - began);
	return 0;
}
