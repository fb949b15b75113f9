/*
 * Unit tests of net/listen.c and net/dial.c: sockets that listen, stale ones,
 * and a client that finds the address that answers.
 */
#include "net/listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "net/dial.h"
#include "net/wait.h"

static char dir[64];

static int
set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/net_listen.XXXXXX");
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	conn_pool_free();
	return rmdir(dir);
}

static struct addr
addr_of(const char *text)
{
	char why[128];
	struct addr a;

	assert_int_equal(addr_resolve(&a, 1, text, NULL, 0, SOCK_STREAM, why,
	    sizeof(why)), 1);
	return a;
}

/* in_dir - unix:DIR/name */
static struct addr
in_dir(const char *name)
{
	char text[128];

	snprintf(text, sizeof(text), "unix:%s/%s", dir, name);
	return addr_of(text);
}

static int
port_of(const struct addr *a)
{
	struct ipaddr ip;

	ipaddr_from(&ip, &a->sa, a->len);
	return ip.port;
}

static void
a_port_is_chosen_and_filled_in(void **state)
{
	static const char *const texts[] = { "127.0.0.1:0", "[::1]:0" };
	struct addr a, b;
	int fd, udp;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		a = b = addr_of(texts[i]);
		if ((fd = listen_stream(&a, 16, 0)) == -1 && i == 1)
			continue;	/* no IPv6 here */
		assert_true(fd != -1);
		assert_int_not_equal(port_of(&a), 0);
		assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		assert_int_equal(accept(fd, NULL, NULL), -1);
		assert_int_equal(errno, EAGAIN);
		udp = listen_dgram(&b, 0);
		assert_true(udp != -1);
		assert_int_not_equal(port_of(&b), 0);
		close(udp);
		close(fd);
	}
}

static void
a_port_in_use_is_said_so(void **state)
{
	struct addr a = addr_of("127.0.0.1:0");
	int fd = listen_stream(&a, 16, 0);

	(void)state;
	assert_true(fd != -1);
	errno = 0;
	assert_int_equal(listen_stream(&a, 16, 0), -1);
	assert_int_equal(errno, EADDRINUSE);
	close(fd);
}

static void
sockets_share_a_port_when_asked(void **state)
{
	struct addr a = addr_of("127.0.0.1:0");
	int one = listen_stream(&a, 16, LISTEN_REUSEPORT);
	int two = listen_stream(&a, 16, LISTEN_REUSEPORT);

	(void)state;
	assert_true(one != -1 && two != -1);
	close(one);
	close(two);
}

static void
both_families_take_one_port(void **state)
{
	struct addr a = addr_of("0.0.0.0:0"), b = addr_of("[::]:0");
	int four = listen_stream(&a, 16, 0), six;

	(void)state;
	assert_true(four != -1);
	b.in6.sin6_port = a.in.sin_port;
	if ((six = listen_stream(&b, 16, 0)) != -1) {
		close(six);
	} else
		assert_int_equal(errno, EAFNOSUPPORT);
	close(four);
}

static void
a_stale_unix_socket_is_replaced(void **state)
{
	struct addr a = in_dir("s"), b = in_dir("s");
	int fd = listen_stream(&a, 16, 0), again;

	(void)state;
	assert_true(fd != -1);
	/* Somebody listens. */
	assert_int_equal(listen_stream(&b, 16, 0), -1);
	assert_int_equal(errno, EADDRINUSE);
	close(fd);
	/* Nobody does any more. */
	again = listen_stream(&b, 16, 0);
	assert_true(again != -1);
	close(again);
	assert_int_equal(unlink(a.un.sun_path), 0);
}

static void
no_other_file_is_removed(void **state)
{
	struct addr a = in_dir("file"), b = in_dir("link"), c = in_dir("old");
	struct stat st;
	int fd;

	(void)state;
	fd = open(a.un.sun_path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd != -1);
	close(fd);
	assert_int_equal(listen_stream(&a, 16, 0), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(lstat(a.un.sun_path, &st), 0);
	/* Not even a link to a stale socket. */
	fd = listen_stream(&c, 16, 0);
	assert_true(fd != -1);
	close(fd);
	assert_int_equal(symlink(c.un.sun_path, b.un.sun_path), 0);
	assert_int_equal(listen_stream(&b, 16, 0), -1);
	assert_int_equal(lstat(b.un.sun_path, &st), 0);
	assert_int_equal(lstat(c.un.sun_path, &st), 0);
	unlink(a.un.sun_path);
	unlink(b.un.sun_path);
	unlink(c.un.sun_path);
}

static void
an_abstract_name_leaves_no_file(void **state)
{
	char text[64], buf[ADDR_TEXT_MAX];
	struct addr a;
	struct conn c;
	int fd;

	(void)state;
	snprintf(text, sizeof(text), "unix:@net_listen.%d", (int)getpid());
	a = addr_of(text);
	fd = listen_stream(&a, 16, 0);
	assert_true(fd != -1);
	assert_string_equal(addr_text(&a, buf, sizeof(buf)), text);
	assert_int_equal(dial(&c, text, NULL, 5000, buf, sizeof(buf)),
	    DIAL_OK);
	assert_int_equal(c.peer.family, AF_UNIX);
	conn_close(&c);
	close(fd);
}

/* port_text - as dial takes it. */
static const char *
port_text(const struct addr *a)
{
	static char buf[8];

	snprintf(buf, sizeof(buf), "%d", port_of(a));
	return buf;
}

static void
dial_connects(void **state)
{
	struct addr a = addr_of("127.0.0.1:0"), local;
	char why[128] = "", text[ADDR_TEXT_MAX];
	int fd = listen_stream(&a, 16, 0), peer;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct ipaddr from, ours;
	struct conn c;

	(void)state;
	assert_true(fd != -1);
	assert_int_equal(dial(&c, "127.0.0.1", port_text(&a), 5000, why,
	    sizeof(why)), DIAL_OK);
	assert_true(fcntl(c.fd, F_GETFD) & FD_CLOEXEC);
	addr_text(&a, text, sizeof(text));
	assert_string_equal(conn_peer_text(&c, why, sizeof(why)), text);
	peer = accept(fd, (struct sockaddr *)&ss, &len);
	assert_true(peer != -1);
	ipaddr_from(&from, (struct sockaddr *)&ss, len);
	conn_local(&c, &local);
	ipaddr_from(&ours, &local.sa, local.len);
	assert_true(ipaddr_equal(&from, &ours));
	close(peer);
	conn_close(&c);
	close(fd);
}

static void
dial_says_who_refused(void **state)
{
	struct addr a = addr_of("127.0.0.1:0"), u = in_dir("none");
	char why[160], text[ADDR_TEXT_MAX], want[200];
	int fd = listen_stream(&a, 16, 0);
	struct conn c;

	(void)state;
	close(fd);
	assert_int_equal(dial(&c, "127.0.0.1", port_text(&a), 5000, why,
	    sizeof(why)), DIAL_CONNECT);
	assert_int_equal(errno, ECONNREFUSED);
	snprintf(want, sizeof(want), "connect to %s: Connection refused",
	    addr_text(&a, text, sizeof(text)));
	assert_string_equal(why, want);
	addr_text(&u, text, sizeof(text));
	assert_int_equal(dial(&c, text, NULL, 5000, why, sizeof(why)),
	    DIAL_CONNECT);
	snprintf(want, sizeof(want),
	    "connect to %s: No such file or directory", text);
	assert_string_equal(why, want);
}

static void
dial_says_what_is_no_address(void **state)
{
	char why[160], host[2000];
	struct conn c;

	(void)state;
	assert_int_equal(dial(&c, "127.0.0.1", "x y", 5000, why, sizeof(why)),
	    DIAL_RESOLVE);
	assert_string_equal(why, "'127.0.0.1:x y': "
	    "port is neither a number nor a service's name");
	assert_int_equal(dial(&c, "127.0.0.1", NULL, 5000, why, sizeof(why)),
	    DIAL_RESOLVE);
	memset(host, 'a', sizeof(host));
	host[sizeof(host) - 1] = '\0';
	assert_int_equal(dial(&c, host, "1", 5000, why, sizeof(why)),
	    DIAL_RESOLVE);
	assert_int_equal(dial_addrs(&c, NULL, 0, CLOCK_NEVER), DIAL_OTHER);
}

/* silent - a listener that answers no further connection: its backlog of one
 * is full. */
static int
silent(struct addr *a, int *fill, int n)
{
	int fd = listen_stream(a, 0, 0), i;

	assert_true(fd != -1);
	for (i = 0; i < n; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fill[i], &a->sa, a->len);
	}
	return fd;
}

static void
dial_goes_on_past_who_does_not_answer(void **state)
{
	struct addr a[3];
	int64_t began;
	struct conn c;
	int fill[4], mute, fd, i;

	(void)state;
	a[0] = addr_of("127.0.0.1:0");
	a[1] = addr_of("127.0.0.1:0");
	a[2] = addr_of("127.0.0.1:0");
	mute = silent(&a[0], fill, 4);
	fd = listen_stream(&a[1], 16, 0);
	close(fd);			/* refuses */
	fd = listen_stream(&a[2], 16, 0);
	began = clock_mono();
	assert_int_equal(dial_addrs(&c, a, 3, clock_after_ms(20000)),
	    DIAL_OK);
	assert_int_equal(c.peer.port, port_of(&a[2]));
	/* One head start for the silent one, none for the refusing one. */
	assert_in_range(clock_mono() - began, 200 * NSEC_PER_MSEC,
	    10000 * NSEC_PER_MSEC);
	conn_close(&c);
	for (i = 0; i < 4; i++)
		close(fill[i]);
	close(mute);
	close(fd);
}

static void
dial_keeps_to_its_deadline(void **state)
{
	struct addr a = addr_of("127.0.0.1:0"), six[6];
	int fill[4], i, mute = silent(&a, fill, 4);
	char why[160], want[200], text[ADDR_TEXT_MAX];
	struct conn c;

	(void)state;
	assert_int_equal(dial(&c, "127.0.0.1", port_text(&a), 50, why,
	    sizeof(why)), DIAL_TIMEOUT);
	assert_int_equal(errno, ETIMEDOUT);
	snprintf(want, sizeof(want), "connect to %s: Connection timed out",
	    addr_text(&a, text, sizeof(text)));
	assert_string_equal(why, want);
	/* More addresses than attempts at once. */
	for (i = 0; i < 6; i++)
		six[i] = a;
	assert_int_equal(dial_addrs(&c, six, 6, clock_after_ms(1200)),
	    DIAL_TIMEOUT);
	for (i = 0; i < 4; i++)
		close(fill[i]);
	close(mute);
}

static int forgotten;

static void
count_forgotten(int fd)
{
	assert_true(fcntl(fd, F_GETFD) != -1);	/* not closed yet */
	forgotten++;
}

static void
losers_are_forgotten_before_they_are_closed(void **state)
{
	struct addr a[2];
	struct conn c;
	int fill[4], mute, fd, i;

	(void)state;
	a[0] = addr_of("127.0.0.1:0");
	a[1] = addr_of("127.0.0.1:0");
	mute = silent(&a[0], fill, 4);
	fd = listen_stream(&a[1], 16, 0);
	forgotten = 0;
	net_wait_set_forget(count_forgotten);
	assert_int_equal(dial_addrs(&c, a, 2, clock_after_ms(20000)),
	    DIAL_OK);
	assert_int_equal(forgotten, 1);
	net_wait_set_forget(NULL);
	conn_close(&c);
	for (i = 0; i < 4; i++)
		close(fill[i]);
	close(mute);
	close(fd);
}

static int
cancel(struct pollfd *fds, int n, int64_t deadline)
{
	(void)fds;
	(void)n;
	(void)deadline;
	errno = ECANCELED;
	return -1;
}

static void
dial_gives_up_when_told(void **state)
{
	struct addr a = addr_of("127.0.0.1:0");
	int fill[4], i, mute = silent(&a, fill, 4);
	struct conn c;

	(void)state;
	net_wait_set(cancel);
	assert_int_equal(dial_addrs(&c, &a, 1, CLOCK_NEVER), DIAL_OTHER);
	assert_int_equal(errno, ECANCELED);
	net_wait_set(NULL);
	for (i = 0; i < 4; i++)
		close(fill[i]);
	close(mute);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_is_chosen_and_filled_in),
		cmocka_unit_test(a_port_in_use_is_said_so),
		cmocka_unit_test(sockets_share_a_port_when_asked),
		cmocka_unit_test(both_families_take_one_port),
		cmocka_unit_test(a_stale_unix_socket_is_replaced),
		cmocka_unit_test(no_other_file_is_removed),
		cmocka_unit_test(an_abstract_name_leaves_no_file),
		cmocka_unit_test(dial_connects),
		cmocka_unit_test(dial_says_who_refused),
		cmocka_unit_test(dial_says_what_is_no_address),
		cmocka_unit_test(dial_goes_on_past_who_does_not_answer),
		cmocka_unit_test(dial_keeps_to_its_deadline),
		cmocka_unit_test(losers_are_forgotten_before_they_are_closed),
		cmocka_unit_test(dial_gives_up_when_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
