/*
 * Unit tests of base/opt.c and opt_args.c: how a command line is read, and what
 * is said about one that is wrong.
 */
#include "base_opt_table.h"

#include <fcntl.h>
#include <unistd.h>

static void
defaults_without_options(void **state)
{
	(void)state;
	parses("");
	assert_false(set.verbose);
	assert_true(set.sandbox);
	assert_int_equal(set.number, 5);
	assert_int_equal(set.limit, 65536);
	assert_int_equal(set.timeout, 60000);
	assert_null(set.title);
	assert_int_equal(set.listen.n, 1);
	assert_string_equal(set.listen.v[0], "[::]:80");
	assert_null(set.listen.v[1]);
	assert_int_equal(set.model, 1);
	assert_null(set.network);
	assert_int_equal(operands.n, 0);
}

static void
every_way_to_write_a_value(void **state)
{
	(void)state;
	parses("--number 7 --limit=1M -tname -m single");
	assert_int_equal(set.number, 7);
	assert_int_equal(set.limit, 1 << 20);
	assert_string_equal(set.title, "name");
	assert_int_equal(set.model, 0);
	parses("-vn8 -t --verbose");
	assert_true(set.verbose);
	assert_int_equal(set.number, 8);
	assert_string_equal(set.title, "--verbose");
	parses("--title= --idle-timeout .5 --loss 0.25 --allow 10.0.0.0/8");
	assert_string_equal(set.title, "");
	assert_int_equal(set.timeout, 500);
	assert_true(set.loss > 0.2499 && set.loss < 0.2501);
	assert_string_equal(set.network, "10.0.0.0/8");
	parses("--title a=b -t=c");
	assert_string_equal(set.title, "=c");
}

static void
flags_can_be_turned_off(void **state)
{
	(void)state;
	parses("--no-sandbox -v --no-verbose");
	assert_false(set.sandbox);
	assert_false(set.verbose);
	parses("--sandbox=off --verbose=yes");
	assert_false(set.sandbox);
	assert_true(set.verbose);
}

static void
the_last_one_wins(void **state)
{
	(void)state;
	parses("-n1 --number=2 -n 3 --title a --title b --allow a/1 "
	    "--allow b/2");
	assert_int_equal(set.number, 3);
	assert_string_equal(set.title, "b");
	assert_string_equal(set.network, "b/2");
}

static void
lists_grow_and_replace_the_default(void **state)
{
	(void)state;
	parses("--listen :1 --bind :2 --listen=:3");
	assert_int_equal(set.listen.n, 3);
	assert_string_equal(set.listen.v[0], ":1");
	assert_string_equal(set.listen.v[1], ":2");
	assert_string_equal(set.listen.v[2], ":3");
	assert_null(set.listen.v[3]);
	/* Another name of the same field keeps the default away too. */
	parses("--bind :4");
	assert_int_equal(set.listen.n, 1);
	assert_string_equal(set.listen.v[0], ":4");
}

static void
operands_are(const char *const *want, int n)
{
	int i;

	assert_int_equal(operands.n, n);
	for (i = 0; i < n; i++)
		assert_string_equal(operands.v[i], want[i]);
	assert_ptr_equal(operands.v + n, words + nwords);
}

static void
operands_may_stand_anywhere(void **state)
{
	const char *want[] = { "a", "-", "b", "--", "-v" };

	(void)state;
	parses("a -n 2 - --title x b");
	operands_are(want, 3);
	/* What stands behind "--" is no option, nor is a second "--". */
	parses("a -n 2 - --title x b -- -- -v");
	operands_are(want, 5);
	assert_false(set.verbose);
	parses("--");
	operands_are(want, 0);
	parses("-t --");
	operands_are(want, 0);
	assert_string_equal(set.title, "--");
}

/* A reload parses the same argv, which the first run has put in order. */
static void
argv_reads_the_same_again(void **state)
{
	const char *want[] = { "a", "b", "-v", "c" };

	(void)state;
	parses("a --title x b -n 2 -- -v c");
	opt_release(&program);
	assert_int_equal(parse_words(), OPT_OK);
	operands_are(want, 4);
	assert_false(set.verbose);
	assert_string_equal(set.title, "x");
	assert_int_equal(set.number, 2);
	opt_release(&program);
	assert_int_equal(parse_words(), OPT_OK);
	operands_are(want, 4);
}

static void
bad_values_say_what_is_allowed(void **state)
{
	(void)state;
	refused("--limit abc", "--limit: 'abc' is not a size; allowed: "
	    "1k to 1G");
	refused("--limit=1", "--limit: '1' is out of range; allowed: "
	    "1k to 1G");
	refused("-n 0", "-n: '0' is out of range; allowed: 1 to 10");
	refused("-n11", "-n: '11' is out of range; allowed: 1 to 10");
	refused("-n 99999999999999999999", "-n: '99999999999999999999' is "
	    "out of range; allowed: 1 to 10");
	refused("-n 1.5", "-n: '1.5' is not a whole number; allowed: 1 to 10");
	refused("--idle-timeout 3w", "--idle-timeout: '3w' is not a time; "
	    "allowed: 0 or more, as in 500ms, 30s, 2m, 1h, 1d");
	refused("--model threads", "--model: 'threads' is not known; "
	    "allowed: single, fork, prefork");
	refused("--loss 1.01", "--loss: '1.01' is out of range; allowed: "
	    "0 to 1");
	refused("--loss x", "--loss: 'x' is not a number; allowed: 0 to 1");
	refused("--sandbox=maybe", "--sandbox: 'maybe' is not a yes or no; "
	    "allowed: yes, no, on, off, true, false");
	refused("--allow x", "--allow: 'x' is not a network");
	refused("--allow=", "--allow: '' is not valid");
}

static void
what_was_stored_is_given_up_on_error(void **state)
{
	(void)state;
	refused("--title a --listen b --allow c/d -n 0", "-n: '0' is out of "
	    "range; allowed: 1 to 10");
}

static void
unknown_options_are_named(void **state)
{
	(void)state;
	refused("--limt 1", "--limt: unknown option; did you mean --limit?");
	refused("--num=3", "--num: unknown option; did you mean --number?");
	refused("--idel-timeout", "--idel-timeout: unknown option; did you "
	    "mean --idle-timeout?");
	refused("--hlep", "--hlep: unknown option; did you mean --help?");
	refused("--bogus", "--bogus: unknown option");
	refused("--x", "--x: unknown option");
	refused("--no-limit", "--no-limit: unknown option");
	refused("--=x", "--: unknown option");
	refused("-vz", "-z: unknown option");
	refused("--a\nb", "--a\\x0ab: unknown option");
	refused("-\xff", "-\\xff: unknown option");
	program.has_config = 0;
	refused("--config x", "--config: unknown option");
	refused("-f x", "-f: unknown option");
}

static void
long_nonsense_is_cut_short(void **state)
{
	char args[400], *p;

	(void)state;
	memset(args, 'y', sizeof(args));
	args[sizeof(args) - 1] = '\0';
	memcpy(args, "-n ", 3);
	assert_int_equal(parse(args), OPT_USAGE);
	p = strstr(message, "yyy...' is not a whole number; allowed: 1 to 10");
	assert_non_null(p);
	assert_true(p - message < 110);
	memcpy(args, "--y", 3);
	assert_int_equal(parse(args), OPT_USAGE);
	assert_non_null(strstr(message, "yyy: unknown option"));
}

static void
missing_and_needless_values(void **state)
{
	(void)state;
	refused("--number", "--number: needs a value");
	refused("--title", "--title: needs a value: WORDS");
	refused("-vt", "-t: needs a value: WORDS");
	refused("--config", "--config: needs a value");
	refused("-f", "-f: needs a value");
	refused("--no-sandbox=yes", "--no-sandbox: takes no value");
	refused("--help=x", "--help: takes no value");
}

static void
operands_are_counted(void **state)
{
	const char *synopsis = program.synopsis;
	const char *usage = "usage: prog [options] [-x FILE] HOST PORT "
	    "[PATH...]";
	char want[256];

	(void)state;
	program.min_operands = 2;
	program.max_operands = 3;
	snprintf(want, sizeof(want), "HOST is missing; %s", usage);
	refused("-v", want);
	snprintf(want, sizeof(want), "PORT is missing; %s", usage);
	refused("here", want);
	parses("here 80");
	parses("here 80 /");
	snprintf(want, sizeof(want), "'x' is one operand too many; %s", usage);
	refused("here 80 / x", want);
	program.min_operands = 3;
	snprintf(want, sizeof(want), "PATH is missing; %s", usage);
	refused("here 80", want);
	program.min_operands = 4;
	snprintf(want, sizeof(want), "operand is missing; %s", usage);
	refused("here 80 /", want);
	program.synopsis = "HOST[:PORT] NAME";
	refused("", "HOST is missing; usage: prog HOST[:PORT] NAME");
	program.synopsis = synopsis;
}

/* output_of - what parsing args prints on descriptor fd, without quiet */
static const char *
output_of(const char *args, int fd, enum opt_result want)
{
	static char text[8192];
	FILE *f = tmpfile();
	int saved = dup(fd);
	enum opt_result result;
	size_t n;

	assert_non_null(f);
	assert_int_equal(parse("--bogus"), OPT_USAGE);
	fflush(stdout);
	dup2(fileno(f), fd);
	nwords = 2;
	words[1] = (char *)args;
	result = opt_parse(&program, nwords, words, NULL, NULL, 0);
	fflush(stdout);
	dup2(saved, fd);
	close(saved);
	rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	assert_int_equal(result, want);
	return text;
}

static void
the_message_is_one_line_on_stderr(void **state)
{
	(void)state;
	assert_string_equal(output_of("--limit=a\nb", 2, OPT_USAGE),
	    "prog: --limit: 'a\\x0ab' is not a size; allowed: 1k to 1G "
	    "(try prog --help)\n");
	assert_string_equal(output_of("-f/nonexistent/x", 2, OPT_USAGE),
	    "prog: /nonexistent/x: No such file or directory\n");
}

static void
version_and_help_go_to_stdout(void **state)
{
	const char *out = output_of("--version", 1, OPT_EXIT_OK);

	(void)state;
	assert_int_equal(strncmp(out, "prog (Brood) ", 13), 0);
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
	out = output_of("--help", 1, OPT_EXIT_OK);
	assert_int_equal(strncmp(out, "usage: prog [options]", 21), 0);
	out = output_of("-vh", 1, OPT_EXIT_OK);
	assert_int_equal(strncmp(out, "usage: prog [options]", 21), 0);
	assert_null(set.title);
}

static void
a_table_may_have_h_and_f_for_itself(void **state)
{
	static const struct opt own[] = {
		{ .name = "human", .letter = 'h', .kind = OPT_FLAG,
		    AT(verbose), .help = "for people" },
		{ .name = "fast", .letter = 'f', .kind = OPT_FLAG,
		    AT(sandbox), .help = "hurry" },
		{ .letter = '4', .kind = OPT_INT, AT(number), .max = 9 },
	};
	struct opt_group mine[] = { { NULL, own, 3, &set } };

	(void)state;
	program.groups = mine;
	parses("-hf -4 7");
	assert_true(set.verbose);
	assert_true(set.sandbox);
	assert_int_equal(set.number, 7);
	refused("-4x", "-4: 'x' is not a whole number; allowed: 0 to 9");
	program.groups = groups;
}

static void
what_does_nothing_is_refused(void **state)
{
	static const struct opt_need needs[] = {
		{ "title", "verbose" }, { "sandbox", "allow" }, { NULL, NULL }
	};

	(void)state;
	program.needs = needs;
	parses("");		/* sandbox is on, but nobody said so */
	parses("-t x -v");
	parses("--no-sandbox");
	parses("--sandbox --allow a/1");
	refused("-t x", "--title: does nothing without --verbose");
	refused("-t x --no-verbose", "--title: does nothing without "
	    "--verbose");
	refused("--sandbox", "--sandbox: does nothing without --allow");
	program.needs = NULL;
}

static void
no_arguments_at_all(void **state)
{
	(void)state;
	nwords = 0;
	assert_int_equal(parse_words(), OPT_OK);
	assert_int_equal(operands.n, 0);
}

static void
a_bad_default_is_found(void **state)
{
	static const struct opt bad[] = {
		{ .name = "number", .kind = OPT_INT, AT(number), .def = "0",
		    .min = 1, .max = 2 }
	};
	struct opt_group mine[] = { { NULL, bad, 1, &set } };

	(void)state;
	program.groups = mine;
	refused("", "--number: '0' is out of range; allowed: 1 to 2");
	program.groups = groups;
}

#define CASE(f)	cmocka_unit_test_teardown(f, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(defaults_without_options),
		CASE(every_way_to_write_a_value),
		CASE(flags_can_be_turned_off),
		CASE(the_last_one_wins),
		CASE(lists_grow_and_replace_the_default),
		CASE(operands_may_stand_anywhere),
		CASE(argv_reads_the_same_again),
		CASE(bad_values_say_what_is_allowed),
		CASE(what_was_stored_is_given_up_on_error),
		CASE(unknown_options_are_named),
		CASE(long_nonsense_is_cut_short),
		CASE(missing_and_needless_values),
		CASE(operands_are_counted),
		CASE(the_message_is_one_line_on_stderr),
		CASE(version_and_help_go_to_stdout),
		CASE(a_table_may_have_h_and_f_for_itself),
		CASE(what_does_nothing_is_refused),
		CASE(no_arguments_at_all),
		CASE(a_bad_default_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
