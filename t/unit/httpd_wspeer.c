/*
 * A WebSocket peer's bytes, in every division; lines to messages; the parts of
 * the handshake.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/websocket.h"
#include "servers/httpd/lines.h"
#include "servers/httpd/wspeer.h"

#define S(s)	((struct http_str){ (s), sizeof(s) - 1 })

static void
test_handshake(void **state)
{
	char out[WS_ACCEPT_LEN + 1];

	(void)state;
	/* the example of RFC 6455 section 1.3 */
	assert_int_equal(ws_accept(S("dGhlIHNhbXBsZSBub25jZQ=="), out), 0);
	assert_string_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	assert_true(ws_key_ok(S("dGhlIHNhbXBsZSBub25jZQ==")));
	assert_false(ws_key_ok(S("dGhlIHNhbXBsZSBub25jZQ=")));
	assert_false(ws_key_ok(S("dGhlIHNhbXBsZSBub25jZQAA")));
	assert_false(ws_key_ok(S("dGhlIHNhbXBsZSBub25j ==A")));
	assert_false(ws_key_ok((struct http_str){ NULL, 0 }));
}

static void
test_origin(void **state)
{
	(void)state;
	assert_true(ws_same_origin(S("http://a"), S("a"), 0, false));
	assert_true(ws_same_origin(S("HTTP://A:80"), S("a"), 0, false));
	assert_true(ws_same_origin(S("https://a"), S("a"), 443, true));
	assert_true(ws_same_origin(S("https://a"), S("a"), 0, false));
	assert_true(ws_same_origin(S("http://[::1]:8"), S("[::1]"), 8, false));
	assert_false(ws_same_origin(S("http://a"), S("a"), 0, true));
	assert_false(ws_same_origin(S("http://a:1"), S("a"), 0, false));
	assert_false(ws_same_origin(S("http://a"), S("a"), 443, false));
	assert_false(ws_same_origin(S("http://a.b"), S("a"), 0, false));
	assert_false(ws_same_origin(S("null"), S("null"), 0, false));
	assert_false(ws_same_origin(S("http://"), S(""), 0, false));
}

static void
test_codes(void **state)
{
	static const unsigned good[] = { 1000, 1003, 1007, 1011, 1014, 3000,
	    4999 }, bad[] = { 0, 999, 1004, 1005, 1006, 1015, 1016, 2999,
	    5000, 65535 };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(ws_code_ok(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ws_code_ok(bad[i]));
}

/* What came of some bytes: events and messages, as one text. */
static void
hear(struct wspeer *p, const char *data, size_t n, char *said)
{
	enum ws_event e;

	wspeer_give(p, data, n);
	while ((e = wspeer_next(p)) != WS_MORE)
		sprintf(said + strlen(said), "%s%.*s;", e == WS_TEXT ? "T" :
		    e == WS_BINARY ? "B" : e == WS_CLOSE ? "C" : "F",
		    e == WS_TEXT || e == WS_BINARY ? (int)p->msg.len : 0,
		    p->msg.data);
}

/* same - data gives that, however it is divided in two. */
static void
same(const char *data, size_t n, const char *expected, unsigned code)
{
	for (size_t i = 0; i <= n; i++) {
		char said[200] = "";
		struct wspeer p;

		assert_int_equal(wspeer_init(&p, 20), 0);
		hear(&p, data, i, said);
		hear(&p, data + i, n - i, said);
		assert_string_equal(said, expected);
		assert_int_equal(p.sent_code, code);
		assert_int_equal(p.closing, code != 0);
		wspeer_free(&p);
	}
}

/* A mask of zeroes keeps the bytes below legible. */
#define MASK	"\0\0\0\0"
#define SAME(data, expected, code)					\
	same(data, sizeof(data) - 1, expected, code)

static void
test_frames(void **state)
{
	(void)state;
	SAME("\x81\x82" MASK "hi", "Thi;", 0);
	SAME("\x81\x80" MASK "\x82\x81" MASK "b", "T;Bb;", 0);
	SAME("\x01\x81" MASK "a" "\x89\x81" MASK "p" "\x00\x80" MASK
	    "\x80\x81" MASK "b", "Tab;", 0);
	SAME("\x88\x82" MASK "\x03\xe8", "C;", 0);
	SAME("\x88\x80" MASK "\x81\x81" MASK "x", "C;", 0);
	SAME("\x88\x82" MASK "\x03\xed", "F;", 1002);
	SAME("\x88\x81" MASK "\x03", "F;", 1002);
	SAME("\x88\x83" MASK "\x03\xe8\xff", "F;", 1007);
	SAME("\x81\x02hi", "F;", 1002);
	SAME("\xc1\x81" MASK "x", "F;", 1002);
	SAME("\x83\x80" MASK, "F;", 1002);
	SAME("\x8b\x80" MASK, "F;", 1002);
	SAME("\x80\x80" MASK, "F;", 1002);
	SAME("\x01\x80" MASK "\x81\x80" MASK, "F;", 1002);
	SAME("\x09\x80" MASK, "F;", 1002);
	SAME("\x81\xfe\x00\x01" MASK "x", "F;", 1002);
	SAME("\x81\x95" MASK "aaaaaaaaaaaaaaaaaaaaa", "F;", 1009);
	SAME("\x01\x94" MASK "aaaaaaaaaaaaaaaaaaaa" "\x80\x81" MASK "b", "F;",
	    1009);
	SAME("\x81\x82" MASK "\xe2\x82", "F;", 1007);
	SAME("\x01\x82" MASK "\xe2\x82" "\x80\x81" MASK "\xac",
	    "T\xe2\x82\xac;", 0);
	SAME("\x01\x81" MASK "\xf4" "\x00\x81" MASK "\x90", "F;", 1007);
}

static void
test_answers(void **state)
{
	struct wspeer p;
	char said[20] = "";

	(void)state;
	assert_int_equal(wspeer_init(&p, 20), 0);
	hear(&p, "\x89\x82" MASK "hi", 8, said);
	assert_int_equal(p.out.len, 4);
	assert_memory_equal(p.out.data, "\x8a\x02hi", 4);
	wspeer_text(&p, "x", 1);
	wspeer_ping(&p);
	wspeer_close(&p, 1001, "why");
	wspeer_text(&p, "late", 4);
	assert_int_equal(p.out.len, 4 + 3 + 2 + 7);
	assert_memory_equal(p.out.data + 4, "\x81\x01x\x89\0\x88\x05\x03\xe9"
	    "why", 12);
	hear(&p, "\xc2\x81" MASK "b", 7, said);
	assert_string_equal(said, "F;");
	wspeer_free(&p);
}

static void
add(void *arg, const char *s, size_t n)
{
	char *said = arg;

	sprintf(said + strlen(said), "%.*s;", (int)n, s);
}

static void
test_lines(void **state)
{
	static const char data[] = "one\r\n\ntwo\nlonger than ten\n"
	    "8 bytes \xe2\x82\xac\xe2\x82\xac\nbare";
	char said[200];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++) {
		struct lines l = { .max = 10 };

		said[0] = '\0';
		lines_feed(&l, data, i, add, said);
		lines_feed(&l, data + i, sizeof(data) - 1 - i, add, said);
		assert_true(lines_wait(&l) > 0);
		lines_quiet(&l, add, said);
		assert_int_equal(lines_wait(&l), -1);
		lines_feed(&l, "\n\n", 2, add, said);
		lines_quiet(&l, add, said);
		assert_string_equal(said, "one;;two;longer tha;n ten;"
		    "8 bytes ;\xe2\x82\xac\xe2\x82\xac;bare;;");
		lines_free(&l);
	}
}

static void
test_bytes(void **state)
{
	struct lines l = { .max = 10 };
	char said[200] = "";

	(void)state;
	lines_feed(&l, "line\nhalf a", 11, add, said);
	lines_bytes(&l, true, add, said);
	assert_int_equal(lines_wait(&l), -1);
	lines_feed(&l, "two\n", 4, add, said);
	lines_feed(&l, "\r", 1, add, said);
	assert_int_equal(lines_wait(&l), LINES_BYTES_MS);
	lines_bytes(&l, true, add, said);
	lines_quiet(&l, add, said);
	lines_feed(&l, "0123456789+", 11, add, said);
	lines_bytes(&l, false, add, said);
	lines_feed(&l, "\nline\n", 6, add, said);
	assert_string_equal(said, "line;half a;two\n\r;0123456789;+;;line;");
	lines_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handshake),
		cmocka_unit_test(test_origin),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
