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
	char line[CHAT_LINE_MAX];
	struct text t;

	if (ch->set->json) {
		print_json(e, own);
	} else if (e->kind != CHAT_WELCOME && !(own && e->kind <= CHAT_ME)) {
		text_init(&t, line, sizeof(line));
		chat_plain(&t, e);
		printf("%s\n", line);
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
	/* the server ends it, as we ask it to */
	if (ch->set->bare ? len == 1 && line[0] == 'q' :
	    len == 5 && memcmp(line, "/quit", 5) == 0)
		ch->over = true;
	if (link_send(ch, line, len) == -1) {
		warnx("not sent: %.*s", (int)len, line);
		return ch->set->reconnect ? 0 : -1;
	}
	return 0;
}

static int
plain_input(struct chat *ch)
{
	static char held[CHAT_TEXT_MAX * 2];
	static size_t len;
	char *lf, *p = held;
	ssize_t n;

	n = read(STDIN_FILENO, held + len, sizeof(held) - len);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n > 0)
		len += (size_t)n;
	while ((lf = memchr(p, '\n', len)) != NULL || (len > 0 &&
	    (n <= 0 || len == sizeof(held)))) {
		size_t part = lf == NULL ? len : (size_t)(lf - p);

		if (said(ch, p, part) == -1)
			return -1;
		part += lf != NULL;
		p += part;
		len -= part;
	}
	memmove(held, p, len);
	return n > 0 ? 0 : -1;
}

const struct face plain_face = { plain_event, plain_state, plain_input,
    plain_raw, NULL, NULL };
