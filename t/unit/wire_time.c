/*
 * Unit tests of wire/time.c: the texts against the C library's own, the numbers
 * across the overflow of 2036, and offsets whose answer is known.
 */
#include "wire/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static enum time_request
ask(const char *text)
{
	return time_request_parse(text, strlen(text));
}

static void
requests(void **state)
{
	static const char *const unknown[] = { "", ".", "time", "TIME.",
	    "Time..", " Time.", "Time .", "Tim", "Timer", "Exit!", "Un", "Is.",
	    "Time\r", "Isox" };

	(void)state;
	assert_int_equal(ask("Time"), TIME_REQUEST_TIME);
	assert_int_equal(ask("Time."), TIME_REQUEST_TIME);
	assert_int_equal(ask("Exit"), TIME_REQUEST_EXIT);
	assert_int_equal(ask("Exit."), TIME_REQUEST_EXIT);
	assert_int_equal(ask("Unix."), TIME_REQUEST_UNIX);
	assert_int_equal(ask("Iso."), TIME_REQUEST_ISO);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(ask(unknown[i]), TIME_REQUEST_UNKNOWN);
	assert_int_equal(time_request_parse("Time\0", 5),
	    TIME_REQUEST_UNKNOWN);
}

/* Every 11th hour and a bit of 140 years, by the C library and back. */
static void
plain_is_asctime(void **state)
{
	char buf[TIME_TEXT_MAX], libc[64];
	struct tm tm, back;
	size_t n;

	(void)state;
	for (time_t t = -2000000000; t < 2500000000; t += 11 * 3600 + 12347) {
		gmtime_r(&t, &tm);
		asctime_r(&tm, libc);
		libc[strcspn(libc, "\n")] = '\0';
		n = time_plain(buf, &tm);
		assert_string_equal(buf, libc);
		assert_int_equal(n, strlen(libc));
		assert_int_equal(time_plain_parse(buf, n, &back), 0);
		assert_true(timegm(&back) == t);
		assert_int_equal(back.tm_wday, tm.tm_wday);
	}
}

static void
plain_of_the_protocol(void **state)
{
	struct tm tm = { .tm_year = 121, .tm_mon = 5, .tm_mday = 19,
	    .tm_wday = 6, .tm_hour = 22, .tm_min = 5, .tm_sec = 18 };
	char buf[TIME_TEXT_MAX];

	(void)state;
	time_plain(buf, &tm);
	assert_string_equal(buf, "Sat Jun 19 22:05:18 2021");
	tm.tm_mday = 5;
	time_plain(buf, &tm);
	assert_string_equal(buf, "Sat Jun  5 22:05:18 2021");
}

/* Nothing that a struct tm can hold overflows. */
static void
plain_of_anything(void **state)
{
	static const int values[] = { INT32_MIN, -1, 0, 12, INT32_MAX };
	char buf[TIME_TEXT_MAX];
	struct tm tm = { 0 };
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		tm.tm_year = tm.tm_mon = tm.tm_mday = tm.tm_wday =
		    tm.tm_hour = tm.tm_min = tm.tm_sec = values[i];
		n = time_plain(buf, &tm);
		assert_int_equal(n, strlen(buf));
		assert_true(n < sizeof(buf));
	}
}

/* Cut anywhere, or with any one byte replaced by a '?', it is none. */
static void
broken_texts_are_refused(void **state)
{
	static const char plain[] = "Sat Jun 19 22:05:18 2021";
	static const char unix_[] = "1624140318.123456789";
	static const char iso[] = "2021-06-19T22:05:18.123456789Z";
	char copy[64];
	struct tm tm;
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(plain) - 1; i++) {
		assert_int_equal(time_plain_parse(plain, i, &tm), -1);
		memcpy(copy, plain, sizeof(plain));
		copy[i] = '?';
		assert_int_equal(time_plain_parse(copy, strlen(copy), &tm),
		    -1);
	}
	assert_int_equal(time_plain_parse(plain, sizeof(plain), &tm), -1);
	for (size_t i = 0; i < sizeof(unix_) - 1; i++) {
		assert_int_equal(time_unix_parse(unix_, i, &ns), -1);
		memcpy(copy, unix_, sizeof(unix_));
		copy[i] = '?';
		assert_int_equal(time_unix_parse(copy, strlen(copy), &ns), -1);
	}
	assert_int_equal(time_unix_parse(unix_, sizeof(unix_), &ns), -1);
	for (size_t i = 0; i < sizeof(iso) - 1; i++) {
		assert_false(time_reply_whole(iso, i));
		memcpy(copy, iso, sizeof(iso));
		copy[i] = '?';
		assert_false(time_reply_whole(copy, strlen(copy)));
	}
}

static void
plain_ranges(void **state)
{
	static const char *const bad[] = { "Sat Jun  0 22:05:18 2021",
	    "Sat Jun 32 22:05:18 2021", "Sat Jun 19 24:05:18 2021",
	    "Sat Jun 19 22:60:18 2021", "Sat Jun 19 22:05:61 2021",
	    "Sat Jun 19 22:05:18 20210", "sat Jun 19 22:05:18 2021",
	    "Sat Jun 00 22:05:18 2021" };
	struct tm tm;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(time_plain_parse(bad[i], strlen(bad[i]),
		    &tm), -1);
	assert_int_equal(time_plain_parse("Sat Jun 19 22:05:60 2021", 24, &tm),
	    0);
	assert_int_equal(tm.tm_isdst, -1);
}

static void
unix_there_and_back(void **state)
{
	static const int64_t values[] = { 0, 1, -1, 999999999, NSEC_PER_SEC,
	    -NSEC_PER_SEC, -NSEC_PER_SEC / 2, 1624140318123456789,
	    9223372035999999999, -9223372035999999999 };
	char buf[TIME_TEXT_MAX];
	int64_t ns;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		n = time_unix(buf, values[i]);
		assert_int_equal(n, strlen(buf));
		assert_int_equal(time_unix_parse(buf, n, &ns), 0);
		assert_true(ns == values[i]);
	}
	time_unix(buf, 1624140318000000005);
	assert_string_equal(buf, "1624140318.000000005");
	time_unix(buf, -NSEC_PER_SEC / 2);
	assert_string_equal(buf, "-0.500000000");
	time_unix(buf, INT64_MIN);
	assert_string_equal(buf, "-9223372036.854775808");
}

static void
unix_that_does_not_fit(void **state)
{
	static const char *const bad[] = { "", ".", "-", "1", "1.", "1.5",
	    ".000000000", "-.000000000", "1.0000000000", "1,000000000",
	    "9223372036.000000000", "99999999999999999999.000000000",
	    "+1.000000000", "--1.000000000" };
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(time_unix_parse(bad[i], strlen(bad[i]), &ns),
		    -1);
}

static void
iso(void **state)
{
	char buf[TIME_TEXT_MAX];

	(void)state;
	time_iso(buf, 1624140318123456789);
	assert_string_equal(buf, "2021-06-19T22:05:18.123456789Z");
	time_iso(buf, -1);
	assert_string_equal(buf, "1969-12-31T23:59:59.999999999Z");
	time_iso(buf, INT64_MAX);
	assert_string_equal(buf, "2262-04-11T23:47:16.854775807Z");
	time_iso(buf, INT64_MIN);
	assert_string_equal(buf, "1677-09-21T00:12:43.145224192Z");
}

static void
whole_replies(void **state)
{
	static const char *const whole[] = { "Bye.", "Unknown meaning.",
	    "Request too long.", "Too many connections.",
	    "Sat Jun 19 22:05:18 2021", "1624140318.123456789",
	    "2021-06-19T22:05:18.123456789Z" };
	static const char *const partial[] = { "Bye", "Unknown meaning",
	    "Time.", "Bye.\n", "Sat Jun 19 22:05:18 2021\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		for (size_t n = 0; n <= strlen(whole[i]); n++)
			assert_int_equal(time_reply_whole(whole[i], n),
			    n == strlen(whole[i]));
	for (size_t i = 0; i < sizeof(partial) / sizeof(partial[0]); i++)
		assert_false(time_reply_whole(partial[i],
		    strlen(partial[i])));
}

/* The numbers that RFC 868 itself gives. */
static void
rfc868_examples(void **state)
{
	static const struct {
		uint32_t	since1900;
		const char	*when;
		int64_t		at;
	} examples[] = {
		{ 2208988800, "1970-01-01", 0 },
		{ 2398291200, "1976-01-01", 189302400 },
		{ 2524521600, "1980-01-01", 315532800 },
		{ 2629584000, "1983-05-01", 420595200 },
	};
	uint8_t wire[4];

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		time_868_put(wire, examples[i].at);
		assert_int_equal((uint32_t)wire[0] << 24 | wire[1] << 16 |
		    wire[2] << 8 | wire[3], examples[i].since1900);
		assert_true(time_868_get(wire, 500000000) == examples[i].at);
	}
}

/* Read against a clock that is at most 68 years off, whatever the era. */
static void
rfc868_eras(void **state)
{
	static const int64_t off[] = { -2147483000, -1, 0, 1, 2147483000 };
	uint8_t wire[4];
	int64_t t;

	(void)state;
	for (t = -6000000000; t < 20000000000; t += 1234567) {
		time_868_put(wire, t);
		for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++)
			assert_true(time_868_get(wire, t + off[i]) == t);
	}
	time_868_put(wire, 2085978496);		/* 2036-02-07 06:28:16 */
	assert_memory_equal(wire, "\0\0\0\0", 4);
	assert_true(time_868_get(wire, 2085978490) == 2085978496);
}

static void
offset_and_delay(void **state)
{
	/* The server is 5 s ahead; 20 there, 20 back. */
	struct time_sample s = { .sent = 100, .got = 140,
	    .server = 5 * NSEC_PER_SEC + 120 };

	(void)state;
	assert_true(time_delay(&s) == 40);
	assert_true(time_offset(&s) == 5 * NSEC_PER_SEC);
	s.server = -5 * NSEC_PER_SEC + 120;
	assert_true(time_offset(&s) == -5 * NSEC_PER_SEC);
}

static void
offsets_that_overflow(void **state)
{
	struct time_sample s = { .sent = INT64_MIN, .got = INT64_MAX,
	    .server = 0 };

	(void)state;
	assert_true(time_delay(&s) == INT64_MAX);
	(void)time_offset(&s);
	s = (struct time_sample){ .sent = INT64_MAX - 1, .got = INT64_MAX,
	    .server = INT64_MIN };
	assert_true(time_offset(&s) == INT64_MIN);
	s = (struct time_sample){ .sent = INT64_MIN, .got = INT64_MIN,
	    .server = INT64_MAX };
	assert_true(time_offset(&s) == INT64_MAX);
}

static void
best_has_least_delay(void **state)
{
	struct time_sample s[4] = { { 0, 9, 1 }, { 10, 13, 2 }, { 20, 23, 3 },
	    { 30, 39, 4 } };

	(void)state;
	assert_ptr_equal(time_best(s, 4), &s[1]);
	assert_ptr_equal(time_best(s, 1), &s[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(plain_is_asctime),
		cmocka_unit_test(plain_of_the_protocol),
		cmocka_unit_test(plain_of_anything),
		cmocka_unit_test(broken_texts_are_refused),
		cmocka_unit_test(plain_ranges),
		cmocka_unit_test(unix_there_and_back),
		cmocka_unit_test(unix_that_does_not_fit),
		cmocka_unit_test(iso),
		cmocka_unit_test(whole_replies),
		cmocka_unit_test(rfc868_examples),
		cmocka_unit_test(rfc868_eras),
		cmocka_unit_test(offset_and_delay),
		cmocka_unit_test(offsets_that_overflow),
		cmocka_unit_test(best_has_least_delay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
