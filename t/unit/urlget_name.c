/*
 * Unit tests of clients/urlget/name.c: the coursework's name for a bare host,
 * and names of which none leads out of the folder.
 */
#include "clients/urlget/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *
name(const char *host, const char *path)
{
	static char out[NAME_ROOM];

	name_of_url(out, (struct http_str){ host, strlen(host) },
	    (struct http_str){ path, strlen(path) });
	return out;
}

static void
hosts(void **state)
{
	(void)state;
	assert_string_equal(name("www.example.com", ""),
	    "www.example.com.html");
	assert_string_equal(name("www.example.com", "/"),
	    "www.example.com.html");
	assert_string_equal(name("WWW.Example.COM", "///"),
	    "www.example.com.html");
	assert_string_equal(name("192.0.2.1", "/"), "192.0.2.1.html");
	assert_string_equal(name("[2001:db8::1]", "/"),
	    "2001_db8__1.html");
	assert_string_equal(name("", ""), "_html");
}

static void
paths(void **state)
{
	(void)state;
	assert_string_equal(name("h", "/index.html"), "index.html");
	assert_string_equal(name("h", "/a/b/page"), "page");
	assert_string_equal(name("h", "/a/b/"), "b.html");
	assert_string_equal(name("h", "/a//"), "a.html");
	assert_string_equal(name("h", "/brood-0.1.0.tar.gz"),
	    "brood-0.1.0.tar.gz");
	assert_string_equal(name("h", "/a%20b%2ec"), "a b.c");
	assert_string_equal(name("h", "/caf%C3%A9.html"), "caf\xc3\xa9.html");
	assert_string_equal(name("h", "/100%"), "100%");
}

static void
attacks(void **state)
{
	(void)state;
	assert_string_equal(name("h", "/.."), "__");
	/* right to left: would be shown as "photo" and "exe.jpg" */
	assert_string_equal(name("h", "/photo%e2%80%aegpj.exe"),
	    "photo_gpj.exe");
	assert_string_equal(name("h", "/%e2%81%a6a%d8%9cb%e2%80%8fc"),
	    "_a_b_c");
	/* what only joins letters stays */
	assert_string_equal(name("h", "/a%e2%80%8cb"), "a\xe2\x80\x8c" "b");
	assert_string_equal(name("h", "/."), "_");
	assert_string_equal(name("h", "/../"), "_..html");
	assert_string_equal(name("h", "/%2e%2e"), "__");
	assert_string_equal(name("h", "/%2e%2e%2fetc%2fpasswd"),
	    "_._etc_passwd");
	assert_string_equal(name("h", "/..%5cwin.ini"), "_._win.ini");
	assert_string_equal(name("h", "/.bashrc"), "_bashrc");
	assert_string_equal(name("h", "/-rf"), "_rf");
	assert_string_equal(name("h", "/~root"), "_root");
	assert_string_equal(name("h", "/a%00b"), "a%00b");
	assert_string_equal(name("h", "/a%0a%1b%5b2J%7f"), "a__[2J_");
	assert_string_equal(name("h", "/a%c2%9bb%ffc"), "a_b_c");
	assert_string_equal(name("h", "/con:1|<x>\"?*"), "con_1__x____");
	assert_string_equal(name("h", "/end. "), "end._");
	assert_string_equal(name("../../etc/passwd", "/"),
	    "_._.._etc_passwd.html");
}

/* Cut before the extension, and not within a character. */
static void
long_names(void **state)
{
	char path[4000] = "/", *p = path + 1;
	const char *n;

	(void)state;
	memset(p, 'x', 1000);
	strcpy(p + 1000, ".tar.gz");
	n = name("h", path);
	assert_int_equal(strlen(n), NAME_ROOM - 1);
	assert_string_equal(n + strlen(n) - 4, "x.gz");
	for (int i = 0; i < 600; i++)
		memcpy(p + 3 * i, "\xe2\x82\xac", 3);
	strcpy(p + 1800, ".txt");
	n = name("h", path);
	assert_int_equal(strlen(n) % 3, 4 % 3);
	assert_string_equal(n + strlen(n) - 4, ".txt");
	memset(p, '.', 1000);
	p[1000] = '\0';
	n = name("h", path);
	assert_int_equal(n[0], '_');
	memset(p, 'x', 100);
	memset(p + 101, 'y', 800);
	p[901] = '\0';
	assert_int_equal(strlen(name("h", path)), NAME_ROOM - 1);
	strcpy(p + 901, "/");
	n = name("h", path);
	assert_string_equal(n + strlen(n) - 6, "y.html");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts),
		cmocka_unit_test(paths),
		cmocka_unit_test(attacks),
		cmocka_unit_test(long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
