/*
 * Unit tests of serve/notify.c: this process plays supervisor and daemon at
 * once, over a datagram socket of its own.
 */

#include "serve/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

static int supervisor = -1;
static char address[108];

/* listen_at - the supervisor's end; name may begin with '@' */
static void
listen_at(const char *name)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len = strlen(name);

	memcpy(un.sun_path, name, len);
	if (name[0] == '@')
		un.sun_path[0] = '\0';
	supervisor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_return_code(supervisor, errno);
	assert_return_code(bind(supervisor, (struct sockaddr *)&un,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len +
	    (name[0] != '@'))), errno);
	setenv("NOTIFY_SOCKET", name, 1);
}

/* heard - the next datagram; "" where there is none */
static const char *
heard(void)
{
	static char buf[2048];
	ssize_t n = recv(supervisor, buf, sizeof(buf) - 1, MSG_DONTWAIT);

	buf[n < 0 ? 0 : n] = '\0';
	return buf;
}

static int
start(void **state)
{
	(void)state;
	snprintf(address, sizeof(address), "@brood-notify-%ld",
	    (long)getpid());
	return 0;
}

static int
end(void **state)
{
	(void)state;
	notify_free();
	if (supervisor != -1)
		close(supervisor);
	supervisor = -1;
	if (address[0] == '/')
		unlink(address);
	unsetenv("NOTIFY_SOCKET");
	return 0;
}

static void
abstract_name(void **state)
{
	(void)state;
	listen_at(address);
	notify_init();
	assert_null(getenv("NOTIFY_SOCKET"));
	notify_send("READY=1");
	assert_string_equal(heard(), "READY=1");
	notify_send("STATUS=%d children", 3);
	assert_string_equal(heard(), "STATUS=3 children");
}

static void
path_name(void **state)
{
	const char *dir = getenv("TMPDIR");

	(void)state;
	assert_true(snprintf(address, sizeof(address), "%s/brood-notify-%ld",
	    dir != NULL ? dir : "/tmp", (long)getpid()) <
	    (int)sizeof(address) - 1);
	listen_at(address);
	notify_init();
	notify_send("STOPPING=1");
	assert_string_equal(heard(), "STOPPING=1");
}

static void
reloading_says_when(void **state)
{
	long long usec = 0;

	(void)state;
	listen_at(address);
	notify_init();
	notify_send("RELOADING=1");
	assert_int_equal(sscanf(heard(), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    &usec), 1);
	assert_true(usec > 0);
}

static void
nobody_asked(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	notify_init();
	errno = EXDEV;
	notify_send("READY=1");
	assert_int_equal(errno, EXDEV);
}

static void
bad_addresses(void **state)
{
	char longest[200];
	const char *bad[] = { "", "/", "@", "relative", "vsock:2:1", longest };

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	log_level_set(LOG_LEVEL_ERROR);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setenv("NOTIFY_SOCKET", bad[i], 1);
		notify_init();
		assert_null(getenv("NOTIFY_SOCKET"));
		notify_send("READY=1");
		notify_free();
	}
	log_level_set(LOG_LEVEL_INFO);
}

static void
supervisor_gone(void **state)
{
	(void)state;
	listen_at(address);
	notify_init();
	close(supervisor);
	supervisor = -1;
	errno = EXDEV;
	notify_send("WATCHDOG=1");
	assert_int_equal(errno, EXDEV);
}

static void
after_free_silence(void **state)
{
	(void)state;
	listen_at(address);
	notify_init();
	notify_free();
	notify_send("READY=1");
	assert_string_equal(heard(), "");
}

static void
watchdog(void **state)
{
	const struct {
		const char	*usec, *pid;	/* pid: "self", or as it is */
		int64_t		 ns;
	} cases[] = {
		{ "30000000", NULL, 15000000000 },
		{ "30000000", "self", 15000000000 },
		{ "30000000", "1", 0 },
		{ "30000000", "rubbish", 0 },
		{ "1", NULL, 500 },
		{ "0", NULL, 0 },
		{ "-1", NULL, 0 },
		{ "1s", NULL, 0 },
		{ "99999999999999999999", NULL, 0 },
		{ NULL, NULL, 0 },
	};
	char pid[24];

	(void)state;
	log_level_set(LOG_LEVEL_ERROR);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(pid, sizeof(pid), "%ld", (long)getpid());
		if (cases[i].usec != NULL)
			setenv("WATCHDOG_USEC", cases[i].usec, 1);
		if (cases[i].pid != NULL)
			setenv("WATCHDOG_PID", strcmp(cases[i].pid, "self") ==
			    0 ? pid : cases[i].pid, 1);
		notify_init();
		assert_int_equal(notify_watchdog_ns(), cases[i].ns);
		assert_null(getenv("WATCHDOG_USEC"));
		assert_null(getenv("WATCHDOG_PID"));
	}
	log_level_set(LOG_LEVEL_INFO);
}

/* pass_fds - as a supervisor would: n descriptors from 3 on, and what of the
 * environment is not NULL; the descriptors that this makes are closed again by
 * close_fds */
static int passed;

static void
pass_fds(int n, const char *pid, const char *count, const char *names)
{
	char self[24];

	snprintf(self, sizeof(self), "%ld", (long)getpid());
	for (passed = 0; passed < n; passed++)
		assert_int_equal(dup2(STDERR_FILENO, 3 + passed), 3 + passed);
	if (pid != NULL)
		setenv("LISTEN_PID", strcmp(pid, "self") == 0 ? self : pid, 1);
	if (count != NULL)
		setenv("LISTEN_FDS", count, 1);
	if (names != NULL)
		setenv("LISTEN_FDNAMES", names, 1);
}

static int
close_fds(void **state)
{
	(void)state;
	while (passed > 0)
		close(3 + --passed);
	notify_free();
	assert_null(getenv("LISTEN_PID"));
	assert_null(getenv("LISTEN_FDS"));
	assert_null(getenv("LISTEN_FDNAMES"));
	return 0;
}

static void
fds_with_names(void **state)
{
	(void)state;
	pass_fds(3, "self", "3", "http::status");
	assert_int_equal(notify_listen_fds(), 3);
	for (int fd = 3; fd < 6; fd++)
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_string_equal(notify_fd_name(0), "http");
	assert_string_equal(notify_fd_name(1), "");
	assert_string_equal(notify_fd_name(2), "status");
	assert_null(notify_fd_name(3));
	assert_null(notify_fd_name(-1));
}

static void
fds_without_names(void **state)
{
	(void)state;
	pass_fds(1, "self", "1", NULL);
	assert_int_equal(notify_listen_fds(), 1);
	assert_null(notify_fd_name(0));
}

static void
fds_for_another(void **state)
{
	(void)state;
	pass_fds(1, "1", "1", "http");
	assert_int_equal(notify_listen_fds(), 0);
	assert_null(notify_fd_name(0));
}

static void
no_fds(void **state)
{
	(void)state;
	assert_int_equal(notify_listen_fds(), 0);
	pass_fds(0, "self", NULL, NULL);
	assert_int_equal(notify_listen_fds(), 0);
	pass_fds(0, "self", "0", NULL);
	assert_int_equal(notify_listen_fds(), 0);
}

static void
bad_fds(void **state)
{
	static const char *const bad[] = {
		"", "one", "-1", "1x", "5000", "99999999999999999999"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pass_fds(0, "self", bad[i], NULL);
		errno = 0;
		assert_int_equal(notify_listen_fds(), -1);
		assert_int_equal(errno, EINVAL);
	}
	/* More than were passed. */
	pass_fds(1, "self", "900", NULL);
	assert_int_equal(notify_listen_fds(), -1);
	assert_int_equal(errno, EBADF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(abstract_name, start, end),
		cmocka_unit_test_setup_teardown(path_name, start, end),
		cmocka_unit_test_setup_teardown(reloading_says_when, start,
		    end),
		cmocka_unit_test_setup_teardown(nobody_asked, start, end),
		cmocka_unit_test_setup_teardown(bad_addresses, start, end),
		cmocka_unit_test_setup_teardown(supervisor_gone, start, end),
		cmocka_unit_test_setup_teardown(after_free_silence, start,
		    end),
		cmocka_unit_test(watchdog),
		cmocka_unit_test_teardown(fds_with_names, close_fds),
		cmocka_unit_test_teardown(fds_without_names, close_fds),
		cmocka_unit_test_teardown(fds_for_another, close_fds),
		cmocka_unit_test_teardown(no_fds, close_fds),
		cmocka_unit_test_teardown(bad_fds, close_fds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
