/*
 * Lists, parameters, tokens and quoted strings in field values.
 */

#include "http_test.h"

#include "http/field.h"

static void
test_list(void **state)
{
	static const struct {
		const char *value, *members[4];
	} cases[] = {
		{ "", { NULL } }, { " ", { NULL } }, { ",", { NULL } },
		{ " ,\t, ", { NULL } }, { "a", { "a" } },
		{ "a,b", { "a", "b" } }, { " a , b\t,", { "a", "b" } },
		{ ",,a,,b,,", { "a", "b" } }, { "a b,c", { "a b", "c" } },
		{ "\"a,b\",c", { "\"a,b\"", "c" } },
		{ "a;x=\"\\\",\", b", { "a;x=\"\\\",\"", "b" } },
		{ "\"a,b", { "\"a,b" } }, { "\"a\\", { "\"a\\" } },
		{ "a\\,b", { "a\\", "b" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_str copy = test_copy(cases[i].value,
		    strlen(cases[i].value)), rest = copy, item;

		for (int k = 0; cases[i].members[k] != NULL; k++) {
			assert_true(http_list_next(&rest, &item));
			assert_str(item, cases[i].members[k]);
		}
		assert_false(http_list_next(&rest, &item));
		free((void *)copy.ptr);
	}
}

static void
test_parameters(void **state)
{
	struct http_str rest = HTTP_STR("text/html ; a=b;c=\"d;\\\"e\" ;; f");
	struct http_param p;

	(void)state;
	assert_str(http_head_of(&rest), "text/html");
	assert_int_equal(http_param_next(&rest, &p), 1);
	assert_str(p.name, "a");
	assert_str(p.value, "b");
	assert_false(p.quoted);
	assert_int_equal(http_param_next(&rest, &p), 1);
	assert_str(p.name, "c");
	assert_str(p.value, "d;\\\"e");
	assert_true(p.quoted);
	assert_int_equal(http_param_next(&rest, &p), 1);
	assert_str(p.name, "f");
	assert_str(p.value, NULL);
	assert_int_equal(http_param_next(&rest, &p), 0);
}

static void
test_bad_parameters(void **state)
{
	static const char *const bad[] = { "=b", "a=", "a =b", "a= b", "a=b c",
		"a=\"b", "a=\"b\"c", "\"a\"", "a=(b)", "a b" };
	struct http_param p;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct http_str rest = http_cstr(bad[i]);

		if (http_param_next(&rest, &p) != -1)
			fail_msg("'%s' was taken for a parameter", bad[i]);
	}
}

static void
test_quoted(void **state)
{
	struct http_str s = HTTP_STR("\"a\\\"b\\\\\"rest"), text;
	char out[8];

	(void)state;
	assert_true(http_quoted(&s, &text));
	assert_str(s, "rest");
	assert_int_equal(http_unquote(text, out, sizeof(out)), 4);
	assert_memory_equal(out, "a\"b\\", 4);
	assert_int_equal(http_unquote(text, out, 3), -1);
	s = HTTP_STR("\"\"");
	assert_true(http_quoted(&s, &text));
	assert_int_equal(text.len, 0);
	s = HTTP_STR("\"a\\\"");
	assert_false(http_quoted(&s, &text));
	s = HTTP_STR("\"");
	assert_false(http_quoted(&s, &text));
	s = HTTP_STR("a\"b\"");
	assert_false(http_quoted(&s, &text));
}

static void
test_token(void **state)
{
	struct http_str s = HTTP_STR("a-b=c"), token;

	(void)state;
	assert_int_equal(http_token(&s, &token), 3);
	assert_str(token, "a-b");
	assert_str(s, "=c");
	assert_int_equal(http_token(&s, &token), 0);
	assert_true(http_is_token(HTTP_STR("x!y")));
	assert_false(http_is_token(HTTP_STR("")));
	assert_false(http_is_token(HTTP_STR("x y")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_bad_parameters),
		cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
