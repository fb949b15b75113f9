/*
 * Unit tests of base/progress.c: what the line says and how long it gets.
 * Nothing here draws.
 */

#include "base/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static void
bytes_are_short(void **state)
{
	static const struct {
		uint64_t	 n;
		const char	*text;
	} cases[] = {
		{ 0, "0" }, { 999, "999" }, { 1023, "1023" }, { 1024, "1.0K" },
		{ 1536, "1.5K" }, { 10189, "10K" }, { 1022976, "999K" },
		{ 1023500, "1.0M" }, { 1 << 20, "1.0M" },
		{ 5ULL << 30, "5.0G" }, { 123ULL << 40, "123T" },
		{ UINT64_MAX, "16E" },
	};
	char buf[PROGRESS_BYTES_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(progress_bytes(cases[i].n, buf),
		    cases[i].text);
}

static void
times_are_short(void **state)
{
	char buf[PROGRESS_TIME_MAX];

	(void)state;
	assert_string_equal(progress_time(0, buf), "0:00");
	assert_string_equal(progress_time(67, buf), "1:07");
	assert_string_equal(progress_time(3 * 3600 + 5, buf), "3:00:05");
	assert_string_equal(progress_time(2 * 86400 + 3600, buf), "2d 01h");
	progress_time(UINT64_MAX, buf);
}

static void
half_way(void **state)
{
	struct progress p;
	char line[200];
	int64_t t;

	(void)state;
	progress_start(&p, "page.html", 0, 2048, 0);
	t = p.began + NSEC_PER_SEC;
	progress_sample(&p, 1024, t);
	progress_render(&p, t, 79, line, sizeof(line));
	assert_memory_equal(line, "page.html [####", 15);
	assert_non_null(strstr(line, ".] "));
	assert_non_null(strstr(line, " 50%  1.0K  1.0K/s  0:01 left"));
	assert_int_equal(strlen(line), 79);
}

static void
resumed_bytes_are_not_rate(void **state)
{
	struct progress p;
	char line[200];

	(void)state;
	progress_start(&p, "x", 1 << 20, 2 << 20, 0);
	progress_sample(&p, (1 << 20) + 1024, p.began + NSEC_PER_SEC);
	progress_render(&p, p.began + NSEC_PER_SEC, 79, line, sizeof(line));
	assert_non_null(strstr(line, " 50%  1.0M  1.0K/s  17:03 left"));
}

static void
total_unknown(void **state)
{
	struct progress p;
	char line[200];
	int64_t t;

	(void)state;
	progress_start(&p, NULL, 0, PROGRESS_UNKNOWN, 0);
	t = p.began + 4 * NSEC_PER_SEC;
	progress_sample(&p, 4096, t);
	progress_render(&p, t, 79, line, sizeof(line));
	assert_string_equal(line, " 4.0K  1.0K/s  0:04");
}

static void
never_wider_than_asked(void **state)
{
	struct progress p;
	char line[200];

	(void)state;
	progress_start(&p, "a name that goes on \033[31m for ever and a day", 0,
	    UINT64_MAX - 1, 0);
	progress_sample(&p, UINT64_MAX / 2, p.began + 1);
	for (size_t width = 1; width < 160; width++) {
		progress_render(&p, p.began + 1, width, line, sizeof(line));
		assert_true(strlen(line) <= width);
		assert_null(strchr(line, '\033'));
	}
	progress_render(&p, p.began + 1, 160, line, 10);
	assert_int_equal(strlen(line), 9);
}

static void
label_is_cut_between_characters(void **state)
{
	struct progress p;
	char line[200];

	(void)state;
	progress_start(&p, "aaaaaaaaaaaaaaaaaaaaaa\xe7\x8c\xabz", 0, 1, 0);
	progress_render(&p, p.began, 79, line, sizeof(line));
	assert_memory_equal(line, "aaaaaaaaaaaaaaaaaaaaaa [", 24);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_short),
		cmocka_unit_test(times_are_short),
		cmocka_unit_test(half_way),
		cmocka_unit_test(resumed_bytes_are_not_rate),
		cmocka_unit_test(total_unknown),
		cmocka_unit_test(never_wider_than_asked),
		cmocka_unit_test(label_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
