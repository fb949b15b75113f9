/*
 * Fuzz target of the command line (base/opt_args.c): arguments are separated by
 * NUL.  A second parse of what the first has put in order must say the same,
 * since that is what a reload does.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/opt.h"

#define ARGS_MAX	64

struct settings {
	bool		 flag, on, help, version;
	int64_t		 number;
	char		*string;
	struct opt_list	 list;
};

#define OPTION(n, l, k, f)	.name = n, .letter = l, .kind = k, \
	.offset = offsetof(struct settings, f)

/* Its own help and version, which print nothing. */
static const struct opt table[] = {
	{ OPTION("flag", 'v', OPT_FLAG, flag) },
	{ OPTION("on", 'o', OPT_FLAG, on), .def = "yes" },
	{ OPTION("help", 'h', OPT_FLAG, help) },
	{ OPTION("version", 0, OPT_FLAG, version) },
	{ OPTION("number", 'n', OPT_INT, number), .max = 100 },
	{ OPTION("string", 's', OPT_STRING, string) },
	{ OPTION("list", 'l', OPT_LIST, list), .def = "x" },
};

static void
check(int ok)
{
	if (!ok)
		abort();
}

/* same - whether both hold the same values */
static int
same(const struct settings *a, const struct settings *b)
{
	size_t i;

	if (a->flag != b->flag || a->on != b->on || a->help != b->help ||
	    a->version != b->version || a->number != b->number ||
	    !a->string != !b->string || a->list.n != b->list.n)
		return 0;
	if (a->string != NULL && strcmp(a->string, b->string) != 0)
		return 0;
	for (i = 0; i < a->list.n; i++)
		if (strcmp(a->list.v[i], b->list.v[i]) != 0)
			return 0;
	return 1;
}

static enum opt_result
parse(struct opt_program *program, struct settings *set, int argc, char **argv,
    struct opt_operands *operands)
{
	char message[256] = "";
	enum opt_result result;

	program->groups->settings = set;
	result = opt_parse(program, argc, argv, operands, message,
	    sizeof(message));
	check((result == OPT_OK) == (message[0] == '\0'));
	return result;
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings first = { 0 }, second = { 0 };
	struct opt_group group = { NULL, table,
	    sizeof(table) / sizeof(table[0]), NULL };
	struct opt_program program = { .name = "fuzz", .synopsis = "[-v] A [B]",
	    .groups = &group, .ngroups = 1, .max_operands = 3 };
	struct opt_operands one = { 0 }, two = { 0 };
	char *argv[ARGS_MAX + 1], *text = malloc(size + 1);
	size_t at;
	int argc = 0;

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	for (at = 0; at <= size && argc < ARGS_MAX; at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	argv[argc] = NULL;
	if (parse(&program, &first, argc, argv, &one) == OPT_OK) {
		check(one.v + one.n == argv + argc);
		check(parse(&program, &second, argc, argv, &two) == OPT_OK);
		check(one.v == two.v && one.n == two.n);
		check(same(&first, &second));
		opt_release(&program);
		group.settings = &first;
		opt_release(&program);
	}
	free(text);
	return 0;
}
