/*
 * Unit tests of base/clock.c: deadlines that never come, that are past, and
 * that lie too far off to be counted in nanoseconds.
 */
#include "base/clock.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

static void
clocks_go_forward(void **state)
{
	int64_t mono = clock_mono(), wall = clock_wall();

	(void)state;
	assert_true(mono > 0);
	assert_true(clock_mono() >= mono);
	assert_true(clock_coarse() <= clock_mono());
	assert_true(clock_coarse() > mono - NSEC_PER_SEC);
	assert_true(wall / NSEC_PER_SEC - time(NULL) <= 0);
	assert_true(wall / NSEC_PER_SEC - time(NULL) > -60);
}

static void
deadlines(void **state)
{
	int64_t now = clock_mono(), d = clock_after_ms(60000);

	(void)state;
	assert_true(d >= now + 60 * NSEC_PER_SEC);
	assert_true(d < now + 120 * NSEC_PER_SEC);
	assert_true(clock_after_ms(0) >= now);
	assert_true(clock_after_ms(-1) == CLOCK_NEVER);
	assert_true(clock_after_ms(INT64_MAX) == CLOCK_NEVER);
	assert_true(clock_after_ms(INT64_MAX / NSEC_PER_MSEC) == CLOCK_NEVER);
}

static void
time_left_for_poll(void **state)
{
	int64_t now = clock_mono();
	int ms;

	(void)state;
	assert_int_equal(clock_left_ms(CLOCK_NEVER), -1);
	assert_int_equal(clock_left_ms(now), 0);
	assert_int_equal(clock_left_ms(0), 0);
	assert_int_equal(clock_left_ms(INT64_MIN), 0);
	assert_int_equal(clock_left_ms(CLOCK_NEVER - 1), INT_MAX);
	ms = clock_left_ms(clock_mono() + 60 * NSEC_PER_SEC);
	assert_true(ms > 0 && ms <= 60000);
}

/* A caller that polls until the deadline must not be told 0 before it. */
static void
time_left_is_rounded_up(void **state)
{
	int64_t deadline = clock_mono() + 3 * NSEC_PER_MSEC;

	(void)state;
	while (clock_left_ms(deadline) > 0)
		;
	assert_true(clock_mono() >= deadline);
}

static void
timespecs_are_never_negative(void **state)
{
	struct timespec ts = clock_timespec(2 * NSEC_PER_SEC + 5);

	(void)state;
	assert_int_equal(ts.tv_sec, 2);
	assert_int_equal(ts.tv_nsec, 5);
	ts = clock_timespec(-1);
	assert_int_equal(ts.tv_sec, 0);
	assert_int_equal(ts.tv_nsec, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_go_forward),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(time_left_for_poll),
		cmocka_unit_test(time_left_is_rounded_up),
		cmocka_unit_test(timespecs_are_never_negative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
