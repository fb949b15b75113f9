/*
 * URIs taken apart, references resolved (the examples of RFC 3986 section
 * 5.4 and more), URLs as clients take them, and queries.
 */

#include "http_test.h"

#include "http/uri.h"

static const struct {
	const char *base, *ref, *target;	/* NULL: refused */
} references[] = {
#define BASE	"http://a/b/c/d;p?q"
	/* Section 5.4.1. */
	{ BASE, "g:h", "g:h" },
	{ BASE, "g", "http://a/b/c/g" },
	{ BASE, "./g", "http://a/b/c/g" },
	{ BASE, "g/", "http://a/b/c/g/" },
	{ BASE, "/g", "http://a/g" },
	{ BASE, "//g", "http://g" },
	{ BASE, "?y", "http://a/b/c/d;p?y" },
	{ BASE, "g?y", "http://a/b/c/g?y" },
	{ BASE, "#s", "http://a/b/c/d;p?q#s" },
	{ BASE, "g#s", "http://a/b/c/g#s" },
	{ BASE, "g?y#s", "http://a/b/c/g?y#s" },
	{ BASE, ";x", "http://a/b/c/;x" },
	{ BASE, "g;x", "http://a/b/c/g;x" },
	{ BASE, "g;x?y#s", "http://a/b/c/g;x?y#s" },
	{ BASE, "", "http://a/b/c/d;p?q" },
	{ BASE, ".", "http://a/b/c/" },
	{ BASE, "./", "http://a/b/c/" },
	{ BASE, "..", "http://a/b/" },
	{ BASE, "../", "http://a/b/" },
	{ BASE, "../g", "http://a/b/g" },
	{ BASE, "../..", "http://a/" },
	{ BASE, "../../", "http://a/" },
	{ BASE, "../../g", "http://a/g" },
	/* Section 5.4.2. */
	{ BASE, "../../../g", "http://a/g" },
	{ BASE, "../../../../g", "http://a/g" },
	{ BASE, "/./g", "http://a/g" },
	{ BASE, "/../g", "http://a/g" },
	{ BASE, "g.", "http://a/b/c/g." },
	{ BASE, ".g", "http://a/b/c/.g" },
	{ BASE, "g..", "http://a/b/c/g.." },
	{ BASE, "..g", "http://a/b/c/..g" },
	{ BASE, "./../g", "http://a/b/g" },
	{ BASE, "./g/.", "http://a/b/c/g/" },
	{ BASE, "g/./h", "http://a/b/c/g/h" },
	{ BASE, "g/../h", "http://a/b/c/h" },
	{ BASE, "g;x=1/./y", "http://a/b/c/g;x=1/y" },
	{ BASE, "g;x=1/../y", "http://a/b/c/y" },
	{ BASE, "g?y/./x", "http://a/b/c/g?y/./x" },
	{ BASE, "g?y/../x", "http://a/b/c/g?y/../x" },
	{ BASE, "g#s/./x", "http://a/b/c/g#s/./x" },
	{ BASE, "http:g", "http:g" },
	/* Others. */
	{ "http://a", "g", "http://a/g" },
	{ "http://a", "", "http://a" },
	{ "http://a?q", "?r", "http://a?r" },
	{ "http://a/b#f", "", "http://a/b" },
	{ BASE, "?", "http://a/b/c/d;p?" },
	{ BASE, "#", "http://a/b/c/d;p?q#" },
	{ BASE, "https://b/../c", "https://b/c" },
	{ BASE, "//b:80/x/./y?z", "http://b:80/x/y?z" },
	{ BASE, "x:a/../b/c", "x:/b/c" },
	{ BASE, "x:a/b", "x:a/b" },
	{ BASE, "g//h", "http://a/b/c/g//h" },
	{ BASE, "//u@[::1]:8/p", "http://u@[::1]:8/p" },
	{ "x:a/b", "../../g", "x:/g" },
	{ "x:a", "../g", "x:g" },
	{ "x:/a", "/..//h/b", NULL },
	{ "/b/c", "g", NULL },
	{ "", "g", NULL },
	{ BASE, "a b", NULL },
	{ BASE, "caf\xc3\xa9", NULL },
	{ BASE, "a\n", NULL },
	{ BASE, "1x:g", NULL },
	{ BASE, ":g", NULL },
};

static void
test_resolve(void **state)
{
	char out[256];

	(void)state;
	for (size_t i = 0; i < COUNT(references); i++) {
		struct http_str b = http_cstr(references[i].base);
		struct http_str r = http_cstr(references[i].ref);
		const char *target = references[i].target;
		long n = http_uri_resolve(b, r, out, sizeof(out));

		if (target == NULL ? n != -1 : n != (long)strlen(target) ||
		    strcmp(out, target) != 0)
			fail_msg("'%s' at '%s' gives '%s'", r.ptr, b.ptr,
			    n == -1 ? "(refused)" : out);
	}
	/* Too little room is an error, never a shorter URI. */
	for (size_t size = 0; size < 17; size++)
		assert_int_equal(http_uri_resolve(http_cstr(BASE),
		    HTTP_STR("../g"), out, size), -1);
}

static void
test_split(void **state)
{
	struct http_uri u;

	(void)state;
	assert_true(http_uri_split(
	    HTTP_STR("foo://example.com:8042/over/there?name=ferret#nose"),
	    &u));
	assert_str(u.scheme, "foo");
	assert_str(u.authority, "example.com:8042");
	assert_str(u.path, "/over/there");
	assert_str(u.query, "name=ferret");
	assert_str(u.fragment, "nose");
	assert_true(http_uri_split(HTTP_STR("urn:example:animal:nose"), &u));
	assert_str(u.scheme, "urn");
	assert_false(u.has_authority);
	assert_str(u.path, "example:animal:nose");
	assert_true(http_uri_split(HTTP_STR("/a:b?c"), &u));
	assert_false(u.has_scheme);
	assert_str(u.path, "/a:b");
	assert_true(http_uri_split(HTTP_STR("?"), &u));
	assert_true(u.has_query && u.query.len == 0 && u.path.len == 0);
	assert_true(http_uri_split(HTTP_STR(""), &u));
	assert_false(http_uri_split(HTTP_STR("a\x7f"), &u));
}

static void
test_url(void **state)
{
	struct http_url u;

	(void)state;
	assert_null(http_url_parse(
	    HTTP_STR("http://u:p@h.example:8080/a/b?c=d#e"), &u));
	assert_false(u.tls);
	assert_str(u.userinfo, "u:p");
	assert_str(u.host, "h.example");
	assert_int_equal(u.port, 8080);
	assert_str(u.authority, "h.example:8080");
	assert_str(u.path, "/a/b");
	assert_str(u.query, "c=d");
	assert_str(u.target, "/a/b?c=d");
	assert_null(http_url_parse(HTTP_STR("HTTPS://[::1]"), &u));
	assert_true(u.tls && u.bracketed && !u.has_port);
	assert_str(u.host, "::1");
	assert_int_equal(u.port, 443);
	assert_str(u.authority, "[::1]");
	assert_int_equal(u.path.len, 0);
	assert_null(http_url_parse(HTTP_STR("http://h?q"), &u));
	assert_str(u.target, "?q");
	assert_null(http_url_parse(HTTP_STR("http://h:/"), &u));
	assert_int_equal(u.port, 80);
	/* Of two '@' the last divides, or a host could be hidden. */
	assert_null(http_url_parse(HTTP_STR("http://good@evil@h/"), &u));
	assert_str(u.host, "h");
}

static void
test_bad_url(void **state)
{
	static const char *const bad[] = { "", "h", "/p", "//h/p", "ftp://h/",
		"http:", "http:/", "http://", "http:///p", "http://:80/",
		"http://h:99999/", "http://h:x/", "http://h:0/", "http://[::]:00",
		"http://[::1/", "http://u@",
		"http://h h/", "http://[::1]x/", "http://[1.2.3.4]/",
		"http://a\\b/", "javascript:alert(1)", "http://h/\r\nX: y",
		"http://h/caf\xc3\xa9" };
	struct http_url u;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (http_url_parse(http_cstr(bad[i]), &u) == NULL)
			fail_msg("'%s' was accepted", bad[i]);
	}
}

static void
test_query(void **state)
{
	struct http_str rest = HTTP_STR("format=json&&auto&a=b=c&=x&e=");
	struct http_str name, value;

	(void)state;
	assert_true(http_query_next(&rest, &name, &value));
	assert_str(name, "format");
	assert_str(value, "json");
	assert_true(http_query_next(&rest, &name, &value));
	assert_str(name, "auto");
	assert_null(value.ptr);
	assert_true(http_query_next(&rest, &name, &value));
	assert_str(name, "a");
	assert_str(value, "b=c");
	assert_true(http_query_next(&rest, &name, &value));
	assert_str(name, "");
	assert_str(value, "x");
	assert_true(http_query_next(&rest, &name, &value));
	assert_str(name, "e");
	assert_str(value, "");
	assert_false(http_query_next(&rest, &name, &value));
	/* A NUL, which no valid target has, is a byte like others. */
	rest = HTTP_STR("a\0b=c");
	assert_true(http_query_next(&rest, &name, &value));
	assert_int_equal(name.len, 3);
	assert_false(http_query_next(&rest, &name, &value));
}

static void
test_named(void **state)
{
	(void)state;
	assert_true(http_url_named("http://h/"));
	assert_true(http_url_named("x+y-1.2://h"));
	assert_true(http_url_named("HTTP:/h"));
	assert_true(http_url_named("https:/h"));
	assert_false(http_url_named("h/?to=http://other/"));
	assert_false(http_url_named("://h"));
	assert_false(http_url_named("http:80/"));
	assert_false(http_url_named(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_bad_url),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_query),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
