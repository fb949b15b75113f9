/*
 * Bytes from the connection, with an eye on their end: a server that must give
 * up in the middle says so in the place of data.
 */
#include "stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* remember - the last bytes that came */
static void
remember(struct stream *s, const char *p, size_t n)
{
	size_t keep;

	if (n >= sizeof(s->tail)) {
		memcpy(s->tail, p + n - sizeof(s->tail), sizeof(s->tail));
		s->tail_len = sizeof(s->tail);
		return;
	}
	keep = sizeof(s->tail) - n;
	if (keep > s->tail_len)
		keep = s->tail_len;
	memmove(s->tail, s->tail + s->tail_len - keep, keep);
	memcpy(s->tail + keep, p, n);
	s->tail_len = keep + n;
}

/* ended - before all had come */
static void
ended(struct stream *s)
{
	size_t len = 0, textlen;
	const char *text;
	int code;

	code = file_abort_find(s->tail, s->tail_len, &len, &text, &textlen);
	if (code == 0) {
		errno = 0;
		link_lost(s->l, s->o);
		return;
	}
	s->given_up = len;
	fail(s->o, status_of(code), "%d %.*s", code, (int)textlen, text);
	link_close(s->l);
}

ssize_t
stream_read(struct stream *s, char *buf, uint64_t left)
{
	size_t most = pace_most(s->w->set, HASHER_BUF);
	ssize_t n;

	n = conn_read(&s->l->conn, buf, left < most ? (size_t)left : most);
	if (n > 0)
		remember(s, buf, (size_t)n);
	else if (n == 0)
		ended(s);
	else
		link_lost(s->l, s->o);
	return n;
}

int
stream_file(struct hasher *h, int fd, uint64_t n)
{
	uint64_t off = 0;
	size_t part;
	ssize_t r;

	while (off < n) {
		part = n - off < HASHER_BUF ? (size_t)(n - off) : HASHER_BUF;
		r = pread(fd, hasher_buffer(h), part, (off_t)off);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == 0)
			errno = EIO;
		if (r <= 0)
			return -1;
		hasher_submit(h, (size_t)r);
		off += (uint64_t)r;
	}
	return 0;
}
