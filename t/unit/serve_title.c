/*
 * Unit tests of serve/title.c: what the kernel shows as this process's command
 * line, and that arguments and environment stay what they were.
 */

#include "serve/title.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef RUNNING_ON_VALGRIND
#define RUNNING_ON_VALGRIND	0
#endif

static int the_argc;
static char **the_argv;

/* shown - what ps(1) would read; under valgrind the kernel knows only of
 * valgrind's own arguments, and the memory itself must do */
static const char *
shown(char *buf, size_t size)
{
	ssize_t n;
	int fd;

	fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	assert_return_code(fd, errno);
	n = read(fd, buf, size - 1);
	close(fd);
	assert_true(n >= 0);
	buf[n] = '\0';
	return buf;
}

static int
start(void **state)
{
	(void)state;
	title_init(the_argc, the_argv);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	title_free();
	return 0;
}

static void
is_shown(void **state)
{
	char buf[4096], want[200];

	(void)state;
	title_set("parent, %d children", 2);
	snprintf(want, sizeof(want), "%s: parent, 2 children",
	    program_invocation_short_name);
	if (!RUNNING_ON_VALGRIND)
		assert_string_equal(shown(buf, sizeof(buf)), want);
}

static void
shorter_leaves_nothing_of_longer(void **state)
{
	char buf[4096], want[200];

	(void)state;
	title_set("%s", "a title that is longer than all the arguments were");
	title_set("%s", "x");
	snprintf(want, sizeof(want), "%s: x", program_invocation_short_name);
	if (!RUNNING_ON_VALGRIND)
		assert_string_equal(shown(buf, sizeof(buf)), want);
	title_set("%s", "");
	title_set("%s", "127.0.0.1:4711");
	snprintf(want, sizeof(want), "%s: 127.0.0.1:4711",
	    program_invocation_short_name);
	if (!RUNNING_ON_VALGRIND)
		assert_string_equal(shown(buf, sizeof(buf)), want);
}

static void
too_long_is_cut(void **state)
{
	char text[2000], buf[4096];

	(void)state;
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	title_set("%s", text);
	shown(buf, sizeof(buf));
	assert_true(strlen(buf) < 300 || RUNNING_ON_VALGRIND);
	assert_string_equal(getenv("TITLE_TEST"), "a value");
}

static void
arguments_and_environment_stay(void **state)
{
	const char *path = getenv("PATH");
	char was[8192] = "";

	(void)state;
	if (path != NULL)
		snprintf(was, sizeof(was), "%s", path);
	for (int i = 0; i < 10; i++)
		title_set("%d %s", i, "overwrites what stood there before it");
	assert_string_equal(getenv("TITLE_TEST"), "a value");
	if (path != NULL) {
		assert_string_equal(path, was);
		assert_string_equal(getenv("PATH"), was);
	}
	assert_string_equal(the_argv[1], "first argument");
	assert_string_equal(the_argv[2], "");
	assert_string_equal(the_argv[3], "third");
	assert_null(the_argv[4]);
	assert_string_equal(program_invocation_short_name, "serve_title");
}

static void
free_restores(void **state)
{
	char buf[4096];

	(void)state;
	title_set("%s", "something else");
	title_free();
	assert_string_equal(the_argv[1], "first argument");
	assert_string_equal(the_argv[3], "third");
	assert_string_equal(getenv("TITLE_TEST"), "a value");
	if (!RUNNING_ON_VALGRIND) {
		shown(buf, sizeof(buf));
		assert_string_equal(buf, the_argv[0]);
		assert_string_equal(buf + strlen(buf) + 1, "first argument");
	}
	title_set("%s", "nothing happens");
	assert_string_equal(the_argv[1], "first argument");
	title_free();
}

/* An environment that was changed meanwhile is kept as it then is. */
static void
changed_environment_survives(void **state)
{
	(void)state;
	unsetenv("TITLE_GONE");
	title_set("%s", "with one fewer");
	title_free();
	assert_null(getenv("TITLE_GONE"));
	assert_string_equal(getenv("TITLE_TEST"), "a value");
	title_init(the_argc, the_argv);
	setenv("TITLE_NEW", "new", 1);
	title_set("%s", "with one more");
	title_free();
	assert_string_equal(getenv("TITLE_NEW"), "new");
	assert_string_equal(getenv("TITLE_TEST"), "a value");
	unsetenv("TITLE_NEW");
}

static void
no_arguments_do_no_harm(void **state)
{
	char *none[] = { NULL };

	(void)state;
	title_init(0, none);
	title_set("%s", "nowhere");
	title_free();
}

/*
 * imitate - arguments and an environment as the kernel lays them out, for
 * valgrind, which cannot be made to start this program once more
 */
static void
imitate(char *argv0)
{
	static char area[65536], *args[5], *env[1000];
	const char *first[] = { argv0, "first argument", "", "third" };
	char *p = area;
	size_t n;

	for (n = 0; n < 4; n++) {
		args[n] = p;
		p = stpcpy(p, first[n]) + 1;
	}
	for (n = 0; n < 999 && environ[n] != NULL; n++) {
		assert_true(p + strlen(environ[n]) < area + sizeof(area));
		env[n] = p;
		p = stpcpy(p, environ[n]) + 1;
	}
	env[n] = NULL;
	environ = env;
	the_argc = 4;
	the_argv = args;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(is_shown, start, end),
		cmocka_unit_test_setup_teardown(
		    shorter_leaves_nothing_of_longer, start, end),
		cmocka_unit_test_setup_teardown(too_long_is_cut, start, end),
		cmocka_unit_test_setup_teardown(
		    arguments_and_environment_stay, start, end),
		cmocka_unit_test_setup_teardown(free_restores, start, end),
		cmocka_unit_test_setup_teardown(
		    changed_environment_survives, start, end),
		cmocka_unit_test(no_arguments_do_no_harm),
	};

	the_argc = argc;
	the_argv = argv;
	if (argc > 1)
		return cmocka_run_group_tests(tests, NULL, NULL);
	setenv("TITLE_TEST", "a value", 1);
	setenv("TITLE_GONE", "will be unset", 1);
	if (RUNNING_ON_VALGRIND) {
		imitate(argv[0]);
		return cmocka_run_group_tests(tests, NULL, NULL);
	}
	/* Once more, with arguments and an environment that are known. */
	execl("/proc/self/exe", argv[0], "first argument", "", "third",
	    (char *)NULL);
	perror("/proc/self/exe");
	return 1;
}
