/* Lines for somebody who may have stopped reading. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* F_SETPIPE_SZ */
#endif
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/outlet.h"

#define LINE	"a line of text\n"

/* small_pipe - one that is full after PIPE_BUF bytes */
static void
small_pipe(int fds[2])
{
	assert_int_equal(pipe(fds), 0);
	assert_int_not_equal(fcntl(fds[1], F_SETPIPE_SZ, PIPE_BUF), -1);
}

/* fill - more than it takes; how many ms that lasted */
static int64_t
fill(int fd)
{
	int64_t start = clock_mono();
	int result = 0;

	for (int i = 0; i < 2000; i++)
		result = outlet_write(fd, OUTLET_PATIENCE_MS, LINE,
		    strlen(LINE));
	assert_int_equal(result, -1);
	return (clock_mono() - start) / NSEC_PER_MSEC;
}

static void
nobody_reads(void **state)
{
	static char got[65536];
	int fds[2];
	ssize_t n;

	(void)state;
	small_pipe(fds);
	/* the patience is spent once, not for every line */
	assert_true(fill(fds[1]) < 20 * OUTLET_PATIENCE_MS);
	n = read(fds[0], got, sizeof(got));
	assert_true(n > 0 && n % (ssize_t)strlen(LINE) == 0);
	assert_int_equal(outlet_write(fds[1], 0, "next\n", 5), 0);
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
	int fds[2];

	(void)state;
	memset(much, 'x', sizeof(much));
	much[99] = much[sizeof(much) - 1] = '\n';
	small_pipe(fds);
	assert_int_equal(outlet_write(fds[1], 0, much, sizeof(much)), -1);
	assert_int_equal(read(fds[0], got, sizeof(got)), 100);
	close(fds[0]);
	close(fds[1]);
}

/* A child that finds out tells its parent, and so those that come after it. */
static void
a_child_tells_the_rest(void **state)
{
	int64_t start;
	int fds[2], status;

	(void)state;
	outlet_share();
	small_pipe(fds);
	start = clock_mono();
	for (int i = 0; i < 40; i++) {
		pid_t pid = fork();

		/* Killed: what a checker holds against its end is not told. */
		if (pid == 0)
			kill(getpid(), fill(fds[1]) >= 0 ? SIGKILL : SIGABRT);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(WTERMSIG(status), SIGKILL);
	}
	assert_true(clock_mono() - start <
	    20 * OUTLET_PATIENCE_MS * NSEC_PER_MSEC);
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_reads),
		cmocka_unit_test(by_lines),
		cmocka_unit_test(a_child_tells_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
