/*
 * Unit tests of net/inflow.c: what comes over a connection is in the file, by a
 * pipe, by a buffer, and where a file does not take what comes by a pipe.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/conn.h"
#include "net/inflow.h"

#define BULK	(5 * 1024 * 1024 + 77)

static char *data;
static struct conn conn;
static int peer = -1;
static FILE *file;
static pthread_t thread;

static void *
say(void *arg)
{
	size_t at = 0, n = *(size_t *)arg;
	ssize_t r;

	while (at < n && (r = send(peer, data + at, n - at,
	    MSG_NOSIGNAL)) > 0)
		at += (size_t)r;
	shutdown(peer, SHUT_WR);
	return NULL;
}

static int
begin(void **state)
{
	int fds[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1 ||
	    fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1)
		return -1;
	conn_init(&conn, fds[0], NULL);
	peer = fds[1];
	file = tmpfile();
	return file == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	conn_close(&conn);
	conn_pool_free();
	close(peer);
	fclose(file);
	return 0;
}

/* carry - all that comes until the end, from off on; how much it was */
static size_t
carry(struct inflow *in, uint64_t off, size_t most)
{
	ssize_t n, r;
	size_t all = 0;

	while ((n = inflow_take(in, most)) > 0) {
		assert_true((size_t)n <= most);
		for (; n > 0; n -= r, all += (size_t)r) {
			r = inflow_put(in, fileno(file), off + all);
			assert_true(r > 0);
		}
	}
	assert_int_equal(n, 0);
	return all;
}

static void
has_come(uint64_t off, size_t from, size_t n)
{
	char *buf = malloc(n + 1);

	assert_non_null(buf);
	assert_int_equal(pread(fileno(file), buf, n + 1, (off_t)off), n);
	assert_memory_equal(buf, data + from, n);
	free(buf);
}

static void
whole(bool buffered)
{
	size_t n = BULK;
	struct inflow in;

	if (buffered)
		conn.flags &= ~CONN_SOCKET;
	assert_int_equal(inflow_open(&in, &conn), 0);
	assert_int_equal(in.buf != NULL, buffered);
	assert_int_equal(pthread_create(&thread, NULL, say, &n), 0);
	assert_int_equal(carry(&in, 100, 300000), BULK);
	pthread_join(thread, NULL);
	has_come(100, 0, BULK);
	assert_int_equal(conn.bytes_in, BULK);
	inflow_close(&in);
}

static void
test_pipe(void **state)
{
	(void)state;
	whole(false);
}

static void
test_buffer(void **state)
{
	(void)state;
	whole(true);
}

/* what the connection has read with the line before is not lost */
static void
test_pending(void **state)
{
	size_t n = 50000;
	struct inflow in;
	char first;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, say, &n), 0);
	assert_true(conn_fill(&conn) > 1);
	assert_int_equal(conn_read(&conn, &first, 1), 1);
	assert_int_equal(inflow_open(&in, &conn), 0);
	assert_int_equal(carry(&in, 0, 1000), 49999);
	pthread_join(thread, NULL);
	has_come(0, 1, 49999);
	inflow_close(&in);
}

/* splice(2) refuses files that are open for appending, as it does those of
 * some file systems: what is in the pipe by then must not be lost */
static void
test_no_splice(void **state)
{
	size_t n = BULK;
	struct inflow in;

	(void)state;
	assert_int_equal(fcntl(fileno(file), F_SETFL, O_APPEND), 0);
	assert_int_equal(inflow_open(&in, &conn), 0);
	assert_int_equal(pthread_create(&thread, NULL, say, &n), 0);
	assert_int_equal(carry(&in, 0, INFLOW_MOST), BULK);
	pthread_join(thread, NULL);
	assert_non_null(in.buf);
	has_come(0, 0, BULK);
	inflow_close(&in);
}

static void
test_file_error(void **state)
{
	size_t n = 1000;
	struct inflow in;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	if (full == -1)
		skip();
	assert_int_equal(inflow_open(&in, &conn), 0);
	assert_int_equal(pthread_create(&thread, NULL, say, &n), 0);
	pthread_join(thread, NULL);
	assert_int_equal(inflow_take(&in, INFLOW_MOST), 1000);
	assert_int_equal(inflow_put(&in, full, 0), -1);
	assert_int_equal(errno, ENOSPC);
	inflow_close(&in);
	inflow_close(&(struct inflow){ .c = NULL });
	close(full);
}

#define BOTH(f)	cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_pipe),
		BOTH(test_buffer),
		BOTH(test_pending),
		BOTH(test_no_splice),
		BOTH(test_file_error),
	};
	int failed;

	data = malloc(BULK);
	if (data == NULL)
		return 1;
	for (size_t i = 0; i < BULK; i++)
		data[i] = (char)(i * 7 + i / 4093);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(data);
	return failed;
}
