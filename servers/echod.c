/*
 * echod: echo (RFC 862), discard (RFC 863) and a fixed reply, over TCP and UDP.
 * The example of how small a server is: a session, a datagram function and a
 * table.  Under which process model they run is none of their business.
 */
#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/outlet.h"
#include "serve/serve.h"

enum mode { MODE_ECHO, MODE_DISCARD, MODE_REPLY };

struct settings {
	char	*reply;		/* %t in it stands for the time */
	char	*charset;	/* of what discard prints */
	bool	 discard;
	enum mode mode;
	iconv_t	 decoder;	/* to UTF-8; (iconv_t)-1: none */
};

#define REQUEST_MAX	8192	/* bytes of one message that is replied to */
#define PIECE		1024	/* bytes that are decoded and shown at once */
#define REPLY_MAX	1400	/* bytes: one datagram without fragments */

/* reply_text - the reply, with the time in it. */
static size_t
reply_text(const struct settings *set, char *out, size_t size)
{
	const char *p = set->reply, *t;
	struct text text;
	char now[32];
	time_t clock = time(NULL);

	text_init(&text, out, size);
	ctime_r(&clock, now);
	now[strcspn(now, "\n")] = '\0';
	while ((t = strstr(p, "%t")) != NULL) {
		text_add(&text, p, (size_t)(t - p));
		text_adds(&text, now);
		p = t + 2;
	}
	text_adds(&text, p);
	return text.len;
}

/* show - text on stdout, with no more control characters than lines need; where
 * it is the last of a datagram it ends its line. */
static void
show(const char *p, size_t n, bool last)
{
	char shown[4 * PIECE * 4 + 1];
	struct text text;
	size_t part;

	text_init(&text, shown, sizeof(shown));
	while (n > 0) {
		for (part = 0; part < n && p[part] != '\n' &&
		    p[part] != '\t'; part++)
			continue;
		text_addesc(&text, p, part);
		if (part < n)
			text_add(&text, p + part++, 1);
		p += part;
		n -= part;
	}
	if (last && (text.len == 0 || shown[text.len - 1] != '\n'))
		text_add(&text, "\n", 1);
	outlet_print(shown, text.len);
}

/* print - some of what a peer sent (whole: there is no more), decoded; returns
 * how many bytes of it, 0 where they are not a whole character yet. */
static size_t
print(const struct settings *set, char *data, size_t len, bool whole)
{
	char utf8[4 * PIECE];
	char *in = data, *out = utf8;
	size_t left = len < PIECE ? len : PIECE, room = sizeof(utf8);

	if (set->decoder == (iconv_t)-1) {
		show(data, left, whole && left == len);
		return left;
	}
	while (left > 0 && iconv(set->decoder, &in, &left, &out, &room) ==
	    (size_t)-1 && errno == EILSEQ && room > 3) {
		memcpy(out, "\xef\xbf\xbd", 3);	/* U+FFFD: undecodable */
		out += 3;
		room -= 3;
		in++;
		left--;
	}
	show(utf8, (size_t)(out - utf8), whole && in == data + len);
	return (size_t)(in - data);
}

/* discard_session - a character that came in two segments is waited for. */
static enum conn_fate
discard_session(struct conn *c, const struct settings *set)
{
	size_t n;

	for (;;) {
		while (conn_pending(c) > 0 && (n = print(set, conn_data(c),
		    conn_pending(c), false)) > 0)
			conn_consume(c, n);
		if (conn_pending(c) == 0)
			return CONN_KEEP;
		if (conn_fill(c) <= 0) {
			show(conn_data(c), conn_pending(c), false);
			return CONN_CLOSE;
		}
	}
}

static enum conn_fate
reply_session(struct conn *c, const struct settings *set)
{
	char line[REQUEST_MAX + 1], out[REPLY_MAX];
	enum conn_framed framed;
	ssize_t n;

	n = conn_request(c, line, sizeof(line), 0, CONN_QUIET_MS, &framed);
	if (n == -1 && errno == EMSGSIZE) {
		log_info("%s: message too long", conn_peer_text(c, line,
		    sizeof(line)));
		conn_puts(c, "message too long\n");
		c->flags |= CONN_LINGER;
	}
	if (n == -1)
		return CONN_CLOSE;
	conn_put(c, out, reply_text(set, out, sizeof(out)));
	if (framed == CONN_LF || framed == CONN_CRLF)
		conn_puts(c, framed == CONN_LF ? "\n" : "\r\n");
	serve_count_request();
	return CONN_KEEP;
}

static enum conn_fate
echo_session(struct conn *c, void *ctx)
{
	const struct settings *set = ctx;

	if (set->mode == MODE_REPLY)
		return reply_session(c, set);
	if (conn_pending(c) == 0 && conn_fill(c) <= 0)
		return CONN_CLOSE;
	serve_count_request();
	if (set->mode == MODE_DISCARD)
		return discard_session(c, set);
	if (conn_put(c, conn_data(c), conn_pending(c)) == -1)
		return CONN_CLOSE;
	conn_consume(c, conn_pending(c));
	return CONN_KEEP;
}

/* print_all - a datagram is whole: nothing is left for later, and what comes
 * next is another line. */
static void
print_all(const struct settings *set, char *data, size_t len)
{
	size_t n;

	do {
		n = print(set, data, len, true);
		data += n;
		len -= n;
	} while (n > 0 && len > 0);
	if (len > 0)
		show(data, len, true);
}

static void
echo_datagram(struct dgram_port *port, struct dgram *d, void *ctx)
{
	const struct settings *set = ctx;
	char out[REPLY_MAX];

	if (set->mode == MODE_ECHO)
		dgram_reply(port, d, d->data, d->len);
	else if (set->mode == MODE_REPLY)
		dgram_reply(port, d, out, reply_text(set, out, sizeof(out)));
	else
		print_all(set, d->data, d->len);
	serve_count_request();
}

/* set_mode - from the operands: nothing, echo, discard, or reply TEXT. */
static int
set_mode(struct settings *set, const struct opt_operands *op)
{
	const char *mode = op->n > 0 ? op->v[0] : "echo";

	if (set->reply != NULL || set->discard) {
		set->mode = set->discard ? MODE_DISCARD : MODE_REPLY;
		return op->n == 0 && !(set->reply != NULL && set->discard) ?
		    0 : -1;
	}
	if (strcmp(mode, "reply") == 0 && op->n == 2) {
		set->mode = MODE_REPLY;
		set->reply = strdup(op->v[1]);
		return set->reply == NULL ? -1 : 0;
	}
	if (op->n > 1)
		return -1;
	set->mode = strcmp(mode, "discard") == 0 ? MODE_DISCARD : MODE_ECHO;
	return set->mode == MODE_DISCARD || strcmp(mode, "echo") == 0 ? 0 : -1;
}

static int
echo_setup(void *ctx, const struct opt_operands *op, struct serve_needs *needs,
    char *why, size_t whylen)
{
	struct settings *set = ctx;

	(void)needs;
	set->decoder = (iconv_t)-1;
	if (set_mode(set, op) == -1) {
		snprintf(why, whylen, "'%.40s%s%.40s': allowed is one of echo, "
		    "discard, reply TEXT, --discard, --reply TEXT",
		    op->n > 0 ? op->v[0] : "--reply and --discard",
		    op->n > 1 ? " " : "", op->n > 1 ? op->v[1] : "");
		return SETUP_USAGE;
	}
	if (set->charset == NULL)
		return 0;
	set->decoder = iconv_open("UTF-8", set->charset);
	if (set->decoder != (iconv_t)-1)
		return 0;
	snprintf(why, whylen, "--charset: '%.100s' is not a character set; "
	    "allowed: what iconv -l lists", set->charset);
	return SETUP_USAGE;
}

static void
echo_teardown(void *ctx)
{
	struct settings *set = ctx;

	if (set->decoder != (iconv_t)-1)
		iconv_close(set->decoder);
}

static const struct opt options[] = {
	{ "reply", 0, OPT_STRING, offsetof(struct settings, reply), NULL,
	    "TEXT", "answer every message with TEXT; %t is the time", 0, 0,
	    NULL, NULL, NULL },
	{ "discard", 0, OPT_FLAG, offsetof(struct settings, discard), NULL,
	    NULL, "print what comes and answer nothing", 0, 0, NULL, NULL,
	    NULL },
	{ "charset", 0, OPT_STRING, offsetof(struct settings, charset), NULL,
	    "NAME", "decode what is printed from, e.g. GBK", 0, 0, NULL, NULL,
	    NULL },
};

static const struct server echod = {
	.name = "echod",
	.summary = "echo, reply or discard, over TCP and UDP",
	.synopsis = "[options] [echo | discard | reply TEXT]",
	.address = "*:7007",
	.model = MODEL_FORK,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.settings_size = sizeof(struct settings),
	.max_operands = 2,
	.setup = echo_setup,
	.teardown = echo_teardown,
	.session = echo_session,
	.datagram = echo_datagram,
};

int
main(int argc, char **argv)
{
	return serve_main(&echod, argc, argv);
}
