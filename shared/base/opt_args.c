/*
 * The command line: which options stand there, with which values, and what is
 * left as operands.  Called by opt_parse only.  Not getopt_long(3), as that
 * prints its own messages, takes abbreviations that a later option would make
 * ambiguous, and keeps its place in globals.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/opt_priv.h"

#ifndef BROOD_VERSION
#define BROOD_VERSION	"unreleased"
#endif

/* Where the reading stands. */
struct scan {
	struct opt_ctx	*ctx;
	char		**argv;
	int		 argc, at;	/* at: the next argument */
	enum opt_result	 result;
};

static int
bad(struct scan *s)
{
	s->result = OPT_USAGE;
	return -1;
}

/* remember - one option with its value; 0, or -1 when out of memory */
static int
remember(struct scan *s, struct opt_slot *slot, const char *value, int letter)
{
	struct opt_ctx *ctx = s->ctx;
	struct opt_given *more;
	size_t cap;

	if (ctx->ngiven == ctx->givencap) {
		cap = ctx->givencap ? ctx->givencap * 2 : 16;
		more = realloc(ctx->given, cap * sizeof(*more));
		if (more == NULL) {
			opt_say(ctx, "out of memory");
			return bad(s);
		}
		ctx->given = more;
		ctx->givencap = cap;
	}
	ctx->given[ctx->ngiven].slot = slot;
	ctx->given[ctx->ngiven].value = value;
	ctx->given[ctx->ngiven++].letter = letter;
	return 0;
}

/* printed - what --help and --version end with */
static int
printed(struct scan *s)
{
	if (fflush(stdout) == 0 && !ferror(stdout)) {
		s->result = OPT_EXIT_OK;
		return -1;
	}
	opt_say(s->ctx, "standard output: %s", strerror(errno));
	return bad(s);
}

static int
help(struct scan *s)
{
	opt_usage(s->ctx->prog);
	return printed(s);
}

static int
version(struct scan *s)
{
	printf("%s (Brood) %s\n", s->ctx->prog->name, BROOD_VERSION);
	return printed(s);
}

/* argument - the value of option shown: the next argument, or NULL */
static const char *
argument(struct scan *s, const struct opt *o, const char *shown)
{
	if (s->at < s->argc)
		return s->argv[s->at++];
	if (o != NULL && o->arg != NULL)
		opt_say(s->ctx, "%s: needs a value: %s", shown, o->arg);
	else
		opt_say(s->ctx, "%s: needs a value", shown);
	bad(s);
	return NULL;
}

/* unknown - no such long option; perhaps another one was meant */
static int
unknown(struct scan *s, const char *name, size_t len)
{
	const char *near = opt_nearest(s->ctx, name, len);

	if (near != NULL)
		opt_say(s->ctx, "--%.*s: unknown option; did you mean --%s?",
		    (int)len, name, near);
	else
		opt_say(s->ctx, "--%.*s: unknown option", (int)len, name);
	return bad(s);
}

/* builtin - --help and the like, which no table needs to list */
static int
builtin(struct scan *s, const char *name, size_t len, const char *value)
{
	char word[16];

	if (len >= sizeof(word))
		return unknown(s, name, len);
	memcpy(word, name, len);
	word[len] = '\0';
	if (!opt_is_builtin(s->ctx->prog, word))
		return unknown(s, name, len);
	if (strcmp(word, "config") == 0) {
		if (value == NULL)
			value = argument(s, NULL, "--config");
		s->ctx->config = value;
		return value == NULL ? -1 : 0;
	}
	if (value != NULL) {
		opt_say(s->ctx, "--%s: takes no value", word);
		return bad(s);
	}
	return strcmp(word, "help") == 0 ? help(s) : version(s);
}

/* long_option - "--name", "--name=value", "--name value", "--no-name" */
static int
long_option(struct scan *s, const char *text)
{
	const char *value = strchr(text, '=');
	size_t len = value != NULL ? (size_t)(value - text) : strlen(text);
	struct opt_slot *slot;
	char shown[80];
	int negated;

	if (value != NULL)
		value++;
	slot = opt_find(s->ctx, text, len, &negated);
	if (slot == NULL)
		return builtin(s, text, len, value);
	snprintf(shown, sizeof(shown), "--%.*s", (int)len, text);
	if (negated && value != NULL) {
		opt_say(s->ctx, "%s: takes no value", shown);
		return bad(s);
	}
	if (slot->opt->kind == OPT_FLAG && value == NULL)
		value = negated ? "no" : "yes";
	if (value == NULL &&
	    (value = argument(s, slot->opt, shown)) == NULL)
		return -1;
	if (s->ctx->prog->has_config &&
	    strcmp(slot->opt->name, "config") == 0)
		s->ctx->config = value;
	return remember(s, slot, value, 0);
}

static struct opt_slot *
by_letter(struct opt_ctx *ctx, int letter)
{
	size_t i;

	for (i = 0; i < ctx->nslots; i++)
		if (ctx->slots[i].opt->letter == letter)
			return &ctx->slots[i];
	return NULL;
}

/* short_value - "-ovalue" or "-o value"; rest is what follows the letter */
static const char *
short_value(struct scan *s, const struct opt *o, int letter, const char *rest)
{
	char shown[3] = { '-', (char)letter };

	return *rest != '\0' ? rest : argument(s, o, shown);
}

/* short_options - "-v", "-vx", "-ovalue", "-vo value"; text is past the dash */
static int
short_options(struct scan *s, const char *text)
{
	struct opt_slot *slot;
	const char *value;
	int letter;

	while ((letter = (unsigned char)*text++) != '\0') {
		slot = by_letter(s->ctx, letter);
		if (slot != NULL && slot->opt->kind == OPT_FLAG) {
			if (remember(s, slot, "yes", letter) == -1)
				return -1;
			continue;
		}
		if (slot == NULL && !opt_is_letter(s->ctx->prog, letter)) {
			opt_say(s->ctx, "-%c: unknown option", letter);
			return bad(s);
		}
		if (slot == NULL && letter == 'h')
			return help(s);
		value = short_value(s, slot != NULL ? slot->opt : NULL,
		    letter, text);
		if (value == NULL)
			return -1;
		if (slot == NULL || (s->ctx->prog->has_config &&
		    slot->opt->name != NULL &&
		    strcmp(slot->opt->name, "config") == 0))
			s->ctx->config = value;
		return slot == NULL ? 0 : remember(s, slot, value, letter);
	}
	return 0;
}

/*
 * scan_all - read every argument; operands are gathered in operand[], all else
 * stays in order in option[], so that argv can be put together anew
 */
static void
scan_all(struct scan *s, char **option, int *noption, char **operand,
    int *noperand)
{
	char *arg;
	int first, result;

	while (s->at < s->argc) {
		first = s->at;
		arg = s->argv[s->at++];
		if (arg[0] != '-' || arg[1] == '\0') {
			operand[(*noperand)++] = arg;
			continue;
		}
		result = 0;
		if (strcmp(arg, "--") == 0)
			while (s->at < s->argc)
				operand[(*noperand)++] = s->argv[s->at++];
		else if (arg[1] == '-')
			result = long_option(s, arg + 2);
		else
			result = short_options(s, arg + 1);
		if (result == -1)
			return;
		option[(*noption)++] = arg;
		/* Its value; not what "--" made operands. */
		if (strcmp(arg, "--") != 0 && s->at == first + 2)
			option[(*noption)++] = s->argv[first + 1];
	}
}

enum opt_result
opt_args(struct opt_ctx *ctx, int argc, char **argv,
    struct opt_operands *operands)
{
	struct scan s = { .ctx = ctx, .argv = argv, .argc = argc, .at = 1 };
	char **moved;
	int noption = 0, noperand = 0;

	operands->v = argv + argc;
	operands->n = 0;
	if (argc < 2)
		return OPT_OK;
	if ((moved = calloc((size_t)argc, 2 * sizeof(*moved))) == NULL) {
		opt_say(ctx, "out of memory");
		return OPT_USAGE;
	}
	scan_all(&s, moved, &noption, moved + argc, &noperand);
	if (s.result == OPT_OK) {
		memcpy(argv + 1, moved, (size_t)noption * sizeof(*argv));
		memcpy(argv + 1 + noption, moved + argc,
		    (size_t)noperand * sizeof(*argv));
		operands->v = argv + 1 + noption;
		operands->n = noperand;
	}
	free(moved);
	return s.result;
}
