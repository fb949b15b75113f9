/*
 * Unit tests of base/buf.c and base/utf8.c: that buffers grow, that bounded
 * text ends where it must, and that bytes from outside come out harmless.
 */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

static void
a_buffer_grows(void **state)
{
	struct buf b = { 0 };
	int i;

	(void)state;
	buf_adds(&b, "");
	assert_non_null(b.data);
	assert_string_equal(b.data, "");
	for (i = 0; i < 10000; i++)
		buf_addf(&b, "%04d", i);
	buf_addc(&b, '!');
	assert_false(b.failed);
	assert_int_equal(b.len, 40001);
	assert_true(b.cap > b.len);
	assert_memory_equal(b.data, "000000010002", 12);
	assert_string_equal(b.data + 39996, "9999!");
	buf_reset(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
	assert_true(b.cap > 40001);
	buf_add(&b, "a\0b", 3);
	assert_memory_equal(b.data, "a\0b", 4);
	buf_free(&b);
	assert_null(b.data);
	assert_int_equal(b.cap, 0);
}

static void
a_buffer_without_memory_says_so(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_adds(&b, "kept");
	/* The size alone cannot be had: nothing is read from here. */
	buf_add(&b, "x", SIZE_MAX / 2);
	assert_true(b.failed);
	buf_adds(&b, "not appended");
	assert_string_equal(b.data, "kept");
	buf_reset(&b);
	assert_false(b.failed);
	buf_free(&b);
}

static void
text_is_cut(void **state)
{
	char mem[8];
	struct text t;

	(void)state;
	text_init(&t, mem, sizeof(mem));
	assert_string_equal(mem, "");
	text_adds(&t, "12345");
	text_add(&t, "67", 2);
	assert_int_equal(t.cut, 0);
	text_adds(&t, "");
	assert_int_equal(t.cut, 0);
	text_adds(&t, "8");
	assert_int_equal(t.cut, 1);
	assert_string_equal(mem, "1234567");
	assert_int_equal(t.len, 7);
	text_init(&t, mem, sizeof(mem));
	text_addf(&t, "%s", "12345678");
	assert_int_equal(t.cut, 1);
	assert_string_equal(mem, "1234567");
	text_init(&t, mem, sizeof(mem));
	text_addf(&t, "%d", 1234567);
	assert_int_equal(t.cut, 0);
	text_addf(&t, "%s", "");
	assert_int_equal(t.cut, 0);
}

static void
text_after_a_cut_is_not_added(void **state)
{
	char mem[8];
	struct text t;

	(void)state;
	text_init(&t, mem, sizeof(mem));
	text_adds(&t, "123456");
	text_addesc(&t, "\n", 1);
	text_adds(&t, "7");
	text_addf(&t, "7");
	assert_string_equal(mem, "123456");
	assert_int_equal(t.cut, 1);
	assert_int_equal(t.len, 6);
}

static void
text_without_room(void **state)
{
	char mem[1] = { 'x' };
	struct text t;

	(void)state;
	text_init(&t, mem, 0);
	text_adds(&t, "a");
	text_addf(&t, "%d", 1);
	text_addu(&t, 1);
	text_addesc(&t, "a", 1);
	assert_int_equal(t.len, 0);
	assert_int_equal(t.cut, 1);
	assert_int_equal(mem[0], 'x');
	text_init(&t, mem, 1);
	assert_int_equal(mem[0], '\0');
	text_addf(&t, "%d", 1);
	assert_int_equal(mem[0], '\0');
	assert_int_equal(t.cut, 1);
}

static void
numbers_are_as_printf_has_them(void **state)
{
	static const unsigned long long cases[] = { 0, 1, 9, 10, 11, 99, 100,
	    101, 999, 1000, 65535, 4294967296, 18446744073709551615ULL };
	char mem[32], want[32];
	struct text t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_init(&t, mem, sizeof(mem));
		text_addu(&t, cases[i]);
		snprintf(want, sizeof(want), "%llu", cases[i]);
		assert_string_equal(mem, want);
		assert_int_equal(t.len, strlen(want));
	}
}

static void
what_is_utf8(void **state)
{
	static const struct {
		const char	*s;
		size_t		 n, len;
	} cases[] = {
		{ "", 0, 0 }, { "\0", 1, 1 }, { "a", 1, 1 }, { "\x7f", 1, 1 },
		{ "\x80", 1, 0 }, { "\xc1\xbf", 2, 0 }, { "\xc2\x80", 2, 2 },
		{ "\xc2", 1, 0 }, { "\xc2" "a", 2, 0 }, { "\xdf\xbf", 2, 2 },
		{ "\xe0\x9f\xbf", 3, 0 }, { "\xe0\xa0\x80", 3, 3 },
		{ "\xed\x9f\xbf", 3, 3 }, { "\xed\xa0\x80", 3, 0 },
		{ "\xee\x80\x80", 3, 3 }, { "\xef\xbf\xbf", 3, 3 },
		{ "\xe2\x82", 2, 0 }, { "\xe2\x82" "a", 3, 0 },
		{ "\xf0\x8f\xbf\xbf", 4, 0 }, { "\xf0\x90\x80\x80", 4, 4 },
		{ "\xf4\x8f\xbf\xbf", 4, 4 }, { "\xf4\x90\x80\x80", 4, 0 },
		{ "\xf5\x80\x80\x80", 4, 0 }, { "\xff", 1, 0 },
		{ "\xf0\x9f\x98\x80", 3, 0 }, { "\xf0\x9f\x98\x80", 4, 4 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(utf8_seq(cases[i].s, cases[i].n),
		    cases[i].len);
	assert_true(utf8_valid("", 0));
	assert_true(utf8_valid("gr\xc3\xbc\xc3\x9f", 6));
	assert_false(utf8_valid("gr\xc3\xbc\xc3", 5));
	assert_true(utf8_control("\x1b", 1));
	assert_true(utf8_control("\xc2\x9b", 2));
	assert_false(utf8_control("\xc2\xa0", 2));
	assert_false(utf8_control(" ", 1));
}

static void
escaped(const char *s, size_t n, size_t size, const char *want, int cut)
{
	char mem[64];
	struct text t;

	text_init(&t, mem, size);
	text_addesc(&t, s, n);
	assert_string_equal(mem, want);
	assert_int_equal(t.cut, cut);
}

static void
text_from_a_peer_is_escaped(void **state)
{
	(void)state;
	escaped("a\nb\x1b[31m", 8, 64, "a\\x0ab\\x1b[31m", 0);
	escaped("\0\x7f", 2, 64, "\\x00\\x7f", 0);
	escaped("gr\xc3\xbcn", 5, 64, "gr\xc3\xbcn", 0);
	escaped("\xc2\x9b" "2J", 4, 64, "\\xc2\\x9b2J", 0);
	escaped("\xff\xe2\x82", 3, 64, "\\xff\\xe2\\x82", 0);
	/* Cut before what does not fit as a whole. */
	escaped("ab\n", 3, 6, "ab", 1);
	escaped("ab\xc3\xbc" "c", 5, 4, "ab", 1);
}

static void
as_json(const char *s, size_t n, const char *want)
{
	struct buf b = { 0 };

	buf_json(&b, s, n);
	assert_false(b.failed);
	assert_string_equal(b.data, want);
	buf_free(&b);
}

static void
json_strings_can_be_read_back(void **state)
{
	(void)state;
	as_json("", 0, "\"\"");
	as_json("plain / text", 12, "\"plain / text\"");
	as_json("\"\\", 2, "\"\\\"\\\\\"");
	as_json("\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"");
	as_json("\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\\u007f\"");
	as_json("\xc2\x9b", 2, "\"\\u009b\"");
	as_json("\xe4\xb8\xad", 3, "\"\xe4\xb8\xad\"");
	as_json("a\xff\xc3z", 4, "\"a\xef\xbf\xbd\xef\xbf\xbdz\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_grows),
		cmocka_unit_test(a_buffer_without_memory_says_so),
		cmocka_unit_test(text_is_cut),
		cmocka_unit_test(text_after_a_cut_is_not_added),
		cmocka_unit_test(text_without_room),
		cmocka_unit_test(numbers_are_as_printf_has_them),
		cmocka_unit_test(what_is_utf8),
		cmocka_unit_test(text_from_a_peer_is_escaped),
		cmocka_unit_test(json_strings_can_be_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
