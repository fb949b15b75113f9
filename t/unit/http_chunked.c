/*
 * Chunked bodies, each also cut at every place and given byte by byte: what
 * the data is, where the body ends, and what is refused.
 */

#include "http_test.h"

#include "http/chunked.h"

static const struct sample {
	const char	*text;
	size_t		 len;
	const char	*data;		/* NULL: refused */
	const char	*trailer;
} samples[] = {
#define S(text, ...)	{ text, sizeof(text) - 1, __VA_ARGS__ }
#define END		"0\r\n\r\n"
	S(END, "", "\r\n"),
	S("000\r\n\r\n", "", "\r\n"),
	S("5\r\nhello\r\n" END, "hello", "\r\n"),
	S("5\r\nhello\r\n6\r\n world\r\n" END, "hello world", "\r\n"),
	S("0005\r\nhello\r\n" END, "hello", "\r\n"),
	S("0000000000000005\r\nhello\r\n" END, "hello", "\r\n"),
	S("00000000000000000000000000000005\r\nhello\r\n" END, "hello",
	    "\r\n"),
	S("a\r\n0123456789\r\n" END, "0123456789", "\r\n"),
	S("A\r\n0123456789\r\n" END, "0123456789", "\r\n"),
	S("5\r\n\r\n\r\n\n\r\n" END, "\r\n\r\n\n", "\r\n"),
	/* Extensions. */
	S("5;a\r\nhello\r\n" END, "hello", "\r\n"),
	S("5;a=b\r\nhello\r\n" END, "hello", "\r\n"),
	S("5;a=\"b\"\r\nhello\r\n" END, "hello", "\r\n"),
	S("5;a=\"b;\\\"c\"\r\nhello\r\n" END, "hello", "\r\n"),
	S("5;a=\"\"\r\nhello\r\n" END, "hello", "\r\n"),
	S("5;a;b=c;d\r\nhello\r\n" END, "hello", "\r\n"),
	S("5 ; a = b ; c\r\nhello\r\n" END, "hello", "\r\n"),
	S("5\t;a\t=\t\"b\" ;c\r\nhello\r\n" END, "hello", "\r\n"),
	S("0;a=b\r\n\r\n", "", "\r\n"),
	S("5;\r\nhello\r\n" END, NULL, NULL),
	S("5; \r\nhello\r\n" END, NULL, NULL),
	S("5;;a\r\nhello\r\n" END, NULL, NULL),
	S("5;a=\r\nhello\r\n" END, NULL, NULL),
	S("5;=b\r\nhello\r\n" END, NULL, NULL),
	S("5;a;\r\nhello\r\n" END, NULL, NULL),
	S("5;a b\r\nhello\r\n" END, NULL, NULL),
	S("5;a=b c\r\nhello\r\n" END, NULL, NULL),
	S("5;a=\"b\"c\r\nhello\r\n" END, NULL, NULL),
	S("5;bad[=x\r\nhello\r\n" END, NULL, NULL),
	S("5;a=b \r\nhello\r\n" END, NULL, NULL),
	S("5;a \r\nhello\r\n" END, NULL, NULL),
	S("5;a\x00" "b\r\nhello\r\n" END, NULL, NULL),
	S("5;a=\"\x01\"\r\nhello\r\n" END, NULL, NULL),
	S("5;a\rb\r\nhello\r\n" END, NULL, NULL),
	S("5;a\nhello\r\n" END, NULL, NULL),
	S("5;a=\"b\nhello\r\n" END, NULL, NULL),
	/* Sizes. */
	S("\r\nhello\r\n" END, NULL, NULL),
	S(";a\r\nhello\r\n" END, NULL, NULL),
	S(" 5\r\nhello\r\n" END, NULL, NULL),
	S("5 \r\nhello\r\n" END, NULL, NULL),
	S("5\t\r\nhello\r\n" END, NULL, NULL),
	S("+5\r\nhello\r\n" END, NULL, NULL),
	S("-5\r\nhello\r\n" END, NULL, NULL),
	S("0x5\r\nhello\r\n" END, NULL, NULL),
	S("5_0\r\nhello\r\n" END, NULL, NULL),
	S("5h\r\nhello\r\n" END, NULL, NULL),
	S("5.0\r\nhello\r\n" END, NULL, NULL),
	S("5,5\r\nhello\r\n" END, NULL, NULL),
	S("\"5\"\r\nhello\r\n" END, NULL, NULL),
	S("8000000000000000\r\nhello\r\n", NULL, NULL),
	S("ffffffffffffffff\r\nhello\r\n", NULL, NULL),
	S("10000000000000005\r\nhello\r\n" END, NULL, NULL),
	S("100000000000000005\r\nhello\r\n" END, NULL, NULL),
	S("000000000000000000000000000000005\r\nhello\r\n" END, NULL, NULL),
	/* Line ends. */
	S("5\nhello\r\n" END, NULL, NULL),
	S("5\rhello\r\n" END, NULL, NULL),
	S("5\r\rhello\r\n" END, NULL, NULL),
	S("5\r\nhello\n" END, NULL, NULL),
	S("5\r\nhello\r" END, NULL, NULL),
	S("5\r\nhello" END, NULL, NULL),
	S("5\r\nhelloXX\r\n" END, NULL, NULL),
	S("5\r\nhell\r\n" END, NULL, NULL),
	S("0\n\n", NULL, NULL),
	S("0\r\n\n", NULL, NULL),
	S("0\r\n\rX", NULL, NULL),
	/* Trailers. */
	S("0\r\nA: b\r\n\r\n", "", "A: b\r\n\r\n"),
	S("1\r\nx\r\n0\r\nA:\r\nB:c\xe9\t\r\n\r\n", "x",
	    "A:\r\nB:c\xe9\t\r\n\r\n"),
	S("0\r\nA : b\r\n\r\n", NULL, NULL),
	S("0\r\n A: b\r\n\r\n", NULL, NULL),
	S("0\r\nA: b\r\n c\r\n\r\n", NULL, NULL),
	S("0\r\n: b\r\n\r\n", NULL, NULL),
	S("0\r\nA\r\n\r\n", NULL, NULL),
	S("0\r\nA: b\n\r\n", NULL, NULL),
	S("0\r\nA: b\rc\r\n\r\n", NULL, NULL),
	S("0\r\nA: \x00\r\n\r\n", NULL, NULL),
	S("0\r\nGET / HTTP/1.1\r\n\r\n", NULL, NULL),
};

struct result {
	enum http_chunk	last;
	size_t		used;
	char		data[64];
	size_t		ndata;
	char		trailer[64];
	size_t		ntrailer;
};

/* Decodes the bytes that have come, up to what cannot go on. */
static void
decode(struct http_chunked *c, const char *in, size_t n, struct result *r)
{
	struct http_str s = test_copy(in, n), out;
	size_t used, at = 0;

	do {
		r->last = http_chunked_next(c, s.ptr + at, n - at, &used,
		    &out);
		assert_true(used <= n - at);
		at += used;
		if (r->last == HTTP_CHUNK_DATA) {
			memcpy(r->data + r->ndata, out.ptr, out.len);
			r->ndata += out.len;
		} else if (r->last == HTTP_CHUNK_TRAILER) {
			memcpy(r->trailer + r->ntrailer, out.ptr, out.len);
			r->ntrailer += out.len;
		}
	} while (r->last == HTTP_CHUNK_DATA || r->last == HTTP_CHUNK_TRAILER);
	if (r->last == HTTP_CHUNK_MORE)
		assert_int_equal(at, n);
	r->used += at;
	free((void *)s.ptr);
}

static void
verify(const struct sample *s, const struct http_chunked *c,
    const struct result *r)
{
	if (s->data == NULL) {
		if (r->last != HTTP_CHUNK_BAD)
			fail_msg("accepted: %s", s->text);
		assert_int_equal(c->status, 400);
		assert_non_null(c->reason);
		return;
	}
	if (r->last != HTTP_CHUNK_DONE)
		fail_msg("refused: %s (%s)", s->text,
		    c->reason != NULL ? c->reason : "more wanted");
	assert_int_equal(r->used, s->len);
	assert_int_equal(r->ndata, strlen(s->data));
	assert_memory_equal(r->data, s->data, r->ndata);
	assert_int_equal(c->total, r->ndata);
	assert_int_equal(r->ntrailer, strlen(s->trailer));
	assert_memory_equal(r->trailer, s->trailer, r->ntrailer);
}

static void
test_samples(void **state)
{
	struct http_chunked c;

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		const struct sample *s = &samples[i];

		for (size_t cut = 0; cut <= s->len; cut++) {
			struct result r = { 0 };

			http_chunked_init(&c);
			decode(&c, s->text, cut, &r);
			if (r.last == HTTP_CHUNK_MORE)
				decode(&c, s->text + cut, s->len - cut, &r);
			verify(s, &c, &r);
		}
		struct result r = { 0 };

		http_chunked_init(&c);
		for (size_t at = 0; at < s->len &&
		    r.last == HTTP_CHUNK_MORE; at++)
			decode(&c, s->text + at, 1, &r);
		verify(s, &c, &r);
	}
}

/* What follows the body is not touched. */
static void
test_pipelined(void **state)
{
	static const char text[] = "1\r\nx\r\n" END "GET /";
	struct http_chunked c;
	struct result r = { 0 };

	(void)state;
	http_chunked_init(&c);
	decode(&c, text, sizeof(text) - 1, &r);
	assert_int_equal(r.last, HTTP_CHUNK_DONE);
	assert_int_equal(r.used, sizeof(text) - 6);
	decode(&c, "GET /", 5, &r);
	assert_int_equal(r.last, HTTP_CHUNK_DONE);
	assert_int_equal(r.used, sizeof(text) - 6);
}

/* Gives prefix, then n times the byte; returns the last outcome. */
static enum http_chunk
flood(struct http_chunked *c, const char *prefix, char byte, size_t n)
{
	struct http_str out;
	enum http_chunk r = HTTP_CHUNK_MORE;
	size_t used, len = strlen(prefix);

	http_chunked_init(c);
	r = http_chunked_next(c, prefix, len, &used, &out);
	assert_int_equal(used, len);
	for (size_t i = 0; i < n && r != HTTP_CHUNK_BAD; i++)
		r = http_chunked_next(c, &byte, 1, &used, &out);
	return r;
}

static void
test_limits(void **state)
{
	struct http_chunked c;

	(void)state;
	assert_int_equal(flood(&c, "5;", 'a', HTTP_CHUNK_EXT_MAX - 1),
	    HTTP_CHUNK_MORE);
	assert_int_equal(flood(&c, "5;", 'a', HTTP_CHUNK_EXT_MAX + 1),
	    HTTP_CHUNK_BAD);
	assert_int_equal(c.status, 400);
	assert_int_equal(flood(&c, "0\r\n", 'a', HTTP_CHUNK_TRAILER_MAX),
	    HTTP_CHUNK_TRAILER);
	assert_int_equal(flood(&c, "0\r\n", 'a', HTTP_CHUNK_TRAILER_MAX + 1),
	    HTTP_CHUNK_BAD);
	assert_int_equal(c.status, 431);
	/* A size so big is waited for, not added up to something small. */
	assert_int_equal(flood(&c, "7fffffffffffffff\r\n", 'x', 9),
	    HTTP_CHUNK_DATA);
	assert_true(c.left == INT64_MAX - 9);
}

/* Many small chunks are no attack; many with nothing but extensions are. */
static void
test_many(void **state)
{
	static const char plain[] = "1\r\nx\r\n";
	static const char padded[] = "1;aaaaaaaaaaaaaaa\r\nx\r\n";
	struct http_chunked c;
	struct result r;
	int n;

	(void)state;
	http_chunked_init(&c);
	for (n = 0; n < 100000; n++) {
		memset(&r, 0, sizeof(r));
		decode(&c, plain, sizeof(plain) - 1, &r);
		assert_int_equal(r.last, HTTP_CHUNK_MORE);
	}
	http_chunked_init(&c);
	for (n = 0; n < 2000; n++) {
		memset(&r, 0, sizeof(r));
		decode(&c, padded, sizeof(padded) - 1, &r);
		if (r.last == HTTP_CHUNK_BAD)
			break;
	}
	assert_in_range(n, 900, 1200);
}

static void
test_head(void **state)
{
	static const struct {
		uint64_t size;
		const char *line;
	} cases[] = {
		{ 1, "1\r\n" }, { 15, "f\r\n" }, { 16, "10\r\n" },
		{ 65536, "10000\r\n" }, { 0xabc, "abc\r\n" },
		{ UINT64_MAX, "ffffffffffffffff\r\n" }, { 0, "0\r\n" },
	};
	char out[HTTP_CHUNK_HEAD_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n = http_chunk_head(cases[i].size, out);

		assert_int_equal(n, strlen(cases[i].line));
		assert_memory_equal(out, cases[i].line, n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_pipelined),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
