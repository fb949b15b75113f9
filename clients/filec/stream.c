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
	size_t most = pace_most(s->w->set, STREAM_BUF);
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

/* recall - the last bytes that came, where they have gone to the .part */
static void
recall(struct stream *s, const struct part *part, uint64_t from)
{
	uint64_t n = part->size - from;
	ssize_t r;

	if (n > sizeof(s->tail))
		n = sizeof(s->tail);
	r = part_read(part, s->tail, (size_t)n, part->size - n);
	s->tail_len = r > 0 ? (size_t)r : 0;
}

/* store - all that was taken; 0, or -1 with errno */
static int
store(struct inflow *in, struct part *part, uint64_t n)
{
	ssize_t r;

	for (; n > 0; n -= (uint64_t)r) {
		r = inflow_put(in, part->fd, part->size);
		if (r == -1)
			return -1;
		part_wrote(part, (size_t)r);
	}
	return 0;
}

ssize_t
stream_part(struct stream *s, struct inflow *in, struct part *part,
    uint64_t from, uint64_t left)
{
	size_t most = pace_most(s->w->set, INFLOW_MOST);
	ssize_t n = inflow_take(in, left < most ? (size_t)left : most);

	if (n > 0)
		return store(in, part, (uint64_t)n) == -1 ? -2 : n;
	if (n == 0) {
		recall(s, part, from);
		ended(s);
	} else {
		link_lost(s->l, s->o);
	}
	return n;
}
