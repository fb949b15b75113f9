/*
 * Media types by extension: the built-in table and tables read from text.
 */

#include "http_test.h"

#include "http/types.h"

static const char *
type(const struct http_types *t, const char *name)
{
	return http_type_of(t, http_cstr(name));
}

static void
test_builtin(void **state)
{
	static const struct {
		const char *name, *type;
	} cases[] = {
		{ "index.html", "text/html; charset=utf-8" },
		{ "INDEX.HTM", "text/html; charset=utf-8" },
		{ "/a.b/c.css", "text/css; charset=utf-8" },
		{ "x.js", "text/javascript; charset=utf-8" },
		{ "x.mjs", "text/javascript; charset=utf-8" },
		{ "x.json", "application/json" },
		{ "x.xml", "application/xml" },
		{ "x.svg", "image/svg+xml" },
		{ "x.txt", "text/plain; charset=utf-8" },
		{ "x.png", "image/png" }, { "x.jpeg", "image/jpeg" },
		{ "x.ico", "image/vnd.microsoft.icon" },
		{ "x.wasm", "application/wasm" }, { "x.woff2", "font/woff2" },
		{ "x.pdf", "application/pdf" }, { "x.3gp", "video/3gpp" },
		{ "x.zst", "application/zstd" },
		{ "x.tar.gz", "application/gzip" },
		{ "x", HTTP_TYPE_DEFAULT }, { "", HTTP_TYPE_DEFAULT },
		{ "x.", HTTP_TYPE_DEFAULT }, { ".html", HTTP_TYPE_DEFAULT },
		{ "/a.html/x", HTTP_TYPE_DEFAULT },
		{ "/a/.png", HTTP_TYPE_DEFAULT },
		{ "x.nosuch", HTTP_TYPE_DEFAULT },
		{ "x.h tml", HTTP_TYPE_DEFAULT },
		{ "x.htmlhtmlhtmlhtmlhtml", HTTP_TYPE_DEFAULT },
		{ "/", HTTP_TYPE_DEFAULT }, { "/a/", HTTP_TYPE_DEFAULT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(type(NULL, cases[i].name), cases[i].type);
}

static void
test_read(void **state)
{
	static const char text[] =
	    "# a comment\n"
	    "\n"
	    "text/html\thtml HTM  # and another\r\n"
	    "application/javascript js\n"
	    "application/x-first  one\n"
	    "application/x-second one two\n"
	    "application/x-none\n"
	    "notatype foo\n"
	    "/foo foo\n"
	    "foo/ foo\n"
	    "a/b;c=d foo\n"
	    "application/rdf+xml rdf\n"
	    "application/x-long overlyoverlylongextension ok\n"
	    "image/x-own png";
	struct http_str copy = test_copy(text, sizeof(text) - 1);
	struct http_types *t = http_types_read(copy);

	(void)state;
	assert_non_null(t);
	free((void *)copy.ptr);
	assert_string_equal(type(t, "a.html"), "text/html; charset=utf-8");
	assert_string_equal(type(t, "a.htm"), "text/html; charset=utf-8");
	assert_string_equal(type(t, "a.js"),
	    "text/javascript; charset=utf-8");
	assert_string_equal(type(t, "a.one"), "application/x-first");
	assert_string_equal(type(t, "a.two"), "application/x-second");
	assert_string_equal(type(t, "a.rdf"),
	    "application/rdf+xml");
	assert_string_equal(type(t, "a.foo"), HTTP_TYPE_DEFAULT);
	assert_string_equal(type(t, "a.ok"), "application/x-long");
	assert_string_equal(type(t, "a.png"), "image/x-own");
	/* What the file does not name is looked for in the built-in one. */
	assert_string_equal(type(t, "a.css"), "text/css; charset=utf-8");
	http_types_free(t);
}

static void
test_odd_texts(void **state)
{
	static const char *const texts[] = { "", "\n", "#", "a/b", "a/b c",
		" \t\r\n \n", "a/b c c c\na/b c", "text/x y\ntext/x y",
		"a/javascript b\na/javascript c\na/javascript d" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct http_str s = test_copy(texts[i], strlen(texts[i]));
		struct http_types *t = http_types_read(s);

		assert_non_null(t);
		assert_string_equal(type(t, "x.png"), "image/png");
		http_types_free(t);
		free((void *)s.ptr);
	}
	http_types_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_odd_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
