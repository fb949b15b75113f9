/*
 * Sending a body: data from memory, or a file, which may be a pipe whose end
 * nobody knows.  A server that answers before it has all of it is listened to:
 * nothing more is sent.
 */
#include "transfer.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/wait.h"

#define PIECE		16384
#define EXPECT_MIN	(1024 * 1024)	/* less is sent unasked, as curl does */
#define EXPECT_MS	1000		/* the server may not know the word */

/* says - the user gave this field, with the word in it */
static bool
says(const struct settings *s, const char *field, const char *word)
{
	const char *h = request_user_field(s, field);

	return h != NULL && strcasestr(strpbrk(h, ":;"), word) != NULL;
}

static int
open_file(struct transfer *t)
{
	const char *name = t->upload;
	struct stat st;

	t->up.fd = strcmp(name, "-") == 0 ? dup(STDIN_FILENO) :
	    open(name, O_RDONLY | O_CLOEXEC);
	if (t->up.fd == -1 || fstat(t->up.fd, &st) == -1)
		return fail(t, ST_READ, "%s: %s", name, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return fail(t, ST_READ, "%s: %s", name, strerror(EISDIR));
	t->up.kind = UPLOAD_FILE;
	t->up.chunked = strcmp(name, "-") == 0 || !S_ISREG(st.st_mode);
	t->up.size = t->up.chunked ? 0 : (uint64_t)st.st_size;
	if (t->up.chunked && t->set->http10)
		return fail(t, ST_UPLOAD, "%s: HTTP/1.0 needs to know the "
		    "length before", name);
	return ST_OK;
}

int
upload_prepare(struct transfer *t)
{
	int st = ST_OK;

	t->up.fd = -1;
	if (t->upload != NULL) {
		st = open_file(t);
	} else if (t->set->has_data) {
		t->up.kind = UPLOAD_DATA;
		t->up.size = t->set->data.len;
	}
	if (t->up.kind == UPLOAD_NONE)
		return st;
	if (says(t->set, "Transfer-Encoding", "chunked"))
		t->up.chunked = true;
	t->up.expect = !t->set->http10 &&
	    (t->up.chunked || t->up.size > EXPECT_MIN);
	if (request_user_field(t->set, "Expect") != NULL)
		t->up.expect = says(t->set, "Expect", "100-continue");
	return st;
}

void
upload_free(struct transfer *t)
{
	if (t->up.fd > STDERR_FILENO)
		close(t->up.fd);
	t->up.fd = -1;
}

int
upload_rewind(struct transfer *t)
{
	bool started = t->up.started;

	t->up.started = t->up.complete = false;
	if (t->up.kind != UPLOAD_FILE || t->bodyless || !started)
		return ST_OK;
	if (lseek(t->up.fd, 0, SEEK_SET) == 0)
		return ST_OK;
	t->up.started = true;
	return fail(t, ST_REWIND, "%s cannot be read a second time",
	    t->upload);
}

/* read_piece - the next bytes of the body from at on; how many, 0 at its end,
 * -1: an error, told */
static ssize_t
read_piece(struct transfer *t, char *piece, uint64_t at)
{
	size_t want = PIECE;
	ssize_t n;

	if (!(t->up.chunked && t->up.kind == UPLOAD_FILE) &&
	    t->up.size - at < want)
		want = (size_t)(t->up.size - at);
	if (t->up.kind == UPLOAD_DATA) {
		if (want > 0)
			memcpy(piece, t->set->data.data + at, want);
		return (ssize_t)want;
	}
	t->up.started = true;
	while ((n = read(t->up.fd, piece, want)) == -1) {
		if (errno == EAGAIN &&
		    net_wait_fd(t->up.fd, POLLIN, t->deadline) == 0) {
			fail(t, ST_TIMEOUT, "%s: nothing to send in time",
			    t->upload);
			return -1;
		}
		if (errno != EINTR && errno != EAGAIN)
			break;
	}
	if (n == -1)
		fail(t, ST_READ, "%s: %s", t->upload, strerror(errno));
	else if (n == 0 && want > 0 && !t->up.chunked) {
		fail(t, ST_READ, "%s: has got shorter while it was sent",
		    t->upload);
		return -1;
	}
	return n;
}

/* send_piece - with the chunk's size around it where that is the framing */
static int
send_piece(struct transfer *t, const char *piece, size_t n)
{
	struct conn *c = &t->link->conn;
	char size[24];
	int r;

	if (!t->up.chunked) {
		r = n > 0 ? conn_write(c, piece, n) : 0;
	} else {
		snprintf(size, sizeof(size), "%zx\r\n", n);
		r = conn_puts(c, size) == -1 || conn_put(c, piece, n) == -1 ||
		    conn_puts(c, "\r\n") == -1 || conn_flush(c) == -1 ? -1 : 0;
	}
	if (r == -1)
		return link_error(t, ST_SEND, "sending the body");
	t->result.size_upload += n;
	return ST_OK;
}

/*
 * answered - the server speaks before it has all: 1 if it has answered, so
 * that nothing more need be sent, 0 to go on (a 1xx), else minus a status
 */
static int
answered(struct transfer *t)
{
	struct conn *c = &t->link->conn;
	int st;

	/* What comes may be TLS's own and no answer, so conn_readable() would
	 * not do.  The end is for the reading of the answer. */
	if (conn_pending(c) == 0 && conn_fill_ms(c, 0) == -1)
		return errno == EAGAIN ? 0 :
		    -link_error(t, ST_SEND, "sending the body");
	st = response_head(t, http_method_of(http_cstr(t->method)));
	if (st != ST_OK)
		return -st;
	return t->response.msg.code >= 200;
}

/* await_input - a pipe may have nothing for a long time, and the server may
 * answer meanwhile; as above */
static int
await_input(struct transfer *t)
{
	struct pollfd p[] = {
		{ .fd = t->up.fd, .events = POLLIN },
		{ .fd = t->link->conn.fd, .events = POLLIN }
	};
	int r = 0, n;

	if (!t->up.chunked || t->up.kind != UPLOAD_FILE)
		return 0;
	if (conn_flush(&t->link->conn) == -1)
		return -link_error(t, ST_SEND, "sending the request");
	while (r == 0) {
		n = net_wait(p, 2, t->deadline);
		if (n == 0)
			return -fail(t, ST_TIMEOUT, "%s: nothing to send in "
			    "time", t->upload);
		if (n == -1 && errno != EINTR)
			return -fail(t, ST_READ, "%s: %s", t->upload,
			    strerror(errno));
		if (n > 0 && p[0].revents != 0)
			return 0;
		if (n > 0)
			r = answered(t);
	}
	return r;
}

/* await_continue - 100, an answer, or a server that says nothing; as above */
static int
await_continue(struct transfer *t)
{
	struct conn *c = &t->link->conn;

	if (conn_fill_ms(c, EXPECT_MS) == -1) {
		if (errno != EAGAIN)
			return -link_error(t, ST_RECV,
			    "waiting for the answer");
		trace(t, "no 100 Continue: sending anyway");
		return 0;
	}
	return answered(t);
}

/* status_of - what the callee left in the result */
static int
status_of(const struct transfer *t)
{
	return (int)t->result.exitcode;
}

int
upload_body(struct transfer *t)
{
	char piece[PIECE];
	uint64_t at = 0;
	ssize_t n;
	int r = 0, st;

	t->up.complete = t->up.kind == UPLOAD_NONE || t->bodyless;
	if (t->up.complete)
		return ST_OK;
	if (t->up.expect && !t->up.no_expect)
		r = await_continue(t);
	while (r == 0 && (r = await_input(t)) == 0) {
		n = read_piece(t, piece, at);
		if (n == -1)
			return status_of(t);
		if (n == 0 && !t->up.chunked)
			break;
		st = send_piece(t, piece, (size_t)n);
		if (st != ST_OK)
			return st;
		at += (uint64_t)n;
		if (n == 0 || (!t->up.chunked && at == t->up.size))
			break;
		r = answered(t);
	}
	t->up.complete = r == 0;
	return r < 0 ? -r : ST_OK;
}
