/*
 * The face of lines: standard input is what we say, a line a message; standard
 * output is what was said, as lines or as JSON objects.  For pipes and for
 * plain terminals.
 */
#include "roomc.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"
#include "net/quit.h"

#define SYSTEM_ON	"\033[33m"	/* yellow, on a terminal */
#define SYSTEM_OFF	"\033[0m"

static struct buf input;	/* what has no newline yet */
static size_t input_at;		/* said up to here */
static int input_ended;

/* flush - a reader that is gone is the end of us */
static void
flush(void)
{
	int failed;

	quit_writing(1);
	failed = fflush(stdout) != 0 || ferror(stdout);
	quit_writing(0);
	if (!failed)
		return;
	warn("standard output");
	exit(2);
}

/* -- What is shown -------------------------------------------------------- */

static void
print_system(const struct heard *h, const char *text)
{
	int colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
	time_t at = (time_t)h->time;
	char when[32] = "";
	struct tm tm;

	if (localtime_r(&at, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s[%s] %s%s\n", colour ? SYSTEM_ON : "", when, text,
	    colour ? SYSTEM_OFF : "");
}

static void
json_heard(const struct heard *h)
{
	static const char *const kinds[] = { "line", "say", "join", "left" };
	const char *kind = h->kind < 4 ? kinds[h->kind] : "other";
	struct buf b = { 0 };

	buf_addf(&b, "{\"event\":\"%s\"", kind);
	if (h->number > 0)
		buf_addf(&b, ",\"number\":%llu,\"time\":%llu,\"name\":",
		    (unsigned long long)h->number,
		    (unsigned long long)h->time);
	if (h->number > 0)
		buf_json(&b, h->name, h->namelen);
	buf_adds(&b, ",\"text\":");
	buf_json(&b, h->text, h->textlen);
	printf("%s}\n", b.failed ? "{" : b.data);
	buf_free(&b);
}

static void
lines_heard(struct room *r, const struct heard *h)
{
	char mem[4 * ROOM_WIRE_MAX + 4 * ROOM_NAME_MAX + 2];
	struct text t;

	if (r->set->json) {
		json_heard(h);
		flush();
		return;
	}
	text_init(&t, mem, sizeof(mem));
	if (h->kind == ROOM_KIND_SAY) {
		text_addesc(&t, h->name, h->namelen);
		text_adds(&t, ":");
	}
	text_addesc(&t, h->text, h->textlen);
	if (h->kind == ROOM_KIND_JOIN || h->kind == ROOM_KIND_LEFT)
		print_system(h, mem);
	else
		puts(mem);
	flush();
}

static void
lines_missed(struct room *r, uint64_t n)
{
	if (r->set->json)
		printf("{\"event\":\"missed\",\"count\":%llu}\n",
		    (unsigned long long)n);
	else
		printf("(%llu messages missed)\n", (unsigned long long)n);
	flush();
}

static void
lines_names(struct room *r, const char *names, size_t n)
{
	const char *end = names + n, *lf;
	struct buf b = { 0 };
	int some = 0;

	buf_adds(&b, r->set->json ? "{\"event\":\"who\",\"names\":[" :
	    "In the room: ");
	for (; names < end && (lf = memchr(names, '\n', (size_t)(end -
	    names))) != NULL; names = lf + 1) {
		if (some++)
			buf_adds(&b, r->set->json ? "," : ", ");
		if (r->set->json)
			buf_json(&b, names, (size_t)(lf - names));
		else
			buf_add(&b, names, (size_t)(lf - names));
	}
	printf("%s%s\n", b.failed ? "" : b.data, r->set->json ? "]}" : "");
	buf_free(&b);
	flush();
}

static void
lines_notice(struct room *r, const char *text)
{
	struct buf b = { 0 };

	warnx("%s: %s", r->host, text);
	if (!r->set->json)
		return;
	buf_json(&b, text, strlen(text));
	printf("{\"event\":\"notice\",\"text\":%s}\n",
	    b.failed ? "\"\"" : b.data);
	buf_free(&b);
	flush();
}

/* -- What is typed -------------------------------------------------------- */

static int
lines_input(struct room *r)
{
	char mem[4096];
	ssize_t n = read(STDIN_FILENO, mem, sizeof(mem));

	(void)r;
	if (n <= 0) {
		input_ended = 1;
		return 0;
	}
	buf_add(&input, mem, (size_t)n);
	return 1;
}

static int
lines_next(struct room *r)
{
	const char *text = input.data + input_at, *lf;
	size_t left = input.len - input_at, n, done;

	if (left == 0) {
		buf_reset(&input);
		input_at = 0;
		return 0;
	}
	lf = memchr(text, '\n', left);
	if (lf == NULL && !input_ended && left <= ROOM_TEXT_MAX)
		return 0;
	n = lf == NULL ? left : (size_t)(lf - text);
	done = say_line(r, text, n);
	input_at += done + (lf != NULL && done == n);
	return 1;
}

static void
lines_free(struct room *r)
{
	(void)r;
	buf_free(&input);
}

const struct face face_lines = { .heard = lines_heard, .missed = lines_missed,
    .names = lines_names, .notice = lines_notice, .input = lines_input,
    .next = lines_next, .free = lines_free };
