/*
 * Entity tags, and the table of preconditions: which field wins, what each
 * does to GET and to other methods, and what unreadable ones do.
 */

#include "http_test.h"

#include "http/conditional.h"

#define MODIFIED	((time_t)784111777)
#define NOW		((time_t)1718452800)
#define AT		"Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE		"Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER		"Sun, 06 Nov 1994 08:49:38 GMT"
#define FUTURE		"Thu, 01 Jan 2099 00:00:00 GMT"
#define M		"If-Match: "
#define NM		"If-None-Match: "
#define MS		"If-Modified-Since: "
#define US		"If-Unmodified-Since: "
#define E		"\r\n"

static const struct {
	const char	*method;
	const char	*fields;
	int		 status;	/* 0: proceed */
} samples[] = {
	{ "GET", "", 0 },
	/* If-None-Match: weak comparison. */
	{ "GET", NM "\"a\"" E, 304 },
	{ "HEAD", NM "\"a\"" E, 304 },
	{ "PUT", NM "\"a\"" E, 412 },
	{ "GET", NM "W/\"a\"" E, 304 },
	{ "GET", NM "\"b\"" E, 0 },
	{ "GET", NM "\"b\", \"a\"" E, 304 },
	{ "GET", NM "\"b\",\"a\"" E, 304 },
	{ "GET", NM ",, \"b\" ,\t\"a\" ," E, 304 },
	{ "GET", NM "\"b\"" E NM "\"a\"" E, 304 },
	{ "GET", NM "\"b,\", \"\\\", \"a\"" E, 304 },
	{ "GET", NM "*" E, 304 },
	{ "PUT", NM "*" E, 412 },
	{ "GET", NM E, 0 },
	{ "GET", NM "a" E, 0 },
	{ "GET", NM "\"a" E, 0 },
	{ "GET", NM "w/\"a\"" E, 0 },
	{ "GET", NM "\"A\"" E, 0 },
	{ "GET", NM "\"b\" \"a\"" E, 0 },
	{ "GET", NM "x, \"a\"" E, 0 },
	/* If-Modified-Since: only without If-None-Match, only GET and HEAD. */
	{ "GET", MS AT E, 304 },
	{ "HEAD", MS AFTER E, 304 },
	{ "GET", MS BEFORE E, 0 },
	{ "GET", MS "Sunday, 06-Nov-94 08:49:37 GMT" E, 304 },
	{ "GET", MS "Sun Nov  6 08:49:37 1994" E, 304 },
	{ "GET", MS FUTURE E, 0 },
	{ "GET", MS "yesterday" E, 0 },
	{ "GET", MS AT E MS AT E, 0 },
	{ "POST", MS AT E, 0 },
	{ "GET", NM "\"b\"" E MS AT E, 0 },
	{ "GET", NM "\"a\"" E MS BEFORE E, 304 },
	{ "GET", NM "junk" E MS AT E, 0 },
	/* If-Match: strong comparison. */
	{ "GET", M "\"a\"" E, 0 },
	{ "PUT", M "\"b\", \"a\"" E, 0 },
	{ "GET", M "\"b\"" E, 412 },
	{ "PUT", M "W/\"a\"" E, 412 },
	{ "GET", M "*" E, 0 },
	{ "GET", M "a" E, 412 },
	{ "GET", M E, 412 },
	{ "GET", M "\"b\"" E M "\"a\"" E, 0 },
	/* If-Unmodified-Since: only without If-Match. */
	{ "GET", US AT E, 0 },
	{ "GET", US AFTER E, 0 },
	{ "GET", US BEFORE E, 412 },
	{ "POST", US BEFORE E, 412 },
	{ "GET", US "junk" E, 0 },
	{ "GET", M "\"a\"" E US BEFORE E, 0 },
	{ "GET", M "\"b\"" E US AFTER E, 412 },
	/* First If-Match, then If-None-Match. */
	{ "GET", M "\"b\"" E NM "\"a\"" E, 412 },
	{ "GET", M "\"a\"" E NM "\"a\"" E, 304 },
	{ "GET", US BEFORE E NM "\"a\"" E, 412 },
	{ "GET", US AT E MS AT E, 304 },
};

static void
request(struct http_msg *m, char *buf, const char *method, const char *fields)
{
	int n = sprintf(buf, "%s / HTTP/1.1\r\nHost: a\r\n%s\r\n", method,
	    fields);

	http_msg_init(m, NULL);
	assert_int_equal(http_parse_request(m, buf, n), HTTP_OK);
}

static int
status(const struct http_msg *m, const struct http_validators *v)
{
	switch (http_conditional(m, v, NOW)) {
	case HTTP_COND_NOT_MODIFIED:
		return 304;
	case HTTP_COND_FAILED:
		return 412;
	default:
		return 0;
	}
}

static const struct http_validators file = {
	.exists = true, .etag = { "\"a\"", 3 }, .has_modified = true,
	.modified = MODIFIED
};

static void
test_table(void **state)
{
	struct http_msg m;
	char buf[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		int got;

		request(&m, buf, samples[i].method, samples[i].fields);
		got = status(&m, &file);
		if (got != samples[i].status)
			fail_msg("%s with %s: %d, not %d", samples[i].method,
			    samples[i].fields, got, samples[i].status);
	}
}

static void
test_nothing_there(void **state)
{
	struct http_validators none = { .exists = false };
	struct http_msg m;
	char buf[1024];

	(void)state;
	request(&m, buf, "PUT", NM "*" E);
	assert_int_equal(status(&m, &none), 0);
	request(&m, buf, "PUT", M "*" E);
	assert_int_equal(status(&m, &none), 412);
	request(&m, buf, "PUT", M "\"a\"" E);
	assert_int_equal(status(&m, &none), 412);
	request(&m, buf, "GET", MS AT E);
	assert_int_equal(status(&m, &none), 0);
}

static void
test_weak_file(void **state)
{
	struct http_validators weak = file;
	struct http_msg m;
	char buf[1024];

	(void)state;
	weak.etag = HTTP_STR("W/\"a\"");
	request(&m, buf, "GET", NM "\"a\"" E);
	assert_int_equal(status(&m, &weak), 304);
	request(&m, buf, "GET", M "\"a\"" E);
	assert_int_equal(status(&m, &weak), 412);
	request(&m, buf, "GET", M "W/\"a\"" E);
	assert_int_equal(status(&m, &weak), 412);
	request(&m, buf, "GET", "If-Range: W/\"a\"" E);
	assert_false(http_if_range(&m, &weak, NOW));
}

static void
test_if_range(void **state)
{
	static const struct {
		const char *value;
		bool applies;
	} cases[] = {
		{ "\"a\"", true }, { "\"b\"", false }, { "W/\"a\"", false },
		{ "a", false }, { "*", false }, { "\"a\", \"a\"", false },
		{ AT, true }, { BEFORE, false }, { AFTER, false },
		{ "Sun Nov  6 08:49:37 1994", true }, { "", false },
	};
	struct http_msg m;
	char buf[1024], field[256];

	(void)state;
	request(&m, buf, "GET", "");
	assert_true(http_if_range(&m, &file, NOW));
	for (size_t i = 0; i < COUNT(cases); i++) {
		sprintf(field, "If-Range: %s\r\n", cases[i].value);
		request(&m, buf, "GET", field);
		if (http_if_range(&m, &file, NOW) != cases[i].applies)
			fail_msg("If-Range: %s", cases[i].value);
	}
	/* Changed in this very second: a date proves nothing. */
	request(&m, buf, "GET", "If-Range: " AT E);
	assert_false(http_if_range(&m, &file, MODIFIED));
	assert_true(http_if_range(&m, &file, MODIFIED + 1));
	request(&m, buf, "GET", "If-Range: \"a\"" E "If-Range: \"a\"" E);
	assert_false(http_if_range(&m, &file, NOW));
}

static void
test_etag(void **state)
{
	struct http_etag a, b;

	(void)state;
	assert_true(http_etag_parse(HTTP_STR("\"x\""), &a));
	assert_false(a.weak);
	assert_str(a.opaque, "\"x\"");
	assert_true(http_etag_parse(HTTP_STR("W/\"x\""), &b));
	assert_true(b.weak);
	assert_true(http_etag_weak(a, b));
	assert_false(http_etag_strong(a, b));
	assert_false(http_etag_strong(b, b));
	assert_true(http_etag_strong(a, a));
	assert_true(http_etag_parse(HTTP_STR("\"\""), &a));
	assert_true(http_etag_parse(HTTP_STR("\"caf\xc3\xa9,;\\\""), &a));
	assert_false(http_etag_parse(HTTP_STR("\"a b\""), &a));
	assert_false(http_etag_parse(HTTP_STR("\"a\"b"), &a));
	assert_false(http_etag_parse(HTTP_STR("W\"a\""), &a));
	assert_false(http_etag_parse(HTTP_STR("W/"), &a));
	assert_false(http_etag_parse(HTTP_STR("\""), &a));
	assert_false(http_etag_parse(HTTP_STR(""), &a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_weak_file),
		cmocka_unit_test(test_if_range),
		cmocka_unit_test(test_etag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
