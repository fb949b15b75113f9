/*
 * Unit tests of net/relay.c: two connections of ours with a peer behind each,
 * in threads of their own, which use nothing of the library.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include <cmocka.h>

#include "base/clock.h"
#include "net/conn.h"
#include "net/tls.h"
#include "net/wait.h"
#include "tls_peer.h"

#define BULK	(3 * 1024 * 1024 + 77)

/* A peer: sends, ends its side, and reads to the end. */
struct end {
	const char	*say;		/* text; NULL: len bytes of a pattern */
	size_t		 len;
	int		 listen_first;	/* read to the end, then send */
	size_t		 leave_after;	/* close after so many bytes; 0: no */
	int		 seed;		/* of the pattern that is expected */
	/* Filled in: */
	size_t		 got;
	int		 bad;		/* bytes that were not the pattern's */
	char		 heard[64];
	int		 fd;
	pthread_t	 thread;
};

static char
pattern(int seed, size_t at)
{
	return (char)((at * 7 + at / 4093) ^ (size_t)seed);
}

static void
hear(struct end *e, const char *buf, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		e->bad += buf[i] != pattern(e->seed, e->got + i);
		if (e->got + i < sizeof(e->heard) - 1)
			e->heard[e->got + i] = buf[i];
	}
	e->got += n;
}

/* say_some - the next piece; 1 when all was said. */
static int
say_some(struct end *e, size_t *said)
{
	char buf[50000];
	size_t i, n = e->len - *said;
	ssize_t r;

	if (n > sizeof(buf))
		n = sizeof(buf);
	for (i = 0; i < n; i++)
		buf[i] = e->say != NULL ? e->say[*said + i] :
		    pattern(e->seed ^ 1, *said + i);
	r = send(e->fd, buf, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (r == -1 && errno != EAGAIN)
		*said = e->len;		/* nobody listens any more */
	else if (r > 0)
		*said += (size_t)r;
	return *said == e->len;
}

/* talk - say and hear at once, so that full buffers stop neither. */
static void
talk(struct end *e)
{
	char buf[50000];
	struct pollfd p = { .fd = e->fd };
	size_t said = 0;
	int ended = 0, shut = 0;
	ssize_t r;

	while (!ended || !shut) {
		p.events = (ended ? 0 : POLLIN) |
		    (shut || (e->listen_first && !ended) ? 0 : POLLOUT);
		poll(&p, 1, -1);
		if (!ended && (p.revents & (POLLIN | POLLHUP | POLLERR))) {
			r = recv(e->fd, buf, sizeof(buf), MSG_DONTWAIT);
			if (r > 0)
				hear(e, buf, (size_t)r);
			else if (r == 0 || errno != EAGAIN)
				ended = 1;
		}
		if (!shut && (p.revents & POLLOUT) && say_some(e, &said)) {
			shutdown(e->fd, SHUT_WR);
			shut = 1;
		}
		if (e->leave_after > 0 && e->got >= e->leave_after)
			break;
	}
}

static void *
end_main(void *arg)
{
	struct end *e = arg;

	talk(e);
	close(e->fd);
	return NULL;
}

/* start - the peer and our connection to it. */
static void
start(struct conn *c, struct end *e)
{
	int sv[2];

	if (e->say != NULL)
		e->len = strlen(e->say);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    sv), 0);
	conn_init(c, sv[0], NULL);
	conn_deadline(c, 60000);
	e->fd = sv[1];
	assert_int_equal(pthread_create(&e->thread, NULL, end_main, e), 0);
}

static void
finish(struct conn *c, struct end *e)
{
	conn_close(c);
	pthread_join(e->thread, NULL);
}

static void
a_question_and_its_answer(void **state)
{
	struct end a = { .say = "question" };
	struct end b = { .say = "answer", .listen_first = 1 };
	struct conn x, y;

	(void)state;
	start(&x, &a);
	start(&y, &b);
	/* b answers only when it has seen the end of the question. */
	assert_int_equal(conn_relay(&x, &y, 30000), 0);
	assert_int_equal(x.bytes_in, 8);
	assert_int_equal(y.bytes_out, 8);
	assert_int_equal(y.bytes_in, 6);
	assert_int_equal(x.bytes_out, 6);
	assert_true(x.flags & y.flags & CONN_EOF);
	assert_null(x.in);
	assert_null(y.in);
	finish(&x, &a);
	finish(&y, &b);
	assert_string_equal(a.heard, "answer");
	assert_string_equal(b.heard, "question");
}

static void
much_both_ways_at_once(void **state)
{
	struct end a = { .len = BULK, .seed = 2 };
	struct end b = { .len = BULK / 2, .seed = 3 };
	struct conn x, y;

	(void)state;
	start(&x, &a);
	start(&y, &b);
	assert_int_equal(conn_relay(&x, &y, 30000), 0);
	assert_int_equal(y.bytes_out, BULK);
	assert_int_equal(x.bytes_out, BULK / 2);
	finish(&x, &a);
	finish(&y, &b);
	assert_int_equal(a.got, BULK / 2);
	assert_int_equal(b.got, BULK);
	assert_int_equal(a.bad, 0);
	assert_int_equal(b.bad, 0);
}

static void
what_was_there_before_comes_first(void **state)
{
	struct end a = { .say = "" };
	struct end b = { .say = "late", .listen_first = 1 };
	struct conn x, y;
	int sv[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    sv), 0);
	conn_init(&x, sv[0], NULL);
	assert_int_equal(write(sv[1], "HEAD body", 9), 9);
	assert_int_equal(conn_fill(&x), 9);
	conn_consume(&x, 5);
	assert_int_equal(write(sv[1], "+more", 5), 5);
	a.fd = sv[1];
	assert_int_equal(pthread_create(&a.thread, NULL, end_main, &a), 0);
	start(&y, &b);
	assert_int_equal(conn_puts(&x, "200 ok, "), 0);
	assert_int_equal(conn_puts(&y, "forwarded: "), 0);
	assert_int_equal(conn_relay(&x, &y, 30000), 0);
	finish(&x, &a);
	finish(&y, &b);
	assert_string_equal(a.heard, "200 ok, late");
	assert_string_equal(b.heard, "forwarded: body+more");
}

static void
silence_ends_it(void **state)
{
	struct end a = { .say = "x", .listen_first = 1 };
	struct end b = { .say = "y", .listen_first = 1 };
	struct conn x, y;
	int64_t began = clock_mono();

	(void)state;
	start(&x, &a);
	start(&y, &b);
	/* Each waits for the other. */
	assert_int_equal(conn_relay(&x, &y, 50), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_true(x.flags & y.flags & CONN_TIMEDOUT);
	assert_true(clock_mono() - began >= 40 * NSEC_PER_MSEC);
	finish(&x, &a);
	finish(&y, &b);
}

static void
a_deadline_ends_it(void **state)
{
	struct end a = { .say = "x", .listen_first = 1 };
	struct end b = { .say = "y", .listen_first = 1 };
	struct conn x, y;

	(void)state;
	start(&x, &a);
	start(&y, &b);
	conn_deadline(&y, 30);
	assert_int_equal(conn_relay(&x, &y, -1), -1);
	assert_int_equal(errno, ETIMEDOUT);
	finish(&x, &a);
	finish(&y, &b);
}

/* The next test's peers act whenever the relay has nothing to do. */
static struct {
	int	x, y;		/* their ends */
	size_t	said, heard;
	int	free_fd[3];	/* lowest one: before, much carried, quiet */
	int	quiet;
} script;

static int
lowest_free(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static int
play(struct pollfd *fds, int n, int64_t deadline)
{
	static char buf[40000];
	ssize_t r;

	(void)fds;
	if (n == 0)
		return 0;
	while ((r = recv(script.y, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		script.heard += (size_t)r;
	if (script.said < 400000) {
		r = send(script.x, buf, sizeof(buf), MSG_DONTWAIT);
		script.said += r > 0 ? (size_t)r : 0;
		return 1;
	}
	if (script.heard < script.said)
		return 1;
	script.free_fd[++script.quiet] = lowest_free();
	if (script.quiet == 1) {
		/* It does not wait so long while it has a pipe. */
		assert_true(deadline < clock_after_ms(5000));
		return 0;
	}
	assert_true(deadline > clock_after_ms(5000));
	shutdown(script.x, SHUT_WR);
	shutdown(script.y, SHUT_WR);
	return 1;
}

static void
a_quiet_relay_gives_its_pipe_back(void **state)
{
	struct conn x, y;
	int sx[2], sy[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sx), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sy), 0);
	conn_init(&x, sx[0], NULL);
	conn_init(&y, sy[0], NULL);
	script.x = sx[1];
	script.y = sy[1];
	script.free_fd[0] = lowest_free();
	net_wait_set(play);
	assert_int_equal(conn_relay(&x, &y, 30000), 0);
	net_wait_set(NULL);
	assert_int_equal(script.heard, script.said);
	assert_true(script.free_fd[1] > script.free_fd[0]);
	assert_int_equal(script.free_fd[2], script.free_fd[0]);
	conn_close(&x);
	conn_close(&y);
	close(script.x);
	close(script.y);
}

static void
who_leaves_early_is_still_heard(void **state)
{
	struct end a = { .len = BULK, .seed = 2 };
	struct end b = { .say = "enough", .leave_after = 100000 };
	struct conn x, y;

	(void)state;
	start(&x, &a);
	start(&y, &b);
	assert_int_equal(conn_relay(&x, &y, 30000), -1);
	assert_true(errno == EPIPE || errno == ECONNRESET);
	assert_true(y.flags & CONN_BROKEN);
	finish(&x, &a);
	finish(&y, &b);
	assert_string_equal(a.heard, "enough");
}

static void
two_pipes_as_inetd_gives_them(void **state)
{
	struct end b = { .say = "answer", .listen_first = 1 };
	int in[2], out[2];
	char buf[16];
	struct conn x, y;

	(void)state;
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC | O_NONBLOCK), 0);
	conn_init(&x, in[0], NULL);
	x.wfd = out[1];
	assert_int_equal(write(in[1], "question", 8), 8);
	close(in[1]);
	start(&y, &b);
	assert_int_equal(conn_relay(&x, &y, 30000), 0);
	assert_int_equal(read(out[0], buf, sizeof(buf)), 6);
	assert_memory_equal(buf, "answer", 6);
	close(out[0]);
	conn_close(&x);
	finish(&y, &b);
	assert_string_equal(b.heard, "question");
}

static void
tls_on_one_side(void **state)
{
	struct end a = { .len = BULK / 4, .seed = 1 };
	struct peer p = { .server = 1, .job = PEER_ECHO };
	char dir[] = "/tmp/net_relay.XXXXXX", why[128];
	struct tls_config *config;
	struct conn x, y;

	(void)state;
	assert_non_null(mkdtemp(dir));
	peer_make_files(dir);
	config = tls_client(NULL, 0, why, sizeof(why));
	assert_non_null(config);
	conn_init(&y, peer_start(&p, dir), NULL);
	conn_deadline(&y, 60000);
	assert_int_equal(tls_connect(&y, config, NULL, why, sizeof(why)), 0);
	tls_free(config);
	start(&x, &a);
	assert_int_equal(conn_relay(&x, &y, 30000), 0);
	finish(&x, &a);
	conn_close(&y);
	peer_join(&p);
	peer_remove_files(dir);
	rmdir(dir);
	/* All of it came back: pattern of seed 0, which is what a says. */
	assert_int_equal(a.got, BULK / 4);
	assert_int_equal(y.bytes_in, BULK / 4);
	assert_int_equal(y.bytes_out, BULK / 4);
}

static int
set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	conn_pool_free();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_and_its_answer),
		cmocka_unit_test(much_both_ways_at_once),
		cmocka_unit_test(what_was_there_before_comes_first),
		cmocka_unit_test(silence_ends_it),
		cmocka_unit_test(a_deadline_ends_it),
		cmocka_unit_test(a_quiet_relay_gives_its_pipe_back),
		cmocka_unit_test(who_leaves_early_is_still_heard),
		cmocka_unit_test(two_pipes_as_inetd_gives_them),
		cmocka_unit_test(tls_on_one_side),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
