/*
 * The chat's codec: events there and back, names, harmless texts, greetings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/chat.h"

static void
there_and_back(void **state)
{
	struct chat_event e = { .number = 17, .time = 1234567890123,
	    .room = "lobby", .who = "ann", .text = "hi  there ", .len = 10 };
	struct chat_event got;
	char line[CHAT_LINE_MAX];
	struct text t;
	int kind;

	(void)state;
	for (kind = 0; kind < CHAT_KINDS; kind++) {
		e.kind = (enum chat_kind)kind;
		text_init(&t, line, sizeof(line));
		chat_line(&t, &e);
		assert_int_equal(line[t.len - 1], '\n');
		assert_int_equal(chat_parse(&got, line, t.len - 1), 0);
		assert_int_equal(got.kind, kind);
		assert_int_equal(got.number, 17);
		assert_int_equal(got.time, 1234567890123);
		assert_string_equal(got.room, "lobby");
		assert_string_equal(got.who, "ann");
		assert_int_equal(got.len, 10);
		assert_memory_equal(got.text, "hi  there ", 10);
	}
}

static void
no_event(void **state)
{
	static const char *const bad[] = { "", "say", "say 1 2 lobby ann",
	    "say 1 2 lobby  x", "shout 1 2 lobby ann x", "say -1 2 l a x",
	    "say 99999999999999999999 2 l a x", "say 1 x l a x",
	    "say  1 2 l a x", " say 1 2 l a x" };
	struct chat_event e;
	char line[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strcpy(line, bad[i]);
		assert_int_equal(chat_parse(&e, line, strlen(line)), -1);
	}
}

static void
clean_as(const char *in, const char *want)
{
	char out[256];
	ssize_t n = chat_clean(out, sizeof(out), in, strlen(in));

	assert_int_equal(n, strlen(want));
	assert_memory_equal(out, want, (size_t)n);
}

static void
texts(void **state)
{
	char out[4];

	(void)state;
	clean_as("plain \xe4\xbd\xa0 \xf0\x9f\x98\x80\t.",
	    "plain \xe4\xbd\xa0 \xf0\x9f\x98\x80\t.");
	clean_as("\x1b[2J", "\xef\xbf\xbd[2J");
	clean_as("a\r\nb", "a\xef\xbf\xbd\xef\xbf\xbd" "b");
	clean_as("\xc2\x9b", "\xef\xbf\xbd");
	clean_as("\xff\xe4\xbd", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	clean_as("\xe2\x80\xae", "\xef\xbf\xbd");
	assert_int_equal(chat_clean(out, 4, "\x01\x02", 2), -1);
	assert_int_equal(chat_clean(out, 4, "abcd", 4), 4);
}

static void
names(void **state)
{
	static const char *const good[] = { "a", "Ann", "\xe6\x9d\x8e",
	    "x_1-2", "abcdefghijklmnopqrstuvwx" };
	static const char *const bad[] = { "", "a b", "a:b", "/a", "#a", "@a",
	    "-", "*", "Server", "SYSTEM", "abcdefghijklmnopqrstuvwxy",
	    "a\xe2\x80\x8b", "a\xff", "\x1b", "\xc2\xa0",
	    "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
	    "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
	    "\xf0\x9f\x98\x80\xf0\x9f\x98\x80" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(chat_name_fault(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(chat_name_fault(bad[i]));
	assert_true(chat_same_name("Ann", "aNN"));
	assert_false(chat_same_name("Ann", "Anna"));
}

static void
greetings(void **state)
{
	struct chat_hello h;
	char line[256];
	struct text t;

	(void)state;
	assert_int_equal(chat_hello_parse(&h, "HELLO chat/3"), 0);
	assert_int_equal(chat_hello_parse(&h, "HELLO chat/2x"), 0);
	assert_int_equal(chat_hello_parse(&h, "hello"), 0);
	assert_int_equal(chat_hello_parse(&h, "HELLO chat/2"), 1);
	assert_int_equal(h.history, -1);
	assert_int_equal(chat_hello_parse(&h, "HELLO chat/2 last=9 epoch=7 "
	    " new=x history=3 nick=ann room=tea="), 1);
	assert_int_equal(h.last, 9);
	assert_int_equal(h.epoch, 7);
	assert_int_equal(h.history, 3);
	assert_string_equal(h.nick, "ann");
	assert_string_equal(h.room, "tea=");
	text_init(&t, line, sizeof(line));
	chat_hello_line(&t, &h);
	assert_string_equal(line,
	    "HELLO chat/2 last=9 epoch=7 history=3 nick=ann room=tea=\n");
}

static void
plain(void **state)
{
	struct chat_event e = { .kind = CHAT_SAY, .room = "-", .who = "1:2",
	    .text = "x", .len = 1 };
	char line[64];
	struct text t;

	(void)state;
	text_init(&t, line, sizeof(line));
	chat_plain(&t, &e);
	assert_string_equal(line, "1:2:x");
	e.kind = CHAT_JOIN;
	text_init(&t, line, sizeof(line));
	chat_plain(&t, &e);
	assert_string_equal(line, "1:2 has joined the chat");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(no_event),
		cmocka_unit_test(texts),
		cmocka_unit_test(names),
		cmocka_unit_test(greetings),
		cmocka_unit_test(plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
