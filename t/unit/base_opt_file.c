/*
 * Unit tests of base/opt_file.c: how a configuration file is read, that the
 * command line wins over it, and that a mistake is found by its line.
 */
#include "base_opt_table.h"

#include <unistd.h>

static char path[64], args[256], want[256];

static int
set_up(void **state)
{
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/base_opt.XXXXXX");
	if ((fd = mkstemp(path)) == -1)
		return -1;
	return close(fd);
}

static int
tear_down_file(void **state)
{
	tear_down(state);
	return unlink(path);
}

static void
write_bytes(const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	fclose(f);
}

/* file_parses - text is a good file, with more on the command line */
static void
file_parses(const char *text, const char *more)
{
	write_bytes(text, strlen(text));
	snprintf(args, sizeof(args), "-f %s %s", path, more);
	parses(args);
}

/* file_refused - text is not, for the reason why, which begins with a line */
static void
file_refused(const char *text, const char *why)
{
	write_bytes(text, strlen(text));
	snprintf(args, sizeof(args), "--config=%s", path);
	snprintf(want, sizeof(want), "%s:%s", path, why);
	refused(args, want);
}

static void
a_whole_file(void **state)
{
	(void)state;
	file_parses("# a comment\n"
	    "\n"
	    "  \t\n"
	    "verbose\n"
	    "sandbox off   # a comment too\n"
	    "number\t7\n"
	    "  limit   1M  \r\n"
	    "title two  words#1 \n"
	    "listen :1\n"
	    "listen :2\n"
	    "model prefork", "");
	assert_true(set.verbose);
	assert_false(set.sandbox);
	assert_int_equal(set.number, 7);
	assert_int_equal(set.limit, 1 << 20);
	assert_string_equal(set.title, "two  words#1");
	assert_int_equal(set.listen.n, 2);
	assert_string_equal(set.listen.v[1], ":2");
	assert_int_equal(set.model, 2);
	assert_int_equal(set.timeout, 60000);
}

static void
an_empty_file(void **state)
{
	(void)state;
	file_parses("", "");
	assert_int_equal(set.number, 5);
	file_parses("\xef\xbb\xbfnumber 3\n", "");
	assert_int_equal(set.number, 3);
}

static void
the_command_line_wins(void **state)
{
	(void)state;
	file_parses("number 7\ntitle file\nlisten :1\nverbose\n",
	    "--title line --listen :2 --no-verbose");
	assert_int_equal(set.number, 7);
	assert_string_equal(set.title, "line");
	assert_false(set.verbose);
	assert_int_equal(set.listen.n, 2);
	assert_string_equal(set.listen.v[0], ":1");
	assert_string_equal(set.listen.v[1], ":2");
}

static void
flags_in_a_file(void **state)
{
	static const char *const yes[] = { "yes", "on", "true", "" };
	static const char *const no[] = { "no", "off", "false" };
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		snprintf(text, sizeof(text), "verbose %s\n", yes[i]);
		file_parses(text, "");
		assert_true(set.verbose);
	}
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		snprintf(text, sizeof(text), "verbose\nverbose %s\n", no[i]);
		file_parses(text, "");
		assert_false(set.verbose);
	}
	file_parses("no-sandbox\n", "");
	assert_false(set.sandbox);
}

static void
quotes(void **state)
{
	(void)state;
	file_parses("title \" a # \\\"b\\\" \\\\ \"  # comment\n", "");
	assert_string_equal(set.title, " a # \"b\" \\ ");
	file_parses("title \"\"", "");
	assert_string_equal(set.title, "");
	file_parses("title a \"b\"", "");
	assert_string_equal(set.title, "a \"b\"");
	file_parses("title \\n", "");
	assert_string_equal(set.title, "\\n");
	file_refused("title \"abc\n", "1: the closing quote is missing");
	file_refused("title \"abc\\\n", "1: a backslash in quotes must stand "
	    "before \\ or \"");
	file_refused("title \"abc\\\"", "1: the closing quote is missing");
	file_refused("title \"a\\nb\"\n", "1: a backslash in quotes must stand "
	    "before \\ or \"");
	file_refused("title \"a\" b\n", "1: there is text behind the closing "
	    "quote");
	file_refused("title \"a\"# b\n", "1: there is text behind the closing "
	    "quote");
}

static void
mistakes_are_found_by_line(void **state)
{
	(void)state;
	file_refused("verbose\n\nnumber 11\n", "3: number: '11' is out of "
	    "range; allowed: 1 to 10");
	file_refused("limt 3\n", "1: limt: unknown option; did you mean "
	    "limit?");
	file_refused("bogus\n", "1: bogus: unknown option");
	file_refused("number=3\n", "1: number=3: unknown option; did you mean "
	    "number?");
	file_refused("--limit 3\n", "1: --limit: unknown option; did you mean "
	    "limit?");
	file_refused("#\nnumber\n", "2: number: needs a value");
	file_refused("title # none\n", "1: title: needs a value: WORDS");
	file_refused("no-sandbox yes\n", "1: no-sandbox: takes no value");
	file_refused("help\n", "1: help: unknown option");
	file_refused("config x\n", "1: config: unknown option");
	file_refused("ti\x1btle x\n", "1: ti\\x1btle: unknown option; did you "
	    "mean title?");
}

static void
stored_values_are_given_up(void **state)
{
	(void)state;
	file_refused("title a\nlisten b\nallow c/d\nnumber x\n", "4: number: "
	    "'x' is not a whole number; allowed: 1 to 10");
}

static void
nul_is_refused(void **state)
{
	(void)state;
	write_bytes("verbose\ntitle a\0b\n", 18);
	snprintf(args, sizeof(args), "-f %s", path);
	snprintf(want, sizeof(want), "%s:2: there is a NUL byte in the line",
	    path);
	refused(args, want);
	write_bytes("verbose\n\0", 9);
	refused(args, want);
}

static void
files_that_cannot_be_read(void **state)
{
	(void)state;
	refused("-f /nonexistent/x", "/nonexistent/x: No such file or "
	    "directory");
	refused("-f /", "/: Is a directory");
	/* Text without end. */
	refused("-f /dev/zero", "/dev/zero: File too large");
}

static void
the_last_file_is_read(void **state)
{
	(void)state;
	file_parses("number 9\n", "");
	snprintf(args, sizeof(args), "-f /nonexistent -f %s", path);
	parses(args);
	assert_int_equal(set.number, 9);
}

#define CASE(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down_file)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_whole_file),
		CASE(an_empty_file),
		CASE(the_command_line_wins),
		CASE(flags_in_a_file),
		CASE(quotes),
		CASE(mistakes_are_found_by_line),
		CASE(stored_values_are_given_up),
		CASE(nul_is_refused),
		CASE(files_that_cannot_be_read),
		CASE(the_last_file_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
