/*
 * Unit tests of serve/timer.c: whatever is set, moved and cleared, the soonest
 * comes first, and each knows its time.
 */

#include "serve/timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

#define MANY	200

static void
test_none(void **state)
{
	struct timers ts = { 0 };
	struct timer t = { .kind = 3 };

	(void)state;
	assert_null(timer_next(&ts));
	assert_int_equal(timer_when(&ts, &t), CLOCK_NEVER);
	timer_clear(&ts, &t);
	assert_null(timer_next(&ts));
	timers_free(&ts);
}

static void
test_set_moved_cleared(void **state)
{
	struct timers ts = { 0 };
	struct timer a = { .kind = 1 }, b = { .kind = 2 };

	(void)state;
	assert_int_equal(timer_set(&ts, &a, 20), 0);
	assert_int_equal(timer_set(&ts, &b, 10), 0);
	assert_ptr_equal(timer_next(&ts), &b);
	assert_int_equal(timer_set(&ts, &b, 30), 0);
	assert_ptr_equal(timer_next(&ts), &a);
	assert_int_equal(timer_when(&ts, &a), 20);
	assert_int_equal(timer_when(&ts, &b), 30);
	timer_clear(&ts, &a);
	timer_clear(&ts, &a);
	assert_int_equal(timer_when(&ts, &a), CLOCK_NEVER);
	assert_ptr_equal(timer_next(&ts), &b);
	assert_int_equal(timer_set(&ts, &a, -5), 0);
	assert_ptr_equal(timer_next(&ts), &a);
	assert_int_equal(a.kind, 1);
	assert_int_equal(b.kind, 2);
	timers_free(&ts);
}

/* expect - every timer's own time, and the soonest of them next. */
static void
expect(const struct timers *ts, const struct timer *t, const int64_t *when)
{
	int64_t first = CLOCK_NEVER;
	int i;

	for (i = 0; i < MANY; i++) {
		assert_int_equal(timer_when(ts, &t[i]), when[i]);
		if (when[i] < first)
			first = when[i];
	}
	if (first == CLOCK_NEVER)
		assert_null(timer_next(ts));
	else
		assert_int_equal(timer_when(ts, timer_next(ts)), first);
}

/* More than the heap begins with, in an order that is always the same. */
static void
test_many(void **state)
{
	struct timers ts = { 0 };
	struct timer t[MANY];
	int64_t when[MANY];
	uint32_t seed = 1;
	int i, k;

	(void)state;
	memset(t, 0, sizeof(t));
	for (i = 0; i < MANY; i++)
		when[i] = CLOCK_NEVER;
	for (k = 0; k < 10 * MANY; k++) {
		seed = seed * 1103515245 + 12345;
		i = (int)(seed >> 16) % MANY;
		if (seed >> 31) {
			timer_clear(&ts, &t[i]);
			when[i] = CLOCK_NEVER;
		} else {
			when[i] = seed % 1000;
			assert_int_equal(timer_set(&ts, &t[i], when[i]), 0);
		}
		expect(&ts, t, when);
	}
	for (i = 0; i < MANY; i++) {
		timer_clear(&ts, &t[i]);
		when[i] = CLOCK_NEVER;
		expect(&ts, t, when);
	}
	timers_free(&ts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_set_moved_cleared),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
