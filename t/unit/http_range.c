/*
 * Range values against a size: what is one range, what is several, what
 * cannot be satisfied and what is to be ignored; Content-Range both ways.
 */

#include "http_test.h"

#include "http/range.h"

static const struct {
	const char	*value;
	uint64_t	 size;
	const char	*expected;	/* "a-b,c-d", "416" or "200" */
} samples[] = {
	{ "bytes=0-0", 10, "0-0" },
	{ "bytes=0-", 10, "0-9" },
	{ "bytes=0-9", 10, "0-9" },
	{ "bytes=0-10", 10, "0-9" },
	{ "bytes=9-", 10, "9-9" },
	{ "bytes=10-", 10, "416" },
	{ "bytes=10-20", 10, "416" },
	{ "bytes=-1", 10, "9-9" },
	{ "bytes=-10", 10, "0-9" },
	{ "bytes=-11", 10, "0-9" },
	{ "bytes=-0", 10, "416" },
	{ "bytes=-00", 10, "416" },
	{ "bytes=0-99999999999999999999999", 10, "0-9" },
	{ "bytes=99999999999999999999999-", 10, "416" },
	{ "bytes=99999999999999999999998-99999999999999999999999", 10, "416" },
	{ "bytes=-99999999999999999999999", 10, "0-9" },
	{ "bytes=0-0", 0, "200" },
	{ "bytes=0-", 0, "200" },
	{ "bytes=-5", 0, "200" },
	{ "BYTES=1-2", 10, "1-2" },
	{ "bytes=00000001-2", 10, "1-2" },
	/* Several. */
	{ "bytes=0-0,2-2", 10, "0-0,2-2" },
	{ "bytes=2-2, 0-0", 10, "2-2,0-0" },
	{ "bytes= 0-0 ,\t2-2 ", 10, "0-0,2-2" },
	{ "bytes=,0-0,,2-2,", 10, "0-0,2-2" },
	{ "bytes=0-0,20-30", 10, "0-0" },
	{ "bytes=20-30,40-", 10, "416" },
	{ "bytes=0-4,5-9", 10, "0-9" },
	{ "bytes=5-9,0-4", 10, "0-9" },
	{ "bytes=0-5,3-9", 10, "0-9" },
	{ "bytes=3-4,0-9", 10, "0-9" },
	{ "bytes=0-,0-,0-", 10, "0-9" },
	{ "bytes=0-1,8-9,4-5,2-7", 10, "0-9" },
	{ "bytes=0-1,7-9,4-5,2-3", 10, "0-5,7-9" },
	{ "bytes=8-8,0-1,4-5,2-3", 10, "8-8,0-5" },
	{ "bytes=0-0,2-2,4-4,6-6", 10, "0-0,2-2,4-4,6-6" },
	{ "bytes=0-0,2-2,4-4,6-6,8-8", 10, "200" },
	{ "bytes=0-,0-,0-,0-,0-", 10, "200" },
	/* To be ignored. */
	{ "", 10, "200" },
	{ "bytes", 10, "200" },
	{ "bytes=", 10, "200" },
	{ "bytes=,", 10, "200" },
	{ "bytes=-", 10, "200" },
	{ "bytes=a-b", 10, "200" },
	{ "bytes=0", 10, "200" },
	{ "bytes=5-4", 10, "200" },
	{ "bytes=20-11", 10, "200" },
	{ "bytes=0-0,5-4", 10, "200" },
	{ "bytes=0-0,x", 10, "200" },
	{ "bytes=--1", 10, "200" },
	{ "bytes=1--2", 10, "200" },
	{ "bytes=+1-2", 10, "200" },
	{ "bytes=0x1-2", 10, "200" },
	{ "bytes=1 -2", 10, "200" },
	{ "bytes=1- 2", 10, "200" },
	{ "bytes=1-2-3", 10, "200" },
	{ "bytes =0-0", 10, "200" },
	{ "bytes:0-0", 10, "200" },
	{ "lines=0-0", 10, "200" },
	{ "byte=0-0", 10, "200" },
	{ "=0-0", 10, "200" },
	/* The biggest size there can be. */
	{ "bytes=-1", UINT64_MAX, "18446744073709551614-18446744073709551614" },
	{ "bytes=0-", UINT64_MAX, "0-18446744073709551614" },
	{ "bytes=5-,0-4", UINT64_MAX, "0-18446744073709551614" },
};

static void
show(enum http_range_result r, const struct http_range *ranges, unsigned count,
    char *out)
{
	*out = '\0';
	if (r != HTTP_RANGE_OK)
		strcpy(out, r == HTTP_RANGE_IGNORE ? "200" : "416");
	for (unsigned i = 0; r == HTTP_RANGE_OK && i < count; i++) {
		out += sprintf(out, "%s%llu-%llu", i > 0 ? "," : "",
		    (unsigned long long)ranges[i].first,
		    (unsigned long long)ranges[i].last);
	}
}

static void
test_parse(void **state)
{
	struct http_range ranges[4];
	enum http_range_result r;
	unsigned count;
	char got[256];

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct http_str s = test_copy(samples[i].value,
		    strlen(samples[i].value));

		r = http_range_parse(s, samples[i].size, ranges, 4, &count);
		show(r, ranges, count, got);
		if (strcmp(got, samples[i].expected) != 0)
			fail_msg("%s of %llu: %s, not %s", samples[i].value,
			    (unsigned long long)samples[i].size, got,
			    samples[i].expected);
		free((void *)s.ptr);
	}
}

static void
test_content_range(void **state)
{
	char out[HTTP_CONTENT_RANGE_MAX];
	size_t n;

	(void)state;
	n = http_content_range((struct http_range){ 0, 499 }, 1234, out);
	assert_string_equal(out, "bytes 0-499/1234");
	assert_int_equal(n, strlen(out));
	n = http_content_range((struct http_range){ UINT64_MAX, UINT64_MAX },
	    UINT64_MAX, out);
	assert_int_equal(n, strlen(out));
	n = http_content_range_none(1234, out);
	assert_string_equal(out, "bytes */1234");
	assert_int_equal(n, strlen(out));
}

static void
test_content_range_parse(void **state)
{
	static const char *const wrong[] = { "", "bytes", "bytes ", "bytes */*",
		"bytes 0-499", "bytes 0-499/", "bytes 0-499/499",
		"bytes 5-4/10", "bytes 0-/10", "bytes -4/10", "bytes 0-1/x",
		"bytes=0-1/10", "bytes  0-1/10", "bytes 0-1/10 ",
		"lines 0-1/10", "bytes 0-1 /10", "bytes */-1",
		"bytes 0-99999999999999999999/*", "bytes 0-1/*1",
		"bytes 0-1/99999999999999999999" };
	struct http_content_range cr;

	(void)state;
	assert_int_equal(http_content_range_parse(
	    HTTP_STR("bytes 10-499/1234"), &cr), 0);
	assert_true(cr.satisfied && cr.has_size);
	assert_int_equal(cr.range.first, 10);
	assert_int_equal(cr.range.last, 499);
	assert_int_equal(cr.size, 1234);
	assert_int_equal(http_content_range_parse(
	    HTTP_STR("Bytes 10-499/*"), &cr), 0);
	assert_true(cr.satisfied && !cr.has_size);
	assert_int_equal(http_content_range_parse(
	    HTTP_STR("bytes */1234"), &cr), 0);
	assert_true(!cr.satisfied && cr.has_size);
	assert_int_equal(cr.size, 1234);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		if (http_content_range_parse(http_cstr(wrong[i]), &cr) != -1)
			fail_msg("'%s' was accepted", wrong[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_content_range),
		cmocka_unit_test(test_content_range_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
