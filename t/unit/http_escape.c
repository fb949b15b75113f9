/*
 * Escapes for HTML, JSON and logs: every byte, bounded buffers, going on
 * where a buffer was full, and reason phrases, which are too small for a
 * program of their own.
 */

#include "http_test.h"

#include "http/escape.h"
#include "http/status.h"

typedef size_t (*escaper)(struct http_str *in, char *out, size_t size);

/* Escapes in pieces of all sizes; each way the result must be the same. */
static void
check_len(escaper f, const char *in, size_t len, const char *expected)
{
	size_t want = strlen(expected);
	char *whole = malloc(len * HTTP_ESCAPE_MAX + 1);

	for (size_t piece = HTTP_ESCAPE_MAX; piece < want + 10; piece++) {
		struct http_str s = { in, len };
		size_t n = 0;

		while (s.len > 0) {
			size_t room = len * HTTP_ESCAPE_MAX - n;
			size_t wrote = f(&s, whole + n,
			    piece < room ? piece : room);

			assert_true(wrote > 0 && wrote <= piece);
			n += wrote;
		}
		whole[n] = '\0';
		assert_string_equal(whole, expected);
	}
	free(whole);
}

static void
check(escaper f, const char *in, const char *expected)
{
	check_len(f, in, strlen(in), expected);
}

static void
test_html(void **state)
{
	(void)state;
	check(http_escape_html, "plain", "plain");
	check(http_escape_html, "<a href=\"x\" title='y'>&",
	    "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;");
	check(http_escape_html, "a\tb\nc\rd\x1b\x7f", "a\tb\nc?d??");
	check(http_escape_html, "caf\xc3\xa9 \xff", "caf\xc3\xa9 \xff");
	check_len(http_escape_html, "a\0b", 3, "a?b");
}

static void
test_json(void **state)
{
	(void)state;
	check(http_escape_json, "plain <&>'", "plain <&>'");
	check(http_escape_json, "\"\\/\b\f\n\r\t\x01\x1f\x7f",
	    "\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f");
	check_len(http_escape_json, "\0", 1, "\\u0000");
	check(http_escape_json, "\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x98\x80",
	    "\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x98\x80");
	check(http_escape_json, "\xe9", "\\ufffd");
	check(http_escape_json, "\xc3", "\\ufffd");
	check(http_escape_json, "\xc3(", "\\ufffd(");
	check(http_escape_json, "\xc0\xaf", "\\ufffd\\ufffd");
	check(http_escape_json, "\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd");
	check(http_escape_json, "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd");
	check(http_escape_json, "\xf4\x90\x80\x80",
	    "\\ufffd\\ufffd\\ufffd\\ufffd");
	check(http_escape_json, "\xf5\xff\xfe\x80",
	    "\\ufffd\\ufffd\\ufffd\\ufffd");
	check(http_escape_json, "\xe4\xbd", "\\ufffd\\ufffd");
}

static void
test_log(void **state)
{
	(void)state;
	check(http_escape_log, "GET /a?b=c HTTP/1.1", "GET /a?b=c HTTP/1.1");
	check(http_escape_log, "\"x\\y\"", "\\x22x\\x5cy\\x22");
	check(http_escape_log, "\x1b[2J\r\n\x7f\xe9",
	    "\\x1b[2J\\x0d\\x0a\\x7f\\xe9");
	check_len(http_escape_log, "\0", 1, "\\x00");
}

static void
test_bounds(void **state)
{
	struct http_str s = HTTP_STR("ab\"c");
	char out[8];

	(void)state;
	assert_int_equal(http_escape_log(&s, out, 0), 0);
	assert_int_equal(s.len, 4);
	/* The escape does not fit behind the two letters. */
	assert_int_equal(http_escape_log(&s, out, 5), 2);
	assert_str(s, "\"c");
	assert_int_equal(http_escape_log(&s, out, 8), 5);
	assert_int_equal(s.len, 0);
}

static void
test_phrases(void **state)
{
	(void)state;
	assert_string_equal(http_phrase(200), "OK");
	assert_string_equal(http_phrase(HTTP_STATUS_NOT_FOUND), "Not Found");
	assert_string_equal(http_phrase(HTTP_STATUS_RANGE_NOT_SATISFIABLE),
	    "Range Not Satisfiable");
	assert_string_equal(http_phrase(299), "Unknown");
	assert_string_equal(http_phrase(-1), "Unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_phrases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
