/*
 * Unit tests of what heartbeatd makes of sequence numbers and stamps, and of
 * its texts: --expect, the state file's lines, events.
 */
#include "servers/heartbeatd/track.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "servers/heartbeatd/event.h"
#include "servers/heartbeatd/expect.h"
#include "servers/heartbeatd/life.h"
#include "servers/heartbeatd/saved.h"

#define S	NSEC_PER_SEC

/* -- Track ----------------------------------------------------------------- */

/* put - where our two clocks agree. */
static enum track_result
put(struct track *t, uint64_t seq, int64_t time, int64_t arrived)
{
	return track_add(t, seq, time, arrived, arrived);
}

/* add - number n, sent at n seconds, 5 ms on its way. */
static enum track_result
add(struct track *t, uint64_t n)
{
	return put(t, n, (int64_t)n * S,
	    (int64_t)n * S + 5 * NSEC_PER_MSEC);
}

static void
all_arrive(void **state)
{
	struct track t = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= 100; i++)
		assert_int_equal(add(&t, i), TRACK_NEWER);
	assert_int_equal(t.received, 100);
	assert_int_equal(t.lost + t.reordered + t.duplicated + t.restarts, 0);
	assert_true(t.interval == S);
	assert_true(t.jitter == 0);
	assert_true(t.delay_min == 5 * NSEC_PER_MSEC);
	assert_true(t.delay_max == 5 * NSEC_PER_MSEC);
	assert_true(track_delay_mean(&t) == 5e6);
	assert_int_equal(t.recent[0], 5000);
}

static void
some_are_lost(void **state)
{
	struct track t = { 0 };

	(void)state;
	for (uint64_t i = 10; i <= 1000; i += i % 10 == 0 ? 2 : 1)
		add(&t, i);
	assert_int_equal(t.lost, 99);
	assert_int_equal(t.received, 892);
	assert_true(track_loss(&t) > 0.0998 && track_loss(&t) < 0.1);
	assert_true(t.interval == S);	/* the sender's, not of what came */
	add(&t, 100000);
	assert_int_equal(t.lost, 99 + 98999);
}

static void
some_are_late(void **state)
{
	struct track t = { 0 };

	(void)state;
	add(&t, 1);
	add(&t, 4);
	assert_int_equal(t.lost, 2);
	assert_int_equal(add(&t, 2), TRACK_REORDERED);
	assert_int_equal(t.lost, 1);
	assert_int_equal(add(&t, 3), TRACK_REORDERED);
	assert_int_equal(t.lost, 0);
	assert_int_equal(add(&t, 3), TRACK_DUPLICATE);
	assert_int_equal(add(&t, 4), TRACK_DUPLICATE);
	assert_int_equal(add(&t, 5), TRACK_NEWER);
	assert_int_equal(t.reordered, 2);
	assert_int_equal(t.duplicated, 2);
	assert_int_equal(t.received, 5);
	assert_int_equal(t.restarts, 0);
}

static void
far_behind(void **state)
{
	struct track t = { 0 };

	(void)state;
	add(&t, 1);
	add(&t, 200);
	assert_int_equal(add(&t, 100), TRACK_REORDERED);
	assert_int_equal(add(&t, 137), TRACK_REORDERED);
	assert_int_equal(t.lost, 196);
	memset(&t, 0, sizeof(t));
	for (uint64_t i = 1; i <= 200; i++)
		add(&t, i);
	assert_int_equal(add(&t, 100), TRACK_DUPLICATE);
	assert_int_equal(t.lost, 0);
}

/* The sender's clock goes on while its numbers begin anew. */
static void
a_restarted_sender(void **state)
{
	struct track t = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= 10; i++)
		add(&t, i);
	assert_int_equal(put(&t, 1, 20 * S, 20 * S), TRACK_RESTARTED);
	assert_int_equal(put(&t, 2, 21 * S, 21 * S), TRACK_NEWER);
	assert_int_equal(put(&t, 2, 21 * S, 21 * S), TRACK_DUPLICATE);
	assert_int_equal(put(&t, 2, 30 * S, 30 * S), TRACK_RESTARTED);
	assert_int_equal(t.restarts, 2);
	assert_int_equal(t.lost, 0);
	/* a number from nowhere is another sender, not a loss of millions */
	assert_int_equal(put(&t, 1ULL << 40, 31 * S, 31 * S),
	    TRACK_RESTARTED);
	assert_int_equal(t.lost, 0);
}

/* Its clock was set back as well: five in sequence tell. */
static void
restarted_with_a_wrong_clock(void **state)
{
	struct track t = { 0 };
	enum track_result last = TRACK_NEWER;

	(void)state;
	for (uint64_t i = 100; i <= 110; i++)
		add(&t, i);
	for (uint64_t i = 1; i <= 5; i++)
		last = add(&t, i);
	assert_int_equal(last, TRACK_RESTARTED);
	assert_int_equal(t.restarts, 1);
	assert_int_equal(add(&t, 6), TRACK_NEWER);
}

static void
jitter_as_rfc_3550(void **state)
{
	struct track t = { 0 };
	double expected = 0;
	int64_t late = 0;

	(void)state;
	put(&t, 1, S, S);
	for (int i = 2; i < 200; i++) {
		int64_t was = late;

		late = (i * 7 % 13) * NSEC_PER_MSEC;
		put(&t, (uint64_t)i, i * S, i * S + late);
		expected += ((double)(late > was ? late - was : was - late) -
		    expected) / 16;
	}
	assert_true(t.jitter > (int64_t)expected - 100 &&
	    t.jitter < (int64_t)expected + 100);
}

static void
nothing_lost_while_away(void **state)
{
	struct track t = { 0 };

	(void)state;
	add(&t, 1);
	add(&t, 2);
	track_resume(&t);
	assert_int_equal(add(&t, 500), TRACK_NEWER);
	assert_int_equal(t.lost, 0);
	assert_int_equal(t.restarts, 0);
	assert_int_equal(t.received, 3);
}

static void
clocks_that_are_set(void **state)
{
	struct track t = { 0 };

	(void)state;
	add(&t, 1);
	add(&t, 2);
	track_add(&t, 3, 3 * S, 3603 * S, 3 * S + 5 * NSEC_PER_MSEC);
	assert_true(t.delay_max == 3600 * S);
	track_clock_set(&t);	/* which is found out a moment later */
	assert_int_equal(t.delays, 0);
	track_add(&t, 4, 4 * S, 3604 * S, 4 * S + 5 * NSEC_PER_MSEC);
	assert_true(t.delay_min == 3600 * S && t.delay_max == 3600 * S);
	assert_true(t.interval == S && t.jitter == 0);
	put(&t, 5, 0, 5 * S + 5 * NSEC_PER_MSEC);	/* the sender's was */
	assert_true(t.interval == S && t.jitter == 0);
}

/* The extremes that a stranger may send overflow nothing. */
static void
extremes(void **state)
{
	static const int64_t times[] = { 0, 1, INT64_MAX - 999999, S };
	static const uint64_t seqs[] = { 0, INT64_MAX, 1, INT64_MAX - 1,
	    1ULL << 20, (1ULL << 20) + 1, 64, 63 };
	struct track t = { 0 };

	(void)state;
	for (int64_t i = 0; i < 10000; i++)
		put(&t, seqs[i * 7 % 8], times[i * 5 / 3 % 4],
		    1795256199 * S + i);
	assert_true(t.received + t.duplicated == 10000);
}

/* -- Expectations ---------------------------------------------------------- */

static void
expectations(void **state)
{
	char a[] = "web*=30s", b[] = "db=10s+5s", c[] = "k=v=2s", d[] = "plain",
	    e[] = "x=+1500ms";
	char *const texts[] = { a, b, c, d, e };
	struct expects x = { .period = S, .grace = 3 * S };
	const struct expect *found;
	char why[256];

	(void)state;
	assert_int_equal(expects_parse(&x, texts, 5, why, sizeof(why)), 0);
	assert_int_equal(x.n, 5);
	assert_int_equal(x.names, 4);
	assert_string_equal(x.v[0].name, "db");
	assert_true(x.v[0].period == 10 * S && x.v[0].grace == 5 * S);
	assert_string_equal(x.v[1].name, "k=v");
	assert_true(x.v[1].period == 2 * S && x.v[1].grace == 3 * S);
	assert_true(x.v[2].period == S && x.v[2].grace == 3 * S);
	assert_true(x.v[3].period == S && x.v[3].grace == 3 * S / 2);
	found = expects_pattern(&x, "web17");
	assert_non_null(found);
	assert_true(found->period == 30 * S && found->grace == 3 * S);
	assert_null(expects_pattern(&x, "db2"));
	expects_free(&x);
}

static void
expectations_that_are_none(void **state)
{
	static const char *const bad[] = { "", "=1s", "a=", "a=1s+", "a=0s",
	    "a=0", "a=-1s", "a=1s+-1s", "a=1s+1s+1s", "a=x", "a b=1s",
	    "-a=1s", "a=999999d", "a=1s+x" };
	struct expects x = { .period = S, .grace = S };
	char text[64], *texts[] = { text }, why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "%s", bad[i]);
		why[0] = '\0';
		assert_int_equal(expects_parse(&x, texts, 1, why,
		    sizeof(why)), -1);
		assert_non_null(strstr(why, "--expect: '"));
		assert_null(x.v);
	}
}

/* -- The state file -------------------------------------------------------- */

static void
saved_lines(void **state)
{
	struct saved v = { .name = "=end", .state = LIFE_STOPPED, .since = S,
	    .heard = 2 * S, .seq = INT64_MAX, .received = 1, .lost = 2,
	    .reordered = 3, .duplicated = 4, .restarts = 5, .status = 255 };
	char line[SAVED_LINE_MAX];
	struct saved back;
	uint64_t count;
	int64_t when;
	size_t n;

	(void)state;
	n = saved_line(line, &v);
	assert_int_equal(line[n - 1], '\n');
	assert_int_equal(saved_parse_line(line, n - 1, &back), 0);
	assert_string_equal(back.name, v.name);
	assert_true(back.state == v.state && back.since == v.since &&
	    back.heard == v.heard && back.seq == v.seq &&
	    back.received == 1 && back.lost == 2 && back.reordered == 3 &&
	    back.duplicated == 4 && back.restarts == 5 &&
	    back.status == 255);
	assert_int_equal(saved_parse_end(line, n - 1, &count), -1);
	assert_int_equal(saved_parse_line(line, n - 2, &back), 0);
	v.status = HEARTBEAT_NO_STATUS;
	n = saved_line(line, &v);
	assert_int_equal(saved_parse_line(line, n - 1, &back), 0);
	assert_int_equal(back.status, HEARTBEAT_NO_STATUS);
	n = saved_head(line, 17);
	assert_int_equal(saved_parse_head(line, n - 1, &when), 0);
	assert_true(when == 17);
	n = saved_end(line, 3);
	assert_int_equal(saved_parse_end(line, n - 1, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(saved_parse_line(line, n - 1, &back), -1);
}

static void
saved_lines_that_are_none(void **state)
{
	static const char *const bad[] = { "", "a", "a up", "a flapping 1 1 1 "
	    "1 1 1 1 1 -1", "a up 1 1 1 1 1 1 1 1", "a up 1 1 1 1 1 1 1 1 -2",
	    "a up 1 1 1 1 1 1 1 1 256", "a up -1 1 1 1 1 1 1 1 -1",
	    "a up 1 1 1 1 1 1 1 1 -1 1", "-a up 1 1 1 1 1 1 1 1 -1",
	    "a  up 1 1 1 1 1 1 1 1 -1", "a up 1 1 1 1 1 1 1 "
	    "99999999999999999999 -1" };
	struct saved v;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(saved_parse_line(bad[i], strlen(bad[i]), &v),
		    -1);
	assert_int_equal(saved_parse_line("a up 1 1 1 1 1 1 1 1 -1", 23, &v),
	    0);
}

/* -- Events ---------------------------------------------------------------- */

static void
events(void **state)
{
	struct event e = { .name = "we\"b", .was = LIFE_LATE, .is = LIFE_DOWN,
	    .wall = 1624111518042 * NSEC_PER_MSEC, .lasted = 2 * S,
	    .silent = 4 * S, .seq = 7, .lost = 1,
	    .status = HEARTBEAT_NO_STATUS };
	char line[EVENT_LINE_MAX], json[EVENT_JSON_MAX];
	size_t n;

	(void)state;
	n = event_line(&e, line);
	assert_int_equal(n, strlen(line));
	assert_string_equal(line, "2021-06-19T14:05:18.042Z we\"b late -> down "
	    "(silent for 4.000 s)\n");
	event_json(&e, json);
	assert_string_equal(json, "{\"time\":\"2021-06-19T14:05:18.042Z\","
	    "\"name\":\"we\\\"b\",\"was\":\"late\",\"state\":\"down\","
	    "\"lasted_s\":2.000,\"silent_s\":4.000,\"seq\":7,\"lost\":1,"
	    "\"address\":null,\"status\":null}\n");
	e.is = LIFE_STOPPED;
	e.status = 3;
	event_line(&e, line);
	assert_non_null(strstr(line, "late -> stopped (on purpose, exit status"
	    " 3)\n"));
	e.was = LIFE_NEW;
	e.is = LIFE_UP;
	event_line(&e, line);
	assert_non_null(strstr(line, "new -> up (first beat)\n"));
	e.is = LIFE_DOWN;
	e.silent = -1;
	event_line(&e, line);
	assert_non_null(strstr(line, "new -> down (not heard for 2.000 s)"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_arrive),
		cmocka_unit_test(some_are_lost),
		cmocka_unit_test(some_are_late),
		cmocka_unit_test(far_behind),
		cmocka_unit_test(a_restarted_sender),
		cmocka_unit_test(restarted_with_a_wrong_clock),
		cmocka_unit_test(jitter_as_rfc_3550),
		cmocka_unit_test(nothing_lost_while_away),
		cmocka_unit_test(clocks_that_are_set),
		cmocka_unit_test(extremes),
		cmocka_unit_test(expectations),
		cmocka_unit_test(expectations_that_are_none),
		cmocka_unit_test(saved_lines),
		cmocka_unit_test(saved_lines_that_are_none),
		cmocka_unit_test(events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
