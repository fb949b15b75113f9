/*
 * The configuration file: each line is an option's long name and its value.
 * Called by opt_parse, also in a running server that reloads: a bad file gives
 * a message with its line, and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/opt_priv.h"

#define FILE_MAX	(4u << 20)	/* bytes; more is not a configuration */
#define BLANKS		" \t\r\f\v"

/*
 * unquote - take the quotes off value, in place, and find what follows; \" and
 * \\ stand for themselves.  0, or -1 after a message.
 */
static int
unquote(struct opt_ctx *ctx, char *value, char **rest)
{
	char *from = value + 1, *to = value;

	for (; *from != '"'; from++) {
		if (*from == '\\' && *++from != '"' && *from != '\\')
			return opt_say(ctx, "a backslash in quotes must "
			    "stand before \\ or \"");
		if (*from == '\0')
			return opt_say(ctx, "the closing quote is missing");
		*to++ = *from;
	}
	*to = '\0';
	*rest = from + 1;
	return 0;
}

/* trim - end an unquoted value before a comment and the blanks around it */
static void
trim(char *value)
{
	char *p, *end = value;

	for (p = value; *p != '\0'; p++) {
		if (strchr(BLANKS, *p) != NULL)
			continue;
		if (*p == '#' && (p == value || strchr(BLANKS, p[-1]) != NULL))
			break;
		end = p + 1;
	}
	*end = '\0';
}

/*
 * clean_value - make the rest of a line the value alone; given says whether
 * there is one
 */
static int
clean_value(struct opt_ctx *ctx, char *value, int *given)
{
	char *rest = value;

	*given = 1;
	if (*value != '"') {
		trim(value);
		*given = *value != '\0';
		return 0;
	}
	if (unquote(ctx, value, &rest) == -1)
		return -1;
	if (*rest != '\0' && strchr(BLANKS, *rest) == NULL)
		return opt_say(ctx, "there is text behind the closing quote");
	rest += strspn(rest, BLANKS);
	if (*rest != '\0' && *rest != '#')
		return opt_say(ctx, "there is text behind the closing quote");
	return 0;
}

static int
unknown(struct opt_ctx *ctx, const char *name, size_t len)
{
	const char *near = opt_nearest(ctx, name, len);

	if (near != NULL)
		return opt_say(ctx, "%s: unknown option; did you mean %s?",
		    name, near);
	return opt_say(ctx, "%.100s: unknown option", name);
}

/* set_line - one line, already without its newline */
static int
set_line(struct opt_ctx *ctx, char *line)
{
	struct opt_slot *slot;
	char *name = line + strspn(line, BLANKS), *value;
	size_t len = strcspn(name, BLANKS);
	int negated, given;

	if (*name == '\0' || *name == '#')
		return 0;
	value = name + len;
	value += strspn(value, BLANKS);
	name[len] = '\0';
	slot = opt_find(ctx, name, len, &negated);
	if (slot == NULL)
		return unknown(ctx, name, len);
	if (clean_value(ctx, value, &given) == -1)
		return -1;
	if (given && negated)
		return opt_say(ctx, "%s: takes no value", name);
	if (!given && slot->opt->kind == OPT_FLAG)
		return opt_set(ctx, slot, name, negated ? "no" : "yes");
	if (!given)
		return opt_say(ctx, "%s: needs a value%s%s", name,
		    slot->opt->arg != NULL ? ": " : "",
		    slot->opt->arg != NULL ? slot->opt->arg : "");
	return opt_set(ctx, slot, name, value);
}

/* set_text - line by line, counting; text[n] is NUL, and text is changed */
static int
set_text(struct opt_ctx *ctx, char *text, size_t n)
{
	char *end = text + n, *next, *nl;

	/* Editors elsewhere put a byte order mark in front. */
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	for (; text < end; text = next) {
		ctx->line++;
		nl = memchr(text, '\n', (size_t)(end - text));
		next = nl != NULL ? nl + 1 : end;
		if (nl != NULL)
			*nl = '\0';
		if (text + strlen(text) != (nl != NULL ? nl : end))
			return opt_say(ctx, "there is a NUL byte in the line");
		if (set_line(ctx, text) == -1)
			return -1;
	}
	return 0;
}

/* read_all - the whole of fd; 0, or -1 with errno set */
static int
read_all(int fd, struct buf *b)
{
	char piece[4096];
	ssize_t n;

	for (;;) {
		n = read(fd, piece, sizeof(piece));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		buf_add(b, piece, (size_t)n);
		if (b->failed || b->len > FILE_MAX) {
			errno = b->failed ? ENOMEM : EFBIG;
			return -1;
		}
		if (n == 0)
			return 0;
	}
}

int
opt_file(struct opt_ctx *ctx, const char *path)
{
	struct buf b = { 0 };
	int fd, result = -1;

	ctx->file = path;
	ctx->line = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1 || read_all(fd, &b) == -1)
		opt_say(ctx, "%s", strerror(errno));
	else
		result = set_text(ctx, b.data, b.len);
	ctx->file = NULL;
	if (fd != -1)
		close(fd);
	buf_free(&b);
	return result;
}
