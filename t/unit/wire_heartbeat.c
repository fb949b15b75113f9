/*
 * Unit tests of wire/heartbeat.c: what is a heartbeat and what is not, byte for
 * byte as programs that we do not control send it.
 */
#include "wire/heartbeat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LEN(a)	(sizeof(a) / sizeof((a)[0]))

static const char *
parse(struct heartbeat *b, const char *text)
{
	return heartbeat_parse(b, text, strlen(text));
}

static void
plain(void **state)
{
	struct heartbeat b;

	(void)state;
	assert_null(parse(&b, "Heartbeat web1 17 1624111518.000000042"));
	assert_string_equal(b.name, "web1");
	assert_int_equal(b.seq, 17);
	assert_true(b.time == 1624111518000000042);
	assert_int_equal(b.down, 0);
	assert_int_equal(b.status, HEARTBEAT_NO_STATUS);
	assert_null(parse(&b, "Heartbeat web1 18 1624111519.5 down"));
	assert_true(b.time == 1624111519500000000);
	assert_int_equal(b.down, 1);
	assert_int_equal(b.status, HEARTBEAT_NO_STATUS);
}

/* Python's time.time() has seven digits or fewer, C's time(2) none. */
static void
times(void **state)
{
	static const struct {
		const char	*text;
		int64_t		 ns;
	} good[] = {
		{ "0", 0 },
		{ "1", 1000000000 },
		{ "1.5", 1500000000 },
		{ "1624111518.1234567", 1624111518123456700 },
		{ "1.000000001", 1000000001 },
		{ "1.0000000019999999999", 1000000001 },
		{ "9223372035.999999999", 9223372035999999999 },
	};
	static const char *const bad[] = { "", ".", "1.", ".5", "-1", "+1",
	    "1,5", "1e9", "1.5.", "0x10", "9223372036", "1.5x", "nan" };
	char text[128];
	struct heartbeat b;

	(void)state;
	for (size_t i = 0; i < LEN(good); i++) {
		snprintf(text, sizeof(text), "Heartbeat n 1 %s", good[i].text);
		assert_null(parse(&b, text));
		assert_true(b.time == good[i].ns);
	}
	for (size_t i = 0; i < LEN(bad); i++) {
		snprintf(text, sizeof(text), "Heartbeat n 1 %s", bad[i]);
		assert_non_null(parse(&b, text));
	}
}

static void
sequence_numbers(void **state)
{
	struct heartbeat b;

	(void)state;
	assert_null(parse(&b, "Heartbeat n 0 1"));
	assert_int_equal(b.seq, 0);
	assert_null(parse(&b, "Heartbeat n 9223372036854775807 1"));
	assert_true(b.seq == INT64_MAX);
	assert_non_null(parse(&b, "Heartbeat n 9223372036854775808 1"));
	assert_non_null(parse(&b, "Heartbeat n 99999999999999999999 1"));
	assert_non_null(parse(&b, "Heartbeat n -1 1"));
	assert_non_null(parse(&b, "Heartbeat n one 1"));
	assert_non_null(parse(&b, "Heartbeat n 1.5 1"));
}

static void
names(void **state)
{
	static const char *const good[] = { "a", "web-1.example.com", "db/2",
	    "\xe5\xbf\x83\xe8\xb7\xb3", "a\xc2\xa1", "<b>&\"'", "x-" };
	static const char *const bad[] = { "-rf", "a\tb", "a\x01", "\x7f",
	    "\xff", "\xc2\x85", "\xe5\xbf" };
	char text[256], longest[HEARTBEAT_NAME_MAX + 1];
	struct heartbeat b;

	(void)state;
	for (size_t i = 0; i < LEN(good); i++) {
		snprintf(text, sizeof(text), "Heartbeat %s 1 1", good[i]);
		assert_null(parse(&b, text));
		assert_string_equal(b.name, good[i]);
	}
	for (size_t i = 0; i < LEN(bad); i++) {
		snprintf(text, sizeof(text), "Heartbeat %s 1 1", bad[i]);
		assert_non_null(parse(&b, text));
	}
	memset(longest, 'n', sizeof(longest));
	longest[HEARTBEAT_NAME_MAX - 1] = '\0';
	snprintf(text, sizeof(text), "Heartbeat %s 1 1", longest);
	assert_null(parse(&b, text));
	snprintf(text, sizeof(text), "Heartbeat %sn 1 1", longest);
	assert_non_null(parse(&b, text));
	assert_non_null(heartbeat_parse(&b, "Heartbeat a\0b 1 1", 17));
}

static void
endings(void **state)
{
	static const char *const bad[] = { "", "\n", "Heartbeat",
	    "heartbeat n 1 1", " Heartbeat n 1 1", "Heartbeats n 1 1",
	    "Heartbeat n", "Heartbeat n 1", "Heartbeat n 1 1 up",
	    "Heartbeat n 1 1 Down", "Heartbeat n 1 1 down 256",
	    "Heartbeat n 1 1 down x", "Heartbeat n 1 1 down 1 2",
	    "Heartbeat n 1 1\n\n", "Heartbeat\tn\t1\t1" };
	struct heartbeat b;

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++)
		assert_non_null(parse(&b, bad[i]));
	assert_null(parse(&b, "Heartbeat n 1 1\n"));
	assert_null(parse(&b, "Heartbeat n 1 1\r\n"));
	assert_null(parse(&b, "Heartbeat  n  1  1  "));
	assert_null(parse(&b, "Heartbeat n 1 1 down\n"));
	assert_int_equal(b.down, 1);
	assert_null(parse(&b, "Heartbeat n 1 1 down 0"));
	assert_int_equal(b.status, 0);
	assert_null(parse(&b, "Heartbeat n 1 1 down 255"));
	assert_int_equal(b.status, 255);
}

static void
formats(void **state)
{
	struct heartbeat b = { .name = "web1", .seq = 5,
	    .time = 1624111518000000042, .status = HEARTBEAT_NO_STATUS };
	char text[HEARTBEAT_TEXT_MAX];
	size_t n;

	(void)state;
	n = heartbeat_format(text, &b);
	assert_int_equal(n, strlen(text));
	assert_string_equal(text, "Heartbeat web1 5 1624111518.000000042");
	b.status = 3;	/* which goes with down alone */
	heartbeat_format(text, &b);
	assert_string_equal(text, "Heartbeat web1 5 1624111518.000000042");
	b.down = 1;
	heartbeat_format(text, &b);
	assert_string_equal(text,
	    "Heartbeat web1 5 1624111518.000000042 down 3");
	b.status = HEARTBEAT_NO_STATUS;
	heartbeat_format(text, &b);
	assert_string_equal(text,
	    "Heartbeat web1 5 1624111518.000000042 down");
}

/* The longest of all fits, and comes back as it was. */
static void
there_and_back(void **state)
{
	struct heartbeat b = { .seq = HEARTBEAT_SEQ_MAX,
	    .time = 9223372035999999999, .down = 1, .status = 255 }, back;
	char text[HEARTBEAT_TEXT_MAX];
	size_t n;

	(void)state;
	memset(b.name, 'n', HEARTBEAT_NAME_MAX - 1);
	n = heartbeat_format(text, &b);
	assert_true(n < sizeof(text));
	assert_null(heartbeat_parse(&back, text, n));
	assert_string_equal(back.name, b.name);
	assert_true(back.seq == b.seq && back.time == b.time);
	assert_int_equal(back.status, 255);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(times),
		cmocka_unit_test(sequence_numbers),
		cmocka_unit_test(names),
		cmocka_unit_test(endings),
		cmocka_unit_test(formats),
		cmocka_unit_test(there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
