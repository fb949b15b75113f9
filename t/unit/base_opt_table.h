/*
 * The options that the unit tests of base/opt*.c parse: one of each kind, and
 * what the tests do with them.  Included by base_opt*.c only.
 */
#ifndef BASE_OPT_TABLE_H
#define BASE_OPT_TABLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/opt.h"

struct settings {
	bool		 verbose, sandbox;
	int64_t		 number, limit, timeout;
	char		*title;
	struct opt_list	 listen;
	int		 model;
	double		 loss;
	char		*network;	/* of an OPT_CALL */
};

static inline int
take_network(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	char **network = dst;

	(void)o;
	if (strchr(value, '/') == NULL) {
		if (*value != '\0')
			snprintf(why, whylen, "is not a network");
		return -1;
	}
	free(*network);
	*network = strdup(value);
	return 0;
}

static inline void
drop_network(void *dst)
{
	char **network = dst;

	free(*network);
	*network = NULL;
}

static const char *const models[] = { "single", "fork", "prefork", NULL };

#define AT(field)	.offset = offsetof(struct settings, field)

static const struct opt table[] = {
	{ .name = "verbose", .letter = 'v', .kind = OPT_FLAG, AT(verbose),
	    .help = "say more" },
	{ .name = "sandbox", .kind = OPT_FLAG, AT(sandbox), .def = "yes",
	    .help = "give up what is not needed" },
	{ .name = "number", .letter = 'n', .kind = OPT_INT, AT(number),
	    .def = "5", .min = 1, .max = 10, .help = "how many" },
	{ .name = "limit", .letter = 'l', .kind = OPT_SIZE, AT(limit),
	    .def = "64k", .min = 1024, .max = 1 << 30, .help = "largest body" },
	{ .name = "idle-timeout", .kind = OPT_MSEC, AT(timeout), .def = "1m",
	    .help = "when an idle connection is closed, which may be long "
	    "after anybody has looked at it" },
	{ .name = "title", .letter = 't', .kind = OPT_STRING, AT(title),
	    .arg = "WORDS", .help = "what to call it (default: nothing)" },
	{ .name = "listen", .kind = OPT_LIST, AT(listen), .def = "[::]:80",
	    .arg = "ADDR", .help = "where" },
	{ .name = "bind", .kind = OPT_LIST, AT(listen) },
	{ .name = "model", .letter = 'm', .kind = OPT_ENUM, AT(model),
	    .def = "fork", .choices = models, .help = "process model" },
	{ .name = "loss", .kind = OPT_DOUBLE, AT(loss), .max = 1,
	    .help = "share lost" },
	{ .name = "allow", .kind = OPT_CALL, AT(network),
	    .call = take_network, .release = drop_network,
	    .help = "who may" },
};

static struct settings set;
static struct opt_group groups[] = {
	{ "Things", table, sizeof(table) / sizeof(table[0]), &set }
};
static struct opt_program program = {
	.name = "prog", .synopsis = "[options] [-x FILE] HOST PORT [PATH...]",
	.summary = "Do things.", .footer = "Signals: HUP.",
	.groups = groups, .ngroups = 1, .max_operands = -1, .has_config = 1
};

/* A command line, cut at blanks; its words stay until the next. */
static char line[512], message[512];
static char *words[64];
static int nwords;
static struct opt_operands operands;

static inline enum opt_result
parse_words(void)
{
	message[0] = '\0';
	return opt_parse(&program, nwords, words, &operands, message,
	    sizeof(message));
}

static inline enum opt_result
parse(const char *args)
{
	char *p;

	snprintf(line, sizeof(line), "%s", args);
	nwords = 0;
	words[nwords++] = (char *)program.name;
	for (p = strtok(line, " "); p != NULL; p = strtok(NULL, " "))
		words[nwords++] = p;
	words[nwords] = NULL;
	return parse_words();
}

static inline int
tear_down(void **state)
{
	(void)state;
	opt_release(&program);
	program.min_operands = 0;
	program.max_operands = -1;
	program.has_config = 1;
	return 0;
}

/* parses - args are taken; before that, what the last ones left is given up */
static inline void
parses(const char *args)
{
	opt_release(&program);
	if (parse(args) != OPT_OK)
		fail_msg("%s: %s", args, message);
}

/* refused - args are not taken, with this message, and nothing is kept */
static inline void
refused(const char *args, const char *why)
{
	static const struct settings none;

	opt_release(&program);
	assert_int_equal(parse(args), OPT_USAGE);
	assert_string_equal(message, why);
	assert_memory_equal(&set, &none, sizeof(set));
}

#endif
