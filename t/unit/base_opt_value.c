/*
 * Unit tests of base/opt_value.c and opt_help.c: the numbers and their units at
 * their edges, and the layout of --help.
 */
#include "base_opt_table.h"

#include <errno.h>
#include <locale.h>

#include "base/opt_priv.h"

struct number {
	const char	*text;
	int64_t		 value;		/* or, negative, an errno */
};

typedef int parser(const char *, int64_t *);

static void
check(parser *parse_number, const struct number *n, size_t count)
{
	int64_t out;
	size_t i;
	int result;

	for (i = 0; i < count; i++) {
		out = 4711;
		errno = 0;
		result = parse_number(n[i].text, &out);
		if (n[i].value < 0 && (result != -1 || out != 4711 ||
		    errno != -n[i].value))
			fail_msg("'%s' is taken, or wrongly refused",
			    n[i].text);
		if (n[i].value >= 0 && (result != 0 || out != n[i].value))
			fail_msg("'%s' gives %lld", n[i].text,
			    (long long)out);
	}
}

#define CHECK(f, cases)	check(f, cases, sizeof(cases) / sizeof((cases)[0]))

static void
numbers(void **state)
{
	static const struct number cases[] = {
		{ "0", 0 }, { "007", 7 }, { "9223372036854775807", INT64_MAX },
		{ "9223372036854775808", -ERANGE }, { "-0", 0 },
		{ "99999999999999999999999999", -ERANGE }, { "", -EINVAL },
		{ "-", -EINVAL }, { "--1", -EINVAL }, { "+1", -EINVAL },
		{ " 1", -EINVAL }, { "1 ", -EINVAL }, { "0x10", -EINVAL },
		{ "1e3", -EINVAL }, { "99999999999999999999x", -EINVAL },
	};
	int64_t n;

	(void)state;
	CHECK(opt_number, cases);
	assert_int_equal(opt_number("-5", &n), 0);
	assert_int_equal(n, -5);
	assert_int_equal(opt_number("-9223372036854775808", &n), 0);
	assert_true(n == INT64_MIN);
	assert_int_equal(opt_number("-9223372036854775809", &n), -1);
}

static void
sizes(void **state)
{
	static const struct number cases[] = {
		{ "0", 0 }, { "512", 512 }, { "64k", 65536 }, { "64K", 65536 },
		{ "10M", 10 << 20 }, { "10m", 10 << 20 }, { "1G", 1 << 30 },
		{ "1g", 1 << 30 }, { "2T", 2LL << 40 }, { "2t", 2LL << 40 },
		{ "8388607T", 8388607LL << 40 }, { "8388608T", -ERANGE },
		{ "", -EINVAL }, { "k", -EINVAL }, { "1kk", -EINVAL },
		{ "1KB", -EINVAL }, { "-1", -EINVAL }, { "1.5M", -EINVAL },
		{ "1 k", -EINVAL }, { "1 ", -EINVAL }, { "1x", -EINVAL },
		{ "1\x80", -EINVAL }, { "99999999999999999999", -ERANGE },
	};

	(void)state;
	CHECK(opt_size, cases);
}

static void
times(void **state)
{
	static const struct number cases[] = {
		{ "0", 0 }, { "30", 30000 }, { "30s", 30000 },
		{ "500ms", 500 }, { "2m", 120000 }, { "1h", 3600000 },
		{ "1d", 86400000 }, { "0.5", 500 }, { ".5", 500 },
		{ "1.5h", 5400000 }, { "0.0001", 1 }, { "0.0", 0 },
		{ "0.0000000000000001", 1 }, { "1.0010000000000001", 1002 },
		{ "0.999999999999999d", 86400000 },
		{ "9223372036854775807ms", INT64_MAX },
		{ "9223372036854775807.1ms", -ERANGE },
		{ "9223372036854775807", -ERANGE },
		{ "99999999999999999999ms", -ERANGE }, { "", -EINVAL },
		{ ".", -EINVAL }, { "5.", -EINVAL }, { "5.s", -EINVAL },
		{ "s", -EINVAL }, { "-1", -EINVAL }, { "1 s", -EINVAL },
		{ "1us", -EINVAL }, { "1sm", -EINVAL }, { "1.2.3", -EINVAL },
	};

	(void)state;
	CHECK(opt_msec, cases);
}

static void
range_of(enum opt_kind kind, int64_t min, int64_t max, const char *want)
{
	struct opt o = { .kind = kind, .min = min, .max = max };
	char mem[64];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	opt_range(&o, &t);
	assert_string_equal(mem, want);
}

static void
ranges(void **state)
{
	(void)state;
	range_of(OPT_INT, 0, 0, "");
	range_of(OPT_INT, 0, INT64_MAX, "");
	range_of(OPT_INT, 3, 0, "3 or more");
	range_of(OPT_INT, -1, 0, "-1 to 0");
	range_of(OPT_INT, 7, 7, "7");
	range_of(OPT_SIZE, 0, 1536, "0 to 1536");
	range_of(OPT_SIZE, 1024, 10 << 20, "1k to 10M");
	range_of(OPT_MSEC, 1, 90000, "1ms to 90s");
	range_of(OPT_MSEC, 0, 86400000, "0 to 1d");
}

static void
decimals(void **state)
{
	double d = 0;
	const struct opt o = { .kind = OPT_DOUBLE, .min = -9, .max = 9 };
	static const char *const bad[] = { "", ".", "-", "-.", "5.", "1e1",
	    "nan", "inf", "0x1", "1,5", "9.01", "-10", "1.2.3" };
	char mem[128];
	struct text why;
	size_t i;

	(void)state;
	setlocale(LC_ALL, "");
	text_init(&why, mem, sizeof(mem));
	assert_int_equal(opt_store(&d, &o, "0.1", &why), 0);
	assert_true(d >= 0.1 && d <= 0.1);
	assert_int_equal(opt_store(&d, &o, "-2.5", &why), 0);
	assert_true(d >= -2.5 && d <= -2.5);
	assert_int_equal(opt_store(&d, &o, ".25", &why), 0);
	assert_true(d >= .25 && d <= .25);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(opt_store(&d, &o, bad[i], &why), -1);
	assert_true(d >= .25 && d <= .25);
}

/* The whole of it, as people see it. */
static void
help_is_laid_out(void **state)
{
	struct buf b = { 0 };

	(void)state;
	opt_help(&program, &b);
	assert_string_equal(b.data,
"usage: prog [options] [-x FILE] HOST PORT [PATH...]\n"
"Do things.\n"
"\n"
"Things:\n"
"  -v, --verbose            say more\n"
"      --[no-]sandbox       give up what is not needed (default yes)\n"
"  -n, --number N           how many (1 to 10; default 5)\n"
"  -l, --limit SIZE         largest body (1k to 1G; default 64k)\n"
"      --idle-timeout TIME  when an idle connection is closed, "
"which may be long\n"
"                           after anybody has looked at it (default 1m)\n"
"  -t, --title WORDS        what to call it (default: nothing)\n"
"      --listen ADDR        where (may be repeated; default [::]:80)\n"
"  -m, --model WORD         process model (single, fork, prefork; "
"default fork)\n"
"      --loss N             share lost (0 to 1)\n"
"      --allow VALUE        who may\n"
"\n"
"General:\n"
"  -f, --config FILE        read options from FILE: a long name and "
"its value a\n"
"                           line\n"
"  -h, --help               show this help and exit\n"
"      --version            show the version and exit\n"
"\n"
"Signals: HUP.\n");
	buf_free(&b);
}

static void
several_synopses_and_long_names(void **state)
{
	static const struct opt one[] = {
		{ .name = "a-name-that-no-column-was-made-for",
		    .kind = OPT_STRING, .help = "it", .def = "" },
		{ .letter = '4', .kind = OPT_FLAG, .help = "IPv4 alone" },
		{ .letter = 'h', .kind = OPT_FLAG, .help = "own" },
		{ .letter = 'l', .kind = OPT_LIST, .help = "can be repeated" },
	};
	static const struct opt hidden[] = {
		{ .name = "hidden", .kind = OPT_FLAG }
	};
	struct opt_group two[] = { { "None", hidden, 1, &set },
	    { NULL, one, 4, &set } };
	const struct opt_program p = { .name = "p", .synopsis = "HOST\n-l\n",
	    .groups = two, .ngroups = 2 };
	struct buf b = { 0 };

	(void)state;
	opt_help(&p, &b);
	assert_string_equal(b.data,
"usage: p HOST\n"
"       p -l\n"
"\n"
"      --a-name-that-no-column-was-made-for TEXT\n"
"                      it\n"
"  -4                  IPv4 alone\n"
"  -h                  own\n"
"  -l TEXT             can be repeated\n"
"\n"
"General:\n"
"      --help          show this help and exit\n"
"      --version       show the version and exit\n");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(sizes),
		cmocka_unit_test(times),
		cmocka_unit_test(ranges),
		cmocka_unit_test(decimals),
		cmocka_unit_test(help_is_laid_out),
		cmocka_unit_test(several_synopses_and_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
