/*
 * Standard input as one stream to the server, and what comes back to standard
 * output, both at once.
 */
#include "talk.h"

#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/wait.h"

#define PIECE		16384	/* bytes sent at a time; see stream_step() */
#define SEND_BUFFER	(256 * 1024)

struct stream {
	struct talk	*talk;
	char		 out[PIECE];
	size_t		 out_len;	/* read, but not sent */
	uint64_t	 sent, got;	/* bytes */
	uint64_t	 sent_sum, got_sum;
	int64_t		 last;		/* when something happened last */
	bool		 input_ended, server_ended;
};

/* sum - FNV-1a, to tell an echo that is complete from any other answer */
static uint64_t
sum(uint64_t h, const char *p, size_t n)
{
	while (n-- > 0)
		h = (h ^ (unsigned char)*p++) * 0x100000001b3;
	return h;
}

/* take_in - what has come, to standard output; 0, or -1 and said why */
static int
take_in(struct stream *s)
{
	struct conn *c = &s->talk->conn;
	ssize_t n = conn_fill_ms(c, 0);
	size_t len = conn_pending(c);

	if (n == -1 && errno != EAGAIN && errno != ENOBUFS) {
		warn("receiving from %s", s->talk->host);
		return -1;
	}
	if (n == 0)
		s->server_ended = true;
	if (len == 0)
		return 0;
	s->got_sum = sum(s->got_sum, conn_data(c), len);
	s->got += len;
	if (fwrite(conn_data(c), 1, len, stdout) != len ||
	    fflush(stdout) == EOF) {
		warn("standard output");
		return -1;
	}
	conn_consume(c, len);
	return 0;
}

static int
send_piece(struct stream *s)
{
	if (conn_write(&s->talk->conn, s->out, s->out_len) == -1) {
		warn("sending to %s", s->talk->host);
		return -1;
	}
	s->sent_sum = sum(s->sent_sum, s->out, s->out_len);
	s->sent += s->out_len;
	s->out_len = 0;
	return 0;
}

static int
read_piece(struct stream *s)
{
	ssize_t n = read(STDIN_FILENO, s->out, sizeof(s->out));

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n == -1) {
		warn("standard input");
		return -1;
	}
	s->out_len = (size_t)n;
	if (n > 0)
		return 0;
	s->input_ended = true;
	if (conn_shutdown(&s->talk->conn) == -1 && errno != ENOTCONN) {
		warn("sending to %s", s->talk->host);
		return -1;
	}
	return 0;
}

/* complete - the whole of what was sent has come back */
static bool
complete(const struct stream *s)
{
	return s->input_ended && s->got == s->sent &&
	    s->got_sum == s->sent_sum && !s->talk->set->no_answer;
}

/*
 * stream_step - wait for either side and serve it.  A piece is sent only when
 * the socket says that it takes bytes, and is far smaller than the least space
 * that poll(2) then promises of SEND_BUFFER; so sending never blocks, and an
 * echo that nobody read could not make both sides wait for each other.
 * Returns 1 to go on, 0 at the end, -1 and said why.
 */
static int
stream_step(struct stream *s)
{
	struct conn *c = &s->talk->conn;
	struct pollfd p[2] = {
		{ .fd = c->fd, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN }
	};
	bool input = !s->input_ended && s->out_len == 0;
	int64_t until = CLOCK_NEVER;
	int r;

	if (s->input_ended)
		until = s->last + s->talk->set->wait_ms * NSEC_PER_MSEC;
	if (s->out_len > 0)
		p[0].events |= POLLOUT;
	if (conn_readable(c))
		return take_in(s) == -1 ? -1 : 1;
	r = net_wait(p, input ? 2 : 1, until);
	if (r == 0 || (r == -1 && errno != EINTR))
		return r;
	if (r == -1)
		return 1;
	s->last = clock_mono();
	if ((p[0].revents & ~POLLOUT) != 0)
		r = take_in(s);
	else if (p[0].revents & POLLOUT)
		r = send_piece(s);
	else
		r = read_piece(s);
	return r == -1 ? -1 : 1;
}

int
by_stream(struct talk *t)
{
	static struct stream s;
	int size = SEND_BUFFER, r = 1;

	s.talk = t;
	s.sent_sum = s.got_sum = 0xcbf29ce484222325;
	s.last = clock_mono();
	conn_deadline(&t->conn, -1);
	setsockopt(t->conn.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	while (r == 1 && !s.server_ended && !complete(&s))
		r = stream_step(&s);
	if (r == -1)
		return EXIT_ERROR;
	if (t->set->no_answer || s.sent == 0 || complete(&s))
		return EXIT_ANSWERED;
	if (s.got >= s.sent || (s.got > 0 && s.input_ended && s.server_ended))
		return EXIT_ANSWERED;
	warnx("%llu bytes sent, %llu received%s",
	    (unsigned long long)s.sent, (unsigned long long)s.got,
	    s.server_ended ? " before the server closed" : "");
	return EXIT_SILENCE;
}
