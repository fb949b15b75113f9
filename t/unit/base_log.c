/*
 * Unit tests of base/log.c: what a line looks like on standard error and in a
 * file, that a peer cannot forge one, and that it works without descriptors.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], path[80], text[8192];
static char self[32];

static int
set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/base_log.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/log", dir);
	snprintf(self, sizeof(self), "prog[%ld]: ", (long)getpid());
	return log_open("stderr", "prog");
}

static int
tear_down(void **state)
{
	char rotated[96];

	(void)state;
	log_close();
	log_role(NULL);
	log_level_set(LOG_LEVEL_INFO);
	snprintf(rotated, sizeof(rotated), "%s.0", path);
	unlink(rotated);
	unlink(path);
	return rmdir(dir);
}

/* contents - what a file holds now */
static const char *
contents(const char *name)
{
	FILE *f = fopen(name, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static int saved_stderr = -1;

/* From here on standard error goes into the file ... */
static void
catch_stderr(void)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);

	assert_true(fd != -1);
	saved_stderr = dup(STDERR_FILENO);
	assert_true(dup2(fd, STDERR_FILENO) != -1);
	close(fd);
}

/* ... and from here on no more; this is what it held. */
static const char *
caught(void)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	return contents(path);
}

static void
is_line(const char *got, const char *rest)
{
	char want[1200];

	snprintf(want, sizeof(want), "%s%s\n", self, rest);
	assert_string_equal(got, want);
}

static void
a_line_on_stderr(void **state)
{
	(void)state;
	catch_stderr();
	log_info("message %d", 1);
	is_line(caught(), "message 1");
}

static void
a_line_with_a_role(void **state)
{
	(void)state;
	catch_stderr();
	log_role("child 3");
	log_warnx("strange");
	is_line(caught(), "child 3: warning: strange");
}

static void
errors_are_named(void **state)
{
	(void)state;
	catch_stderr();
	errno = ENOENT;
	log_err("%s", "/srv");
	assert_int_equal(errno, ENOENT);
	is_line(caught(), "error: /srv: No such file or directory");
	catch_stderr();
	errno = ENOENT;
	log_errx("x");
	is_line(caught(), "error: x");
	catch_stderr();
	errno = EACCES;
	log_warn("x");
	is_line(caught(), "warning: x: Permission denied");
}

static void
levels(void **state)
{
	(void)state;
	catch_stderr();
	log_debug("not shown");
	log_level_set(LOG_LEVEL_ERROR);
	log_info("not shown");
	log_warn("not shown");
	log_warnx("not shown");
	assert_true(log_wants(LOG_LEVEL_ERROR));
	assert_false(log_wants(LOG_LEVEL_WARN));
	log_level_set(LOG_LEVEL_DEBUG);
	log_debug("shown");
	is_line(caught(), "shown");
}

static void
nobody_forges_a_line(void **state)
{
	(void)state;
	catch_stderr();
	log_info("from %s", "a\nprog[1]: error: \x1b[2J\xff\xc3\xa4\r");
	is_line(caught(), "from a\\x0aprog[1]: error: \\x1b[2J\\xff\xc3\xa4"
	    "\\x0d");
}

static void
a_long_line_is_cut(void **state)
{
	static char longest[5000];
	const char *got, *tail = "...: No such file or directory\n";

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	catch_stderr();
	errno = ENOENT;
	log_warn("%s", longest);
	got = caught();
	assert_int_equal(strlen(got), LOG_LINE_MAX - 1);
	assert_string_equal(got + strlen(got) - strlen(tail), tail);
	memset(longest, '\n', sizeof(longest) - 1);
	catch_stderr();
	log_info("%s", longest);
	got = caught();
	assert_true(strlen(got) < LOG_LINE_MAX);
	assert_string_equal(got + strlen(got) - 8, "\\x0a...\n");
}

static void
a_file_has_times(void **state)
{
	char form[] = "dddd-dd-ddTdd:dd:dd.ddd+dd:dd prog[";
	const char *got;
	struct stat st;
	size_t i;

	(void)state;
	assert_int_equal(log_open(path, "prog"), 0);
	log_info("one");
	log_info("two");
	got = contents(path);
	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd')
			assert_true(got[i] >= '0' && got[i] <= '9');
		else
			assert_true(got[i] == form[i] ||
			    (form[i] == '+' && got[i] == '-'));
	assert_non_null(strstr(got, "]: one\n"));
	assert_non_null(strstr(got, "]: two\n"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777 & ~0640, 0);
}

/* Rotation: the old lines stay in the old file, the name gets the new ones. */
static void
a_file_is_opened_anew(void **state)
{
	char rotated[96];

	(void)state;
	snprintf(rotated, sizeof(rotated), "%s.0", path);
	assert_int_equal(log_open(path, "prog"), 0);
	log_info("before");
	assert_int_equal(rename(path, rotated), 0);
	log_info("still before");
	assert_int_equal(log_reopen(), 0);
	log_info("after");
	assert_non_null(strstr(contents(path), "]: after\n"));
	assert_null(strstr(text, "before"));
	assert_non_null(strstr(contents(rotated), "]: still before\n"));
	assert_null(strstr(text, "after"));
}

static void
a_relative_name_survives_chdir(void **state)
{
	char here[4096];

	(void)state;
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(log_open("log", "prog"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(log_reopen(), 0);
	log_info("found");
	assert_non_null(strstr(contents(path), "]: found\n"));
	assert_int_equal(chdir(here), 0);
}

static void
a_bad_name_changes_nothing(void **state)
{
	char bad[128];

	(void)state;
	assert_int_equal(log_open(path, "prog"), 0);
	snprintf(bad, sizeof(bad), "%s/none/log", dir);
	errno = 0;
	assert_int_equal(log_open(bad, "prog"), -1);
	assert_int_equal(errno, ENOENT);
	log_info("goes on");
	assert_non_null(strstr(contents(path), "]: goes on\n"));
}

static void
works_without_descriptors(void **state)
{
	struct rlimit old, none;
	int reopened, err;

	(void)state;
	assert_int_equal(log_open(path, "prog"), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	log_info("no descriptors");
	reopened = log_reopen();
	err = errno;
	log_info("none yet");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(reopened, -1);
	assert_int_equal(err, EMFILE);
	assert_non_null(strstr(contents(path), "]: no descriptors\n"));
	assert_non_null(strstr(text, "]: none yet\n"));
}

static void
closing_returns_to_stderr(void **state)
{
	(void)state;
	assert_int_equal(log_open(path, "prog"), 0);
	log_close();
	assert_int_equal(log_reopen(), 0);
	catch_stderr();
	log_info("here");
	is_line(caught(), "here");
}

static void
syslog_can_be_absent(void **state)
{
	(void)state;
	assert_int_equal(log_open("syslog", "prog"), 0);
	log_role("child 1");
	log_debug("not sent");
	assert_int_equal(log_reopen(), 0);
	log_close();
}

#define CASE(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_line_on_stderr),
		CASE(a_line_with_a_role),
		CASE(errors_are_named),
		CASE(levels),
		CASE(nobody_forges_a_line),
		CASE(a_long_line_is_cut),
		CASE(a_file_has_times),
		CASE(a_file_is_opened_anew),
		CASE(a_relative_name_survives_chdir),
		CASE(a_bad_name_changes_nothing),
		CASE(works_without_descriptors),
		CASE(closing_returns_to_stderr),
		CASE(syslog_can_be_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
