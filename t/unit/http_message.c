/*
 * What a parsed head says: target, host, framing, persistence, and finding
 * fields.  http_request.c has what is refused, http_response.c responses.
 */

#include "http_feed.h"
#include "http_test.h"

#define H	"Host: h.example:8080\r\n"

static void
parse(struct http_msg *m, const char *text)
{
	http_msg_init(m, NULL);
	assert_int_equal(http_parse_request(m, text, strlen(text)), HTTP_OK);
	assert_int_equal(m->head_len, strlen(text));
}

#define VIEW(m, part)	http_view(&(m), (m).part)

static void
test_origin_form(void **state)
{
	struct http_msg m;

	(void)state;
	parse(&m, "GET /a/b?c=d?e HTTP/1.1\r\n" H "\r\n");
	assert_int_equal(m.method, HTTP_M_GET);
	assert_str(VIEW(m, method_name), "GET");
	assert_int_equal(m.form, HTTP_TARGET_ORIGIN);
	assert_int_equal(m.minor, 1);
	assert_str(VIEW(m, target), "/a/b?c=d?e");
	assert_str(VIEW(m, path), "/a/b");
	assert_true(m.has_query);
	assert_str(VIEW(m, query), "c=d?e");
	assert_str(VIEW(m, authority), "h.example:8080");
	assert_str(VIEW(m, host), "h.example");
	assert_int_equal(m.port, 8080);
	assert_int_equal(m.body, HTTP_BODY_NONE);
	parse(&m, "GET //x/../y? HTTP/1.1\r\n" H "\r\n");
	assert_str(VIEW(m, path), "//x/../y");
	assert_true(m.has_query);
	assert_int_equal(m.query.len, 0);
	parse(&m, "BREW / HTTP/1.0\r\n\r\n");
	assert_int_equal(m.method, HTTP_M_OTHER);
	assert_str(VIEW(m, method_name), "BREW");
	assert_int_equal(m.host.len, 0);
	assert_false(m.has_query);
}

static void
test_other_forms(void **state)
{
	struct http_msg m;

	(void)state;
	parse(&m, "GET HTTP://Other:81/p?q HTTP/1.1\r\n" H "\r\n");
	assert_int_equal(m.form, HTTP_TARGET_ABSOLUTE);
	assert_false(m.tls);
	assert_str(VIEW(m, authority), "Other:81");
	assert_str(VIEW(m, host), "Other");
	assert_int_equal(m.port, 81);
	assert_str(VIEW(m, path), "/p");
	assert_str(VIEW(m, query), "q");
	parse(&m, "GET https://other?q HTTP/1.1\r\n" H "\r\n");
	assert_true(m.tls);
	assert_int_equal(m.port, 0);
	assert_int_equal(m.path.len, 0);
	assert_str(VIEW(m, query), "q");
	parse(&m, "OPTIONS * HTTP/1.1\r\n" H "\r\n");
	assert_int_equal(m.form, HTTP_TARGET_ASTERISK);
	assert_str(VIEW(m, host), "h.example");
	parse(&m, "CONNECT [::1]:443 HTTP/1.1\r\n" H "\r\n");
	assert_int_equal(m.form, HTTP_TARGET_AUTHORITY);
	assert_str(VIEW(m, host), "[::1]");
	assert_int_equal(m.port, 443);
}

static const struct {
	const char	*text;
	bool		 keep, upgrade, expect;
	int		 body;
	uint64_t	 length;
} samples[] = {
#define R10(f)	"POST / HTTP/1.0\r\n" f "\r\n"
#define R11(f)	"POST / HTTP/1.1\r\n" H f "\r\n"
	{ R11(""), true, false, false, HTTP_BODY_NONE, 0 },
	{ R11("Connection: close\r\n"), false, false, false, 0, 0 },
	{ R11("Connection: CLOSE\r\n"), false, false, false, 0, 0 },
	{ R11("Connection: x, close\r\n"), false, false, false, 0, 0 },
	{ R11("Connection: x\r\nConnection: close\r\n"), false, false, false,
	    0, 0 },
	{ R11("Connection: close, keep-alive\r\n"), false, false, false, 0,
	    0 },
	{ R11("Connection: closed\r\n"), true, false, false, 0, 0 },
	{ R11("Connection:\r\n"), true, false, false, 0, 0 },
	{ R10(""), false, false, false, 0, 0 },
	{ R10("Connection: keep-alive\r\n"), true, false, false, 0, 0 },
	{ R10("Connection: Keep-Alive, x\r\n"), true, false, false, 0, 0 },
	{ R10("Connection: keep-alive, close\r\n"), false, false, false, 0,
	    0 },
	{ R11("Connection: Upgrade\r\nUpgrade: websocket\r\n"), true, true,
	    false, 0, 0 },
	{ R11("Upgrade: websocket\r\n"), true, false, false, 0, 0 },
	{ R11("Connection: upgrade\r\n"), true, false, false, 0, 0 },
	{ R10("Connection: upgrade\r\nUpgrade: x\r\n"), false, false, false, 0,
	    0 },
	{ R11("Content-Length: 12\r\n"), true, false, false, HTTP_BODY_LENGTH,
	    12 },
	{ R10("Content-Length: 0\r\n"), false, false, false, HTTP_BODY_LENGTH,
	    0 },
	{ R11("Transfer-Encoding: chunked\r\n"), true, false, false,
	    HTTP_BODY_CHUNKED, 0 },
	{ R11("Content-Length: 1\r\nExpect: 100-continue\r\n"), true, false,
	    true, HTTP_BODY_LENGTH, 1 },
	{ R11("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"), true,
	    false, true, HTTP_BODY_CHUNKED, 0 },
	{ R11("Expect: 100-continue\r\n"), true, false, false, 0, 0 },
	{ R10("Content-Length: 1\r\nExpect: 100-continue\r\n"), false, false,
	    false, HTTP_BODY_LENGTH, 1 },
};

static void
test_framing(void **state)
{
	struct http_msg m;

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		parse(&m, samples[i].text);
		if (m.keep_alive != samples[i].keep ||
		    m.upgrade != samples[i].upgrade ||
		    m.expect_continue != samples[i].expect ||
		    m.body != samples[i].body ||
		    m.length != samples[i].length)
			fail_msg("%s", samples[i].text);
	}
}

static void
test_fields(void **state)
{
	struct http_msg m;
	struct http_str v;
	unsigned cursor = 0;

	(void)state;
	parse(&m, "GET / HTTP/1.1\r\nX-Own:  one \r\nACCEPT-encoding:gzip\r\n"
	    H "Empty:\r\nAccept-Encoding:\tbr , \"a,close\"\r\n\r\n");
	assert_int_equal(m.nfields, 5);
	assert_str(http_view(&m, m.fields[0].name), "X-Own");
	assert_str(http_view(&m, m.fields[0].value), "one");
	assert_str(http_get(&m, HDR_ACCEPT_ENCODING), "gzip");
	assert_null(http_get(&m, HDR_RANGE).ptr);
	assert_null(http_single(&m, HDR_RANGE).ptr);
	assert_null(http_single(&m, HDR_ACCEPT_ENCODING).ptr);
	assert_str(http_single(&m, HDR_HOST), "h.example:8080");
	assert_str(http_find(&m, HTTP_STR("x-OWN")), "one");
	assert_str(http_find(&m, HTTP_STR("host")), "h.example:8080");
	assert_non_null(http_find(&m, HTTP_STR("empty")).ptr);
	assert_int_equal(http_find(&m, HTTP_STR("empty")).len, 0);
	assert_null(http_find(&m, HTTP_STR("x-ow")).ptr);
	assert_true(http_each(&m, HDR_ACCEPT_ENCODING, &cursor, &v));
	assert_str(v, "gzip");
	assert_true(http_each(&m, HDR_ACCEPT_ENCODING, &cursor, &v));
	assert_str(v, "br , \"a,close\"");
	assert_false(http_each(&m, HDR_ACCEPT_ENCODING, &cursor, &v));
	assert_false(http_each(&m, HDR_ACCEPT_ENCODING, &cursor, &v));
	cursor = 0;
	assert_false(http_each(&m, HDR_RANGE, &cursor, &v));
	assert_true(http_has_token(&m, HDR_ACCEPT_ENCODING, HTTP_STR("BR")));
	assert_false(http_has_token(&m, HDR_ACCEPT_ENCODING,
	    HTTP_STR("close")));
}

/* Offsets stay right when the buffer moves. */
static void
test_rebase(void **state)
{
	char text[] = "GET /p HTTP/1.1\r\n" H "\r\n", copy[sizeof(text)];
	struct http_msg m;

	(void)state;
	parse(&m, text);
	memcpy(copy, text, sizeof(text));
	memset(text, 'x', sizeof(text));
	http_rebase(&m, copy);
	assert_str(VIEW(m, path), "/p");
	assert_str(http_get(&m, HDR_HOST), "h.example:8080");
}

/* What stands behind the head is not looked at, whatever it is. */
static void
test_pipelined(void **state)
{
	static const char text[] = "GET /1 HTTP/1.1\r\n" H "\r\n"
	    "GET /2 HTTP/1.1\r\n" H "\r\n\x16\x03";
	struct http_str rest = { text, sizeof(text) - 1 };
	struct http_msg m;

	(void)state;
	for (int i = 1; i <= 2; i++) {
		char path[] = { '/', '0' + i, '\0' };

		http_msg_init(&m, NULL);
		assert_int_equal(http_parse_request(&m, rest.ptr, rest.len),
		    HTTP_OK);
		assert_str(VIEW(m, path), path);
		/* Asked again it says the same. */
		assert_int_equal(http_parse_request(&m, rest.ptr, rest.len),
		    HTTP_OK);
		rest.ptr += m.head_len;
		rest.len -= m.head_len;
	}
	http_msg_init(&m, NULL);
	assert_int_equal(http_parse_request(&m, rest.ptr, rest.len), HTTP_BAD);
	assert_int_equal(http_parse_request(&m, rest.ptr, rest.len), HTTP_BAD);
	assert_int_equal(m.status, 400);
	assert_non_null(m.reason);
}

static void
test_lenient_lf(void **state)
{
	static const char text[] = "\nGET / HTTP/1.1\nHost: a\r\nX: y\n\n";
	struct feed f = { .kind = FEED_REQUEST, .data = text,
	    .len = sizeof(text) - 1, .limits = http_limits_default };
	struct http_msg m;

	(void)state;
	f.limits.lenient = HTTP_LENIENT_LF;
	assert_int_equal(feed_whole(&f, &m), HTTP_OK);
	assert_int_equal(m.head_len, f.len);
	assert_str(http_find(&m, HTTP_STR("x")), "y");
	feed_split(&f, &m, HTTP_OK);
}

static void
test_trailer(void **state)
{
	static const struct {
		const char *text;
		enum http_result result;
	} cases[] = {
		{ "\r\n", HTTP_OK }, { "A: b\r\nDigest: x\r\n\r\n", HTTP_OK },
		{ "A : b\r\n\r\n", HTTP_BAD }, { " A: b\r\n\r\n", HTTP_BAD },
		{ "A: b\n\n", HTTP_BAD }, { "A: \x01\r\n\r\n", HTTP_BAD },
		{ "A: b\r\n c\r\n\r\n", HTTP_BAD }, { "A\r\n", HTTP_BAD },
		{ "A: b\r\n", HTTP_MORE },
	};
	struct http_msg m;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct feed f = { .kind = FEED_TRAILER,
		    .data = cases[i].text, .len = strlen(cases[i].text),
		    .limits = http_limits_default };
		enum http_result r = feed_whole(&f, &m);

		assert_int_equal(r, cases[i].result);
		feed_split(&f, &m, r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_origin_form),
		cmocka_unit_test(test_other_forms),
		cmocka_unit_test(test_framing),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_rebase),
		cmocka_unit_test(test_pipelined),
		cmocka_unit_test(test_lenient_lf),
		cmocka_unit_test(test_trailer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
