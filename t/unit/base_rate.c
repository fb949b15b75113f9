/* Token buckets: what a source may do, and that others are left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/rate.h"

#define START	(1000 * NSEC_PER_SEC)

static void
burst_then_rate(void **state)
{
	struct rate r;
	int64_t now = START;
	int i;

	(void)state;
	assert_int_equal(rate_init(&r, 10, 5, 100), 0);
	for (i = 0; i < 5; i++)
		assert_true(rate_allow(&r, 7, now, 1));
	assert_false(rate_allow(&r, 7, now, 1));
	assert_true(rate_allow(&r, 8, now, 5));
	assert_false(rate_allow(&r, 7, now + 99 * NSEC_PER_MSEC, 1));
	assert_true(rate_allow(&r, 7, now + 100 * NSEC_PER_MSEC, 1));
	assert_false(rate_allow(&r, 7, now + 100 * NSEC_PER_MSEC, 1));
	assert_true(rate_allow(&r, 7, now + NSEC_PER_SEC, 5));
	rate_free(&r);
}

static void
refusal_takes_nothing(void **state)
{
	struct rate r;

	(void)state;
	assert_int_equal(rate_init(&r, 10, 5, 100), 0);
	assert_false(rate_allow(&r, 1, START, 6));
	assert_true(rate_allow(&r, 1, START, 5));
	rate_free(&r);
}

static void
flood_of_sources(void **state)
{
	struct rate r;
	uint64_t key;

	(void)state;
	assert_int_equal(rate_init(&r, 1, 1, 64), 0);
	for (key = 1; key < 100000; key++)
		rate_allow(&r, key, START, 1);
	/* later on everybody has a full bucket again */
	for (key = 1; key < 10; key++)
		assert_true(rate_allow(&r, key, START + 10 * NSEC_PER_SEC +
		    (int64_t)key * 2 * NSEC_PER_SEC, 1));
	rate_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(burst_then_rate),
		cmocka_unit_test(refusal_takes_nothing),
		cmocka_unit_test(flood_of_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
