/*
 * What http_parse_request refuses and with which status, and what it must
 * not refuse.  Each sample is also given in parts.  Names follow the usual
 * catalogues of smuggling and conformance tests.
 */

#include "http_feed.h"

#include <stdio.h>

struct sample {
	const char	*text;
	size_t		len;
	int		status;		/* 0: accepted */
};

#define S(text, status)	{ text, sizeof(text) - 1, status }
#define H		"Host: a\r\n"
#define GET(fields)	"GET / HTTP/1.1\r\n" fields "\r\n"
#define POST(fields)	"POST / HTTP/1.1\r\n" H fields "\r\n"

static const struct sample samples[] = {
	/* The request line. */
	S("GET / HTTP/1.1\r\n" H "\r\n", 0),
	S("\r\nGET / HTTP/1.1\r\n" H "\r\n", 0),
	S("\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", 0),
	S("\r\n\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", 400),
	S("\nGET / HTTP/1.1\r\n" H "\r\n", 400),
	S("\rGET / HTTP/1.1\r\n" H "\r\n", 400),
	S(" GET / HTTP/1.1\r\n" H "\r\n", 400),
	S("   \r\n\r\n", 400),
	S("GET  / HTTP/1.1\r\n" H "\r\n", 400),
	S("GET /  HTTP/1.1\r\n" H "\r\n", 400),
	S("GET / HTTP/1.1 \r\n" H "\r\n", 400),
	S("GET\t/ HTTP/1.1\r\n" H "\r\n", 400),
	S("GET /\tHTTP/1.1\r\n" H "\r\n", 400),
	S("GET /a b HTTP/1.1\r\n" H "\r\n", 400),
	S("GET /a\x00" "b HTTP/1.1\r\n" H "\r\n", 400),
	S("GET /a\x01" "b HTTP/1.1\r\n" H "\r\n", 400),
	S("GET /a\x7f" "b HTTP/1.1\r\n" H "\r\n", 400),
	S("GET /a\xc0\xaf" "b HTTP/1.1\r\n" H "\r\n", 400),
	S("GET /a\rb HTTP/1.1\r\n" H "\r\n", 400),
	S("GET /#top HTTP/1.1\r\n" H "\r\n", 400),
	S("GET /a|b^c{d}`\"<> HTTP/1.1\r\n" H "\r\n", 0),
	S("GET /a\\b HTTP/1.1\r\n" H "\r\n", 0),
	S("GET /%00%zz HTTP/1.1\r\n" H "\r\n", 0),
	S("GET / HTTP/1.1\n" H "\r\n", 400),
	S("GET / HTTP/1.1\r" H "\r\n", 400),
	S("GET / HTTP/1.1\r\r\n" H "\r\n", 400),
	S("GET\r\n" H "\r\n", 400),
	S("GET \r\n" H "\r\n", 400),
	S("GET /\r\n" H "\r\n", 400),
	S("GET / \r\n" H "\r\n", 400),
	S("GET HTTP/1.1\r\n" H "\r\n", 400),
	S("GE(T / HTTP/1.1\r\n" H "\r\n", 400),
	S("\x16\x03\x01\x02\x00\x01\x00\x01", 400),
	S("get / HTTP/1.1\r\n" H "\r\n", 0),
	S("BREW / HTTP/1.1\r\n" H "\r\n", 0),

	/* The version. */
	S("GET / HTTP/1.0\r\n\r\n", 0),
	S("GET / HTTP/1.2\r\n" H "\r\n", 0),
	S("GET / HTTP/1.9\r\n" H "\r\n", 0),
	S("GET / HTTP/0.9\r\n" H "\r\n", 505),
	S("GET / HTTP/2.0\r\n" H "\r\n", 505),
	S("GET / HTTP/3.0\r\n" H "\r\n", 505),
	S("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
	S("GET / HTTP/1\r\n" H "\r\n", 400),
	S("GET / HTTP/1.\r\n" H "\r\n", 400),
	S("GET / HTTP/1.10\r\n" H "\r\n", 400),
	S("GET / HTTP/01.1\r\n" H "\r\n", 400),
	S("GET / HTTP/1 .1\r\n" H "\r\n", 400),
	S("GET / http/1.1\r\n" H "\r\n", 400),
	S("GET / HTTP/a.b\r\n" H "\r\n", 400),
	S("GET / XTTP/1.1\r\n" H "\r\n", 400),
	S("GET / HTTP-1.1\r\n" H "\r\n", 400),
	S("GET / HTTP/1,1\r\n" H "\r\n", 400),

	/* The four forms of target. */
	S("OPTIONS * HTTP/1.1\r\n" H "\r\n", 0),
	S("GET * HTTP/1.1\r\n" H "\r\n", 400),
	S("OPTIONS ** HTTP/1.1\r\n" H "\r\n", 400),
	S("CONNECT a:443 HTTP/1.1\r\n" H "\r\n", 0),
	S("CONNECT [::1]:443 HTTP/1.1\r\n" H "\r\n", 0),
	S("CONNECT a HTTP/1.1\r\n" H "\r\n", 400),
	S("CONNECT a: HTTP/1.1\r\n" H "\r\n", 400),
	S("CONNECT a:0 HTTP/1.1\r\n" H "\r\n", 400),
	S("CONNECT a:65536 HTTP/1.1\r\n" H "\r\n", 400),
	S("CONNECT /a HTTP/1.1\r\n" H "\r\n", 400),
	S("CONNECT http://a:80/ HTTP/1.1\r\n" H "\r\n", 400),
	S("GET http://a HTTP/1.1\r\n" H "\r\n", 0),
	S("GET http://a/b?c HTTP/1.1\r\n" H "\r\n", 0),
	S("GET HTTPS://a:443/ HTTP/1.1\r\n" H "\r\n", 0),
	S("GET http:///b HTTP/1.1\r\n" H "\r\n", 400),
	S("GET http://u@a/ HTTP/1.1\r\n" H "\r\n", 400),
	S("GET http://u:p@a/ HTTP/1.1\r\n" H "\r\n", 400),
	S("GET http://a:b/ HTTP/1.1\r\n" H "\r\n", 400),
	S("GET http:/a HTTP/1.1\r\n" H "\r\n", 400),
	S("GET ftp://a/ HTTP/1.1\r\n" H "\r\n", 400),
	S("GET a HTTP/1.1\r\n" H "\r\n", 400),
	S("GET a:443 HTTP/1.1\r\n" H "\r\n", 400),
	S("GET ?q HTTP/1.1\r\n" H "\r\n", 400),
	S("GET http://a/ HTTP/1.1\r\n\r\n", 400),

	/* Host. */
	S(GET(""), 400),
	S(GET("host: a\r\n"), 0),
	S(GET("Host: a\r\nHost: a\r\n"), 400),
	S(GET("Host: a\r\nhost: b\r\n"), 400),
	S("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
	S("GET / HTTP/1.0\r\nHost: \r\n\r\n", 400),
	S(GET("Host:\r\n"), 400),
	S(GET("Host: \r\n"), 400),
	S(GET("Host: a:80\r\n"), 0),
	S(GET("Host: a:\r\n"), 0),
	S(GET("Host: :80\r\n"), 400),
	S(GET("Host: a:80:80\r\n"), 400),
	S(GET("Host: a:+80\r\n"), 400),
	S(GET("Host: a:99999\r\n"), 400),
	S(GET("Host: [::1]:8080\r\n"), 0),
	S(GET("Host: [::1\r\n"), 400),
	S(GET("Host: [::1]8\r\n"), 400),
	S(GET("Host: [::zz]\r\n"), 400),
	S(GET("Host: ::1\r\n"), 400),
	S(GET("Host: [v1.a:!$&'()*+;=-._~]:80\r\n"), 0),
	S(GET("Host: [VaF09.x]\r\n"), 0),
	S(GET("Host: [v.x]\r\n"), 400),
	S(GET("Host: [v1.]\r\n"), 400),
	S(GET("Host: [v1]\r\n"), 400),
	S(GET("Host: [v1x]\r\n"), 400),
	S(GET("Host: [vg.x]\r\n"), 400),
	S(GET("Host: [v1.a/b]\r\n"), 400),
	S(GET("Host: [v1.a%41]\r\n"), 400),
	S(GET("Host: [v1.a,b]\r\n"), 400),
	S(GET("Host: []\r\n"), 400),
	S(GET("Host: u@a\r\n"), 400),
	S(GET("Host: a/b\r\n"), 400),
	S(GET("Host: http://a\r\n"), 400),
	S(GET("Host: a b\r\n"), 400),
	S(GET("Host: a,b\r\n"), 400),
	S(GET("Host: a, b\r\n"), 400),
	S(GET("Host: a\\b\r\n"), 400),
	S(GET("Host: a?b\r\n"), 400),
	S(GET("Host: a#b\r\n"), 400),
	S(GET("Host: <a>\r\n"), 400),
	S(GET("Host: %61\r\n"), 0),
	S(GET("Host: %6\r\n"), 400),
	S(GET("Host: %zz\r\n"), 400),
	S(GET("Host: a\xe9\r\n"), 400),

	/* Field lines. */
	S(GET(H "X:\r\n"), 0),
	S(GET(H "X:a\r\n"), 0),
	S(GET(H "X: \t a \t \r\n"), 0),
	S(GET(H "X: caf\xe9\r\n"), 0),
	S(GET(H "!#$%&'*+-.^_`|~09Az: a\r\n"), 0),
	S(GET("Host : a\r\n"), 400),
	S(GET("Host\t: a\r\n"), 400),
	S(GET(H "X : a\r\n"), 400),
	S(GET(" Host: a\r\n"), 400),
	S(GET("\tHost: a\r\n" H), 400),
	S(GET(" \r\n" H), 400),
	S(GET(H " folded\r\n"), 400),
	S(GET(H "X: a\r\n\tb\r\n"), 400),
	S(GET(H "X: a\r\n \r\n"), 400),
	S(GET(H ": a\r\n"), 400),
	S(GET(H "X\r\n"), 400),
	S(GET(H "X a\r\n"), 400),
	S(GET(H "X\ta: b\r\n"), 400),
	S(GET(H "[X]: a\r\n"), 400),
	S(GET(H "X(: a\r\n"), 400),
	S(GET(H "X\"Y: a\r\n"), 400),
	S(GET(H "X\xe9: a\r\n"), 400),
	S(GET(H "X\x00: a\r\n"), 400),
	S(GET(H "X: a\x00" "b\r\n"), 400),
	S(GET(H "X: \x00\r\n"), 400),
	S(GET(H "X: a\x01" "b\r\n"), 400),
	S(GET(H "X: a\x0b" "b\r\n"), 400),
	S(GET(H "X: a\x1b[2J\r\n"), 400),
	S(GET(H "X: 12345678\x7f\r\n"), 400),
	S(GET(H "X: 12345678a\tb\r\n"), 0),
	S(GET(H "X: a\tb4567890\r\n"), 0),
	S(GET(H "X: a\tb45678\x01" "9\r\n"), 400),
	S(GET(H "X: 123456789\x80\x01\r\n"), 400),
	S(GET(H "X: 1234567\x1f" "8\r\n"), 400),
	S(GET(H "X: a\rb\r\n"), 400),
	S(GET(H "X: a\r\r\n"), 400),
	S(GET(H "X: a\nY: b\r\n"), 400),
	S(GET("Host: a\n"), 400),
	S("GET / HTTP/1.1\r\n" H "\n", 400),
	S("GET / HTTP/1.1\nHost: a\n\n", 400),
	S("GET / HTTP/1.1\r\n" H "\rX: a\r\n\r\n", 400),

	/* Content-Length. */
	S(POST("Content-Length: 0\r\n"), 0),
	S(POST("Content-Length: 5\r\n"), 0),
	S(POST("Content-Length:5\r\n"), 0),
	S(POST("Content-Length:  \t5 \r\n"), 0),
	S(POST("Content-Length: 9223372036854775807\r\n"), 0),
	S(POST("Content-Length: 9223372036854775808\r\n"), 400),
	S(POST("Content-Length: 18446744073709551617\r\n"), 400),
	S(POST("Content-Length: 99999999999999999999999999\r\n"), 400),
	S(POST("Content-Length:\r\n"), 400),
	S(POST("Content-Length: \r\n"), 400),
	S(POST("Content-Length: +5\r\n"), 400),
	S(POST("Content-Length: -5\r\n"), 400),
	S(POST("Content-Length: -0\r\n"), 400),
	S(POST("Content-Length: 5 5\r\n"), 400),
	S(POST("Content-Length: 5_0\r\n"), 400),
	S(POST("Content-Length: 0x5\r\n"), 400),
	S(POST("Content-Length: 0o5\r\n"), 400),
	S(POST("Content-Length: 5a\r\n"), 400),
	S(POST("Content-Length: 5.0\r\n"), 400),
	S(POST("Content-Length: 5e1\r\n"), 400),
	S(POST("Content-Length: \"5\"\r\n"), 400),
	S(POST("Content-Length: abc\r\n"), 400),
	S(POST("Content-Length: 05\r\n"), 0),
	S(POST("Content-Length: 00\r\n"), 0),
	S(POST("Content-Length: 0000000000000000000000000000008\r\n"), 0),
	S(POST("Content-Length: 09223372036854775808\r\n"), 400),
	S(POST("Content-Length: 5, 5\r\n"), 400),
	S(POST("Content-Length: 5,\r\n"), 400),
	S(POST("Content-Length: 5, 6\r\n"), 400),
	S(POST("Content-Length: 5\r\nContent-Length: 5\r\n"), 400),
	S(POST("Content-Length: 5\r\nContent-Length: 6\r\n"), 400),
	S(POST("Content-Length : 5\r\n"), 400),
	S(POST("Content-Length: 5\r\n 6\r\n"), 400),
	S(POST("Content_Length: x\r\n"), 0),

	/* Transfer-Encoding. */
	S(POST("Transfer-Encoding: chunked\r\n"), 0),
	S(POST("Transfer-Encoding: Chunked\r\n"), 0),
	S(POST("TRANSFER-ENCODING:\tCHUNKED \r\n"), 0),
	S(POST("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400),
	S(POST("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400),
	S(POST("Content-Length: 5\r\nTransfer-Encoding: x\r\n"), 400),
	S(POST("Transfer-Encoding: xchunked\r\n"), 501),
	S(POST("Transfer-Encoding: gzip\r\n"), 501),
	S(POST("Transfer-Encoding: identity\r\n"), 501),
	S(POST("Transfer-Encoding: gzip, chunked\r\n"), 501),
	S(POST("Transfer-Encoding: gzip;a=b, chunked\r\n"), 501),
	S(POST("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"),
	    501),
	S(POST("Transfer-Encoding: chunked, gzip\r\n"), 400),
	S(POST("Transfer-Encoding: chunked, identity\r\n"), 400),
	S(POST("Transfer-Encoding: chunked, chunked\r\n"), 400),
	S(POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
	    400),
	S(POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"), 400),
	S(POST("Transfer-Encoding: chunked;a=b\r\n"), 400),
	S(POST("Transfer-Encoding: chunked;\r\n"), 400),
	S(POST("Transfer-Encoding: chunked,\r\n"), 400),
	S(POST("Transfer-Encoding: , chunked\r\n"), 400),
	S(POST("Transfer-Encoding:\r\n"), 400),
	S(POST("Transfer-Encoding: \"chunked\"\r\n"), 400),
	S(POST("Transfer-Encoding: chunked chunked\r\n"), 400),
	S(POST("Transfer-Encoding: x chunked\r\n"), 400),
	S(POST("Transfer-Encoding: gzip;a=\",chunked\"\r\n"), 400),
	S(POST("Transfer-Encoding: \x0b" "chunked\r\n"), 400),
	S(POST("Transfer-Encoding: chunked\x0c\r\n"), 400),
	S(POST("Transfer-Encoding: chun\x00ked\r\n"), 400),
	S(POST("Transfer-Encoding : chunked\r\n"), 400),
	S(POST("Transfer-Encoding:\r\n chunked\r\n"), 400),
	S(POST("Transfer_Encoding: chunked\r\n"), 0),
	S("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),

	/* Expect. */
	S(POST("Content-Length: 1\r\nExpect: 100-continue\r\n"), 0),
	S(POST("Content-Length: 1\r\nExpect: 100-Continue\r\n"), 0),
	S(POST("Expect: 200-ok\r\n"), 417),
	S(POST("Expect: 100-continue, 100-continue ,\r\n"), 0),
	S(POST("Expect:\r\n"), 0),
	S(POST("Expect: 100-continue, 200-ok\r\n"), 417),
	S(POST("Expect: 100-continue;a=b\r\n"), 417),
	S(POST("Expect: 100-continue\r\nExpect: x\r\n"), 417),
	S("POST / HTTP/1.0\r\nExpect: x\r\n\r\n", 0),
};

static void
describe(const struct sample *s, int status)
{
	if (status == s->status)
		return;
	fprintf(stderr, "status %d, not %d, for:\n%.*s\n", status, s->status,
	    (int)s->len, s->text);
}

static void
test_samples(void **state)
{
	struct http_msg m;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct sample *s = &samples[i];
		struct feed f = { .kind = FEED_REQUEST, .data = s->text,
		    .len = s->len, .limits = http_limits_default };
		enum http_result r = feed_whole(&f, &m);

		describe(s, r == HTTP_OK ? 0 : r == HTTP_BAD ? m.status : -1);
		assert_int_equal(r, s->status == 0 ? HTTP_OK : HTTP_BAD);
		if (r == HTTP_BAD)
			assert_int_equal(m.status, s->status);
		else
			assert_int_equal(m.head_len, s->len);
		feed_split(&f, &m, r);
	}
}

/* A prefix of a good request is never refused and never complete. */
static void
test_prefixes(void **state)
{
	struct http_msg m;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		for (size_t n = 0; samples[i].status == 0 &&
		    n < samples[i].len; n++) {
			http_msg_init(&m, NULL);
			assert_int_equal(http_parse_request(&m,
			    samples[i].text, n), HTTP_MORE);
		}
	}
}

static void
fill(char *buf, size_t size, const char *before, const char *after)
{
	size_t a = strlen(before), b = strlen(after);

	assert_true(a + b <= size);
	memset(buf, 'x', size);
	memcpy(buf, before, a);
	memcpy(buf + size - b, after, b);
}

static void
limit_case(const char *before, const char *after, size_t size, int status)
{
	static char buf[600];
	struct http_msg m;
	struct feed f = { .kind = FEED_REQUEST, .data = buf, .len = size,
	    .limits = { .line = 100, .head = 500, .fields = 3 } };
	enum http_result r;

	fill(buf, size, before, after);
	r = feed_whole(&f, &m);
	assert_int_equal(r, status == 0 ? HTTP_OK : HTTP_BAD);
	if (status != 0)
		assert_int_equal(m.status, status);
	feed_split(&f, &m, r);
}

static void
test_limits(void **state)
{
	const char *line = " HTTP/1.1\r\n" H "\r\n";
	const char *fields = "GET / HTTP/1.1\r\n" H;

	(void)state;
	limit_case("GET /", line, 100 + strlen(H) + 2, 0);
	limit_case("GET /", line, 101 + strlen(H) + 2, 414);
	limit_case("GET /", "x", 100, 414);
	limit_case("", "x", 100, 501);
	limit_case("", " / HTTP/1.1\r\n" H "\r\n", 600, 501);
	limit_case("GET / HTTP/1.1\r\n" H "X: ", "\r\n\r\n", 500, 0);
	limit_case("GET / HTTP/1.1\r\n" H "X: ", "\r\n\r\n", 501, 431);
	limit_case("GET / HTTP/1.1\r\n" H "X: ", "x", 500, 431);
	limit_case("GET / HTTP/1.1\r\n" H, ": a\r\n\r\n", 501, 431);
	limit_case(fields, "X: a\r\nX: b\r\n\r\n",
	    strlen(fields) + 14, 0);
	limit_case(fields, "X: a\r\nX: b\r\nX: c\r\n\r\n",
	    strlen(fields) + 20, 431);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
