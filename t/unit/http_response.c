/*
 * Response heads: status lines, which responses have which body, what is
 * refused, and what the lenient flags let a client accept.
 */

#include "http_feed.h"
#include "http_test.h"

#define OK	"HTTP/1.1 200 OK\r\n"
#define CL	"Content-Length: "
#define TE	"Transfer-Encoding: "
#define NONE	HTTP_BODY_NONE
#define LEN	HTTP_BODY_LENGTH
#define CHUNK	HTTP_BODY_CHUNKED
#define CLOSE	HTTP_BODY_CLOSE
#define BAD	-1

static const struct sample {
	const char	*text;
	int		 method;
	int		 body;		/* BAD: refused */
	uint64_t	 length;
	unsigned	 lenient;
} samples[] = {
	/* Status lines. */
	{ OK "\r\n", HTTP_M_GET, CLOSE, 0, 0 },
	{ "HTTP/1.0 200 OK\r\n\r\n", HTTP_M_GET, CLOSE, 0, 0 },
	{ "HTTP/1.1 200 \r\n\r\n", HTTP_M_GET, CLOSE, 0, 0 },
	{ "HTTP/1.1 200\r\n\r\n", HTTP_M_GET, CLOSE, 0, 0 },
	{ "HTTP/1.1 999 Odd\r\n\r\n", HTTP_M_GET, CLOSE, 0, 0 },
	{ "HTTP/1.1 404 caf\xc3\xa9\r\n\r\n", HTTP_M_GET, CLOSE, 0, 0 },
	{ "HTTP/1.1 099 Low\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "HTTP/1.1 20 OK\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "HTTP/1.1 2000 OK\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "HTTP/1.1 2x0 OK\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "HTTP/1.1  200 OK\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "HTTP/1.1 200OK\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "HTTP/1.1\t200 OK\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "HTTP/2 200 OK\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "HTTP/1. 200 OK\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "HTTP/1.10 200 OK\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "http/1.1 200 OK\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "HTTP/1.1 200 O\x01K\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "HTTP/1.1 200 O\rK\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "\r\n" OK "\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "SSH-2.0-OpenSSH_9.2\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "<html>", HTTP_M_GET, BAD, 0, 0 },
	{ "HTTP/1.1 200 OK\n\n", HTTP_M_GET, BAD, 0, 0 },
	{ "HTTP/1.1 200 OK\n\n", HTTP_M_GET, CLOSE, 0, HTTP_LENIENT_LF },

	/* Which have a body (RFC 9112 section 6.3). */
	{ OK CL "5\r\n\r\n", HTTP_M_GET, LEN, 5, 0 },
	{ OK CL "5\r\n\r\n", HTTP_M_HEAD, NONE, 0, 0 },
	{ OK TE "chunked\r\n\r\n", HTTP_M_HEAD, NONE, 0, 0 },
	{ OK "\r\n", HTTP_M_HEAD, NONE, 0, 0 },
	{ OK CL "5\r\n\r\n", HTTP_M_CONNECT, NONE, 0, 0 },
	{ OK TE "chunked\r\n\r\n", HTTP_M_CONNECT, NONE, 0, 0 },
	{ "HTTP/1.1 403 No\r\n" CL "5\r\n\r\n", HTTP_M_CONNECT, LEN, 5, 0 },
	{ "HTTP/1.1 100 Continue\r\n\r\n", HTTP_M_POST, NONE, 0, 0 },
	{ "HTTP/1.1 101 Up\r\n" CL "5\r\n\r\n", HTTP_M_GET, NONE, 0, 0 },
	{ "HTTP/1.1 204 None\r\n" CL "5\r\n\r\n", HTTP_M_GET, NONE, 0, 0 },
	{ "HTTP/1.1 304 Same\r\n" CL "5\r\n\r\n", HTTP_M_GET, NONE, 0, 0 },
	{ "HTTP/1.1 205 Reset\r\n" CL "0\r\n\r\n", HTTP_M_GET, LEN, 0, 0 },
	{ OK TE "chunked\r\n\r\n", HTTP_M_GET, CHUNK, 0, 0 },
	{ OK TE "gzip, chunked\r\n\r\n", HTTP_M_GET, CHUNK, 0, 0 },
	{ OK TE "gzip\r\n\r\n", HTTP_M_GET, CLOSE, 0, 0 },
	{ OK TE "identity\r\n\r\n", HTTP_M_GET, CLOSE, 0, 0 },

	/* What can be read in two ways. */
	{ OK TE "chunked, gzip\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ OK TE "chunked, chunked\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ OK TE "\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ OK TE "chunked\r\n" CL "5\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ OK TE "chunked\r\n" CL "5\r\n\r\n", HTTP_M_GET, CHUNK, 0,
	    HTTP_LENIENT_BODY },
	{ "HTTP/1.0 200 OK\r\n" TE "chunked\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ "HTTP/1.0 200 OK\r\n" TE "chunked\r\n\r\n", HTTP_M_GET, CHUNK, 0,
	    HTTP_LENIENT_BODY },
	{ OK CL "5\r\n" CL "5\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ OK CL "5, 5\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ OK CL "05\r\n\r\n", HTTP_M_GET, LEN, 5, 0 },
	{ OK CL "-5\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ OK CL "5x\r\n\r\n", HTTP_M_GET, BAD, 0, HTTP_LENIENT_BODY },
	{ OK CL "5\r\n" CL "5\r\n\r\n", HTTP_M_GET, LEN, 5,
	    HTTP_LENIENT_BODY },
	{ OK CL "5, 5\r\n\r\n", HTTP_M_GET, LEN, 5, HTTP_LENIENT_BODY },
	{ OK CL "05\r\n\r\n", HTTP_M_GET, LEN, 5, HTTP_LENIENT_BODY },
	{ OK CL "5, 6\r\n\r\n", HTTP_M_GET, BAD, 0, HTTP_LENIENT_BODY },
	{ OK CL "\r\n\r\n", HTTP_M_GET, BAD, 0, HTTP_LENIENT_BODY },
	{ OK CL "9223372036854775808\r\n\r\n", HTTP_M_GET, BAD, 0, 3 },
	{ OK " " CL "5\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ OK "X : y\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ OK "X: y\r\n z\r\n\r\n", HTTP_M_GET, BAD, 0, 0 },
	{ OK " X: y\r\n\r\n", HTTP_M_GET, BAD, 0, HTTP_LENIENT_FOLD },
	{ OK "X: y\r\n z\x01\r\n\r\n", HTTP_M_GET, BAD, 0,
	    HTTP_LENIENT_FOLD },
	{ OK "X: y\r\n z\r\n\t\r\n  v\r\n" CL "7\r\n\r\n", HTTP_M_GET, LEN, 7,
	    HTTP_LENIENT_FOLD },
	{ OK CL "\r\n 7\r\n\r\n", HTTP_M_GET, LEN, 7, HTTP_LENIENT_FOLD },
	{ OK CL "7\r\n \r\n\r\n", HTTP_M_GET, LEN, 7, HTTP_LENIENT_FOLD },
};

static void
test_samples(void **state)
{
	struct http_msg m;

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		const struct sample *s = &samples[i];
		struct feed f = { .kind = FEED_RESPONSE, .data = s->text,
		    .len = strlen(s->text), .method = s->method,
		    .limits = http_limits_default };
		enum http_result r;

		f.limits.lenient = s->lenient;
		r = feed_whole(&f, &m);
		if (r != (s->body == BAD ? HTTP_BAD : HTTP_OK) ||
		    (r == HTTP_OK && (m.body != s->body ||
		    m.length != s->length || m.head_len != f.len)) ||
		    (r == HTTP_BAD && m.status != 502))
			fail_msg("result %d, body %d, length %d for\n%s", r,
			    m.body, (int)m.length, s->text);
		feed_split(&f, &m, r);
	}
}

static void
parse(struct http_msg *m, char *text, unsigned lenient)
{
	struct http_limits limits = http_limits_default;

	limits.lenient = lenient;
	http_msg_init(m, &limits);
	assert_int_equal(http_parse_response(m, text, strlen(text),
	    HTTP_M_GET), HTTP_OK);
}

static void
test_contents(void **state)
{
	char text[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n"
	    "Connection: close\r\n\r\n";
	char old[] = "HTTP/1.0 200\r\nConnection: keep-alive\r\n"
	    "Content-Length: 0\r\n\r\n";
	char coded[] = OK "Transfer-Encoding: gzip, chunked\r\n\r\n";
	char until[] = OK "Connection: keep-alive\r\n\r\n";
	struct http_msg m;

	(void)state;
	parse(&m, text, 0);
	assert_int_equal(m.code, 404);
	assert_int_equal(m.minor, 1);
	assert_str(http_view(&m, m.phrase), "Not Found");
	assert_false(m.keep_alive);
	parse(&m, old, 0);
	assert_int_equal(m.minor, 0);
	assert_str(http_view(&m, m.phrase), "");
	assert_true(m.keep_alive);
	parse(&m, coded, 0);
	assert_true(m.coded);
	parse(&m, until, 0);
	assert_false(m.keep_alive);
}

static void
test_unfold(void **state)
{
	char text[] = OK "X: a \r\n  b\t\r\n\t\r\n c\r\nY:\r\n d\r\n\r\n";
	struct http_msg m;

	(void)state;
	parse(&m, text, HTTP_LENIENT_FOLD);
	assert_int_equal(m.nfields, 2);
	assert_str(http_find(&m, HTTP_STR("x")), "a     b       c");
	assert_str(http_find(&m, HTTP_STR("y")), "d");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_unfold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
