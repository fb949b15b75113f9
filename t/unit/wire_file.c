/*
 * The file protocol's lines: what is a command and what is a name, what is
 * wrong with it, entries and announcements both ways, and the end of a
 * transfer that was given up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "wire/file.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define SHA	"5891b5b522d5df086d0ff0b110fbd9d2" \
		"1bb4fc7163af34d08286a2e846f6be03"

/* parse - line, and see that nothing behind its end is looked at */
static enum file_parse
parse(struct file_request *r, const char *line)
{
	char copy[FILE_LINE], why[160] = "";
	enum file_parse p;

	memcpy(copy, line, strlen(line));
	memset(copy + strlen(line), 'X', 16);
	p = file_request_parse(r, copy, strlen(line), why, sizeof(why));
	assert_int_equal(p == FILE_WRONG, why[0] != '\0');
	return p;
}

static void
test_commands(void **state)
{
	struct file_request r;

	(void)state;
	assert_int_equal(parse(&r, "LIST"), FILE_COMMAND);
	assert_int_equal(r.verb, FILE_LIST);
	assert_string_equal(r.name, "");
	assert_int_equal(parse(&r, "list -r \"a b\""), FILE_COMMAND);
	assert_true(r.recursive);
	assert_string_equal(r.name, "a b");
	assert_int_equal(parse(&r, "STAT x"), FILE_COMMAND);
	assert_int_equal(parse(&r, "GET x"), FILE_COMMAND);
	assert_int_equal(r.offset, 0);
	assert_false(r.nodigest);
	assert_int_equal(parse(&r, "GET x 17 nodigest "), FILE_COMMAND);
	assert_int_equal(r.offset, 17);
	assert_true(r.nodigest);
	assert_int_equal(parse(&r, "GET \"17\""), FILE_COMMAND);
	assert_string_equal(r.name, "17");
	assert_int_equal(parse(&r, "USER me \"a secret\""), FILE_COMMAND);
	assert_string_equal(r.password, "a secret");
	assert_int_equal(parse(&r, "ACK " SHA), FILE_COMMAND);
	assert_string_equal(r.sha, SHA);
	assert_int_equal(parse(&r, "QUIT"), FILE_COMMAND);
}

static void
test_put(void **state)
{
	struct file_request r;

	(void)state;
	assert_int_equal(parse(&r, "PUT a 5 " SHA), FILE_COMMAND);
	assert_int_equal(r.size, 5);
	assert_string_equal(r.sha, SHA);
	assert_int_equal(r.mode, FILE_NO_MODE);
	assert_true(r.mtime == FILE_NO_TIME && r.offset == UINT64_MAX);
	assert_int_equal(r.exists, FILE_KEEP);
	assert_int_equal(parse(&r, "PUT a * * mtime=1.5 mode=4755 from=7 "
	    "exists=rename"), FILE_COMMAND);
	assert_true(r.size == FILE_NO_SIZE);
	assert_string_equal(r.sha, "");
	assert_true(r.mtime == 1500000000);
	assert_int_equal(r.mode, 0755);
	assert_int_equal(r.offset, 7);
	assert_int_equal(r.exists, FILE_RENAME);
}

static void
test_no_commands(void **state)
{
	static const char *const names[] = { "", "x", "notes.txt", "GETx",
		"LISTING", " GET x", "\"GET\" x", "GE", "get-me", "\tQUIT" };
	static const char *const wrong[] = { "GET", "GET ", "GET \"x",
		"GET x y", "GET a b c", "GET x -1", "GET x 1 2",
		"GET x 99999999999999999999", "GET \"\"", "GET \"a\"b",
		"GET \"\\q\"", "GET \"\\x0\"", "GET \"\\x00\"", "LIST -x",
		"LIST a b", "STAT", "PUT a", "PUT a 5", "PUT a x " SHA,
		"PUT a 5 abc", "PUT a -1 " SHA, "PUT a 5 " SHA " mode=9",
		"PUT a 5 " SHA " mode=07777", "PUT a 5 " SHA " what=1",
		"PUT a 5 " SHA " mtime=x", "PUT a 5 " SHA " exists=no",
		"PUT a 5 " SHA " from=", "PUT a 5 " SHA " rest",
		"PUT a 9223372036854775808 " SHA, "MKDIR",
		"MKDIR a exists=keep", "USER me", "ACK", "ACK 12", "QUIT now" };
	struct file_request r;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		if (parse(&r, names[i]) != FILE_NO_COMMAND)
			fail_msg("'%s' is taken for a command", names[i]);
	for (size_t i = 0; i < COUNT(wrong); i++)
		if (parse(&r, wrong[i]) != FILE_WRONG)
			fail_msg("'%s' is not wrong", wrong[i]);
}

static void
test_requests_both_ways(void **state)
{
	static const char *const lines[] = { "LIST\r\n", "LIST -r photos\r\n",
		"STAT \"a b\"\r\n", "GET \"-x\" 5 nodigest\r\n",
		"GET \"\\\\\"\r\n",
		"GET \"a\\\"b\\x0a\"\r\n",
		"PUT x 5 " SHA " mtime=-1.500000000 from=0 exists=replace "
		"mode=0644\r\n", "PUT x * *\r\n", "MKDIR x mode=0700\r\n",
		"USER me \"a b\"\r\n", "ACK " SHA "\r\n", "QUIT\r\n" };
	struct file_request r;
	char line[FILE_LINE], why[160];
	int n;

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		assert_int_equal(file_request_parse(&r, lines[i],
		    strlen(lines[i]) - 2, why, sizeof(why)), FILE_COMMAND);
		n = file_request_format(&r, line, sizeof(line));
		assert_int_equal(n, strlen(lines[i]));
		assert_string_equal(line, lines[i]);
		assert_int_equal(file_request_format(&r, line, (size_t)n), -1);
	}
}

static void
test_long_names(void **state)
{
	struct file_request r = { .verb = FILE_GET };
	static char line[4 * FILE_NAME + 16];

	(void)state;
	memcpy(line, "GET ", 4);
	memset(line + 4, 'x', FILE_NAME - 1);
	assert_int_equal(parse(&r, line), FILE_COMMAND);
	assert_int_equal(strlen(r.name), FILE_NAME - 1);
	line[4 + FILE_NAME - 1] = 'x';
	assert_int_equal(parse(&r, line), FILE_WRONG);
	memset(r.name, '\n', FILE_NAME - 1);
	assert_int_equal(file_request_format(&r, line, FILE_LINE), -1);
}

static void
test_verbs(void **state)
{
	(void)state;
	assert_true(file_has_verb("GET x", 5));
	assert_true(file_has_verb("put\tx", 5));
	assert_false(file_has_verb("GET", 3));
	assert_false(file_has_verb("GETx y", 6));
	assert_false(file_has_verb("", 0));
}

static void
test_replies(void **state)
{
	const char *text;
	int more;

	(void)state;
	assert_int_equal(file_reply_parse("250 yes", 7, &text, &more), 250);
	assert_string_equal(text, "yes");
	assert_false(more);
	assert_int_equal(file_reply_parse("213-f", 5, &text, &more), 213);
	assert_true(more);
	assert_int_equal(file_reply_parse("221", 3, &text, &more), 221);
	assert_int_equal(file_reply_parse("22", 2, &text, &more), -1);
	assert_int_equal(file_reply_parse("099 x", 5, &text, &more), -1);
	assert_int_equal(file_reply_parse("250x", 4, &text, &more), -1);
	assert_int_equal(file_reply_parse("-1", 2, &text, &more), -1);
	assert_int_equal(file_reply_parse("1234 x", 6, &text, &more), -1);
}

static void
test_entries(void **state)
{
	struct file_entry e = { .type = 'f', .mode = 0640, .size = 12,
	    .mtime = 1600000000123456789, .sha = SHA, .name = "a/b c" }, got;
	char text[FILE_LINE];
	int n;

	(void)state;
	n = file_entry_format(&e, text, sizeof(text));
	assert_string_equal(text, "f 12 1600000000.123456789 0640 " SHA
	    " \"a/b c\"");
	assert_int_equal(n, strlen(text));
	assert_int_equal(file_entry_parse(&got, text, (size_t)n), 0);
	assert_int_equal(got.type, 'f');
	assert_true(got.mtime == e.mtime && got.size == 12);
	assert_string_equal(got.name, e.name);
	assert_string_equal(got.sha, SHA);
	assert_int_equal(file_entry_parse(&got, "d 0 -5.000000001 - - x", 22),
	    0);
	assert_true(got.mtime == -5000000001 && got.mode == FILE_NO_MODE);
	/* whose rights a program gets is not a server's to say */
	assert_int_equal(file_entry_parse(&got, "f 1 5.0 6755 - x", 16), 0);
	assert_int_equal(got.mode, 0755);
	assert_string_equal(got.sha, "");
	for (int i = 0; i < n; i++)
		file_entry_parse(&got, text, (size_t)i);
	assert_int_equal(file_entry_parse(&got, "x 0 1 - - x", 11), -1);
	assert_int_equal(file_entry_parse(&got, "f 0 1 8 - x", 11), -1);
	assert_int_equal(file_entry_parse(&got, "f 0 1 - - x y", 13), -1);
	assert_int_equal(file_entry_format(&e, text, 40), -1);
}

static void
test_announcements(void **state)
{
	struct file_announce a = { .size = UINT64_MAX - 1, .offset = 3,
	    .mtime = 5, .mode = 0777, .sha = SHA }, got;
	char text[FILE_ANNOUNCE], sha[FILE_SHA], name[FILE_NAME];
	int n = file_announce_format(&a, text);

	(void)state;
	assert_true(n > 0);
	assert_int_equal(file_announce_parse(&got, text, (size_t)n), 0);
	assert_true(got.size == a.size && got.offset == 3);
	assert_int_equal(file_announce_parse(&got, "5 6 1.0 - -", 11), -1);
	assert_int_equal(file_announce_parse(&got, "5 5 1.0 - -", 11), 0);
	assert_int_equal(file_stored_parse(SHA " \"a b\"", 70, sha, name), 0);
	assert_string_equal(name, "a b");
	assert_int_equal(file_stored_parse("done", 4, sha, name), -1);
}

static void
test_abort(void **state)
{
	static const char data[] = "bytes\r\nand\r\n451 it got shorter\r\n";
	const char *text;
	size_t len, textlen;

	(void)state;
	assert_int_equal(file_abort_find(data, sizeof(data) - 1, &len, &text,
	    &textlen), 451);
	assert_int_equal(len, 22);
	assert_memory_equal(text, "it got shorter", textlen);
	assert_int_equal(file_abort_find(data, sizeof(data) - 2, &len, &text,
	    &textlen), 0);
	assert_int_equal(file_abort_find("\r\n226 x\r\n", 9, &len, &text,
	    &textlen), 0);
	assert_int_equal(file_abort_find("\r\n451\r\n", 7, &len, &text,
	    &textlen), 0);
	assert_int_equal(file_abort_find("", 0, &len, &text, &textlen), 0);
}

static void
test_names(void **state)
{
	static const char *const good[] = { "a", "a/b", "...", "a..b", ".a" };
	static const char *const bad[] = { "", "/", "/a", "a/", "a//b", ".",
		"..", "a/..", "../a", "./a", "a/./b" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(file_name_safe(good[i], strlen(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(file_name_safe(bad[i], strlen(bad[i])));
	assert_false(file_name_safe("a\0b", 3));
	assert_true(file_is_part("x.0123456789abcdef.part"));
	assert_true(file_is_part("a/x.0123456789abcdef.part"));
	assert_false(file_is_part("x.part"));
	assert_false(file_is_part(".0123456789abcdef.part"));
	assert_false(file_is_part("x.0123456789abcdeg.part"));
}

static void
test_numbers(void **state)
{
	uint64_t n;
	int64_t t;

	(void)state;
	assert_int_equal(file_number("18446744073709551615", 20, &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(file_number("18446744073709551616", 20, &n), -1);
	assert_int_equal(file_number("", 0, &n), -1);
	assert_int_equal(file_number("1x", 2, &n), -1);
	assert_int_equal(file_time_parse("1.000000001", 11, &t), 0);
	assert_true(t == 1000000001);
	assert_int_equal(file_time_parse("1.", 2, &t), -1);
	assert_int_equal(file_time_parse("-", 1, &t), -1);
	assert_int_equal(file_time_parse("9999999999999", 13, &t), -1);
	assert_int_equal(file_plain_size("-1", 2, &n), 0);
	assert_true(n == FILE_NO_SIZE);
	assert_int_equal(file_plain_size("12", 2, &n), 0);
	assert_int_equal(n, 12);
	assert_int_equal(file_plain_size("-2", 2, &n), -1);
	assert_int_equal(file_plain_size("500 x", 5, &n), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_no_commands),
		cmocka_unit_test(test_requests_both_ways),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_verbs),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_announcements),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
