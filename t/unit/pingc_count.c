/*
 * Unit tests of pingc's counting: which way probes were lost, also when the
 * server counts anew, and how long they were in the server.
 */
#include "clients/pingc/pingc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A reply to seq from a session that has received so many up to highest. */
static void
hear(struct counts *c, uint32_t session, uint64_t seq, uint64_t received,
    uint64_t highest)
{
	struct ping_msg m = { .type = PING_REPLY, .session = session,
	    .seq = seq, .received = received, .highest = highest,
	    .got = 1000, .replied = 1300 };

	counts_server(c, &m, 500, true);
}

static void
ways(const struct counts *c, uint64_t up, uint64_t down)
{
	assert_true(counts_lost_up(c) == up);
	assert_true(counts_lost_down(c) == down);
}

static void
loss_has_a_direction(void **state)
{
	static struct counts c;

	(void)state;
	counts_init(&c);
	c.sent = 10;
	ways(&c, 0, 0);
	hear(&c, 7, 1, 1, 1);
	hear(&c, 7, 4, 3, 4);	/* 2 or 3 was lost up; the other down */
	ways(&c, 1, 1);
	hear(&c, 7, 9, 8, 9);
	ways(&c, 1, 5);
	hear(&c, 7, 8, 7, 8);	/* it was on its way for longer */
	ways(&c, 1, 4);
}

static void
sessions_are_added_up(void **state)
{
	static struct counts c;
	uint64_t seq = 0;
	uint32_t s;

	(void)state;
	counts_init(&c);
	c.sent = 100;
	for (s = 1; s <= 10; s++) {
		hear(&c, s, seq + 1, 1, seq + 1);
		/* one lost up in each */
		hear(&c, s, seq + 3, 2, seq + 3);
		seq += 3;
	}
	ways(&c, 10, 0);
	/* Two that answer by turns are not taken for new ones. */
	hear(&c, 11, 31, 1, 31);
	hear(&c, 12, 32, 1, 32);
	hear(&c, 11, 33, 2, 33);
	hear(&c, 12, 34, 2, 34);
	ways(&c, 10, 0);
}

static void
what_was_not_for_the_server_is_not_lost(void **state)
{
	static struct counts c;

	(void)state;
	counts_init(&c);
	c.sent = 20;
	c.apart = 5;			/* 1 to 5 were plain or refused */
	hear(&c, 1, 6, 1, 6);
	ways(&c, 0, 0);
	c.apart = 9;			/* and four after that */
	ways(&c, 0, 0);
	hear(&c, 1, 12, 3, 12);
	ways(&c, 0, 1);
}

static void
a_server_that_lies_breaks_nothing(void **state)
{
	static struct counts c;

	(void)state;
	counts_init(&c);
	c.sent = 3;
	hear(&c, 0, 1, UINT64_MAX, UINT64_MAX);
	hear(&c, 5, 2, 0, 0);
	assert_true(counts_lost_up(&c) <= 3);
	counts_settle(&c);
}

static void
time_in_the_server(void **state)
{
	static struct counts c;
	struct ping_msg m = { .type = PING_REPLY, .session = 1, .seq = 2,
	    .received = 2, .highest = 2, .got = 2000, .replied = 2100,
	    .earlier = 1, .earlier_left = 1400 };

	(void)state;
	counts_init(&c);
	c.sent = 3;
	hear(&c, 1, 1, 1, 1);
	assert_true(c.server.count == 0);
	counts_server(&c, &m, 500, true);	/* 1 left later than it said */
	assert_true(c.server.count == 1 && c.server.max == 400);
	assert_true(c.net.max == 100);
	m.earlier = 0;
	m.seq = 3;
	m.got = 9000;				/* a clock that was set */
	counts_server(&c, &m, 500, true);
	counts_settle(&c);
	assert_true(c.server.count == 2 && c.server.min == 100);
}

static void
jitter_is_between_neighbours(void **state)
{
	static struct counts c;

	(void)state;
	counts_init(&c);
	counts_rtt(&c, 100);
	assert_true(c.jitter.count == 0 && c.ewma == 100);
	counts_rtt(&c, 180);
	counts_rtt(&c, 150);
	assert_true(c.jitter.count == 2);
	assert_true(c.jitter.min == 30 && c.jitter.max == 80);
	assert_true(c.ewma > 114 && c.ewma < 116);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loss_has_a_direction),
		cmocka_unit_test(sessions_are_added_up),
		cmocka_unit_test(what_was_not_for_the_server_is_not_lost),
		cmocka_unit_test(a_server_that_lies_breaks_nothing),
		cmocka_unit_test(time_in_the_server),
		cmocka_unit_test(jitter_is_between_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
