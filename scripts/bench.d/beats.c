/*
 * beats NAMES SECONDS PORT - a load for heartbeatd: so many names, each with a
 * beat a second, spread evenly over the second, to 127.0.0.1.  Prints how many
 * were sent, and how many milliseconds it was late at most.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BATCH	64
#define TEXT	96
#define SECOND	1000000000LL

struct batch {
	struct mmsghdr	 msg[BATCH];
	struct iovec	 iov[BATCH];
	char		 text[BATCH][TEXT];
};

static int64_t
now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static void
pause_until(int64_t at)
{
	struct timespec ts = { at / SECOND, at % SECOND };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static int
connect_to(int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd == -1 || connect(fd, (struct sockaddr *)&in, sizeof(in)) == -1)
		err(1, "127.0.0.1:%d", port);
	return fd;
}

/* send_batch - n beats from number first on. */
static void
send_batch(int fd, struct batch *b, long names, int64_t first, int n)
{
	int64_t wall = now(CLOCK_REALTIME);
	int sent = 0, r;

	for (int i = 0; i < n; i++) {
		int64_t k = first + i;

		b->iov[i].iov_base = b->text[i];
		b->iov[i].iov_len = (size_t)snprintf(b->text[i], TEXT,
		    "Heartbeat host%05ld.example.com %lld %lld.%09lld",
		    (long)(k % names), (long long)(k / names + 1),
		    (long long)(wall / SECOND), (long long)(wall % SECOND));
		b->msg[i].msg_hdr.msg_iov = &b->iov[i];
		b->msg[i].msg_hdr.msg_iovlen = 1;
	}
	while (sent < n) {
		r = sendmmsg(fd, b->msg + sent, (unsigned)(n - sent), 0);
		if (r == -1)
			err(1, "sendmmsg");
		sent += r;
	}
}

int
main(int argc, char **argv)
{
	static struct batch batch;
	long names = argc == 4 ? atol(argv[1]) : 0;
	double seconds = argc == 4 ? atof(argv[2]) : 0;
	int64_t total = (int64_t)((double)names * seconds), sent = 0, begin;
	int64_t late = 0, at;
	int fd, n;

	if (names < 1 || total < 1)
		errx(2, "usage: beats NAMES SECONDS PORT");
	fd = connect_to(atoi(argv[3]));
	begin = now(CLOCK_MONOTONIC);
	while (sent < total) {
		at = begin + (int64_t)((double)sent / (double)names * SECOND);
		pause_until(at);
		if (now(CLOCK_MONOTONIC) - at > late)
			late = now(CLOCK_MONOTONIC) - at;
		n = total - sent < BATCH ? (int)(total - sent) : BATCH;
		/* a few at a time, so that the second is filled evenly */
		if (n > names / 500 + 1)
			n = (int)(names / 500 + 1);
		send_batch(fd, &batch, names, sent, n);
		sent += n;
	}
	printf("sent %lld late %.1f\n", (long long)sent, (double)late / 1e6);
	return 0;
}
