/*
 * Unit tests of chatd's hub: names of every length, the queue's order, and what
 * is found after a child was killed in the middle.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../servers/chatd/hub.h"
#include "serve/core.h"

static struct core core = { .model = MODEL_SINGLE, .nslots = 1 };
static struct hub *hub;

static int
begin(void **state)
{
	(void)state;
	core.board = calloc(1, sizeof(*core.board) +
	    sizeof(core.board->slot[0]));
	assert_non_null(core.board);
	serve_core_set(&core);
	hub = hub_open();
	assert_non_null(hub);
	atomic_store(&hub->max, 1000);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	serve_shared_free();
	free(core.board);
	return 0;
}

/* named - a name of n bytes. */
static const char *
named(char name[CHAT_NAME_SIZE], char letter, size_t n)
{
	memset(name, letter, n);
	name[n] = '\0';
	return name;
}

static void
test_names(void **state)
{
	char a[CHAT_NAME_SIZE], b[CHAT_NAME_SIZE];
	struct member *m[CHAT_NAME_SIZE];
	size_t n;

	(void)state;
	for (n = 1; n < CHAT_NAME_SIZE; n++) {
		m[n] = hub_join(hub, named(a, 'a', n));
		assert_non_null(m[n]);
	}
	for (n = 1; n < CHAT_NAME_SIZE; n++) {
		assert_string_equal(member_name(hub, m[n]),
		    named(a, 'a', n));
		assert_ptr_equal(hub_find(hub, a), m[n]);
	}
	/* the shortest becomes the longest, and back */
	for (n = 1; n < CHAT_NAME_SIZE; n++)
		hub_rename(hub, m[n], named(b, 'b', CHAT_NAME_SIZE - n));
	for (n = 1; n < CHAT_NAME_SIZE; n++) {
		named(b, 'b', CHAT_NAME_SIZE - n);
		assert_string_equal(member_name(hub, m[n]), b);
		assert_ptr_equal(hub_find(hub, b), m[n]);
		assert_null(hub_find(hub, named(a, 'a', n)));
	}
	for (n = 1; n < CHAT_NAME_SIZE; n++)
		hub_leave(hub, m[n]);
	assert_null(hub_find(hub, "b"));
}

/* The next in the row of one who had a long name. */
static void
test_row_again(void **state)
{
	char name[CHAT_NAME_SIZE];
	struct member *m = hub_join(hub, named(name, 'x', 50)), *again;

	(void)state;
	hub_leave(hub, m);
	again = hub_join(hub, "ann");
	assert_ptr_equal(again, m);
	assert_string_equal(member_name(hub, again), "ann");
	assert_null(hub_find(hub, name));
	hub_leave(hub, again);
}

/* Also where ids begin anew. */
static void
test_queue(void **state)
{
	struct member *in, *m[4];
	uint32_t first;
	int i;

	(void)state;
	for (first = 10; first <= REMOTE_ID; first += REMOTE_ID - 14) {
		hub->ids = first;
		atomic_store(&hub->max, 1);
		in = hub_join(hub, "in");
		for (i = 0; i < 4; i++) {
			m[i] = hub_join(hub, "waits");
			assert_int_equal(hub_place(hub, m[i]), i + 1);
			assert_int_not_equal(m[i]->id & ~REMOTE_ID, 0);
		}
		hub_leave(hub, m[1]);
		assert_int_equal(hub_place(hub, m[0]), 1);
		assert_int_equal(hub_place(hub, m[3]), 3);
		hub_leave(hub, in);
		assert_int_equal(atomic_load(&m[0]->state), MEMBER_IN);
		assert_int_equal(hub_place(hub, m[2]), 1);
		hub_leave(hub, m[0]);
		hub_leave(hub, m[3]);
		assert_int_equal(atomic_load(&m[2]->state), MEMBER_IN);
		hub_leave(hub, m[2]);
		atomic_store(&hub->max, 1000);
	}
}

/* killed - a child takes the lock, does that and is no more. */
static void
killed(void (*fn)(struct member *), struct member *m)
{
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		hub_lock(hub);
		fn(m);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	hub_lock(hub);
	hub_unlock(hub);
}

static const char *const halves[] = { "bob",
    "of-more-bytes-than-a-row-has-room-for" };

/* To each of them, and not all of it was written. */
static void
half_short(struct member *m)
{
	snprintf(hub->renaming.name, CHAT_NAME_SIZE, "%s", halves[0]);
	atomic_store(&hub->renaming.row, (uint32_t)(m - hub->member) + 1);
	m->name[0] = 'b';
}

static void
half_long(struct member *m)
{
	snprintf(hub->renaming.name, CHAT_NAME_SIZE, "%s", halves[1]);
	atomic_store(&hub->renaming.row, (uint32_t)(m - hub->member) + 1);
	memset(hub->long_name[m - hub->member], 'o', CHAT_NAME_SIZE / 2);
	m->name[0] = '\0';
}

static void
test_killed_renaming(void **state)
{
	char name[CHAT_NAME_SIZE];
	size_t lengths[] = { 5, 23, 24, 63 }, i;
	struct member *m;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		m = hub_join(hub, named(name, 'k', lengths[i]));
		killed(half_short, m);
		assert_string_equal(member_name(hub, m), halves[0]);
		hub_rename(hub, m, name);
		killed(half_long, m);
		assert_string_equal(member_name(hub, m), halves[1]);
		assert_int_equal(atomic_load(&hub->renaming.row), 0);
		assert_ptr_equal(hub_find(hub, halves[1]), m);
		hub_leave(hub, m);
	}
}

/* half_joined - before the store that makes it count. */
static void
half_joined(struct member *m)
{
	hub_name(hub, m, halves[1]);
	m->id = ++hub->ids;
	m->child = m->pid = -1;
}

static void
test_killed_joining(void **state)
{
	struct member *m = hub_join(hub, "ann");

	(void)state;
	hub_leave(hub, m);
	killed(half_joined, m);
	assert_null(hub_find(hub, halves[1]));
	assert_int_equal(hub_in(hub, -1), 0);
	assert_ptr_equal(hub_join(hub, "bob"), m);
	assert_string_equal(member_name(hub, m), "bob");
	hub_leave(hub, m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_row_again),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_killed_renaming),
		cmocka_unit_test(test_killed_joining),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
