/*
 * The face for scripts: lines of standard input are said, and what happens is
 * a line of standard output each, or a JSON object each.
 */
#include "chatc.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

#define BARE_PAUSE_MS	200	/* silence that ends a message, and some more */

static const char *const kinds[CHAT_KINDS] = { "say", "me", "private",
    "server", "join", "leave", "enter", "exit", "nick", "topic", "note",
    "welcome", "wait", "missed", "person", "people" };

static void
string(struct buf *b, const char *key, const char *s, size_t n)
{
	buf_addf(b, ",\"%s\":", key);
	buf_json(b, s, n);
}

static void
print_json(const struct chat_event *e, bool own)
{
	struct buf b = { 0 };

	buf_addf(&b, "{\"kind\":\"%s\",\"number\":%llu,\"time_ms\":%lld",
	    kinds[e->kind], (unsigned long long)e->number, (long long)e->time);
	string(&b, "room", e->room, strlen(e->room));
	string(&b, "who", e->who, strlen(e->who));
	string(&b, "text", e->text, e->len);
	buf_addf(&b, ",\"own\":%s}\n", own ? "true" : "false");
	if (!b.failed)
		fwrite(b.data, 1, b.len, stdout);
	buf_free(&b);
}

static void
plain_event(struct chat *ch, const struct chat_event *e, bool own)
{
	char line[CHAT_LINE_MAX], clean[3 * CHAT_LINE_MAX];
	struct text t;
	ssize_t len;

	if (ch->set->json) {
		print_json(e, own);
	} else if (e->kind != CHAT_WELCOME && !(own && e->kind <= CHAT_ME)) {
		text_init(&t, line, sizeof(line));
		chat_plain(&t, e);
		/* whatever the server is, the terminal is ours */
		len = chat_clean(clean, sizeof(clean), line, t.len);
		printf("%.*s\n", (int)len, clean);
	}
	if (fflush(stdout) == EOF)
		err(EXIT_ERROR, "standard output");
}

static void
plain_state(struct chat *ch, const char *text)
{
	(void)ch;
	warnx("%s", text);
}

static void
plain_raw(struct chat *ch, const char *p, size_t n)
{
	char clean[3 * CONN_BUF_SIZE + 1];
	const char *lf;
	size_t part;
	ssize_t len;

	(void)ch;
	for (; n > 0; p += part, n -= part) {
		lf = memchr(p, '\n', n);
		part = lf == NULL ? n : (size_t)(lf - p);
		len = chat_clean(clean, sizeof(clean), p, part);
		if (len > 0)
			fwrite(clean, 1, (size_t)len, stdout);
		if (lf != NULL || n == part)
			putchar('\n');
		part += lf != NULL;
	}
	fflush(stdout);
}

/* said - one line of standard input; 0, or -1 at the end. */
static int
said(struct chat *ch, const char *line, size_t len)
{
	if (len > CHAT_TEXT_MAX) {
		warnx("not sent: a message has at most %d bytes",
		    CHAT_TEXT_MAX);
		ch->unsaid = true;
		return 0;
	}
	/* the server ends it, as we ask it to */
	if (ch->set->bare ? len == 1 && line[0] == 'q' :
	    len == 5 && memcmp(line, "/quit", 5) == 0)
		ch->over = true;
	if (link_send(ch, line, len) == -1) {
		warnx("not sent: %.*s", (int)len, line);
		return ch->set->reconnect ? 0 : -1;
	}
	if (ch->set->bare)
		ch->speak_at = clock_after_ms(BARE_PAUSE_MS);
	return 0;
}

/* What was read and is not said: mem[at .. at+len). */
static struct {
	char	 mem[CHAT_TEXT_MAX * 2];
	size_t	 at, len;
	bool	 ended;		/* nothing follows */
	bool	 skip;		/* up to the next newline: the rest of a line
				   that is too long */
} held;

/* say_next - the first line of what is held; 0, or -1 at the end. */
static int
say_next(struct chat *ch)
{
	const char *line = held.mem + held.at;
	const char *lf = memchr(line, '\n', held.len);
	size_t part = lf == NULL ? held.len : (size_t)(lf - line);
	int r = held.skip ? 0 : said(ch, line, part);

	held.skip = lf == NULL && !held.ended;
	part += lf != NULL;
	held.at += part;
	held.len -= part;
	return r;
}

/* have_line - or what must be taken for one. */
static bool
have_line(void)
{
	return held.len > 0 && (held.ended || held.len == sizeof(held.mem) ||
	    memchr(held.mem + held.at, '\n', held.len) != NULL);
}

/* read_more - of standard input, behind what is held. */
static void
read_more(void)
{
	size_t end = held.at + held.len;
	ssize_t n;

	if (held.len == 0 || end == sizeof(held.mem)) {
		memmove(held.mem, held.mem + held.at, held.len);
		held.at = 0;
		end = held.len;
	}
	n = read(STDIN_FILENO, held.mem + end, sizeof(held.mem) - end);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	held.ended = n <= 0;
	held.len += n > 0 ? (size_t)n : 0;
}

static int
plain_input(struct chat *ch)
{
	if (!have_line() && !held.ended)
		read_more();
	while (have_line() && clock_mono() >= ch->speak_at)
		if (say_next(ch) == -1)
			return -1;
	ch->more = have_line();
	return held.ended && !ch->more ? -1 : 0;
}

const struct face plain_face = { plain_event, plain_state, plain_input,
    plain_raw, NULL, NULL };
