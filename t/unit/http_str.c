/*
 * The tables of bytes against the grammars they stand for, comparison and
 * numbers, and the tables of names: each must be found in any case, and
 * nothing else.
 */

#include "http_test.h"

#include <ctype.h>
#include <stdbool.h>

#include "http/names.h"

static bool
in(int c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static void
test_classes(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		bool alnum = c < 128 && isalnum(c);
		bool tchar = alnum || in(c, "!#$%&'*+-.^_`|~");
		bool unreserved = alnum || in(c, "-._~");

		assert_int_equal(http_is(c, HTTP_C_TCHAR), tchar);
		assert_int_equal(http_is(c, HTTP_C_VCHAR),
		    c == '\t' || (c >= 0x20 && c != 0x7f));
		assert_int_equal(http_is(c, HTTP_C_DIGIT), in(c, "0123456789"));
		assert_int_equal(http_is(c, HTTP_C_HEX),
		    in(c, "0123456789abcdefABCDEF"));
		assert_int_equal(http_is(c, HTTP_C_HOST),
		    unreserved || in(c, "%!$&'()*+;="));
		assert_int_equal(http_is(c, HTTP_C_TARGET),
		    c > 0x20 && c < 0x7f && c != '#');
		assert_int_equal(http_is(c, HTTP_C_PATH),
		    unreserved || in(c, "!$&'()*+,;=@/"));
		assert_int_equal(http_is(c, HTTP_C_ETAG),
		    c == 0x21 || (c >= 0x23 && c != 0x7f));
		assert_int_equal(http_lower[c], tchar ? tolower(c) : 0);
	}
}

static void
test_hex(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		int expected = c < 128 && isdigit(c) ? c - '0' :
		    c < 128 && isxdigit(c) ? tolower(c) - 'a' + 10 : -1;

		assert_int_equal(http_hex(c), expected);
	}
}

static void
test_compare(void **state)
{
	struct http_str none = { NULL, 0 };

	(void)state;
	assert_true(http_eq(HTTP_STR("ab"), HTTP_STR("ab")));
	assert_false(http_eq(HTTP_STR("ab"), HTTP_STR("aB")));
	assert_false(http_eq(HTTP_STR("ab"), HTTP_STR("abc")));
	assert_true(http_eq(none, HTTP_STR("")));
	assert_true(http_caseeq(HTTP_STR("a-Z"), HTTP_STR("A-z")));
	assert_false(http_caseeq(HTTP_STR("@["), HTTP_STR("`{")));
	assert_true(http_caseeq(none, HTTP_STR("")));
	assert_str(http_trim(HTTP_STR(" \ta b\t ")), "a b");
	assert_str(http_trim(HTTP_STR(" \t ")), "");
	assert_str(http_trim(HTTP_STR("\n")), "\n");
}

static void
test_decimal(void **state)
{
	static const char *const bad[] = { "", " 1", "1 ", "+1", "-1", "0x1",
		"1a", "18446744073709551616", "99999999999999999999999" };
	uint64_t n = 7;

	(void)state;
	assert_int_equal(http_decimal(HTTP_STR("0"), UINT64_MAX, &n), 0);
	assert_true(n == 0);
	assert_int_equal(http_decimal(HTTP_STR("18446744073709551615"),
	    UINT64_MAX, &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(http_decimal(HTTP_STR("00065535"), 65535, &n), 0);
	assert_int_equal(http_decimal(HTTP_STR("65536"), 65535, &n), -1);
	assert_int_equal(http_decimal(HTTP_STR("5"), 4, &n), -1);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(http_decimal(http_cstr(bad[i]), UINT64_MAX,
		    &n), -1);
}

static void
test_field_names(void **state)
{
	char other[64];

	(void)state;
	for (int id = HDR_OTHER + 1; id < HDR_MAX; id++) {
		struct http_str name = http_hdr_name(id);

		assert_int_equal(http_hdr_of(name), id);
		assert_true(name.len == strlen(name.ptr));
		for (size_t i = 0; i < name.len; i++) {
			memcpy(other, name.ptr, name.len + 1);
			other[i] = toupper(other[i]);
			assert_int_equal(http_hdr_of(http_cstr(other)), id);
			other[i] = '_';
			assert_int_equal(http_hdr_of(http_cstr(other)),
			    HDR_OTHER);
		}
		strcat(other, "x");
		assert_int_equal(http_hdr_of(http_cstr(other)), HDR_OTHER);
	}
	assert_int_equal(http_hdr_of(HTTP_STR("")), HDR_OTHER);
	assert_int_equal(http_hdr_of(HTTP_STR("x")), HDR_OTHER);
	assert_int_equal(http_hdr_name(HDR_OTHER).len, 0);
}

static void
test_methods(void **state)
{
	(void)state;
	for (int m = HTTP_M_OTHER + 1; m < HTTP_M_MAX; m++) {
		const char *name = http_method_name(m);

		assert_int_equal(http_method_of(http_cstr(name)), m);
	}
	assert_int_equal(http_method_of(HTTP_STR("get")), HTTP_M_OTHER);
	assert_int_equal(http_method_of(HTTP_STR("GETS")), HTTP_M_OTHER);
	assert_int_equal(http_method_of(HTTP_STR("")), HTTP_M_OTHER);
	assert_int_equal(http_method_of(HTTP_STR("OTHER")), HTTP_M_OTHER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_field_names),
		cmocka_unit_test(test_methods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
