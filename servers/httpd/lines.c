/*
 * Bytes to lines.  Called by the bridge for what the server behind it says;
 * most lines come whole and are handed on from where they are.
 */
#include "lines.h"

#include <string.h>

#define HELD_KEPT	4096	/* bytes of memory kept between messages */

/* cut - how many of the first max bytes of s are whole characters, as far as
 * s has any. */
static size_t
cut(const char *s, size_t max)
{
	size_t n = max;

	while (n > 0 && max - n < 4 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n == 0 || ((unsigned char)s[n] & 0xc0) == 0x80 ? max : n;
}

/* message - in pieces where it is too long. */
static void
message(const struct lines *l, const char *s, size_t n, lines_fn *fn, void *arg)
{
	size_t part;

	while (n > l->max) {
		part = cut(s, l->max);
		fn(arg, s, part);
		s += part;
		n -= part;
	}
	fn(arg, s, n);
}

/* empty - nothing is held. */
static void
empty(struct lines *l)
{
	if (l->held.cap > HELD_KEPT)
		buf_free(&l->held);
	else
		buf_reset(&l->held);
}

/* line - the rest of one, of n bytes, without its newline. */
static void
line(struct lines *l, const char *s, size_t n, lines_fn *fn, void *arg)
{
	if (l->held.len > 0) {
		buf_add(&l->held, s, n);
		s = l->held.data;
		n = l->held.len;
	}
	if (n > 0 && s[n - 1] == '\r')
		n--;
	/* a newline alone ends what was handed on as it was */
	if (n > 0 || !l->bare)
		message(l, s, n, fn, arg);
	l->bare = false;
	empty(l);
}

/* hold - the beginning of a line; what is more than a message goes. */
static void
hold(struct lines *l, const char *s, size_t n, lines_fn *fn, void *arg)
{
	size_t part;

	buf_add(&l->held, s, n);
	while (l->held.len > l->max) {
		part = l->bytes ? l->max : cut(l->held.data, l->max);
		fn(arg, l->held.data, part);
		memmove(l->held.data, l->held.data + part, l->held.len - part);
		l->held.len -= part;
	}
}

void
lines_feed(struct lines *l, const char *s, size_t n, lines_fn *fn, void *arg)
{
	const char *end;

	while (n > 0 && !l->bytes && (end = memchr(s, '\n', n)) != NULL) {
		line(l, s, (size_t)(end - s), fn, arg);
		n -= (size_t)(end + 1 - s);
		s = end + 1;
		l->ends |= n == 0;
	}
	if (n > 0)
		hold(l, s, n, fn, arg);
}

void
lines_quiet(struct lines *l, lines_fn *fn, void *arg)
{
	size_t n = l->held.len;

	if (n == 0)
		return;
	if (!l->bytes && l->held.data[n - 1] == '\r')
		n--;
	message(l, l->held.data, n, fn, arg);
	empty(l);
	l->bare = true;
	l->ends = false;
}

void
lines_bytes(struct lines *l, bool bytes, lines_fn *fn, void *arg)
{
	if (l->bytes == bytes)
		return;
	lines_quiet(l, fn, arg);
	l->bytes = bytes;
	l->bare = false;
}

int64_t
lines_wait(const struct lines *l)
{
	if (l->held.len == 0)
		return -1;
	if (l->bytes)
		return l->held.len <= LINES_BYTES_FEW ? LINES_BYTES_MS :
		    LINES_QUIET_MS;
	return l->ends ? LINES_LINE_MS : LINES_QUIET_MS;
}

void
lines_free(struct lines *l)
{
	buf_free(&l->held);
}
