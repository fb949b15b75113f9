/*
 * Unit tests of heartbeatd's table: names found and removed, times in order,
 * rows read while they are written, and a writer that is killed.
 */
#include "servers/heartbeatd/table.h"

#include <sys/wait.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "serve/core.h"

#define ROWS	1000

static uint32_t seed = 1;

static uint32_t
any(uint32_t n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

static const char *
name_of(uint32_t i)
{
	static char name[32];

	snprintf(name, sizeof(name), "host%u", i);
	return name;
}

static struct row *
add(struct table *t, uint32_t i)
{
	return table_add(t, name_of(i), 1, 1, 0);
}

/* empty - and the heap with it. */
static void
empty(struct table *t)
{
	for (uint32_t i = 0; i < atomic_load(&t->top); i++)
		if (t->rows[i].used)
			table_remove(t, &t->rows[i]);
	assert_int_equal(atomic_load(&t->names), 0);
	assert_int_equal(t->ndue, 0);
}

static void
names(void **state)
{
	struct table *t = table_open(ROWS);
	struct row *r;

	(void)state;
	assert_non_null(t);
	assert_ptr_equal(table_open(ROWS), t);
	assert_null(table_open(ROWS + 1));
	for (uint32_t i = 0; i < ROWS; i++)
		assert_non_null(add(t, i));
	assert_null(add(t, ROWS));
	for (uint32_t i = 0; i < ROWS; i += 2)
		table_remove(t, table_find(t, name_of(i)));
	for (uint32_t i = 0; i < ROWS; i++) {
		r = table_find(t, name_of(i));
		assert_int_equal(r != NULL, i % 2);
		if (r != NULL)
			assert_string_equal(r->name, name_of(i));
	}
	for (uint32_t i = 0; i < ROWS; i += 2)
		assert_non_null(add(t, i));
	assert_int_equal(atomic_load(&t->names), ROWS);
	assert_null(table_find(t, ""));
	empty(t);
}

/* All that is planned comes in order, at its time or, where it was put off,
 * when it is looked at again. */
static void
times_in_order(void **state)
{
	struct table *t = table_open(ROWS);
	int64_t at, last = 0;
	struct row *r;
	int n = 0;

	(void)state;
	for (uint32_t i = 0; i < ROWS; i++)
		table_plan(t, add(t, i), 1 + any(1000));
	for (uint32_t i = 0; i < 300; i++)	/* sooner, later, gone */
		table_plan(t, table_find(t, name_of(any(ROWS))),
		    1 + any(2000));
	for (uint32_t i = 0; i < 100; i++)
		table_remove(t, table_find(t, name_of(i * 10)));
	while ((r = table_next(t, &at)) != NULL) {
		assert_true(r->used);
		assert_true(at >= last);
		last = at;
		if (at < 500 && any(3) == 0)
			table_replan(t, at + 1000);
		else if (++n > 0)
			table_replan(t, CLOCK_NEVER);
		assert_true(n <= 900);
	}
	assert_int_equal(n, 900);
	empty(t);
}

static void
sooner_but_not_later(void **state)
{
	struct table *t = table_open(ROWS);
	struct row *r = add(t, 1);
	int64_t at;

	(void)state;
	assert_null(table_next(t, &at));
	table_plan(t, r, CLOCK_NEVER);
	assert_null(table_next(t, &at));
	table_plan(t, r, 100);
	table_plan(t, r, 200);
	assert_ptr_equal(table_next(t, &at), r);
	assert_true(at == 100);
	table_plan(t, r, 50);
	table_next(t, &at);
	assert_true(at == 50);
	empty(t);
}

/* A reader sees a row as it was before or after, never between. */
static void
read_while_written(void **state)
{
	struct table *t = table_open(ROWS);
	struct row *r = add(t, 1), copy;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0)
		alarm(60);	/* however this ends */
	for (uint64_t i = 1; pid == 0; i++) {
		for (volatile int k = 0; k < 1000; k++)
			continue;
		table_begin(r);
		r->track.top = i;
		r->track.received = i;
		r->track.nrecent = (uint32_t)i;
		table_end(r);
	}
	for (int i = 0; i < 5000; i++) {
		assert_int_equal(table_read(t, (uint32_t)(r - t->rows),
		    &copy), 1);
		assert_true(copy.track.top == copy.track.received);
		assert_true((uint32_t)copy.track.top == copy.track.nrecent);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	empty(t);
}

/* ... who held the lock and was in the middle of it all. */
static void
a_writer_is_killed(void **state)
{
	struct table *t = table_open(ROWS);
	struct row *r, copy;
	pid_t pid;
	int64_t at;

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		table_plan(t, add(t, i), i + 1);
	table_remove(t, table_find(t, name_of(50)));
	pid = fork();
	if (pid == 0) {
		table_lock(t);
		table_begin(table_find(t, name_of(7)));
		memset(t->bucket, 0x11, 64);
		t->ndue = 3;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	table_lock(t);
	for (uint32_t i = 0; i < 100; i++) {
		r = table_find(t, name_of(i));
		assert_int_equal(r != NULL, i != 50);
		if (r != NULL)
			assert_int_equal(table_read(t,
			    (uint32_t)(r - t->rows), &copy), 1);
	}
	assert_int_equal(atomic_load(&t->names), 99);
	assert_int_equal(t->ndue, 99);
	assert_non_null(table_next(t, &at));
	assert_true(at == 0);	/* all are looked at anew */
	assert_non_null(add(t, 50));
	table_unlock(t);
	table_lock(t);
	table_unlock(t);
	empty(t);
}

/* unmap - what a server's end would give back. */
static int
unmap(void **state)
{
	(void)state;
	serve_shared_free();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(times_in_order),
		cmocka_unit_test(sooner_but_not_later),
		cmocka_unit_test(read_while_written),
		cmocka_unit_test(a_writer_is_killed),
	};

	return cmocka_run_group_tests(tests, NULL, unmap);
}
