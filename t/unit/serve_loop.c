/*
 * Unit tests of serve/loop.c: who is told of which descriptor, while others
 * come to wait and leave.  The poller is this file: it tells what it likes.
 */

#include "serve/fibers.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "net/wait.h"
#include "serve/fiber.h"

#define SLEEPERS	40	/* more than a loop begins with room for */

/* A fiber that waits for two descriptors, again and again. */
struct sleeper {
	int	fd[2];
	int	told[2], late, error;
	int	go;		/* once more, after this */
};

static struct config conf;
static struct core core;
static struct loop *loop;
static struct sleeper all[SLEEPERS];

static void
sleep_on(void *arg)
{
	struct sleeper *s = arg;
	struct pollfd p[2] = { { .fd = s->fd[0], .events = POLLIN },
	    { .fd = s->fd[1], .events = POLLIN } };
	int n, deadline = (int)(s - all) + 1;

	do {
		n = net_wait(p, 2, deadline * NSEC_PER_SEC);
		s->late += n == 0;
		s->error = n == -1 ? errno : 0;
		s->told[0] += n == 1 && p[0].revents != 0;
		s->told[1] += n == 1 && p[1].revents != 0;
	} while (s->go);
}

static void
no_seats(struct loop *l, struct seat *s)
{
	(void)l;
	(void)s;
	fail();
}

static void
tell(int fd)
{
	struct poller_event ev = { .fd = fd, .events = POLLIN };

	loop_event(loop, &ev);
	loop_run_ready(loop, no_seats);
}

static int
begin(void **state)
{
	int i, failed;

	(void)state;
	conf.opt.connections = 1;
	core.conf = &conf;
	loop = loop_new(&core);
	assert_non_null(loop);
	core.now = 0;
	for (i = 0; i < SLEEPERS; i++) {
		memset(&all[i], 0, sizeof(all[i]));
		assert_return_code(socketpair(AF_UNIX, SOCK_STREAM, 0,
		    all[i].fd), errno);
		all[i].go = 1;
		assert_non_null(fiber_start(sleep_on, &all[i], &failed));
		assert_int_equal(failed, 0);
	}
	return 0;
}

static int
end(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < SLEEPERS; i++)
		all[i].go = 0;
	loop_end_waits(loop, ECANCELED);
	loop_run_ready(loop, no_seats);
	assert_int_equal(loop->nparked, 0);
	for (i = 0; i < SLEEPERS; i++) {
		close(all[i].fd[0]);
		close(all[i].fd[1]);
	}
	loop_free(loop);
	return 0;
}

/* expect - nobody was told of anything but this. */
static void
expect(const struct sleeper *who, int fd0, int fd1, int late)
{
	int i;

	for (i = 0; i < SLEEPERS; i++) {
		assert_int_equal(all[i].told[0], &all[i] == who ? fd0 : 0);
		assert_int_equal(all[i].told[1], &all[i] == who ? fd1 : 0);
		assert_int_equal(all[i].late, &all[i] == who ? late : 0);
	}
}

static void
forget_all(void)
{
	int i;

	for (i = 0; i < SLEEPERS; i++)
		all[i].told[0] = all[i].told[1] = all[i].late = 0;
}

/* Each that is told leaves and waits anew, so that numbers change hands. */
static void
test_told(void **state)
{
	struct sleeper *s;
	uint32_t seed = 1;
	int k;

	(void)state;
	for (k = 0; k < 20 * SLEEPERS; k++) {
		seed = seed * 1103515245 + 12345;
		s = &all[(seed >> 16) % SLEEPERS];
		tell(s->fd[seed >> 31]);
		expect(s, !(seed >> 31), seed >> 31, 0);
		forget_all();
		assert_int_equal(loop->nparked, SLEEPERS);
	}
}

/* Those that are left know their descriptors, whoever has gone. */
static void
test_gone(void **state)
{
	int i, k;

	(void)state;
	for (i = 0; i < SLEEPERS; i += 3) {
		all[i].go = 0;
		tell(all[i].fd[0]);
		expect(&all[i], 1, 0, 0);
		forget_all();
		tell(all[i].fd[1]);	/* nobody waits for it */
		expect(NULL, 0, 0, 0);
	}
	for (k = 0; k < SLEEPERS; k++) {
		tell(all[k].fd[1]);
		expect(k % 3 == 0 ? NULL : &all[k], 0, 1, 0);
		forget_all();
	}
}

/* A deadline wakes its own fiber, in the order of their times. */
static void
test_late(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < SLEEPERS; i++) {
		assert_int_equal(timer_when(&loop->timers,
		    timer_next(&loop->timers)), (i + 1) * NSEC_PER_SEC);
		all[i].go = 0;
		core.now = (i + 1) * NSEC_PER_SEC;
		loop_run_timers(loop);
		loop_run_ready(loop, no_seats);
		expect(&all[i], 0, 0, 1);
		forget_all();
	}
	assert_null(timer_next(&loop->timers));
	assert_int_equal(loop->nparked, 0);
}

/* A stop's first word ends every wait; they may wait again. */
static void
test_interrupted(void **state)
{
	int i;

	(void)state;
	loop_end_waits(loop, EINTR);
	loop_run_ready(loop, no_seats);
	for (i = 0; i < SLEEPERS; i++)
		assert_int_equal(all[i].error, EINTR);
	assert_int_equal(loop->nparked, SLEEPERS);
	tell(all[7].fd[1]);
	expect(&all[7], 0, 1, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_told, begin, end),
		cmocka_unit_test_setup_teardown(test_gone, begin, end),
		cmocka_unit_test_setup_teardown(test_late, begin, end),
		cmocka_unit_test_setup_teardown(test_interrupted, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
