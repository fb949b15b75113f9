/*
 * Unit tests of wire/ping.c and wire/ping_code.c: the plain texts byte for
 * byte, messages there and back, and codes that tell every damaged byte.
 */
#include "wire/ping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

static const char secret[] = "sixteen bytes and more";

static struct ping_msg
message(void)
{
	struct ping_msg m = { .type = PING_REPLY, .flags = PING_KEYED,
	    .reason = PING_REASON_KEY, .seq = 0x0102030405060708,
	    .sent = 1624140318123456789, .got = -2, .replied = INT64_MAX,
	    .received = UINT64_MAX, .highest = 77, .duplicates = 5,
	    .reordered = UINT32_MAX, .session = 0xdeadbeef, .earlier = 3,
	    .earlier_left = INT64_MIN };

	memcpy(m.cookie, "0123456789abcdef", PING_COOKIE);
	return m;
}

static void
a_message_there_and_back(void **state)
{
	struct ping_msg m = message(), back;
	uint8_t wire[PING_HEAD];

	(void)state;
	memset(&back, 0, sizeof(back));
	ping_put(wire, &m);
	assert_true(ping_is_binary(wire, sizeof(wire)));
	assert_int_equal(ping_get(wire, sizeof(wire), &back), 0);
	assert_int_equal(back.type, m.type);
	assert_int_equal(back.flags, m.flags);
	assert_int_equal(back.reason, m.reason);
	assert_memory_equal(back.cookie, m.cookie, PING_COOKIE);
	assert_true(back.seq == m.seq && back.sent == m.sent);
	assert_true(back.got == m.got && back.replied == m.replied);
	assert_true(back.received == m.received);
	assert_true(back.highest == m.highest);
	assert_int_equal(back.duplicates, m.duplicates);
	assert_int_equal(back.reordered, m.reordered);
	assert_int_equal(back.session, m.session);
	assert_int_equal(back.earlier, m.earlier);
	assert_true(back.earlier_left == m.earlier_left);
}

/* The layout is part of the protocol: other machines read it. */
static void
a_message_on_the_wire(void **state)
{
	static const uint8_t head[] = { 0x8f, 0, 'P', 'G', 1, PING_REPLY, 1,
	    2, '0', '1' };
	static const uint8_t seq[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct ping_msg m = message();
	uint8_t wire[PING_HEAD];

	(void)state;
	ping_put(wire, &m);
	assert_memory_equal(wire, head, sizeof(head));
	assert_memory_equal(wire + 24, seq, sizeof(seq));
	assert_int_equal(wire[80], 0xde);
	assert_int_equal(wire[83], 0xef);
}

static void
what_is_no_message(void **state)
{
	struct ping_msg m = message();
	uint8_t wire[PING_HEAD];
	size_t n;

	(void)state;
	ping_put(wire, &m);
	for (n = 0; n < PING_HEAD; n++)
		assert_int_equal(ping_get(wire, n, &m), -1);
	for (n = 0; n < 5; n++) {	/* magic and version */
		wire[n] ^= 0x20;
		assert_int_equal(ping_get(wire, PING_HEAD, &m), -1);
		wire[n] ^= 0x20;
	}
	wire[5] = 0;
	assert_int_equal(ping_get(wire, PING_HEAD, &m), -1);
	wire[5] = PING_REFUSE + 1;
	assert_int_equal(ping_get(wire, PING_HEAD, &m), -1);
	assert_false(ping_is_binary((const uint8_t *)"PING", 4));
	assert_false(ping_is_binary(wire, 3));
}

static void
codes_tell_every_damage(void **state)
{
	struct ping_key *keys[2] = { NULL,
	    ping_key_new(secret, sizeof(secret)) };
	struct ping_msg m = message();
	uint8_t wire[PING_HEAD + 13];

	(void)state;
	assert_non_null(keys[1]);
	for (int k = 0; k < 2; k++) {
		ping_put(wire, &m);
		memset(wire + PING_HEAD, 'x', sizeof(wire) - PING_HEAD);
		ping_seal(wire, sizeof(wire), keys[k]);
		assert_true(ping_sealed(wire, sizeof(wire), keys[k]));
		assert_false(ping_sealed(wire, sizeof(wire), keys[!k]));
		assert_false(ping_sealed(wire, sizeof(wire) - 1, keys[k]));
		assert_false(ping_sealed(wire, PING_HEAD - 1, keys[k]));
		for (size_t i = 0; i < sizeof(wire); i++) {
			wire[i] ^= 1;
			assert_false(ping_sealed(wire, sizeof(wire),
			    keys[k]));
			wire[i] ^= 1;
		}
		assert_true(ping_sealed(wire, sizeof(wire), keys[k]));
	}
	ping_key_free(keys[1]);
}

/* RFC 4231, test case 2, has a key of four bytes; 1 and 6 fit ours. */
static void
the_code_is_hmac_sha_256(void **state)
{
	static const uint8_t expected[32] = { 0xb0, 0x34, 0x4c, 0x61, 0xd8,
	    0xdb, 0x38, 0x53, 0x5c, 0xa8, 0xaf, 0xce, 0xaf, 0x0b, 0xf1, 0x2b,
	    0x88, 0x1d, 0xc2, 0x00, 0xc9, 0x83, 0x3d, 0xa7, 0x26, 0xe9, 0x37,
	    0x6c, 0x2e, 0x32, 0xcf, 0xf7 };
	uint8_t key[20], out[32];
	struct ping_key *k;

	(void)state;
	memset(key, 0x0b, sizeof(key));
	k = ping_key_new(key, sizeof(key));
	assert_non_null(k);
	for (int i = 0; i < 2; i++) {	/* a key serves more than once */
		assert_int_equal(ping_mac(k, "Hi There", 8, out), 0);
		assert_memory_equal(out, expected, sizeof(out));
	}
	ping_key_free(k);
}

static void
keys_have_a_size(void **state)
{
	static uint8_t bytes[PING_KEY_MAX + 1];

	(void)state;
	assert_null(ping_key_new(bytes, PING_KEY_MIN - 1));
	assert_int_equal(errno, EINVAL);
	assert_null(ping_key_new(bytes, PING_KEY_MAX + 1));
	ping_key_free(NULL);
}

static void
hellos(void **state)
{
	char text[PING_HEAD], upper[PING_STAMP_LEN + PING_HEAD];
	uint64_t nonce;

	(void)state;
	ping_hello_put(text, 0x0123456789abcdef);
	assert_memory_equal(text, "Brood ping 1 hello 0123456789abcdef....",
	    39);
	assert_int_equal(ping_hello_get(text, sizeof(text), &nonce), 0);
	assert_true(nonce == 0x0123456789abcdef);
	assert_int_equal(ping_hello_get(text, sizeof(text) - 1, &nonce), -1);
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] ^= 0x80;
		assert_int_equal(ping_hello_get(text, sizeof(text), &nonce),
		    -1);
		text[i] ^= 0x80;
	}
	/* A plain server's answers to it, which is no hello any more. */
	memcpy(upper, text, sizeof(text));
	ping_upper(upper, sizeof(text));
	assert_int_equal(ping_hello_get(upper, sizeof(text), &nonce), -1);
	assert_true(ping_is_echo(upper, sizeof(text), text, sizeof(text)));
	assert_false(ping_is_echo(text, sizeof(text), text, sizeof(text)));
	ping_stamp_put(upper, 1624140318123999999);
	memcpy(upper + PING_STAMP_LEN, text, sizeof(text));
	assert_true(ping_is_echo(upper, sizeof(upper), text, sizeof(text)));
	upper[40] ^= 1;
	assert_false(ping_is_echo(upper, sizeof(upper), text, sizeof(text)));
}

static void
upper_case_is_of_ascii(void **state)
{
	char all[256], expected[256];

	(void)state;
	for (int i = 0; i < 256; i++) {
		all[i] = (char)i;
		expected[i] = (char)(i >= 'a' && i <= 'z' ? i - 32 : i);
	}
	ping_upper(all, sizeof(all));
	assert_memory_equal(all, expected, sizeof(all));
	ping_upper(NULL, 0);
}

static void
plain_requests(void **state)
{
	char text[200];
	size_t n;

	(void)state;
	n = ping_plain_put(text, 0, 7, 1624140318000012345);
	assert_int_equal(n, 24);
	assert_memory_equal(text, "Ping 7 1624140318.000012", 24);
	n = ping_plain_put(text, 100, 7, 1624140318000012345);
	assert_int_equal(n, 100);
	assert_memory_equal(text, "Ping 7 1624140318.000012  ", 26);
	assert_int_equal(text[99], ' ');
	n = ping_plain_put(text, 0, UINT64_MAX, INT64_MAX);
	assert_true(n < PING_PLAIN_MAX);
}

static struct ping_plain
plain(const char *text)
{
	struct ping_plain p;

	ping_plain_get(text, strlen(text), &p);
	return p;
}

static void
plain_replies(void **state)
{
	static const char *const nameless[] = { "", "PING", "PING ", "PING x",
	    "PING 12x", "pong 3 4", "PING 99999999999999999999 1",
	    "[16241403181 PING 3", "[] PING 3" };
	struct ping_plain p;

	(void)state;
	p = plain("PING 7 1624140318.000012");
	assert_true(p.seq == 7 && p.stamp == -1 && p.skip == 0);
	p = plain("PING 10");
	assert_true(p.seq == 10 && p.stamp == -1);
	p = plain("[1624140318123] Ping 12 1624140318.000012");
	assert_true(p.seq == 12 && p.stamp == 1624140318123 &&
	    p.skip == PING_STAMP_LEN);
	p = plain("[1624140318123] anything");
	assert_true(p.seq == 0 && p.stamp == 1624140318123);
	for (size_t i = 0; i < sizeof(nameless) / sizeof(nameless[0]); i++)
		assert_true(plain(nameless[i]).seq == 0);
	assert_true(plain("[99999999999999999] x").stamp == -1);
}

static void
stamps(void **state)
{
	char out[PING_STAMP_LEN + 1] = "";

	(void)state;
	ping_stamp_put(out, 1624140318123999999);
	assert_string_equal(out, "[1624140318123] ");
	ping_stamp_put(out, 5000000);
	assert_string_equal(out, "[0000000000005] ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_there_and_back),
		cmocka_unit_test(a_message_on_the_wire),
		cmocka_unit_test(what_is_no_message),
		cmocka_unit_test(codes_tell_every_damage),
		cmocka_unit_test(the_code_is_hmac_sha_256),
		cmocka_unit_test(keys_have_a_size),
		cmocka_unit_test(hellos),
		cmocka_unit_test(upper_case_is_of_ascii),
		cmocka_unit_test(plain_requests),
		cmocka_unit_test(plain_replies),
		cmocka_unit_test(stamps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
