/*
 * Whatever a WebSocket peer may send: it comes out alike however it was
 * divided, text is UTF-8, no message is longer than it may be, and what is
 * answered is little.  Then the same bytes as lines from a server behind, and
 * as an Origin.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/websocket.h"
#include "servers/httpd/lines.h"
#include "servers/httpd/wspeer.h"

#define MAX	300

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int true_)
{
	if (!true_)
		abort();
}

/* listen_to - n bytes, of which none may be read beyond. */
static void
listen_to(struct wspeer *p, const char *data, size_t n, struct buf *said)
{
	char *copy = malloc(n + (n == 0));
	enum ws_event e;

	must(copy != NULL);
	memcpy(copy, data, n);
	wspeer_give(p, copy, n);
	while ((e = wspeer_next(p)) != WS_MORE) {
		buf_addf(said, "%d ", e);
		if (e == WS_TEXT)
			must(utf8_valid(p->msg.len > 0 ? p->msg.data : "",
			    p->msg.len));
		if (e == WS_TEXT || e == WS_BINARY) {
			must(p->msg.len <= MAX);
			buf_add(said, p->msg.data, p->msg.len);
		}
	}
	must(p->in_len == 0);
	free(copy);
}

static void
line(void *arg, const char *s, size_t n)
{
	struct buf *b = arg;

	must(n <= MAX);
	buf_add(b, s, n);
}

static void
as_lines(const char *data, size_t size, size_t at)
{
	struct lines l = { .max = MAX };
	struct buf all = { 0 };

	lines_feed(&l, data, at, line, &all);
	lines_feed(&l, data + at, size - at, line, &all);
	lines_quiet(&l, line, &all);
	must(all.len <= size && lines_wait(&l) == -1);
	lines_free(&l);
	buf_free(&all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *data = (const char *)bytes;
	struct buf one = { 0 }, two = { 0 };
	struct wspeer p, q;
	size_t at = size == 0 ? 0 : bytes[0] % (size + 1);

	must(wspeer_init(&p, MAX) == 0 &&
	    wspeer_init(&q, MAX) == 0);
	listen_to(&p, data, size, &one);
	listen_to(&q, data, at, &two);
	listen_to(&q, data + at, size - at, &two);
	must(one.len == two.len &&
	    (one.len == 0 || memcmp(one.data, two.data, one.len) == 0));
	must(p.code == q.code && p.sent_code == q.sent_code);
	must(p.out.len == q.out.len && p.out.len <= size + 40);
	wspeer_free(&p);
	wspeer_free(&q);
	buf_free(&one);
	buf_free(&two);
	as_lines(data, size, at);
	ws_same_origin((struct http_str){ data, size },
	    (struct http_str){ data, at }, 0, false);
	ws_key_ok((struct http_str){ data, size });
	return 0;
}
