/*
 * A message at a time: interactive use, datagrams, and --json.  Each message
 * waits for its answer, no longer than --wait.
 */
#include "talk.h"

#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/wait.h"

/* stale - drop answers that came too late for the messages they belong to */
static void
stale(struct talk *t)
{
	enum conn_framed framed;

	if (t->udp != -1) {
		while (recv(t->udp, t->answer, sizeof(t->answer), 0) >= 0)
			;
		return;
	}
	conn_deadline(&t->conn, t->set->wait_ms);
	while (conn_pending(&t->conn) > 0 || conn_fill_ms(&t->conn, 0) > 0) {
		if (conn_request(&t->conn, t->answer, sizeof(t->answer), 0,
		    CONN_QUIET_MS, &framed) == -1)
			break;
	}
}

static int
send_message(struct talk *t, const char *line, size_t len)
{
	if (t->udp == -1) {
		conn_deadline(&t->conn, t->set->wait_ms);
		if (conn_put(&t->conn, line, len) == 0 &&
		    conn_put(&t->conn, "\n", 1) == 0 &&
		    conn_flush(&t->conn) == 0)
			return 0;
	} else if (send(t->udp, line, len, 0) != -1) {
		return 0;
	} else if (errno == ECONNREFUSED) {
		/* What the last datagram met; this one has not been sent. */
		if (send(t->udp, line, len, 0) != -1)
			return 0;
	}
	warn("sending to %s", t->host);
	return -1;
}

/* recv_datagram - its length; -1: none in time, -2: an error, said */
static ssize_t
recv_datagram(struct talk *t, int64_t deadline)
{
	ssize_t n;
	int r;

	for (;;) {
		n = recv(t->udp, t->answer, sizeof(t->answer) - 1, 0);
		if (n >= 0)
			return n;
		if (errno == ECONNREFUSED) {
			warnx("%s: refused: nobody listens on that port",
			    t->host);
			return -1;
		}
		if (errno != EAGAIN && errno != EINTR)
			break;
		r = net_wait_fd(t->udp, POLLIN, deadline);
		if (r == 0)
			return -1;
		if (r == -1 && errno != EINTR)
			break;
	}
	warn("receiving from %s", t->host);
	return -2;
}

/* recv_answer - the same over either transport */
static ssize_t
recv_answer(struct talk *t)
{
	enum conn_framed framed;
	ssize_t n;

	if (t->udp != -1)
		return recv_datagram(t, clock_after_ms(t->set->wait_ms));
	conn_deadline(&t->conn, t->set->wait_ms);
	n = conn_request(&t->conn, t->answer, sizeof(t->answer), 0,
	    CONN_QUIET_MS, &framed);
	if (n >= 0)
		return n;
	if (errno == ETIMEDOUT)
		return -1;
	if (errno == ENODATA)
		warnx("%s has closed the connection", t->host);
	else
		warn("receiving from %s", t->host);
	return -2;
}

static int
print_json(const struct talk *t, const char *line, size_t len, ssize_t got,
    int64_t rtt)
{
	struct buf b = { 0 };
	int r;

	buf_adds(&b, "{\"sent\":");
	buf_json(&b, line, len);
	buf_adds(&b, ",\"received\":");
	if (got >= 0)
		buf_json(&b, t->answer, (size_t)got);
	else
		buf_adds(&b, "null");
	if (got >= 0)
		buf_addf(&b, ",\"rtt_us\":%.1f}\n", (double)rtt / 1000);
	else
		buf_adds(&b, ",\"rtt_us\":null}\n");
	r = b.failed || fwrite(b.data, 1, b.len, stdout) != b.len ? -1 : 0;
	buf_free(&b);
	return r;
}

/* exchange - send one message, print its answer; 0, or -1 and said why */
static int
exchange(struct talk *t, const char *line, size_t len)
{
	int64_t began;
	ssize_t got = -1;
	int r = 0;

	if (t->udp != -1 && len > DATAGRAM_MAX) {
		warnx("a line of %zu bytes does not fit into a datagram "
		    "(at most %d)", len, DATAGRAM_MAX);
		return -1;
	}
	stale(t);
	began = clock_mono();
	if (send_message(t, line, len) == -1)
		return -1;
	t->sent++;
	if (!t->set->no_answer)
		got = recv_answer(t);
	if (got >= 0)
		t->answered++;
	else if (got == -1 && !t->set->no_answer)
		warnx("no answer to message %lu", t->sent);
	if (t->set->json)
		r = print_json(t, line, len, got, clock_mono() - began);
	else if (got >= 0 && (fwrite(t->answer, 1, (size_t)got, stdout) !=
	    (size_t)got || putchar('\n') == EOF))
		r = -1;
	if (r == -1 || fflush(stdout) == EOF) {
		warn("standard output");
		return -1;
	}
	return got == -2 ? -1 : 0;
}

int
by_lines(struct talk *t)
{
	bool prompt = t->set->interactive;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int r = 0;

	while (r == 0) {
		if (prompt && (fputs("Send a message: ", stdout) == EOF ||
		    fflush(stdout) == EOF))
			break;
		n = getline(&line, &size, stdin);
		if (n == -1)
			break;
		if (n > 0 && line[n - 1] == '\n')
			n--;
		if (n == 0 && prompt)
			break;
		r = exchange(t, line, (size_t)n);
	}
	free(line);
	if (ferror(stdin)) {
		warn("standard input");
		r = -1;
	}
	if (r == -1)
		return EXIT_ERROR;
	/* So that a reset does not overtake the last message. */
	if (t->udp == -1 && t->set->no_answer)
		conn_linger(&t->conn, t->set->wait_ms, SIZE_MAX);
	return t->set->no_answer || t->answered == t->sent ? EXIT_ANSWERED :
	    EXIT_SILENCE;
}
