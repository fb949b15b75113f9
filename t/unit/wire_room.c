/*
 * Unit tests of wire/room.c, there and back and nothing half, and of SipHash by
 * the paper's own vector.
 */
#include "wire/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/siphash.h"

static void
there_and_back(void **state)
{
	uint8_t wire[ROOM_WIRE_MAX], again[ROOM_WIRE_MAX];
	struct room_msg m, back;
	size_t n;

	(void)state;
	for (int type = ROOM_HELLO; type <= ROOM_BYE; type++) {
		m = (struct room_msg){ .type = (uint8_t)type, .session = 1,
		    .number = UINT64_MAX, .base = 3, .time = 4, .have = 5,
		    .name = "tom", .namelen = 3, .text = "hello",
		    .textlen = 5 };
		n = room_put(wire, &m);
		assert_true(n >= 24);
		assert_int_equal(room_get(&back, wire, n), 0);
		assert_int_equal(back.type, type);
		assert_true(back.number == UINT64_MAX);
		assert_int_equal(room_put(again, &back), n);
		assert_memory_equal(wire, again, n);
		for (size_t cut = 0; cut < n; cut++)
			assert_int_equal(room_get(&back, wire, cut), -1);
	}
}

static void
plain(void **state)
{
	static const struct {
		const char	*text;
		int		 what;
		size_t		 n;
		int		 newline;
	} all[] = {
		{ "", ROOM_PLAIN_EMPTY, 0, 0 },
		{ "\r\n", ROOM_PLAIN_EMPTY, 0, 1 },
		{ "tom -n", ROOM_PLAIN_NAME, 3, 0 },
		{ "tom -n\n", ROOM_PLAIN_NAME, 3, 1 },
		{ "exit", ROOM_PLAIN_EXIT, 4, 0 },
		{ "exit -all", ROOM_PLAIN_SAY, 4, 0 },
		{ "hi", ROOM_PLAIN_SAY, 2, 0 },
		{ "hi -all", ROOM_PLAIN_SAY, 2, 0 },
		{ " -n", ROOM_PLAIN_SAY, 3, 0 },
		{ " -all", ROOM_PLAIN_SAY, 5, 0 },
	};
	size_t n;
	int newline;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		n = strlen(all[i].text);
		assert_int_equal(room_plain(all[i].text, &n, &newline),
		    all[i].what);
		assert_int_equal(n, all[i].n);
		assert_int_equal(newline, all[i].newline);
	}
}

static void
names(void **state)
{
	static const char *const bad[] = { "", "a:b", " a", "a ", "[a",
	    "system", "\xe7\xb3\xbb\xe7\xbb\x9f", "a\x1b", "a\xff",
	    "a\xe2\x80\xae", "\xef\xbf\xbd", "\xc2\x85" };

	(void)state;
	assert_null(room_name_bad("Zhang San", 9));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(room_name_bad(bad[i], strlen(bad[i])));
}

/* The paper's appendix A. */
static void
hashes(void **state)
{
	uint8_t key[SIPHASH_KEY], data[15];

	(void)state;
	for (int i = 0; i < SIPHASH_KEY; i++)
		key[i] = (uint8_t)i;
	for (int i = 0; i < 15; i++)
		data[i] = (uint8_t)i;
	assert_true(siphash(key, data, 15) == 0xa129ca6149be45e5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(plain),
		cmocka_unit_test(names),
		cmocka_unit_test(hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
