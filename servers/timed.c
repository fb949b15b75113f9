/*
 * timed: what time it is, over TCP and UDP: asked for by words (the query
 * protocol), or as a daytime (RFC 867) or time (RFC 868) server.  Prints each
 * exchange.  It must never answer what may be another server's answer: two of
 * them could be set upon each other.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/outlet.h"
#include "serve/serve.h"
#include "wire/time.h"

enum protocol { PROTOCOL_QUERY, PROTOCOL_DAYTIME, PROTOCOL_TIME };

struct settings {
	int	 protocol;
	bool	 quiet;
};

#define REQUEST_MAX	512	/* bytes of a request without its end */
/* A printed line: one write to a pipe, so that children's lines do not mix. */
#define LINE_MAX_BYTES	4096

/* A datagram that says the time, and nearly ours, is another server's. */
#define ANSWER_WINDOW	86400	/* seconds */

/* -- What is printed ------------------------------------------------------ */

/* say - "PEER: what: text" */
static void
say(const struct settings *set, const struct ipaddr *peer, const char *what,
    const char *text, size_t len)
{
	char line[LINE_MAX_BYTES], who[IPADDR_TEXT_MAX];
	struct text t;

	if (set->quiet)
		return;
	text_init(&t, line, sizeof(line) - 1);
	text_addf(&t, "%s: %s", ipaddr_text(peer, who, sizeof(who)), what);
	if (len > 0)
		text_adds(&t, ": ");
	text_addesc(&t, text, len);
	line[t.len] = '\n';
	outlet_print(line, t.len + 1);
}

static void
say_opened(const struct settings *set, const struct conn *c)
{
	char words[ADDR_TEXT_MAX + IPADDR_TEXT_MAX + 64];
	char where[ADDR_TEXT_MAX], who[IPADDR_TEXT_MAX];
	struct addr local;
	struct text t;

	if (set->quiet)
		return;
	conn_local(c, &local);
	text_init(&t, words, sizeof(words));
	text_addf(&t, "local address %s, peer address %s",
	    addr_text(&local, where, sizeof(where)),
	    ipaddr_text(&c->peer, who, sizeof(who)));
	say(set, &c->peer, "connection accepted", t.p, t.len);
}

/* -- What is answered ----------------------------------------------------- */

static size_t
local_time(char *out)
{
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	return time_plain(out, &tm);
}

/* answer - to a request; out holds TIME_TEXT_MAX bytes.  Its length. */
static size_t
answer(enum time_request what, char *out)
{
	const char *fixed = what == TIME_REQUEST_EXIT ? TIME_REPLY_BYE :
	    TIME_REPLY_UNKNOWN;

	switch (what) {
	case TIME_REQUEST_TIME:
		return local_time(out);
	case TIME_REQUEST_UNIX:
		return time_unix(out, clock_wall());
	case TIME_REQUEST_ISO:
		return time_iso(out, clock_wall());
	default:
		memcpy(out, fixed, strlen(fixed) + 1);
		return strlen(fixed);
	}
}

/* unasked - the answer of daytime or time; in words what it says. */
static size_t
unasked(const struct settings *set, char *out, struct text *words)
{
	time_t now;
	size_t n;

	if (set->protocol == PROTOCOL_DAYTIME) {
		n = local_time(out);
		text_add(words, out, n);
		memcpy(out + n, "\r\n", 2);
		return n + 2;
	}
	now = time(NULL);
	time_868_put((uint8_t *)out, now);
	text_addf(words, "%lld seconds since 1970", (long long)now);
	return 4;
}

/* -- TCP ------------------------------------------------------------------ */

/*
 * late_newline - the one behind a full stop, in a segment of its own: the
 * answer has gone out bare, and its newline follows.  Whether that was all.
 */
static bool
late_newline(struct conn *c)
{
	if ((c->flags & CONN_STOPPED) == 0 ||
	    (conn_pending(c) == 0 && conn_fill(c) <= 0))
		return false;
	if (*conn_data(c) == '\r' && conn_pending(c) == 1)
		conn_fill_ms(c, CONN_QUIET_MS);
	if (*conn_data(c) == '\n') {
		conn_puts(c, "\n");
		conn_consume(c, 1);
	} else if (conn_pending(c) > 1 &&
	    memcmp(conn_data(c), "\r\n", 2) == 0) {
		conn_puts(c, "\r\n");
		conn_consume(c, 2);
	} else {
		return false;
	}
	c->flags &= ~CONN_STOPPED;
	return conn_pending(c) == 0;
}

/* reply - and print it once it is on its way, not to delay it. */
static void
reply(struct conn *c, const struct settings *set, const char *request,
    size_t len, const char *text, enum conn_framed framed)
{
	conn_puts(c, text);
	if (framed == CONN_LF || framed == CONN_CRLF)
		conn_puts(c, framed == CONN_LF ? "\n" : "\r\n");
	if (conn_pending(c) == 0)
		conn_flush(c);
	serve_count_request();
	say(set, &c->peer, "request", request, len);
	say(set, &c->peer, "reply", text, strlen(text));
}

/* bye - the newline of the last request may still be under way; it belongs to
 * the answer, and must not reset the connection before that has arrived. */
static enum conn_fate
bye(struct conn *c, enum conn_framed framed)
{
	if (framed == CONN_STOP && conn_fill_ms(c, CONN_QUIET_MS) > 0)
		late_newline(c);
	c->flags |= CONN_LINGER;
	return CONN_CLOSE;
}

static enum conn_fate
timed_session(struct conn *c, void *ctx)
{
	const struct settings *set = ctx;
	char request[REQUEST_MAX + 1], text[TIME_TEXT_MAX];
	enum conn_framed framed = CONN_BARE;
	enum time_request what;
	ssize_t n;

	if (late_newline(c))
		return CONN_KEEP;
	n = conn_request(c, request, sizeof(request), TIME_STOP,
	    CONN_QUIET_MS, &framed);
	if (n == -1 && errno != EMSGSIZE)
		return CONN_CLOSE;
	if (n == -1) {
		reply(c, set, "too long", 8, TIME_REPLY_LONG, framed);
		return bye(c, framed);
	}
	what = time_request_parse(request, (size_t)n);
	answer(what, text);
	reply(c, set, request, (size_t)n, text, framed);
	return what == TIME_REQUEST_EXIT ? bye(c, framed) : CONN_KEEP;
}

/* timed_opened - in daytime and time the server speaks, and that is all. */
static enum conn_fate
timed_opened(struct conn *c, void *ctx)
{
	struct settings *set = ctx;
	char out[TIME_TEXT_MAX + 2], words[TIME_TEXT_MAX];
	struct text t;

	c->state = set;
	say_opened(set, c);
	if (set->protocol == PROTOCOL_QUERY)
		return CONN_KEEP;
	text_init(&t, words, sizeof(words));
	conn_put(c, out, unasked(set, out, &t));
	conn_flush(c);
	serve_count_request();
	say(set, &c->peer, "reply", t.p, t.len);
	c->flags |= CONN_LINGER;
	return CONN_CLOSE;
}

/* timed_closed - those that were turned away were never opened. */
static void
timed_closed(struct conn *c, void *ctx)
{
	if (c->state != NULL)
		say(ctx, &c->peer, "connection closed", "", 0);
}

/* timed_refuse - the time protocol has no words to say it in. */
static void
timed_refuse(struct conn *c, void *ctx, enum serve_refusal why)
{
	const struct settings *set = ctx;

	(void)why;
	if (set->protocol != PROTOCOL_TIME)
		conn_puts(c, TIME_REPLY_BUSY);
	if (set->protocol == PROTOCOL_DAYTIME)
		conn_puts(c, "\r\n");
}

/* -- UDP ------------------------------------------------------------------ */

/* chomp - the length without a newline; how many bytes that had. */
static size_t
chomp(const char *data, size_t *len)
{
	size_t had = *len;

	if (*len > 0 && data[*len - 1] == '\n') {
		(*len)--;
		if (*len > 0 && data[*len - 1] == '\r')
			(*len)--;
	}
	return had - *len;
}

/* query_datagram - what is not known gets no answer, so that none is ever
 * taken for a request in turn. */
static void
query_datagram(struct dgram_port *port, struct dgram *d,
    const struct settings *set)
{
	char out[TIME_TEXT_MAX + 2];
	enum time_request what;
	size_t len = d->len, ending, n;

	ending = chomp(d->data, &len);
	what = d->cut ? TIME_REQUEST_UNKNOWN :
	    time_request_parse(d->data, len);
	if (what == TIME_REQUEST_UNKNOWN) {
		say(set, &d->peer, "datagram not answered", d->data, len);
		return;
	}
	n = answer(what, out);
	memcpy(out + n, d->data + len, ending);
	dgram_reply(port, d, out, n + ending);
	say(set, &d->peer, "datagram", d->data, len);
	say(set, &d->peer, "reply", out, n);
}

/* is_answer - does it read as what we would have said ourselves? */
static bool
is_answer(const struct settings *set, const struct dgram *d)
{
	int64_t now = time(NULL), at;
	size_t len = d->len;
	struct tm tm;

	if (set->protocol == PROTOCOL_DAYTIME) {
		chomp(d->data, &len);
		return time_plain_parse(d->data, len, &tm) == 0;
	}
	if (d->len != 4)
		return false;
	at = time_868_get((const uint8_t *)d->data, now);
	return at > now - ANSWER_WINDOW && at < now + ANSWER_WINDOW;
}

static void
timed_datagram(struct dgram_port *port, struct dgram *d, void *ctx)
{
	const struct settings *set = ctx;
	char out[TIME_TEXT_MAX + 2], words[TIME_TEXT_MAX];
	struct text t;

	serve_count_request();
	if (set->protocol == PROTOCOL_QUERY) {
		query_datagram(port, d, set);
		return;
	}
	if (is_answer(set, d)) {
		say(set, &d->peer, "datagram not answered", d->data, d->len);
		return;
	}
	text_init(&t, words, sizeof(words));
	dgram_reply(port, d, out, unasked(set, out, &t));
	say(set, &d->peer, "datagram", d->data, d->len);
	say(set, &d->peer, "reply", t.p, t.len);
}

/* -- The server ----------------------------------------------------------- */

/* timed_setup - the time zone is read now: the sandbox hides its file. */
static int
timed_setup(void *ctx, const struct opt_operands *op,
    struct serve_needs *needs, char *why, size_t whylen)
{
	(void)ctx;
	(void)op;
	(void)needs;
	(void)why;
	(void)whylen;
	tzset();
	return 0;
}

static const char *const protocols[] = { "query", "daytime", "time", NULL };

static const struct opt options[] = {
	{ .name = "protocol", .letter = 'P', .kind = OPT_ENUM,
	    .offset = offsetof(struct settings, protocol), .def = "query",
	    .arg = "WHAT", .choices = protocols,
	    .help = "query by words, or RFC 867, or RFC 868" },
	{ .name = "quiet", .letter = 'q', .kind = OPT_FLAG,
	    .offset = offsetof(struct settings, quiet),
	    .help = "do not print what is asked and answered" },
};

static const struct server timed = {
	.name = "timed",
	.summary = "say what time it is, over TCP and UDP",
	.synopsis = "[options]",
	.address = "*:" TIME_PORT,
	.model = MODEL_FORK,
	.keepalive_idle = 300,
	.exchange_limit = 10,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.settings_size = sizeof(struct settings),
	.setup = timed_setup,
	.session = timed_session,
	.opened = timed_opened,
	.closed = timed_closed,
	.refuse = timed_refuse,
	.datagram = timed_datagram,
	.dgram_max = REQUEST_MAX,
};

int
main(int argc, char **argv)
{
	return serve_main(&timed, argc, argv);
}
