/* Lines for somebody who may have stopped reading. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* F_SETPIPE_SZ */
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/outlet.h"

#define LINE	"a line of text\n"

/* fill - until nothing more is taken; how long that took */
static int64_t
fill(struct outlet *o)
{
	int64_t start = clock_mono();

	for (int i = 0; i < 2000; i++)
		outlet_write(o, LINE, strlen(LINE));
	return clock_mono() - start;
}

static void
nobody_reads(void **state)
{
	static char got[65536];
	struct outlet o = { 0 };
	int fds[2];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_not_equal(fcntl(fds[1], F_SETPIPE_SZ, PIPE_BUF), -1);
	o.fd = fds[1];
	/* the patience is spent once, not for every line */
	assert_true(fill(&o) < 20 * OUTLET_PATIENCE_MS * NSEC_PER_MSEC);
	assert_true(o.stuck);
	n = read(fds[0], got, sizeof(got));
	assert_true(n > 0 && n % (ssize_t)strlen(LINE) == 0);
	outlet_write(&o, "next\n", 5);
	assert_false(o.stuck);
	assert_int_equal(read(fds[0], got, sizeof(got)), 5);
	assert_memory_equal(got, "next\n", 5);
	close(fds[0]);
	close(fds[1]);
}

/* What is longer than a pipe takes at once goes out by whole lines. */
static void
by_lines(void **state)
{
	static char much[2 * PIPE_BUF], got[65536];
	struct outlet o = { 0 };
	int fds[2];

	(void)state;
	memset(much, 'x', sizeof(much));
	much[99] = much[sizeof(much) - 1] = '\n';
	assert_int_equal(pipe(fds), 0);
	assert_int_not_equal(fcntl(fds[1], F_SETPIPE_SZ, PIPE_BUF), -1);
	o.fd = fds[1];
	outlet_write(&o, much, sizeof(much));
	assert_true(o.stuck);
	assert_int_equal(read(fds[0], got, sizeof(got)), 100);
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_reads),
		cmocka_unit_test(by_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
