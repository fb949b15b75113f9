/*
 * What hubs say to one another: there and back, and all that is no such thing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../servers/chatd/packet.h"

static char line[PACKET_MAX + 1];

/* parse - a copy of the text, which parsing changes */
static int
parse(struct packet *p, const char *text)
{
	size_t n = strlen(text);

	memcpy(line, text, n);
	return packet_parse(p, line, n);
}

static void
events_there_and_back(void **state)
{
	struct packet p = { .type = PACKET_EVENT, .hub = 0xabc, .number = 16,
	    .from = 5, .other = 0xdef, .to = 7, .name = "berlin", .event = {
	    .number = 17, .time = 1234567890123, .room = "lobby",
	    .who = "127.0.0.1:99", .text = "hi  there ", .len = 10 } };
	struct packet got;
	struct text t;

	(void)state;
	text_init(&t, line, sizeof(line));
	packet_put(&t, &p);
	assert_int_equal(packet_parse(&got, line, t.len), 0);
	assert_int_equal(got.type, PACKET_EVENT);
	assert_int_equal(got.hub, 0xabc);
	assert_string_equal(got.name, "berlin");
	assert_int_equal(got.number, 16);
	assert_int_equal(got.from, 5);
	assert_int_equal(got.other, 0xdef);
	assert_int_equal(got.to, 7);
	assert_int_equal(got.event.number, 17);
	assert_string_equal(got.event.who, "127.0.0.1:99");
	assert_int_equal(got.event.len, 10);
	assert_memory_equal(got.event.text, "hi  there ", 10);
}

static void
the_others_there_and_back(void **state)
{
	struct packet p = { .hub = 1, .other = 2, .number = 3,
	    .name = "a.b-c" };
	struct packet got;
	struct text t;
	int type;

	(void)state;
	for (type = PACKET_HELLO; type < PACKET_TYPES; type++) {
		p.type = (enum packet_type)type;
		text_init(&t, line, sizeof(line));
		packet_put(&t, &p);
		assert_int_equal(packet_parse(&got, line, t.len), 0);
		assert_int_equal(got.type, type);
		assert_string_equal(got.name, "a.b-c");
		if (type != PACKET_HELLO && type != PACKET_BYE)
			assert_int_equal(got.number, 3);
		if (type == PACKET_WANT)
			assert_int_equal(got.other, 2);
	}
}

static void
people(void **state)
{
	struct packet p;
	const char *room, *who;
	uint32_t id;

	(void)state;
	assert_int_equal(parse(&p, "chat/2 1 a people 1\n4 lobby ann\n"
	    "5 tea [::1]:7\n0 tea nobody"), 0);
	assert_int_equal(p.number, PEOPLE_FIRST);
	assert_int_equal(packet_person(&p, &id, &room, &who), 1);
	assert_int_equal(id, 4);
	assert_string_equal(room, "lobby");
	assert_string_equal(who, "ann");
	assert_int_equal(packet_person(&p, &id, &room, &who), 1);
	assert_string_equal(who, "[::1]:7");
	assert_int_equal(packet_person(&p, &id, &room, &who), -1);
	assert_int_equal(parse(&p, "chat/2 1 a people 3"), 0);
	assert_int_equal(packet_person(&p, &id, &room, &who), 0);
}

static void
nonsense(void **state)
{
	static const char *const bad[] = { "", " ", "chat/2",
	    "chat/1 1 a hello", "chat/2 0 a hello", "chat/2 x a hello",
	    "chat/2 1 a_b hello",
	    "chat/2 1 abcdefghijklmnop hello", "chat/2 1 a", "chat/2 1 a hi",
	    "chat/2 11111111111111111 a hello", "chat/2 1 a here",
	    "chat/2 1 a here -1", "chat/2 1 a here 9223372036854775808",
	    "chat/2 1 a want 2", "chat/2 1 a people 4",
	    "chat/2 1 a event 0 1 0 0", "chat/2 1 a event 0 1 0 0 say 1 1 r",
	    "chat/2 1 a event 0 2147483648 0 0 say 1 1 r w t",
	    "chat/2 1 a event 1 1 0 0 say 1 1 r w t",
	    "chat/2 1 a event 0 1 0 0 note 1 1 r w t",
	    "chat/2 1 a event 0 1 0 0 say 1 1 r w@x t",
	    "chat/2 1 a event 0 1 0 0 say 1 1 r \x1b[m t",
	    "chat/2 1 a event 0 1 0 0 say 1 1 /r w t",
	    "chat/2 1 a event 0 1 0 0 nick 1 1 r w a b" };
	struct packet p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(&p, bad[i]), -1);
	assert_int_equal(parse(&p, "chat/2 1 a event 0 1 0 0 say 1 1 r w t"),
	    0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_there_and_back),
		cmocka_unit_test(the_others_there_and_back),
		cmocka_unit_test(people),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
