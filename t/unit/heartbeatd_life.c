/*
 * Unit tests of heartbeatd's state machine, with a clock of their own: one
 * event for each change, sleep, restarts, flapping.
 */
#include "servers/heartbeatd/life.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

#define S	NSEC_PER_SEC

/* -- Life: period 10 s, grace 4 s, so late after 12 s and down after 14 s -- */

static const struct life_rules calm = { 0, 0 };

/* The changes that a test has seen, as text: "up late ". */
struct seen {
	struct life	 l;
	struct life_rules rules;
	int64_t		 awake;
	char		 text[256];
};

static void
seen_add(struct seen *s, int changed, const struct life_change *c)
{
	size_t n = strlen(s->text);

	if (!changed)
		return;
	assert_int_equal(c->is, s->l.shown);
	assert_int_not_equal(c->is, c->was);
	snprintf(s->text + n, sizeof(s->text) - n, "%s ", life_name(c->is));
}

static void
begin(struct seen *s, const struct life_rules *rules)
{
	memset(s, 0, sizeof(*s));
	s->rules = *rules;
	life_init(&s->l, 10 * S, 4 * S, 0);
}

static void
beat(struct seen *s, int64_t now)
{
	struct life_change c;

	seen_add(s, life_beat(&s->l, &s->rules, now, &c), &c);
}

static void
stop(struct seen *s, int64_t now)
{
	struct life_change c;

	seen_add(s, life_stop(&s->l, &s->rules, now, &c), &c);
}

static void
check(struct seen *s, int64_t now)
{
	struct life_change c;

	seen_add(s, life_check(&s->l, &s->rules, now, s->awake, &c), &c);
}

/* follow - look whenever it is due until then, as the monitor does. */
static void
follow(struct seen *s, int64_t until)
{
	int64_t due;

	while ((due = life_due(&s->l, &s->rules, s->awake)) <= until) {
		check(s, due);
		assert_true(life_due(&s->l, &s->rules, s->awake) > due);
	}
	check(s, until);
}

static void
a_life(void **state)
{
	struct seen s;

	(void)state;
	begin(&s, &calm);
	beat(&s, 10 * S);
	for (int i = 2; i < 20; i++) {
		follow(&s, i * 10 * S);
		beat(&s, i * 10 * S);
	}
	assert_string_equal(s.text, "up ");
	follow(&s, 1000 * S);
	assert_string_equal(s.text, "up late down ");
	follow(&s, 100000 * S);
	beat(&s, 100001 * S);
	beat(&s, 100002 * S);
	assert_string_equal(s.text, "up late down up ");
	stop(&s, 100003 * S);
	stop(&s, 100004 * S);
	follow(&s, 200000 * S);
	beat(&s, 200001 * S);
	assert_string_equal(s.text, "up late down up stopped up ");
}

static void
at_the_moment(void **state)
{
	struct seen s;

	(void)state;
	begin(&s, &calm);
	beat(&s, 0);
	assert_true(life_due(&s.l, &s.rules, 0) == 12 * S);
	check(&s, 12 * S - 1);
	assert_string_equal(s.text, "up ");
	check(&s, 12 * S);
	assert_string_equal(s.text, "up late ");
	assert_true(life_due(&s.l, &s.rules, 0) == 14 * S);
	check(&s, 14 * S - 1);
	assert_string_equal(s.text, "up late ");
	check(&s, 14 * S);
	assert_string_equal(s.text, "up late down ");
	assert_true(life_due(&s.l, &s.rules, 0) == CLOCK_NEVER);
}

/* Whoever looks too late sees one change, not two. */
static void
looked_at_too_late(void **state)
{
	struct life_change c;
	struct seen s;

	(void)state;
	begin(&s, &calm);
	beat(&s, 0);
	assert_int_equal(life_check(&s.l, &calm, 60 * S, 0, &c), 1);
	assert_int_equal(c.was, LIFE_UP);
	assert_int_equal(c.is, LIFE_DOWN);
	assert_true(c.lasted == 60 * S);
	assert_int_equal(life_check(&s.l, &calm, 61 * S, 0, &c), 0);
}

static void
late_and_back(void **state)
{
	struct seen s;

	(void)state;
	begin(&s, &calm);
	beat(&s, 0);
	follow(&s, 13 * S);
	beat(&s, 13 * S);
	follow(&s, 24 * S);
	assert_string_equal(s.text, "up late up ");
}

static void
never_heard(void **state)
{
	struct seen s;

	(void)state;
	begin(&s, &calm);
	follow(&s, 13 * S);
	assert_string_equal(s.text, "");
	assert_int_equal(s.l.shown, LIFE_NEW);
	follow(&s, 15 * S);
	assert_string_equal(s.text, "down ");
	beat(&s, 16 * S);
	assert_string_equal(s.text, "down up ");
}

static void
a_goodbye_first(void **state)
{
	struct seen s;

	(void)state;
	begin(&s, &calm);
	stop(&s, 1 * S);
	follow(&s, 1000 * S);
	assert_string_equal(s.text, "stopped ");
}

static void
no_grace(void **state)
{
	struct seen s;

	(void)state;
	begin(&s, &calm);
	s.l.grace = 0;
	beat(&s, 0);
	follow(&s, 100 * S);
	assert_string_equal(s.text, "up down ");
}

/* The monitor was stopped from 5 s to 100 s: a full period and grace anew. */
static void
monitor_was_asleep(void **state)
{
	struct seen s;

	(void)state;
	begin(&s, &calm);
	beat(&s, 0);
	s.awake = 100 * S;
	assert_true(life_due(&s.l, &s.rules, s.awake) == 112 * S);
	check(&s, 100 * S);
	follow(&s, 111 * S);
	assert_string_equal(s.text, "up ");
	beat(&s, 111 * S);
	follow(&s, 122 * S);
	assert_string_equal(s.text, "up ");
	follow(&s, 200 * S);
	assert_string_equal(s.text, "up late down ");
}

/* ... and what was late then is not down at once. */
static void
asleep_while_late(void **state)
{
	struct seen s;

	(void)state;
	begin(&s, &calm);
	beat(&s, 0);
	follow(&s, 13 * S);
	s.awake = 100 * S;
	follow(&s, 113 * S);
	assert_string_equal(s.text, "up late ");
	beat(&s, 113 * S);
	assert_string_equal(s.text, "up late up ");
}

static void
after_a_restart(void **state)
{
	struct seen s;

	(void)state;
	begin(&s, &calm);
	life_restore(&s.l, LIFE_UP, -500 * S, -300 * S);
	s.awake = 0;
	follow(&s, 11 * S);
	assert_string_equal(s.text, "");
	follow(&s, 20 * S);
	assert_string_equal(s.text, "late down ");
	life_restore(&s.l, LIFE_STOPPED, -500 * S, -300 * S);
	s.text[0] = '\0';
	follow(&s, 1000 * S);
	assert_string_equal(s.text, "");
}

/* -- Flapping: 4 changes in 60 s ------------------------------------------- */

static const struct life_rules damped = { 4, 60 * S };

static void
flapping(void **state)
{
	struct seen s;

	(void)state;
	begin(&s, &damped);
	beat(&s, 0);		/* the first is none */
	for (int i = 0; i < 20; i++) {
		stop(&s, (2 * i + 1) * S);
		beat(&s, (2 * i + 2) * S);
	}
	assert_string_equal(s.text, "up stopped up stopped flapping ");
	assert_int_equal(s.l.real, LIFE_UP);
	/* quiet for 60 s, but alive: one more event */
	for (int i = 45; i < 100; i += 5) {
		follow(&s, i * S);
		beat(&s, i * S);
	}
	assert_string_equal(s.text, "up stopped up stopped flapping ");
	follow(&s, 100 * S);
	assert_string_equal(s.text, "up stopped up stopped flapping up ");
}

/* It falls silent while it flaps, which ends as down. */
static void
flapping_to_death(void **state)
{
	struct seen s;

	(void)state;
	begin(&s, &damped);
	beat(&s, 0);
	for (int i = 0; i < 4; i++) {
		stop(&s, (2 * i + 1) * S);
		beat(&s, (2 * i + 2) * S);
	}
	follow(&s, 1000 * S);
	assert_string_equal(s.text,
	    "up stopped up stopped flapping down ");
	assert_true(s.l.since == (8 + 14 + 60) * S);
}

static void
changes_far_apart(void **state)
{
	struct seen s;

	(void)state;
	begin(&s, &damped);
	beat(&s, 0);
	for (int i = 1; i < 40; i++) {
		follow(&s, i * 25 * S);
		beat(&s, i * 25 * S);
	}
	/* late and down and up each 25 s: 3 changes, and 6 in 50 */
	assert_non_null(strstr(s.text, "flapping"));
	begin(&s, &damped);
	beat(&s, 0);
	for (int i = 1; i < 40; i++) {
		stop(&s, i * 100 * S);
		beat(&s, (i * 100 + 50) * S);
	}
	assert_null(strstr(s.text, "flapping"));
}

static void
damping_switched_off(void **state)
{
	struct seen s;

	(void)state;
	begin(&s, &damped);
	beat(&s, 0);
	for (int i = 0; i < 4; i++) {
		stop(&s, (2 * i + 1) * S);
		beat(&s, (2 * i + 2) * S);
	}
	s.rules = calm;
	follow(&s, 9 * S);
	assert_string_equal(s.text, "up stopped up stopped flapping up ");
}

/* Whatever comes in whatever order: never two events for one state, and what
 * is shown is what happened. */
static void
any_order(void **state)
{
	uint32_t seed = 1;
	struct seen s;
	uint8_t shown;

	(void)state;
	begin(&s, &damped);
	for (int64_t now = 0; now < 20000 * S; now += S) {
		struct life_change c = { 0 };
		int changed, what;

		seed = seed * 1103515245 + 12345;
		what = (int)(seed >> 16) % 23;
		shown = s.l.shown;
		if (what == 0)
			changed = life_beat(&s.l, &s.rules, now, &c);
		else if (what == 1)
			changed = life_stop(&s.l, &s.rules, now, &c);
		else
			changed = life_check(&s.l, &s.rules, now, 0, &c);
		assert_int_equal(changed, shown != s.l.shown);
		if (changed) {
			assert_int_equal(c.was, shown);
			assert_int_equal(c.is, s.l.shown);
			assert_true(c.lasted >= 0);
		}
		if (s.l.shown != LIFE_FLAPPING)
			assert_int_equal(s.l.shown, s.l.real);
		assert_int_not_equal(s.l.real, LIFE_FLAPPING);
	}
}

static void
state_names(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < LIFE_STATES; i++)
		assert_int_equal(life_of_name(life_name(i)), i);
	assert_int_equal(life_of_name("dead"), LIFE_STATES);
	assert_string_equal(life_name(99), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_life),
		cmocka_unit_test(at_the_moment),
		cmocka_unit_test(looked_at_too_late),
		cmocka_unit_test(late_and_back),
		cmocka_unit_test(never_heard),
		cmocka_unit_test(a_goodbye_first),
		cmocka_unit_test(no_grace),
		cmocka_unit_test(monitor_was_asleep),
		cmocka_unit_test(asleep_while_late),
		cmocka_unit_test(after_a_restart),
		cmocka_unit_test(flapping),
		cmocka_unit_test(flapping_to_death),
		cmocka_unit_test(changes_far_apart),
		cmocka_unit_test(damping_switched_off),
		cmocka_unit_test(any_order),
		cmocka_unit_test(state_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
