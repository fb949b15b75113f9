/*
 * Unit tests of base/hist.c: exact where it promises to be, and within 1/32
 * elsewhere, up to the largest value there is.
 */
#include "base/hist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct hist h;

static int
reset(void **state)
{
	(void)state;
	hist_init(&h);
	return 0;
}

static int
near(double a, double b)
{
	return a - b < 1e-9 * b + 1e-9 && b - a < 1e-9 * b + 1e-9;
}

static void
of_nothing(void **state)
{
	(void)state;
	assert_int_equal(hist_quantile(&h, 0.5), 0);
	assert_int_equal(hist_quantile(&h, 1), 0);
	assert_true(hist_mean(&h) >= 0 && hist_mean(&h) <= 0);
	assert_true(hist_stddev(&h) >= 0 && hist_stddev(&h) <= 0);
}

static void
small_values_are_exact(void **state)
{
	uint64_t i;

	(void)state;
	for (i = 1; i <= 20; i++)
		hist_add(&h, i);
	assert_int_equal(hist_quantile(&h, 0), 1);
	assert_int_equal(hist_quantile(&h, 0.05), 1);
	assert_int_equal(hist_quantile(&h, 0.5), 10);
	assert_int_equal(hist_quantile(&h, 0.51), 11);
	assert_int_equal(hist_quantile(&h, 0.9), 18);
	assert_int_equal(hist_quantile(&h, 1), 20);
	assert_true(near(hist_mean(&h), 10.5));
	assert_true(near(hist_stddev(&h) * hist_stddev(&h), 33.25));
	assert_int_equal(h.min, 1);
	assert_int_equal(h.max, 20);
}

/* 0.07 * 100 is a little more than 7 in binary; the 7th it is nevertheless. */
static void
decimal_shares_are_taken_as_meant(void **state)
{
	uint64_t i;

	(void)state;
	for (i = 0; i < 1000; i++)
		hist_add(&h, i / 100);
	for (i = 1; i < 10; i++)
		assert_int_equal(hist_quantile(&h, (double)i / 10), i - 1);
	reset(NULL);
	for (i = 1; i <= 31; i++)
		hist_add(&h, i);
	for (i = 1; i <= 31; i++)
		assert_int_equal(hist_quantile(&h, (double)i / 31), i);
}

/* Each value alone, beside a larger one so that max does not help. */
static void
one_in_32(void **state)
{
	uint64_t v, got, step;
	int shift;

	(void)state;
	for (shift = 0; shift < 63; shift++)
		for (step = 0; step < 3; step++) {
			v = (UINT64_C(1) << shift) + step - 1;
			reset(NULL);
			hist_add(&h, v);
			hist_add(&h, UINT64_MAX);
			got = hist_quantile(&h, 0.5);
			assert_true(got >= v);
			assert_true(got - v <= v / 32);
		}
	assert_true(hist_quantile(&h, 1) == UINT64_MAX);
}

static void
the_largest_value_has_a_bucket(void **state)
{
	(void)state;
	hist_add(&h, UINT64_MAX);
	assert_int_equal(h.bucket[HIST_BUCKETS - 1], 1);
	assert_true(hist_quantile(&h, 0.5) == UINT64_MAX);
}

static void
merging_is_adding(void **state)
{
	static struct hist other, all;
	uint64_t i;

	(void)state;
	hist_init(&other);
	hist_init(&all);
	for (i = 0; i < 5000; i++) {
		hist_add(i % 3 ? &h : &other, i * i);
		hist_add(&all, i * i);
	}
	hist_merge(&h, &other);
	assert_memory_equal(h.bucket, all.bucket, sizeof(h.bucket));
	assert_int_equal(h.count, all.count);
	assert_int_equal(h.min, all.min);
	assert_int_equal(h.max, all.max);
	assert_true(near(hist_mean(&h), hist_mean(&all)));
	assert_true(near(hist_stddev(&h), hist_stddev(&all)));
	hist_init(&other);
	hist_merge(&h, &other);
	assert_int_equal(h.min, all.min);
	hist_merge(&other, &h);
	assert_int_equal(other.min, all.min);
	assert_int_equal(other.max, all.max);
}

static void
full_buckets_stay_full(void **state)
{
	(void)state;
	hist_add(&h, 7);
	h.bucket[7] = UINT32_MAX;
	hist_add(&h, 7);
	assert_true(h.bucket[7] == UINT32_MAX);
	hist_merge(&h, &h);
	assert_true(h.bucket[7] == UINT32_MAX);
	hist_add(&h, 9);
	assert_int_equal(hist_quantile(&h, 0.5), 7);
}

static void
deviation_of_equal_values_is_none(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		hist_add(&h, 123456789);
	assert_true(hist_stddev(&h) < 100);
	reset(NULL);
	hist_add(&h, 1000000);
	hist_add(&h, 3000000);
	assert_true(near(hist_stddev(&h), 1000000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(of_nothing, reset),
		cmocka_unit_test_setup(small_values_are_exact, reset),
		cmocka_unit_test_setup(decimal_shares_are_taken_as_meant,
		    reset),
		cmocka_unit_test_setup(one_in_32, reset),
		cmocka_unit_test_setup(the_largest_value_has_a_bucket, reset),
		cmocka_unit_test_setup(merging_is_adding, reset),
		cmocka_unit_test_setup(full_buckets_stay_full, reset),
		cmocka_unit_test_setup(deviation_of_equal_values_is_none,
		    reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
