/*
 * Unit tests of serve/sandbox_*.c: what Landlock and seccomp refuse in a child,
 * and that what a server does all day still works.  Run by root, each runs as
 * root and as an ordinary user.
 */

#include "t/unit/serve_privs.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>

#include "base/log.h"

static int listener = -1;	/* on loopback */
static struct sockaddr_in where;

static int
landlock_version(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
}

/* -- Files ---------------------------------------------------------------- */

static void
files(void)
{
	const struct serve_needs needs = {
		.read_dirs = { at("open"), at("alone") },
		.write_dirs = { at("writable") }
	};
	int fd = open(at("outside"), O_RDWR | O_CLOEXEC);
	char buf[8];

	drop(NULL, SANDBOX_ON, &needs);
	CHECK(can_open(at("open/page"), O_RDONLY) == 0);
	CHECK(can_open(at("open"), O_RDONLY | O_DIRECTORY) == 0);
	CHECK(can_open(at("alone"), O_RDONLY) == 0);
	CHECK(can_open("/dev/null", O_RDWR) == 0);
	REFUSED(can_open(at("alone"), O_WRONLY), EACCES);
	REFUSED(can_open(at("outside"), O_RDONLY), EACCES);
	REFUSED(can_open(at("outside"), O_WRONLY), EACCES);
	REFUSED(can_open("/etc/passwd", O_RDONLY), EACCES);
	REFUSED(can_open("/etc/shadow", O_RDONLY), EACCES);
	REFUSED(can_open("/proc/self/maps", O_RDONLY), EACCES);
	REFUSED(can_open("/tmp/brood-not-there", O_WRONLY | O_CREAT), EACCES);
	/* What was open stays usable. */
	CHECK(pread(fd, buf, 7, 0) == 7 && memcmp(buf, "outside", 7) == 0);
	CHECK(pwrite(fd, "O", 1, 0) == 1 && pwrite(fd, "o", 1, 0) == 1);
}

static void
files_to_write(void)
{
	const struct serve_needs needs = {
		.read_dirs = { at("open") }, .write_dirs = { at("writable") }
	};
	int fd;

	drop(NULL, SANDBOX_ON, &needs);
	fd = open(at("writable/a"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd != -1 && write(fd, "abc", 3) == 3);
	CHECK(fsync(fd) == 0 && ftruncate(fd, 1) == 0);
	CHECK(posix_fallocate(fd, 0, 10) == 0);
	CHECK(fchmod(fd, 0644) == 0 && futimens(fd, NULL) == 0);
	CHECK(can_open(at("writable/a"), O_WRONLY | O_TRUNC) == 0);
	CHECK(rename(at("writable/a"), at("writable/b")) == 0);
	CHECK(mkdir(at("writable/d"), 0700) == 0);
	CHECK(landlock_version() < 2 ||
	    rename(at("writable/b"), at("writable/d/b")) == 0);
	remove(at("writable/d/b"));
	remove(at("writable/b"));
	CHECK(rmdir(at("writable/d")) == 0);
	REFUSED(rename(at("outside"), at("writable/o")), EACCES);
	REFUSED(unlink(at("outside")), EACCES);
	REFUSED(symlink("/", at("writable/s")), EPERM);
}

/* Without write_dirs, not even where the user might. */
static void
nothing_to_write(void)
{
	const struct serve_needs needs = { .read_dirs = { at("writable") } };

	drop(NULL, SANDBOX_ON, &needs);
	REFUSED(can_open(at("writable/a"), O_WRONLY | O_CREAT), EACCES);
	REFUSED(mkdir(at("writable/d"), 0700), EPERM);
	REFUSED(rename(at("writable/x"), at("writable/y")), EPERM);
	REFUSED(truncate(at("outside"), 0), EPERM);
}

/* Landlock alone, for a child per connection. */
static void
files_alone(void)
{
	const struct serve_needs needs = { .read_dirs = { at("open") } };

	drop(NULL, SANDBOX_FILES_AS_ROOT, &needs);
	CHECK(plan.sandbox.filter == NULL);
	if (plan.confine) {
		REFUSED(can_open(at("outside"), O_RDONLY), EACCES);
		REFUSED(execl("/bin/true", "true", (char *)NULL), EACCES);
	} else
		CHECK(can_open(at("outside"), O_RDONLY) == 0);
	CHECK(can_open(at("open/page"), O_RDONLY) == 0);
}

/* -- System calls --------------------------------------------------------- */

static void
calls_refused(void)
{
	struct rlimit limit = { 10, 10 };

	drop(NULL, SANDBOX_ON, NULL);
	REFUSED(execl("/bin/true", "true", (char *)NULL), EPERM);
	REFUSED(fork(), EPERM);
	REFUSED(socket(AF_INET, SOCK_STREAM, 0), EPERM);
	REFUSED(socket(AF_INET6, SOCK_DGRAM, 0), EPERM);
	REFUSED(socket(AF_UNIX, SOCK_STREAM, 0), EPERM);
	REFUSED(socket(AF_PACKET, SOCK_RAW, 0), EPERM);
	REFUSED(kill(getppid(), 0), EPERM);
	REFUSED(setuid(0), EPERM);
	REFUSED(setgroups(0, NULL), EPERM);
	REFUSED(chroot("/"), EPERM);
	REFUSED(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
	REFUSED(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), EPERM);
	REFUSED(ioctl(0, TIOCSTI, "x"), EPERM);
	REFUSED(listen(listener, 1), EPERM);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EPERM);
}

static void *
read_something(void *arg)
{
	REFUSED(fork(), EPERM);
	CHECK(pread(*(int *)arg, arg, 1, 0) == 1);
	return arg;
}

static void
makes_threads(void)
{
	const struct serve_needs needs = { .threads = 1,
	    .read_dirs = { at("open") } };
	int fd = open(at("open/page"), O_RDONLY | O_CLOEXEC);
	pthread_t thread;
	void *result;

	drop(NULL, SANDBOX_ON, &needs);
	for (int i = 0; i < 3; i++) {
		int arg = fd;

		CHECK(pthread_create(&thread, NULL, read_something,
		    &arg) == 0);
		CHECK(pthread_join(thread, &result) == 0 && result == &arg);
	}
}

/* Not by any name that making a process has. */
static void
threads_alone(void)
{
	const struct serve_needs needs = { .threads = 1 };
	uint64_t args[11] = { CLONE_VM };	/* the flags, and all else 0 */

	drop(NULL, SANDBOX_ON, &needs);
	REFUSED(fork(), EPERM);
	REFUSED(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), EPERM);
	REFUSED(syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0,
	    0), EPERM);
	REFUSED(syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD |
	    CLONE_NEWUSER, 0, 0, 0, 0), EPERM);
	REFUSED(syscall(SYS_clone3, args, sizeof(args)), ENOSYS);
	REFUSED(execl("/bin/true", "true", (char *)NULL), EPERM);
}

static void
no_threads(void)
{
	pthread_t thread;

	drop(NULL, SANDBOX_ON, NULL);
	CHECK(pthread_create(&thread, NULL, read_something, NULL) == EPERM);
}

static void
ptraces(void)
{
	drop(NULL, SANDBOX_ON, NULL);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void
serve_a_file(void)
{
	int pair[2], fd = open(at("open/page"), O_RDONLY | O_CLOEXEC);
	char buf[16];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	CHECK(fd != -1 && sendfile(pair[0], fd, NULL, 5) == 5);
	CHECK(recv(pair[1], buf, sizeof(buf), MSG_DONTWAIT) == 5);
	CHECK(recv(pair[1], buf, 1, 0) == -1 && errno == EAGAIN);
	CHECK(shutdown(pair[0], SHUT_WR) == 0);
	CHECK(accept4(listener, NULL, NULL, SOCK_NONBLOCK) == -1 &&
	    errno == EAGAIN);
}

static void
wait_for_things(void)
{
	const struct itimerspec soon = { .it_value = { .tv_nsec = 1 } };
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	int event = eventfd(1, EFD_CLOEXEC);

	CHECK(ep != -1 && timer != -1 && event != -1);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, timer, &ev) == 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, event, &ev) == 0);
	CHECK(timerfd_settime(timer, 0, &soon, NULL) == 0);
	CHECK(epoll_pwait(ep, &ev, 1, 5000, NULL) == 1);
}

/* What every server does, filter or no filter. */
static void
calls_allowed(void)
{
	const struct serve_needs needs = { .read_dirs = { at("open") } };
	struct timespec now, nap = { .tv_nsec = 1 };
	struct stat st;
	char random[8];
	void *stack;
	DIR *dir;

	drop(NULL, SANDBOX_ON, &needs);
	stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);
	CHECK(stack != MAP_FAILED && mprotect(stack, 4096, PROT_NONE) == 0);
	CHECK(madvise(stack, 65536, MADV_DONTNEED) == 0);
	CHECK(munmap(stack, 65536) == 0);
	serve_a_file();
	wait_for_things();
	CHECK(stat(at("open/page"), &st) == 0 && st.st_size == 5);
	CHECK((dir = opendir(at("open"))) != NULL && readdir(dir) != NULL);
	closedir(dir);
	CHECK(getrandom(random, sizeof(random), 0) == sizeof(random));
	CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
	CHECK(nanosleep(&nap, NULL) == 0);
	CHECK(signal(SIGUSR1, SIG_IGN) != SIG_ERR && raise(SIGUSR1) == 0);
	CHECK(prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) == 0);
	CHECK(sysconf(_SC_OPEN_MAX) > 0);
	CHECK((stack = malloc(10 << 20)) != NULL);
	memset(stack, 1, 10 << 20);
	free(stack);
	log_info("a line from the sandbox");
}

/* syslog(3) makes its socket anew when syslogd was restarted. */
static void
syslog_reconnects(void)
{
	drop(NULL, SANDBOX_ON, NULL);
	CHECK(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) != -1);
}

/* -- Connections and commands --------------------------------------------- */

static void
connects(void)
{
	const struct serve_needs needs = { .connect = 1 };
	struct sockaddr_in any = { .sin_family = AF_INET };
	int fd;

	drop(NULL, SANDBOX_ON, &needs);
	CHECK((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) != -1);
	CHECK(connect(fd, (struct sockaddr *)&where, sizeof(where)) == 0);
	CHECK(can_open("/etc/hosts", O_RDONLY) == 0);
	REFUSED(can_open(at("outside"), O_RDONLY), EACCES);
	CHECK((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) != -1);
	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	any.sin_port = htons(1);
	if (landlock_version() >= 4)
		REFUSED(bind(fd, (struct sockaddr *)&any, sizeof(any)),
		    EACCES);
}

/* A connected socket cannot be turned towards somebody else. */
static void
does_not_connect(void)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(connect(fd, (struct sockaddr *)&where, sizeof(where)) == 0);
	drop(NULL, SANDBOX_ON, NULL);
	if (connect(fd, &none, sizeof(none)) == 0 && landlock_version() >= 4)
		REFUSED(connect(fd, (struct sockaddr *)&where, sizeof(where)),
		    EACCES);
}

static void
runs_commands(void)
{
	const struct serve_needs needs = { .exec = 1 };
	int status;
	pid_t pid;

	drop(NULL, SANDBOX_ON, &needs);
	CHECK((pid = fork()) != -1);
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", "echo x | grep -q x && "
		    "! (: >/etc/brood-not-there) 2>/dev/null", (char *)NULL);
		_exit(9);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	REFUSED(ptrace(PTRACE_TRACEME, 0, NULL, NULL), EPERM);
}

static void
sandboxed(void **state)
{
	void (*body)(void) = *state;

	if (privs_instrumented() || landlock_version() < 1)
		skip();
	log_level_set(LOG_LEVEL_ERROR);
	passes(body, NULL);
	if (geteuid() == 0)
		passes(body, "nobody");
	log_level_set(LOG_LEVEL_INFO);
}

static void
hostile_calls_kill(void **state)
{
	int status;

	(void)state;
	if (privs_instrumented())
		skip();
	status = in_child(ptraces, NULL);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void
missing_folder(void **state)
{
	const struct serve_needs needs = { .read_dirs = { at("nowhere") } };
	char why[300] = "";

	(void)state;
	if (privs_instrumented() || geteuid() == 0)
		skip();
	assert_int_equal(privs_plan(&plan, NULL, NULL, NULL, SANDBOX_ON, 0,
	    &needs, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "/nowhere: No such file or directory"));
}

static int
listen_and_set_up(void **state)
{
	socklen_t len = sizeof(where);

	where.sin_family = AF_INET;
	where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	assert_return_code(listener, errno);
	assert_return_code(bind(listener, (struct sockaddr *)&where,
	    sizeof(where)), errno);
	assert_return_code(listen(listener, 10), errno);
	assert_return_code(getsockname(listener, (struct sockaddr *)&where,
	    &len), errno);
	return set_up(state);
}

static int
close_and_clear_up(void **state)
{
	close(listener);
	return clear_up(state);
}

#define TEST(f)	{ #f, sandboxed, NULL, NULL, (void *)(f) }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files),
		TEST(files_to_write),
		TEST(nothing_to_write),
		TEST(files_alone),
		TEST(calls_refused),
		TEST(calls_allowed),
		TEST(makes_threads),
		TEST(threads_alone),
		TEST(no_threads),
		TEST(syslog_reconnects),
		TEST(connects),
		TEST(does_not_connect),
		TEST(runs_commands),
		cmocka_unit_test(hostile_calls_kill),
		cmocka_unit_test(missing_folder),
	};

	return cmocka_run_group_tests(tests, listen_and_set_up,
	    close_and_clear_up);
}
