/*
 * sink HOST PORT REQUEST - connects, sends REQUEST (\r and \n are understood),
 * reads to the end and throws it away.  Prints how many bytes came and the
 * seconds from the connection to the end.  The same receiver for every server
 * that scripts/bench measures, so that it is the senders that differ.
 */
#include <sys/socket.h>

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char buf[256 * 1024];

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* unescape - in place */
static void
unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (s[0] == '\\' && (s[1] == 'r' || s[1] == 'n'))
			*to++ = *++s == 'r' ? '\r' : '\n';
		else
			*to++ = *s;
	}
	*to = '\0';
}

int
main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *ai;
	unsigned long long got = 0;
	double start;
	ssize_t n;
	int fd;

	if (argc != 4 || getaddrinfo(argv[1], argv[2], &hints, &ai) != 0) {
		fprintf(stderr, "usage: sink HOST PORT REQUEST\n");
		return 2;
	}
	unescape(argv[3]);
	start = now();
	fd = socket(ai->ai_family, SOCK_STREAM, 0);
	if (fd == -1 || connect(fd, ai->ai_addr, ai->ai_addrlen) == -1)
		die("connect");
	if (write(fd, argv[3], strlen(argv[3])) == -1)
		die("write");
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		got += (unsigned long long)n;
	if (n == -1)
		die("recv");
	printf("%llu %.6f\n", got, now() - start);
	return 0;
}
