/*
 * proxyd's index of the store: what goes first, what is marked as good, and
 * what a process that dies inside leaves to the others.
 */
#include <sys/wait.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "serve/core.h"
#include "servers/proxyd/store.h"

#define LIMIT	1000

static struct index *ix;

static struct key
key(unsigned int n)
{
	struct key k;

	memset(&k, 0, sizeof(k));
	memcpy(k.b, &n, sizeof(n));
	k.b[KEY_LEN - 1] = (uint8_t)(n * 2);
	return k;
}

/* add - the nth, of 100 bytes; which had to go, or 0. */
static unsigned int
add(unsigned int n)
{
	struct key k = key(n), out[4];
	unsigned int gone = 0;
	int r = index_add(ix, &k, 100, LIMIT, out, 4);

	assert_true(r <= 1);
	if (r == 1)
		memcpy(&gone, out[0].b, sizeof(gone));
	return gone;
}

/* empty - nothing is in the index. */
static int
empty(void **state)
{
	struct key out[4];

	(void)state;
	ix = index_open("here");
	if (ix == NULL || index_init(ix) == -1)
		return -1;
	while (index_evict(ix, out, 4) > 0)
		;
	return 0;
}

static void
test_who_goes(void **state)
{
	struct key k = key(2);
	unsigned int i;

	(void)state;
	for (i = 1; i <= 10; i++)
		assert_int_equal(add(i), 0);
	assert_int_equal(index_bytes(ix), LIMIT);
	assert_true(index_touch(ix, &k));
	assert_int_equal(add(11), 1);
	assert_int_equal(add(12), 3);	/* 2 has been asked for */
	assert_int_equal(add(12), 0);	/* is there already */
	k = key(1);
	assert_false(index_touch(ix, &k));
	assert_int_equal(index_bytes(ix), LIMIT);
}

static void
test_marks(void **state)
{
	struct key a = key(1), b = key(2);

	(void)state;
	index_mark(ix, &a);		/* not there: nothing happens */
	assert_false(index_marked(ix, &a));
	add(1);
	add(2);
	index_mark(ix, &a);
	assert_true(index_marked(ix, &a));
	assert_false(index_marked(ix, &b));
	add(1);				/* a new size, the same file */
	assert_true(index_marked(ix, &a));
	/* the mark goes with the file, also where its place is used again */
	index_drop(ix, &a);
	assert_false(index_marked(ix, &a));
	add(3);
	a = key(3);
	assert_false(index_marked(ix, &a));
}

/* die_inside - a process that ends while it holds the lock, which is the first
 * of the index. */
static void
die_inside(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_mutex_lock((pthread_mutex_t *)(void *)ix);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, SIGKILL);
}

static void
test_death(void **state)
{
	struct key k = key(1);

	(void)state;
	add(1);
	index_mark(ix, &k);
	assert_false(index_lost(ix));
	die_inside();
	add(2);
	/* what was known is not, and somebody is told to look it up */
	assert_false(index_touch(ix, &k));
	assert_int_equal(index_bytes(ix), 100);
	assert_true(index_lost(ix));
	assert_false(index_lost(ix));
	add(1);
	assert_true(index_touch(ix, &k));
	assert_false(index_marked(ix, &k));
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
		cmocka_unit_test_setup(test_who_goes, empty),
		cmocka_unit_test_setup(test_marks, empty),
		cmocka_unit_test_setup(test_death, empty),
	};

	return cmocka_run_group_tests(tests, NULL, unmap);
}
