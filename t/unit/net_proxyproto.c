/*
 * Unit tests of net/proxyproto.c: each header is fed a byte more at a time, so
 * that it is seen when it asks for more and how soon it refuses.
 */
#include "net/proxyproto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char peer_text[IPADDR_TEXT_MAX];
static int known;

/* parse - from memory of exactly that size, so that checkers see overruns. */
static ssize_t
parse(const void *buf, size_t len, struct ipaddr *peer, int *k)
{
	char *exact = malloc(len > 0 ? len : 1);
	ssize_t n;

	assert_non_null(exact);
	memcpy(exact, buf, len);
	n = proxyproto_parse(exact, len, peer, k);
	free(exact);
	return n;
}

/*
 * feed - ever more of the bytes: the header's length, -1, or 0 where it wants
 * more than there is.  Until the answer, nothing may be given out.
 */
static ssize_t
feed(const void *buf, size_t len)
{
	struct ipaddr peer, before;
	ssize_t n = 0;
	size_t i;

	memset(&before, 0xa5, sizeof(before));
	for (i = 0; i <= len; i++) {
		peer = before;
		n = parse(buf, i, &peer, &known);
		if (n <= 0 || !known) {
			assert_false(known && n <= 0);
			assert_memory_equal(&peer, &before, sizeof(peer));
		}
		if (n != 0)
			break;
	}
	if (n > 0 && known)
		ipaddr_text(&peer, peer_text, sizeof(peer_text));
	else
		strcpy(peer_text, "-");
	if (n > 0) {
		/* Found as soon as it was whole, and the same with more. */
		assert_int_equal(n, i);
		assert_int_equal(parse(buf, len, &peer, &known), n);
	}
	return n;
}

static ssize_t
feed_text(const char *s)
{
	return feed(s, strlen(s));
}

static void
version_1(void **state)
{
	(void)state;
	assert_int_equal(feed_text("PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\n"
	    "GET / HTTP/1.1\r\n"), 40);
	assert_string_equal(peer_text, "192.0.2.1:1234");
	assert_int_equal(feed_text("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n"),
	    36);
	assert_string_equal(peer_text, "[2001:db8::1]:0");
	assert_true(feed_text("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n") > 0);
	assert_string_equal(peer_text, "192.0.2.1:1");
}

static void
version_1_unknown(void **state)
{
	(void)state;
	assert_int_equal(feed_text("PROXY UNKNOWN\r\nrest"), 15);
	assert_false(known);
	assert_int_equal(feed_text("PROXY UNKNOWN ffff::1 any thing\r\n"), 33);
	assert_false(known);
	assert_int_equal(feed_text("PROXY UNKNOWNS\r\n"), -1);
	assert_int_equal(feed_text("PROXY UNKNOWN"), 0);
}

static void
version_1_refuses(void **state)
{
	static const char *const bad[] = {
		"GET / HTTP/1.1\r\n\r\n",
		"PROXY\r\n",
		"PROXY \r\n",
		"PROXX ",
		"proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r \n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
		"PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 00\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 123456\r\n",
		"PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n",
		"PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
		"PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY TCP4 ::1 ::1 1 2\r\n",
		"PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY TCP6 fe80::1%lo ::1 1 2\r\n",
		"PROXY TCP6 [::1] ::1 1 2\r\n",
		"PROXY UNKNOWN a\nb\r\n",
		"\r\nX",
		"\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(feed_text(bad[i]), -1);
}

static void
version_1_has_107_bytes_at_most(void **state)
{
	char line[120] = "PROXY UNKNOWN ";
	size_t n = strlen(line);

	(void)state;
	memset(line + n, 'x', sizeof(line) - n);
	memcpy(line + 105, "\r\n", 2);
	assert_int_equal(feed(line, sizeof(line)), 107);
	memcpy(line + 105, "x\r\n", 3);
	assert_int_equal(feed(line, sizeof(line)), -1);
	/* Refused when it is clear that no end can come in time. */
	assert_int_equal(feed(line, 105), 0);
	assert_int_equal(feed(line, 106), -1);
}

static void
version_1_is_refused_early(void **state)
{
	(void)state;
	assert_int_equal(feed_text("G"), -1);
	assert_int_equal(feed_text("PROXYX"), -1);
	assert_int_equal(feed_text("PROXY T"), 0);
	assert_int_equal(feed_text("PROXY TX"), -1);
	assert_int_equal(feed_text("PROXY TCP4 1.2.3.4 h"), -1);
	assert_int_equal(feed_text("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r"), 0);
}

#define SIG "\r\n\r\n\0\r\nQUIT\n"

static void
version_2(void **state)
{
	static const char v4[] = SIG "\x21\x11\0\x0c"
	    "\xc0\0\x02\x01" "\xc0\0\x02\x02" "\x04\xd2" "\0\x50" "rest";
	static const char v4tlv[] = SIG "\x21\x12\0\x10"
	    "\xc0\0\x02\x01" "\xc0\0\x02\x02" "\x04\xd2" "\0\x50"
	    "\x04\0\x01x" "rest";
	static const char v6[] = SIG "\x21\x21\0\x24"
	    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01" "\xff\xff\0\x50";

	(void)state;
	assert_int_equal(feed(v4, sizeof(v4) - 1), 28);
	assert_string_equal(peer_text, "192.0.2.1:1234");
	assert_int_equal(feed(v4tlv, sizeof(v4tlv) - 1), 32);
	assert_string_equal(peer_text, "192.0.2.1:1234");
	assert_int_equal(feed(v6, sizeof(v6) - 1), 52);
	assert_string_equal(peer_text, "[2001:db8::1]:65535");
}

static void
version_2_without_an_address(void **state)
{
	static const char local[] = SIG "\x20\x11\0\x0c" "123456789012";
	static const char bare[] = SIG "\x20\0\0\0";
	static const char odd[] = SIG "\x20\x77\0\x01" "x";
	static const char unspec[] = SIG "\x21\0\0\x03" "abc";

	(void)state;
	assert_int_equal(feed(local, sizeof(local) - 1), 28);
	assert_false(known);
	assert_int_equal(feed(bare, sizeof(bare) - 1), 16);
	assert_false(known);
	assert_int_equal(feed(odd, sizeof(odd) - 1), 17);
	assert_false(known);
	assert_int_equal(feed(unspec, sizeof(unspec) - 1), 19);
	assert_false(known);
}

static void
version_2_unix_and_large(void **state)
{
	char *buf = malloc(PROXYPROTO_MAX);
	struct ipaddr peer;

	(void)state;
	assert_non_null(buf);
	memset(buf, 0, PROXYPROTO_MAX);
	memcpy(buf, SIG "\x21\x31\0\xd8", 16);
	assert_int_equal(feed(buf, 300), 16 + 216);
	assert_string_equal(peer_text, "unix:");
	buf[15] = '\xd7';
	assert_int_equal(feed(buf, 300), -1);
	memcpy(buf, SIG "\x21\x11\xff\xff", 16);
	assert_int_equal(proxyproto_parse(buf, PROXYPROTO_MAX - 1, &peer,
	    &known), 0);
	assert_int_equal(proxyproto_parse(buf, PROXYPROTO_MAX, &peer,
	    &known), PROXYPROTO_MAX);
	free(buf);
}

static void
version_2_refuses(void **state)
{
	(void)state;
	assert_int_equal(feed("\r\n\r\n\0\r\nQUIX", 12), -1);
	assert_int_equal(feed(SIG "\x11", 13), -1);	/* version 1 */
	assert_int_equal(feed(SIG "\x22", 13), -1);	/* no such command */
	assert_int_equal(feed(SIG "\x21\x10", 14), -1);	/* no such family */
	assert_int_equal(feed(SIG "\x21\x41", 14), -1);
	assert_int_equal(feed(SIG "\x21\x01", 14), -1);
	assert_int_equal(feed(SIG "\x21\x11\0\x0b", 16), -1);	/* short */
	assert_int_equal(feed(SIG "\x21\x21\0\x23", 16), -1);
}

static void
line_of(const char *from, const char *to, const char *expected)
{
	char line[PROXYPROTO_V1_MAX + 1];
	struct ipaddr a = { 0 }, b = { .family = AF_UNIX };

	if (from != NULL)
		assert_int_equal(ipaddr_parse(&a, from), 0);
	if (to != NULL)
		assert_int_equal(ipaddr_parse(&b, to), 0);
	a.port = 65535;
	b.port = 80;
	assert_int_equal(proxyproto_line(line, &a, &b), strlen(expected));
	assert_string_equal(line, expected);
	assert_int_equal(feed(line, strlen(line)), strlen(line));
	assert_int_equal(known, from != NULL);
}

static void
lines_made(void **state)
{
	static const char most[] =
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

	(void)state;
	line_of("192.0.2.1", "198.51.100.2",
	    "PROXY TCP4 192.0.2.1 198.51.100.2 65535 80\r\n");
	line_of(most, most, "PROXY TCP6 "
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 80\r\n");
	line_of("2001:db8::1", "192.0.2.1",
	    "PROXY TCP6 2001:db8::1 :: 65535 80\r\n");
	line_of("192.0.2.1", NULL, "PROXY TCP4 192.0.2.1 0.0.0.0 65535 80\r\n");
	line_of(NULL, "192.0.2.1", "PROXY UNKNOWN\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_1),
		cmocka_unit_test(version_1_unknown),
		cmocka_unit_test(version_1_refuses),
		cmocka_unit_test(version_1_has_107_bytes_at_most),
		cmocka_unit_test(version_1_is_refused_early),
		cmocka_unit_test(version_2),
		cmocka_unit_test(version_2_without_an_address),
		cmocka_unit_test(version_2_unix_and_large),
		cmocka_unit_test(version_2_refuses),
		cmocka_unit_test(lines_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
