/*
 * Fuzz target of the configuration file (base/opt_file.c): whatever a file
 * holds, it is taken or gives one clean line, and nothing is left behind.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* memfd_create */
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/opt.h"
#include "base/utf8.h"

struct settings {
	bool		 flag;
	int64_t		 number, size, msec;
	char		*string;
	struct opt_list	 list;
	int		 word;
	double		 decimal;
};

static const char *const choices[] = { "one", "two", NULL };

#define OPTION(n, k, f)	.name = n, .kind = k, \
	.offset = offsetof(struct settings, f)

static const struct opt table[] = {
	{ OPTION("flag", OPT_FLAG, flag) },
	{ OPTION("number", OPT_INT, number), .min = 1, .max = 10 },
	{ OPTION("size", OPT_SIZE, size), .def = "64k" },
	{ OPTION("msec", OPT_MSEC, msec), .max = 86400000 },
	{ OPTION("string", OPT_STRING, string), .def = "" },
	{ OPTION("list", OPT_LIST, list), .def = "x" },
	{ OPTION("word", OPT_ENUM, word), .choices = choices },
	{ OPTION("decimal", OPT_DOUBLE, decimal), .max = 1 },
};

static void
check(int ok)
{
	if (!ok)
		abort();
}

/* check_message - one line of text that a terminal can be shown */
static void
check_message(const char *s)
{
	size_t n = strlen(s), len;

	check(n > 0);
	for (; n > 0; s += len, n -= len) {
		len = utf8_seq(s, n);
		check(len > 0 && !utf8_control(s, len));
	}
}

static void
check_settings(const struct settings *set)
{
	check(set->number >= 0 && set->number <= 10);
	check(set->size >= 0 && set->msec >= 0 && set->msec <= 86400000);
	check(set->word == 0 || set->word == 1);
	check(set->decimal >= 0 && set->decimal <= 1);
	check(set->string != NULL && set->list.n > 0);
	check(set->list.v[set->list.n] == NULL);
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct settings none;
	struct settings set = { 0 };
	struct opt_group group = { NULL, table,
	    sizeof(table) / sizeof(table[0]), &set };
	const struct opt_program program = { .name = "fuzz",
	    .groups = &group, .ngroups = 1, .has_config = 1 };
	char name[] = "fuzz", config[64], message[512] = "";
	char *argv[] = { name, config, NULL };
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	check(fd != -1 && write(fd, data, size) == (ssize_t)size);
	snprintf(config, sizeof(config), "-f/proc/self/fd/%d", fd);
	if (opt_parse(&program, 2, argv, NULL, message,
	    sizeof(message)) == OPT_OK) {
		check_settings(&set);
		opt_release(&program);
	} else
		check_message(message);
	check(memcmp(&set, &none, sizeof(set)) == 0);
	close(fd);
	return 0;
}
