/*
 * The stream of a bridge: what a message is to a server of lines or of bytes,
 * and what its bytes are to the peer; and how much memory long messages take.
 */
#include "base/clock.h"
#include "carry.h"
#include "request.h"

#define FEW	(512 * 1024)	/* bytes that each connection may hold */

/* -- Messages ------------------------------------------------------------- */

/* say - a lines_fn: a message for the peer; text is made UTF-8. */
static void
say(void *arg, const char *s, size_t n)
{
	struct carry *y = arg;
	struct buf clean = { 0 };
	size_t part;

	if (y->lines.bytes) {
		wspeer_binary(&y->ws, s, n);
		return;
	}
	if (utf8_valid(s, n)) {
		wspeer_text(&y->ws, s, n);
		return;
	}
	for (; n > 0; s += part, n -= part) {
		part = utf8_seq(s, n);
		buf_add(&clean, part == 0 ? "\xef\xbf\xbd" : s,
		    part == 0 ? 3 : part);
		part = part == 0 ? 1 : part;
	}
	wspeer_text(&y->ws, clean.data, clean.len);
	buf_free(&clean);
}

void
carry_spoke(struct carry *y, size_t n)
{
	struct conn *up = &y->b->tcp;

	y->spoke = y->now;
	y->turn += n;
	if (n > 0) {
		if (y->binary)
			wspeer_binary(&y->ws, conn_data(up), n);
		else
			lines_feed(&y->lines, conn_data(up), n, say, y);
		conn_consume(up, n);
	} else {
		lines_quiet(&y->lines, say, y);
		y->up_ended = true;
		if (y->peer_closed)
			carry_answer_close(y);
		else
			carry_end(y, WS_CODE_NORMAL,
			    "the server behind has ended it");
	}
	if (y->lines.held.failed || y->ws.out.failed)
		carry_end(y, WS_CODE_ERROR, "out of memory");
}

int64_t
carry_quiet_at(const struct carry *y)
{
	int64_t ms = lines_wait(&y->lines);

	return ms < 0 ? CLOCK_NEVER : y->spoke + ms * NSEC_PER_MSEC;
}

bool
carry_quiet(struct carry *y)
{
	if (y->now < carry_quiet_at(y))
		return false;
	lines_quiet(&y->lines, say, y);
	return true;
}

void
carry_message(struct carry *y, const char *s, size_t n, bool binary)
{
	if (!y->binary)
		lines_bytes(&y->lines, binary, say, y);
	buf_add(&y->up, s, n);
	if (!y->binary && !binary && (n == 0 || s[n - 1] != '\n'))
		buf_addc(&y->up, '\n');
	if (y->up.failed)
		carry_end(y, WS_CODE_ERROR, "out of memory");
}

/* -- Memory --------------------------------------------------------------- */

void
carry_weigh(struct carry *y)
{
	size_t *all = &y->r->w->bridge_bytes;
	size_t held = y->ws.msg.len + y->up.len + y->lines.held.len +
	    y->ws.out.len;

	held = held > FEW ? held : 0;
	*all += held - y->weight;
	y->weight = held;
	if (held == 0 || *all <= (size_t)y->r->h->bridge_memory)
		return;
	carry_end(y, WS_CODE_BIG, "no room for so long a message now");
	wspeer_fail(&y->ws, WS_CODE_BIG, "");
	buf_free(&y->ws.msg);
	lines_free(&y->lines);
}

void
carry_weigh_end(struct carry *y)
{
	y->r->w->bridge_bytes -= y->weight;
	y->weight = 0;
}
