/*
 * The option parser: defaults, configuration file and command line, in the
 * order that lets the last of them win.  Called by each program's main, and
 * again by servers when they reload.  It never ends the process.
 */
#include "base/opt.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/opt_priv.h"
#include "base/stdfds.h"

#define NAME_MAX_LEN	48	/* longer ones are never guessed at */
#define VALUE_SHOWN	100	/* bytes of a bad value in a message */

static const char *const builtins[] = { "config", "help", "version" };

/* slot_count - all options of all groups */
static size_t
slot_count(const struct opt_program *prog)
{
	size_t g, n = 0;

	for (g = 0; g < prog->ngroups; g++)
		n += prog->groups[g].nopts;
	return n;
}

static int
open_ctx(struct opt_ctx *ctx)
{
	const struct opt_program *prog = ctx->prog;
	const struct opt_group *group;
	struct opt_slot *slot;
	size_t g, i;

	ctx->nslots = slot_count(prog);
	ctx->slots = calloc(ctx->nslots + 1, sizeof(*ctx->slots));
	if ((slot = ctx->slots) == NULL)
		return opt_say(ctx, "out of memory");
	for (g = 0; g < prog->ngroups; g++) {
		group = &prog->groups[g];
		for (i = 0; i < group->nopts; i++, slot++) {
			slot->opt = &group->opts[i];
			slot->dst = (char *)group->settings +
			    slot->opt->offset;
		}
	}
	return 0;
}

int
opt_say(struct opt_ctx *ctx, const char *fmt, ...)
{
	char raw[768], line[1024];
	struct text message, t;
	va_list ap;

	text_init(&message, raw, sizeof(raw));
	if (ctx->file != NULL && ctx->line > 0)
		text_addf(&message, "%s:%lu: ", ctx->file, ctx->line);
	else if (ctx->file != NULL)
		text_addf(&message, "%s: ", ctx->file);
	va_start(ap, fmt);
	text_addv(&message, fmt, ap);
	va_end(ap);
	if (ctx->quiet != NULL) {
		text_init(&t, ctx->quiet, ctx->quietlen);
		text_addesc(&t, message.p, message.len);
		return -1;
	}
	text_init(&t, line, sizeof(line) - 128);
	text_addf(&t, "%s: ", ctx->prog->name);
	text_addesc(&t, message.p, message.len);
	t.size = sizeof(line);
	t.cut = 0;
	if (ctx->file == NULL)
		text_addf(&t, " (try %.64s --help)", ctx->prog->name);
	text_adds(&t, "\n");
	while (write(STDERR_FILENO, t.p, t.len) == -1 && errno == EINTR)
		;
	return -1;
}

/* has_option - whether the program's own table has the name or the letter */
static int
has_option(const struct opt_program *prog, const char *name, int letter)
{
	const struct opt *o;
	size_t g, i;

	for (g = 0; g < prog->ngroups; g++)
		for (i = 0; i < prog->groups[g].nopts; i++) {
			o = &prog->groups[g].opts[i];
			if (name != NULL && o->name != NULL &&
			    strcmp(o->name, name) == 0)
				return 1;
			if (letter != 0 && o->letter == letter)
				return 1;
		}
	return 0;
}

int
opt_is_builtin(const struct opt_program *prog, const char *name)
{
	size_t i;

	if (strcmp(name, "config") == 0 && !prog->has_config)
		return 0;
	for (i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
		if (strcmp(builtins[i], name) == 0)
			return !has_option(prog, name, 0);
	return 0;
}

int
opt_is_letter(const struct opt_program *prog, int letter)
{
	if (letter == 'h')
		return opt_is_builtin(prog, "help") &&
		    !has_option(prog, NULL, letter);
	if (letter == 'f')
		return opt_is_builtin(prog, "config") &&
		    !has_option(prog, NULL, letter);
	return 0;
}

static struct opt_slot *
find(struct opt_ctx *ctx, const char *name, size_t len)
{
	const char *other;
	size_t i;

	for (i = 0; i < ctx->nslots; i++) {
		other = ctx->slots[i].opt->name;
		if (other != NULL && strncmp(other, name, len) == 0 &&
		    other[len] == '\0')
			return &ctx->slots[i];
	}
	return NULL;
}

struct opt_slot *
opt_find(struct opt_ctx *ctx, const char *name, size_t len, int *negated)
{
	struct opt_slot *slot = find(ctx, name, len);

	*negated = 0;
	if (slot != NULL || len < 4 || strncmp(name, "no-", 3) != 0)
		return slot;
	slot = find(ctx, name + 3, len - 3);
	if (slot == NULL || slot->opt->kind != OPT_FLAG)
		return NULL;
	*negated = 1;
	return slot;
}

static size_t
least(size_t a, size_t b, size_t c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* distance - how many letters must change (Levenshtein) */
static size_t
distance(const char *a, size_t alen, const char *b, size_t blen)
{
	size_t row[NAME_MAX_LEN + 1], i, j, diagonal, up;

	for (j = 0; j <= blen; j++)
		row[j] = j;
	for (i = 1; i <= alen; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= blen; j++) {
			up = row[j];
			row[j] = least(up + 1, row[j - 1] + 1,
			    diagonal + (a[i - 1] != b[j - 1]));
			diagonal = up;
		}
	}
	return row[blen];
}

/* consider - take candidate for best if it is nearer to name */
static void
consider(const char *name, size_t len, const char *candidate,
    const char **best, size_t *score)
{
	size_t clen, d;

	if (candidate == NULL || (clen = strlen(candidate)) > NAME_MAX_LEN)
		return;
	/* An abbreviation is nearer than a slip of two letters. */
	if (len >= 2 && len < clen && strncmp(name, candidate, len) == 0)
		d = 1;
	else
		d = distance(name, len, candidate, clen);
	if (d * 2 <= (len > clen ? len : clen) && d < *score) {
		*score = d;
		*best = candidate;
	}
}

const char *
opt_nearest(struct opt_ctx *ctx, const char *name, size_t len)
{
	const char *best = NULL;
	size_t score = 3, i;

	if (len > NAME_MAX_LEN)
		return NULL;
	for (i = 0; i < ctx->nslots; i++)
		consider(name, len, ctx->slots[i].opt->name, &best, &score);
	if (ctx->file != NULL)
		return best;
	for (i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
		if (opt_is_builtin(ctx->prog, builtins[i]))
			consider(name, len, builtins[i], &best, &score);
	return best;
}

/* mark - slots that fill the same field have it too: no default may follow */
static void
mark(struct opt_ctx *ctx, const struct opt_slot *slot)
{
	size_t i;

	for (i = 0; i < ctx->nslots; i++)
		if (ctx->slots[i].dst == slot->dst)
			ctx->slots[i].seen = 1;
}

int
opt_set(struct opt_ctx *ctx, struct opt_slot *slot, const char *shown,
    const char *value)
{
	char reason[384];
	struct text why;

	text_init(&why, reason, sizeof(reason));
	if (opt_store(slot->dst, slot->opt, value, &why) == -1)
		return opt_say(ctx, "%s: '%.*s%s' %s", shown, VALUE_SHOWN,
		    value, strlen(value) > VALUE_SHOWN ? "..." : "", why.p);
	mark(ctx, slot);
	return 0;
}

/* shown_as - the option as it is written on a command line */
static void
shown_as(const struct opt *o, int letter, char *shown, size_t size)
{
	if (letter != 0)
		snprintf(shown, size, "-%c", letter);
	else
		snprintf(shown, size, "--%s", o->name);
}

static int
set_given(struct opt_ctx *ctx)
{
	const struct opt_given *given;
	char shown[80];
	size_t i;

	for (i = 0; i < ctx->ngiven; i++) {
		given = &ctx->given[i];
		shown_as(given->slot->opt, given->letter, shown,
		    sizeof(shown));
		if (opt_set(ctx, given->slot, shown, given->value) == -1)
			return -1;
	}
	return 0;
}

/*
 * set_defaults - what nobody has set.  This last, as the first value of a list
 * takes the place of the default.
 */
static int
set_defaults(struct opt_ctx *ctx)
{
	struct opt_slot *slot;
	char shown[80];
	size_t i;

	for (i = 0; i < ctx->nslots; i++) {
		slot = &ctx->slots[i];
		if (slot->seen || slot->opt->def == NULL)
			continue;
		shown_as(slot->opt, slot->opt->name == NULL ?
		    slot->opt->letter : 0, shown, sizeof(shown));
		if (opt_set(ctx, slot, shown, slot->opt->def) == -1)
			return -1;
	}
	return 0;
}

/* is_given - and not as "--no-name" */
static int
is_given(struct opt_ctx *ctx, const char *name)
{
	const struct opt_slot *slot = find(ctx, name, strlen(name));

	return slot != NULL && slot->seen &&
	    (slot->opt->kind != OPT_FLAG || *(const bool *)slot->dst);
}

/*
 * check_needs - that nothing was given that does nothing: who trusts a
 * certificate and forgets TLS must not be served without it.
 */
static int
check_needs(struct opt_ctx *ctx)
{
	const struct opt_need *need = ctx->prog->needs;

	for (; need != NULL && need->name != NULL; need++)
		if (is_given(ctx, need->name) && !is_given(ctx, need->needs))
			return opt_say(ctx, "--%s: does nothing without --%s",
			    need->name, need->needs);
	return 0;
}

/*
 * operand_name - the nth operand of the synopsis's first line, from 0, without
 * brackets; options are passed over
 */
static void
operand_name(const char *synopsis, int n, char *name, size_t size)
{
	size_t len;

	snprintf(name, size, "operand");
	for (; *synopsis != '\0' && *synopsis != '\n'; synopsis += len) {
		synopsis += strspn(synopsis, " ");
		len = strcspn(synopsis, " \n");
		if (strncmp(synopsis, "[-", 2) == 0)
			len = strcspn(synopsis, "]\n");
		else if (len > 0 && *synopsis != '-' && *synopsis != ']' &&
		    strncmp(synopsis, "[options]", len) != 0 && n-- == 0) {
			synopsis += strspn(synopsis, "[");
			snprintf(name, size, "%.*s",
			    (int)strcspn(synopsis, " .[]\n"), synopsis);
			return;
		}
		if (synopsis[len] == ']')
			len++;
	}
}

static int
check_operands(struct opt_ctx *ctx, const struct opt_operands *operands)
{
	const struct opt_program *prog = ctx->prog;
	const char *synopsis = prog->synopsis != NULL ? prog->synopsis : "";
	int len = (int)strcspn(synopsis, "\n");
	char name[64];

	if (operands->n < prog->min_operands) {
		operand_name(synopsis, operands->n, name, sizeof(name));
		return opt_say(ctx, "%s is missing; usage: %s %.*s", name,
		    prog->name, len, synopsis);
	}
	if (prog->max_operands >= 0 && operands->n > prog->max_operands)
		return opt_say(ctx, "'%.*s' is one operand too many; "
		    "usage: %s %.*s", VALUE_SHOWN,
		    operands->v[prog->max_operands], prog->name, len,
		    synopsis);
	return 0;
}

enum opt_result
opt_parse(const struct opt_program *prog, int argc, char **argv,
    struct opt_operands *operands, char *quiet, size_t quietlen)
{
	struct opt_ctx ctx = { .prog = prog, .quiet = quiet,
	    .quietlen = quietlen };
	struct opt_operands rest;
	enum opt_result result = OPT_USAGE;

	stdfds_claim();		/* this first */
	if (open_ctx(&ctx) == -1)
		return OPT_USAGE;
	result = opt_args(&ctx, argc, argv, &rest);
	if (result == OPT_OK && (check_operands(&ctx, &rest) == -1 ||
	    (ctx.config != NULL && opt_file(&ctx, ctx.config) == -1) ||
	    set_given(&ctx) == -1 || check_needs(&ctx) == -1 ||
	    set_defaults(&ctx) == -1)) {
		opt_release(prog);
		result = OPT_USAGE;
	}
	if (result == OPT_OK && operands != NULL)
		*operands = rest;
	free(ctx.slots);
	free(ctx.given);
	return result;
}

void
opt_release(const struct opt_program *prog)
{
	const struct opt_group *group;
	size_t g, i;

	for (g = 0; g < prog->ngroups; g++) {
		group = &prog->groups[g];
		for (i = 0; i < group->nopts; i++)
			opt_clear((char *)group->settings +
			    group->opts[i].offset, &group->opts[i]);
	}
}
