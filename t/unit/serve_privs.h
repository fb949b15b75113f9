/*
 * What the unit tests of privileges and of the sandbox share: a folder of
 * things to be refused, and children that try what they can still do and tell
 * the test.  Under valgrind and sanitizers there is no sandbox, and what it
 * would refuse is not tried.  For serve_privs.c and serve_sandbox.c alone.
 */
#ifndef SERVE_PRIVS_TEST_H
#define SERVE_PRIVS_TEST_H

#include "serve/privs.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
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

#define NOBODY	65534

/* What a child says to the test. */
static struct verdict {
	int	done;
	char	what[400];
} *verdict;

static char base[64];	/* a folder with all that is used below */

/* end - without a leak check of what a forked child still holds: valgrind's is
 * made unless the process is killed by another */
static void
end(void)
{
	if (RUNNING_ON_VALGRIND)
		raise(SIGSTOP);
	_exit(0);
}

static void
check(int ok, const char *what, int line)
{
	if (ok)
		return;
	snprintf(verdict->what, sizeof(verdict->what), "line %d: %s (%s)",
	    line, what, strerror(errno));
	end();
}

#define CHECK(e)	check((e), #e, __LINE__)
#define REFUSED(e, n)	check((e) == -1 && errno == (n), #e, __LINE__)

/* in_child - run it there, as who (NULL: as we are); its wait status */
static int
in_child(void (*f)(void), const char *who)
{
	int status;
	pid_t pid;

	memset(verdict, 0, sizeof(*verdict));
	fflush(NULL);
	if ((pid = fork()) == 0) {
		if (who != NULL && strcmp(who, "nobody") == 0) {
			CHECK(setgroups(0, NULL) == 0);
			CHECK(setresgid(NOBODY, NOBODY, NOBODY) == 0);
			CHECK(setresuid(NOBODY, NOBODY, NOBODY) == 0);
		}
		f();
		verdict->done = 1;
		end();
	}
	assert_return_code(pid, errno);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	if (WIFSTOPPED(status)) {
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	return status;
}

/* passes - all that f checks */
static void
passes(void (*f)(void), const char *who)
{
	int status = in_child(f, who);

	if (!verdict->done)
		fail_msg("%s; status %x", verdict->what, (unsigned)status);
}

/* at - a path in the folder; good for four calls */
static const char *
at(const char *name)
{
	static char paths[4][128];
	static int next;
	char *p = paths[next++ % 4];

	snprintf(p, sizeof(paths[0]), "%s/%s", base, name);
	return p;
}

static void
put(const char *name, const char *text, mode_t mode)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_return_code(fd, errno);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_return_code(fchmod(fd, mode), errno);
	close(fd);
}

static void
folder(const char *name, mode_t mode)
{
	assert_return_code(mkdir(at(name), 0700), errno);
	assert_return_code(chmod(at(name), mode), errno);
}

static inline int
set_up(void **state)
{
	(void)state;
	verdict = mmap(NULL, sizeof(*verdict), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(verdict, MAP_FAILED);
	snprintf(base, sizeof(base), "/tmp/brood-privs-XXXXXX");
	assert_non_null(mkdtemp(base));
	assert_return_code(chmod(base, 0755), errno);
	folder("open", 0755);
	put("open/page", "hello", 0644);
	put("open/secret", "secret", 0600);
	folder("closed", 0700);
	put("closed/page", "hello", 0644);
	folder("theirs", 0700);
	put("theirs/page", "hello", 0644);
	folder("writable", 0777);
	put("outside", "outside", 0666);
	put("alone", "alone", 0666);
	if (geteuid() == 0)
		assert_return_code(chown(at("theirs"), 4242, 4242), errno);
	return 0;
}

static int
clear_up(void **state)
{
	static const char *const names[] = {
		"open/page", "open/secret", "open", "closed/page", "closed",
		"theirs/page", "theirs", "writable/kept", "writable",
		"outside", "alone", "log", ""
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove(at(names[i]));
	munmap(verdict, sizeof(*verdict));
	return 0;
}

/* drop - plan and carry it out */
static struct privs plan;

static void
drop(const char *user, int sandbox, const struct serve_needs *needs)
{
	char why[300] = "";

	if (privs_plan(&plan, user, NULL, NULL, sandbox, 0, needs, why,
	    sizeof(why)) == -1)
		check(0, why, __LINE__);
	if (privs_drop(&plan, why, sizeof(why)) == -1)
		check(0, why, __LINE__);
}

static int
can_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd != -1)
		close(fd);
	return fd == -1 ? -1 : 0;
}

#endif
