/*
 * Paths of requests to paths of files, escapes, and names to store under.
 */

#include "http_test.h"

#include "http/path.h"

static const struct {
	const char *in, *out;		/* NULL: refused */
} paths[] = {
	{ "", "/" },
	{ "/", "/" },
	{ "/a", "/a" },
	{ "/a/", "/a/" },
	{ "/a/b.html", "/a/b.html" },
	{ "//", "/" },
	{ "//a///b//", "/a/b/" },
	{ "/.", "/" },
	{ "/./", "/" },
	{ "/a/.", "/a/" },
	{ "/a/./b", "/a/b" },
	{ "/a/..", "/" },
	{ "/a/../", "/" },
	{ "/a/b/..", "/a/" },
	{ "/a/b/../c", "/a/c" },
	{ "/a/../b/../c", "/c" },
	{ "/a/b/../../c/", "/c/" },
	{ "/...", "/..." },
	{ "/..a", "/..a" },
	{ "/a..", "/a.." },
	{ "/.a", "/.a" },
	{ "/%61", "/a" },
	{ "/a%20b", "/a b" },
	{ "/a+b", "/a+b" },
	{ "/%e4%BD%a0", "/\xe4\xbd\xa0" },
	{ "/%2561", "/%61" },
	{ "/%252e%252e/", "/%2e%2e/" },
	{ "/a%2fb", "/a/b" },
	{ "/a%2f..%2fb", "/b" },
	{ "/a/%2e%2e/b", "/b" },
	{ "/..", NULL },
	{ "/../", NULL },
	{ "/../a", NULL },
	{ "/a/../..", NULL },
	{ "/a/../../b", NULL },
	{ "/a//../..", NULL },
	{ "/./../a", NULL },
	{ "/%2e%2e/a", NULL },
	{ "/.%2e/a", NULL },
	{ "/%2E./a", NULL },
	{ "/%2e%2e%2fa", NULL },
	{ "/%", NULL },
	{ "/%4", NULL },
	{ "/%zz", NULL },
	{ "/%4g", NULL },
	{ "/%-1", NULL },
	{ "/a%00b", NULL },
	{ "/a%0d%0ab", NULL },
	{ "/a%7f", NULL },
	{ "/a%1b", NULL },
	{ "a", NULL },
	{ "%2fa", NULL },
	{ "..", NULL },
};

static void
test_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		size_t len = strlen(paths[i].in);
		struct http_str s = test_copy(paths[i].in, len);
		char *out = malloc(len + 2);
		long n = http_path_decode(s, out, len + (len == 0 ? 2 : 1));

		if (paths[i].out == NULL ? n != -1 :
		    n != (long)strlen(paths[i].out) ||
		    strcmp(out, paths[i].out) != 0)
			fail_msg("'%s' gives '%s'", paths[i].in,
			    n == -1 ? "(refused)" : out);
		if (len > 0)
			assert_int_equal(http_path_decode(s, out, len), -1);
		free(out);
		free((void *)s.ptr);
	}
}

static void
test_unescape(void **state)
{
	char buf[8] = "a%2Fb";

	(void)state;
	assert_int_equal(http_unescape(http_cstr(buf), buf, 3), 3);
	assert_memory_equal(buf, "a/b", 3);
	assert_int_equal(http_unescape(HTTP_STR("abcd"), buf, 3), -1);
	assert_int_equal(http_unescape(HTTP_STR(""), buf, 0), 0);
	assert_int_equal(http_unescape(HTTP_STR("%0a"), buf, 8), 1);
	assert_int_equal(http_unescape(HTTP_STR("%00"), buf, 8), -1);
	assert_int_equal(http_unescape(HTTP_STR("a%2"), buf, 8), -1);
}

/* What was escaped decodes to what it was, and needs no other escape. */
static void
test_escape(void **state)
{
	char out[800], back[257];
	struct http_str all;

	(void)state;
	assert_int_equal(http_path_escape(HTTP_STR("/a b:c?d#e%f/\xe9"), out,
	    sizeof(out)), 26);
	assert_string_equal(out, "/a%20b%3Ac%3Fd%23e%25f/%E9");
	for (int c = 1; c < 256; c++)
		back[c - 1] = c;
	all = (struct http_str){ back, 255 };
	assert_true(http_path_escape(all, out, sizeof(out)) > 255);
	assert_int_equal(http_unescape(http_cstr(out), out, sizeof(out)), 255);
	assert_memory_equal(out, back, 255);
	assert_int_equal(http_path_escape(HTTP_STR("a b"), out, 6), 5);
	assert_int_equal(http_path_escape(HTTP_STR("a b"), out, 5), -1);
	assert_int_equal(http_path_escape(HTTP_STR("a "), out, 4), -1);
	assert_int_equal(http_path_escape(HTTP_STR(""), out, 0), -1);
	assert_int_equal(http_path_escape(HTTP_STR(""), out, 1), 0);
}

static void
test_file_name(void **state)
{
	static const struct {
		const char *path, *name;
	} cases[] = {
		{ "/a/b.html", "b.html" }, { "/", "" }, { "", "" },
		{ "/a/", "" }, { "b", "b" }, { "/a/..", "" }, { "/.", "" },
		{ "/%2e%2e", "" }, { "/a%2fb", "a_b" },
		{ "/..%2f..%2fetc", ".._.._etc" }, { "/a%0ab", "a_b" },
		{ "/a%20b", "a b" }, { "/100%", "100%" },
		{ "/a%00b", "a%00b" }, { "/%E9", "\xe9" },
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		long n = http_url_file_name(http_cstr(cases[i].path), out,
		    sizeof(out));

		assert_int_equal(n, strlen(cases[i].name));
		if (n > 0)
			assert_string_equal(out, cases[i].name);
	}
	assert_int_equal(http_url_file_name(HTTP_STR("/abc"), out, 3), -1);
	assert_int_equal(http_url_file_name(HTTP_STR("/abc"), out, 0), -1);
	assert_int_equal(http_url_file_name(HTTP_STR("/abc"), out, 4), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_file_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
