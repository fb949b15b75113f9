/*
 * Preferences of clients: qualities, content codings, media types.
 */

#include "http_test.h"

#include "http/accept.h"

static void
test_qvalue(void **state)
{
	static const struct {
		const char *text;
		int q;
	} cases[] = {
		{ "1", 1000 }, { "0", 0 }, { "1.", 1000 }, { "0.", 0 },
		{ "0.5", 500 }, { "0.25", 250 }, { "0.001", 1 },
		{ "1.000", 1000 }, { "0.999", 999 }, { "0.0", 0 },
		{ "", -1 }, { ".5", -1 }, { "2", -1 }, { "1.001", -1 },
		{ "0.1234", -1 }, { "-0", -1 }, { "0,5", -1 }, { "0.x", -1 },
		{ "01", -1 }, { "1.1", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(http_qvalue(http_cstr(cases[i].text)),
		    cases[i].q);
}

static void
request(struct http_msg *m, char *buf, const char *fields)
{
	int n = sprintf(buf, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);

	http_msg_init(m, NULL);
	assert_int_equal(http_parse_request(m, buf, n), HTTP_OK);
}

#define BIT(coding)	(1u << HTTP_CODING_##coding)
#define ALL	(BIT(IDENTITY) | BIT(GZIP) | BIT(BR) | BIT(ZSTD))
#define AE	"Accept-Encoding: "

static const struct {
	const char *fields;
	unsigned available;
	enum http_coding best;
} codings[] = {
	{ "", ALL, HTTP_CODING_IDENTITY },
	{ AE "\r\n", ALL, HTTP_CODING_IDENTITY },
	{ AE "gzip\r\n", ALL, HTTP_CODING_GZIP },
	{ AE "GZip\r\n", ALL, HTTP_CODING_GZIP },
	{ AE "x-gzip\r\n", ALL, HTTP_CODING_GZIP },
	{ AE "gzip\r\n", BIT(IDENTITY), HTTP_CODING_IDENTITY },
	{ AE "gzip, deflate, br, zstd\r\n", ALL, HTTP_CODING_BR },
	{ AE "gzip, deflate, br, zstd\r\n", ALL & ~BIT(BR),
	    HTTP_CODING_ZSTD },
	{ AE "gzip;q=1.0, br;q=0.5\r\n", ALL, HTTP_CODING_GZIP },
	{ AE "gzip ; q=0.5 , br\t;\tq=0.4\r\n", ALL,
	    HTTP_CODING_GZIP },
	{ AE "br;q=0, gzip\r\n", ALL, HTTP_CODING_GZIP },
	{ AE "gzip;q=0\r\n", ALL, HTTP_CODING_IDENTITY },
	{ AE "gzip;q=0.000\r\n", ALL, HTTP_CODING_IDENTITY },
	{ AE "gzip;q=0.5\r\n", ALL, HTTP_CODING_GZIP },
	{ AE "identity\r\n", ALL, HTTP_CODING_IDENTITY },
	{ AE "identity;q=1, gzip;q=0.5\r\n", ALL,
	    HTTP_CODING_IDENTITY },
	{ AE "identity;q=0.5, gzip\r\n", ALL, HTTP_CODING_GZIP },
	{ AE "*\r\n", ALL, HTTP_CODING_BR },
	{ AE "*;q=0\r\n", ALL, HTTP_CODING_NONE },
	{ AE "identity;q=0\r\n", ALL, HTTP_CODING_NONE },
	{ AE "identity;q=0, *\r\n", ALL, HTTP_CODING_BR },
	{ AE "identity;q=0, *\r\n", BIT(IDENTITY), HTTP_CODING_NONE },
	{ AE "*;q=0, gzip\r\n", BIT(IDENTITY), HTTP_CODING_NONE },
	{ AE "gzip, *;q=0\r\n", ALL, HTTP_CODING_GZIP },
	{ AE "*;q=0, identity\r\n", ALL, HTTP_CODING_IDENTITY },
	{ AE "*;q=0.5, br;q=0\r\n", ALL, HTTP_CODING_ZSTD },
	{ AE "gzip\r\n" AE "br\r\n", ALL, HTTP_CODING_BR },
	{ AE "compress, sdch\r\n", ALL, HTTP_CODING_IDENTITY },
	/* What cannot be read is passed over. */
	{ AE "gzip;q=2\r\n", ALL, HTTP_CODING_IDENTITY },
	{ AE "gzip;q=\"1\"\r\n", ALL, HTTP_CODING_IDENTITY },
	{ AE "gzip;;q=0.5,, ,br;q\r\n", ALL, HTTP_CODING_GZIP },
	{ AE "gzip;q=x, br\r\n", ALL, HTTP_CODING_BR },
	{ AE ";q=1\r\n", ALL, HTTP_CODING_IDENTITY },
};

static void
test_codings(void **state)
{
	struct http_codings c;
	struct http_msg m;
	char buf[512];

	(void)state;
	for (size_t i = 0; i < COUNT(codings); i++) {
		enum http_coding best;

		request(&m, buf, codings[i].fields);
		http_accept_codings(&m, &c);
		best = http_choose_coding(&c, codings[i].available);
		if (best != codings[i].best)
			fail_msg("%s gives %d, not %d", codings[i].fields, best,
			    codings[i].best);
	}
	assert_string_equal(http_coding_name(HTTP_CODING_BR), "br");
	assert_string_equal(http_coding_name(HTTP_CODING_GZIP), "gzip");
	assert_string_equal(http_coding_name(HTTP_CODING_ZSTD), "zstd");
}

static void
test_types(void **state)
{
	static const struct {
		const char *fields;
		int html, json;
	} cases[] = {
		{ "", 1000, 1000 },
		{ "Accept: */*\r\n", 1000, 1000 },
		{ "Accept: application/json\r\n", 0, 1000 },
		{ "Accept: APPLICATION/JSON\r\n", 0, 1000 },
		{ "Accept: text/html,*/*;q=0.8\r\n", 1000, 800 },
		{ "Accept: text/html,application/xhtml+xml,"
		    "application/xml;q=0.9,image/webp,*/*;q=0.8\r\n",
		    1000, 800 },
		{ "Accept: application/json, */*;q=0.1\r\n", 100, 1000 },
		{ "Accept: text/*;q=0.3, text/html;q=0.7, */*;q=0.5\r\n",
		    700, 500 },
		{ "Accept: text/*;q=0.3, */*;q=0.5\r\n", 300, 500 },
		{ "Accept: text/html;level=1, */*;q=0.1\r\n", 100, 100 },
		{ "Accept: text/html;q=0\r\nAccept: */*\r\n", 0, 1000 },
		{ "Accept: image/png\r\n", 0, 0 },
		{ "Accept: text/html;q=7, */*;q=0.2\r\n", 200, 200 },
		{ "Accept: foobar\r\n", 0, 0 },
		{ "Accept: *\r\n", 0, 0 },
		{ "Accept:\r\n", 0, 0 },
	};
	struct http_msg m;
	char buf[512];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int html, json;

		request(&m, buf, cases[i].fields);
		html = http_accept_type(&m, HTTP_STR("text/html"));
		json = http_accept_type(&m, HTTP_STR("application/json"));
		if (html != cases[i].html || json != cases[i].json)
			fail_msg("%s gives %d and %d", cases[i].fields, html,
			    json);
		assert_int_equal(http_wants_json(&m), json > html);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qvalue),
		cmocka_unit_test(test_codings),
		cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
