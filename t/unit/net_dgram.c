/*
 * Unit tests of net/dgram.c: batches in and out, where answers come from, and
 * that a datagram which cannot be sent harms no other.
 */
#include "net/dgram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <arpa/inet.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "net/listen.h"
#include "net/wait.h"

/* A port on a free port of the address, and that address. */
struct end {
	struct dgram_port	*port;
	struct ipaddr		 ip;
};

static int
open_end(struct end *e, const char *text, size_t maxlen)
{
	char why[128];
	struct addr a;
	int fd;

	assert_int_equal(addr_resolve(&a, 1, text, "0", 1, SOCK_DGRAM, why,
	    sizeof(why)), 1);
	if ((fd = listen_dgram(&a, 0)) == -1)
		return -1;
	ipaddr_from(&e->ip, &a.sa, a.len);
	e->port = dgram_port_new(fd, maxlen);
	assert_non_null(e->port);
	return 0;
}

static struct ipaddr
ip_of(const char *text, int port)
{
	struct ipaddr ip;

	assert_int_equal(ipaddr_parse(&ip, text), 0);
	ip.port = port;
	return ip;
}

/* take - what comes within five seconds, so many at least as one batch has. */
static int
take(struct end *e)
{
	int n;

	while ((n = dgram_recv(e->port)) == 0)
		assert_int_equal(net_wait_fd(dgram_port_fd(e->port), POLLIN,
		    clock_after_ms(5000)), 1);
	return n;
}

static void
there_and_back(const char *text, const char *host)
{
	struct end server, client;
	struct ipaddr to;
	struct dgram *d;
	int64_t now;

	if (open_end(&server, text, 2048) == -1)
		return;			/* the family is not to be had */
	assert_int_equal(open_end(&client, text, 2048), 0);
	to = ip_of(host, server.ip.port);
	assert_int_equal(dgram_recv(server.port), 0);
	assert_int_equal(dgram_send(client.port, &to, NULL, "hello", 5), 0);
	dgram_flush(client.port);
	assert_int_equal(take(&server), 1);
	d = dgram_at(server.port, 0);
	assert_int_equal(d->len, 5);
	assert_memory_equal(d->data, "hello", 5);
	assert_int_equal(d->peer.port, client.ip.port);
	to.port = 0;
	assert_true(ipaddr_equal(&d->local, &to));
	assert_int_equal(d->many, 0);
	assert_int_equal(d->cut, 0);
	assert_true(d->ifindex > 0);
	now = clock_wall();
	assert_in_range(d->stamp, now - 60 * NSEC_PER_SEC, now);
	assert_int_equal(dgram_reply(server.port, d, "back", 4), 0);
	dgram_flush(server.port);
	assert_int_equal(take(&client), 1);
	d = dgram_at(client.port, 0);
	assert_memory_equal(d->data, "back", 4);
	/* From where it was sent to, not from what the kernel prefers. */
	to.port = server.ip.port;
	assert_true(ipaddr_equal(&d->peer, &to));
	assert_int_equal(dgram_dropped(server.port), 0);
	dgram_port_free(server.port);
	dgram_port_free(client.port);
}

static void
an_answer_comes_from_where_it_was_asked(void **state)
{
	(void)state;
	there_and_back("0.0.0.0:0", "127.0.0.1");
	there_and_back("0.0.0.0:0", "127.0.0.7");
	there_and_back("127.0.0.1:0", "127.0.0.1");
	there_and_back("[::]:0", "::1");
}

static void
batches_keep_their_order(void **state)
{
	struct end server, client;
	int got = 0, i, n, want = 3 * DGRAM_BATCH + 5;
	char text[16];

	(void)state;
	assert_int_equal(open_end(&server, "127.0.0.1:0", 100), 0);
	assert_int_equal(open_end(&client, "127.0.0.1:0", 100), 0);
	for (i = 0; i < want; i++) {
		n = snprintf(text, sizeof(text), "%d", i);
		assert_int_equal(dgram_send(client.port, &server.ip, NULL,
		    text, n), 0);
		if (i % 60 == 59)	/* the socket's buffer is not endless */
			dgram_flush(client.port);
	}
	dgram_flush(client.port);
	while (got < want) {
		n = take(&server);
		assert_in_range(n, 1, DGRAM_BATCH);
		for (i = 0; i < n; i++, got++) {
			snprintf(text, sizeof(text), "%d", got);
			assert_int_equal(dgram_at(server.port, i)->len,
			    strlen(text));
			assert_memory_equal(dgram_at(server.port, i)->data,
			    text, strlen(text));
		}
	}
	dgram_port_free(server.port);
	dgram_port_free(client.port);
}

static void
long_ones_are_cut_and_said_to_be(void **state)
{
	struct end server, client;
	char data[11] = "0123456789";

	(void)state;
	assert_int_equal(open_end(&server, "127.0.0.1:0", 10), 0);
	assert_int_equal(open_end(&client, "127.0.0.1:0", 10), 0);
	dgram_send(client.port, &server.ip, NULL, data, 10);
	dgram_send(client.port, &server.ip, NULL, data, 11);
	dgram_send(client.port, &server.ip, NULL, data, 0);
	dgram_flush(client.port);
	assert_int_equal(take(&server), 3);
	assert_int_equal(dgram_at(server.port, 0)->len, 10);
	assert_int_equal(dgram_at(server.port, 0)->cut, 0);
	assert_int_equal(dgram_at(server.port, 1)->len, 10);
	assert_int_equal(dgram_at(server.port, 1)->cut, 1);
	assert_int_equal(dgram_at(server.port, 2)->len, 0);
	assert_int_equal(dgram_at(server.port, 2)->cut, 0);
	dgram_port_free(server.port);
	dgram_port_free(client.port);
}

static void
the_largest_goes_through(void **state)
{
	static char data[DGRAM_MAX];
	struct end server, client;
	struct dgram *d;
	size_t i, len = 65507;

	(void)state;
	for (i = 0; i < len; i++)
		data[i] = (char)(i * 7);
	assert_int_equal(open_end(&server, "127.0.0.1:0", DGRAM_MAX), 0);
	assert_int_equal(open_end(&client, "127.0.0.1:0", DGRAM_MAX), 0);
	assert_int_equal(dgram_send(client.port, &server.ip, NULL, data,
	    len + 1), -1);
	assert_int_equal(errno, EMSGSIZE);
	/* Two of them and a bit do not fit into the queue: it is sent. */
	assert_int_equal(dgram_send(client.port, &server.ip, NULL, data, len),
	    0);
	assert_int_equal(dgram_send(client.port, &server.ip, NULL, data, 9),
	    0);
	dgram_flush(client.port);
	assert_int_equal(take(&server), 2);
	d = dgram_at(server.port, 0);
	assert_int_equal(d->len, len);
	assert_memory_equal(d->data, data, len);
	assert_int_equal(dgram_at(server.port, 1)->len, 9);
	dgram_port_free(server.port);
	dgram_port_free(client.port);
}

static void
one_that_fails_loses_no_other(void **state)
{
	struct end server, client;
	struct ipaddr broadcast = ip_of("255.255.255.255", 9);
	struct ipaddr six = ip_of("::1", 9), foreign = ip_of("192.0.2.1", 0);
	char text[2] = "0";
	int i;

	(void)state;
	assert_int_equal(open_end(&server, "127.0.0.1:0", 100), 0);
	assert_int_equal(open_end(&client, "0.0.0.0:0", 100), 0);
	for (i = 0; i < 4; i++) {
		/* forbidden, the wrong family, and not an address of ours */
		dgram_send(client.port, &broadcast, NULL, "x", 1);
		dgram_send(client.port, &six, NULL, "x", 1);
		dgram_send(client.port, &server.ip, &foreign, "x", 1);
		text[0] = (char)('0' + i);
		dgram_send(client.port, &server.ip, NULL, text, 1);
	}
	dgram_flush(client.port);
	assert_int_equal(dgram_dropped(client.port), 12);
	assert_int_equal(take(&server), 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(dgram_at(server.port, i)->data[0], '0' + i);
	dgram_port_free(server.port);
	dgram_port_free(client.port);
}

static void
a_refusal_is_told_once(void **state)
{
	struct end server, client;
	struct addr a;

	(void)state;
	assert_int_equal(open_end(&server, "127.0.0.1:0", 100), 0);
	assert_int_equal(open_end(&client, "127.0.0.1:0", 100), 0);
	addr_from_ip(&a, &server.ip);
	assert_int_equal(connect(dgram_port_fd(client.port), &a.sa, a.len),
	    0);
	dgram_port_free(server.port);
	dgram_send(client.port, NULL, NULL, "x", 1);
	dgram_flush(client.port);
	assert_int_equal(dgram_recv(client.port), -1);
	assert_int_equal(errno, ECONNREFUSED);
	/* What the earlier datagram brought back does not drop the next. */
	dgram_send(client.port, NULL, NULL, "x", 1);
	dgram_flush(client.port);
	dgram_send(client.port, NULL, NULL, "y", 1);
	dgram_flush(client.port);
	assert_int_equal(dgram_dropped(client.port), 0);
	dgram_port_free(client.port);
}

static void
a_multicast_one_is_answered_from_our_own_address(void **state)
{
	struct ip_mreqn group = { .imr_ifindex = 0 };
	struct ipaddr to = ip_of("239.255.77.77", 0);
	struct end server, client;
	struct dgram *d;

	(void)state;
	assert_int_equal(open_end(&server, "0.0.0.0:0", 100), 0);
	assert_int_equal(open_end(&client, "127.0.0.1:0", 100), 0);
	to.port = server.ip.port;
	memcpy(&group.imr_multiaddr, to.ip, 4);
	inet_pton(AF_INET, "127.0.0.1", &group.imr_address);
	if (setsockopt(dgram_port_fd(server.port), IPPROTO_IP,
	    IP_ADD_MEMBERSHIP, &group, sizeof(group)) == -1 ||
	    setsockopt(dgram_port_fd(client.port), IPPROTO_IP,
	    IP_MULTICAST_IF, &group, sizeof(group)) == -1)
		goto out;		/* lo does not do multicast */
	dgram_send(client.port, &to, NULL, "all", 3);
	dgram_flush(client.port);
	if (dgram_dropped(client.port) > 0)
		goto out;
	assert_int_equal(take(&server), 1);
	d = dgram_at(server.port, 0);
	assert_int_equal(d->many, 1);
	assert_int_equal(d->local.ip[0], 239);
	assert_int_equal(dgram_reply(server.port, d, "one", 3), 0);
	dgram_flush(server.port);
	assert_int_equal(take(&client), 1);
	d = dgram_at(client.port, 0);
	assert_int_equal(d->peer.ip[0], 127);
	assert_int_equal(d->many, 0);
out:
	dgram_port_free(server.port);
	dgram_port_free(client.port);
}

/* one_over - a datagram from client to server, alone in its batch. */
static void
one_over(struct end *client, struct end *server)
{
	dgram_send(client->port, &server->ip, NULL, "x", 1);
	dgram_flush(client->port);
	assert_int_equal(take(server), 1);
}

static void
when_a_datagram_left(void **state)
{
	struct end server, client;
	int64_t asked, left = 0, start;
	int i;

	(void)state;
	assert_int_equal(open_end(&server, "127.0.0.1:0", 100), 0);
	assert_int_equal(open_end(&client, "127.0.0.1:0", 100), 0);
	assert_int_equal(dgram_ask_left(server.port), -1);
	one_over(&client, &server);
	if (dgram_ask_left(server.port) == -1)
		goto out;		/* the system does not do it */
	start = clock_wall();
	/* Linux begins to stamp what comes in a moment after it was asked. */
	for (i = 0; i < 2000 && dgram_at(server.port, 0)->stamp < start; i++) {
		net_pause(clock_after_ms(1));
		one_over(&client, &server);
	}
	for (i = 0; i < 3; i++) {
		asked = clock_wall();
		dgram_reply(server.port, dgram_at(server.port, 0), "y", 1);
		dgram_flush(server.port);
		assert_int_equal(dgram_left(server.port, &left), 0);
		one_over(&client, &server);
		/* Receive stamps and addresses come as they came before. */
		assert_in_range(dgram_at(server.port, 0)->stamp, asked,
		    clock_wall());
		assert_int_equal(dgram_at(server.port, 0)->local.ip[0], 127);
		assert_int_equal(dgram_left(server.port, &left), 1);
		assert_in_range(left, asked, clock_wall());
		assert_int_equal(dgram_left(server.port, &left), 0);
		assert_int_equal(dgram_ask_left(server.port), 0);
	}
	/* One that nobody takes must not keep poll(2) awake. */
	dgram_reply(server.port, dgram_at(server.port, 0), "y", 1);
	dgram_flush(server.port);
	assert_int_equal(dgram_recv(server.port), 0);
	assert_int_equal(net_wait_fd(dgram_port_fd(server.port), POLLIN,
	    clock_after_ms(1)), 0);
out:
	dgram_port_free(server.port);
	dgram_port_free(client.port);
}

static void
bad_sources(void **state)
{
	static const int ports[] = { 0, 7, 13, 17, 19, 37, 53, 69, 123 };
	static const char *const hosts[] = { "0.0.0.0", "0.1.2.3",
		"224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"::", "ff02::1" };
	const uint16_t own[] = { 4000, 4001 };
	struct ipaddr ip;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		ip = ip_of("192.0.2.1", ports[i]);
		assert_true(dgram_bad_source(&ip, NULL, 0));
		ip = ip_of("2001:db8::1", ports[i]);
		assert_true(dgram_bad_source(&ip, NULL, 0));
	}
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		ip = ip_of(hosts[i], 5000);
		assert_true(dgram_bad_source(&ip, NULL, 0));
	}
	ip = ip_of("192.0.2.1", 5000);
	assert_false(dgram_bad_source(&ip, own, 2));
	ip.port = 4001;
	assert_true(dgram_bad_source(&ip, own, 2));
	assert_false(dgram_bad_source(&ip, own, 1));
	ip.family = AF_UNIX;
	assert_true(dgram_bad_source(&ip, NULL, 0));
}

static void
sizes_out_of_range(void **state)
{
	(void)state;
	assert_null(dgram_port_new(-1, 0));
	assert_int_equal(errno, EINVAL);
	assert_null(dgram_port_new(-1, DGRAM_MAX + 1));
	dgram_port_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_from_where_it_was_asked),
		cmocka_unit_test(batches_keep_their_order),
		cmocka_unit_test(long_ones_are_cut_and_said_to_be),
		cmocka_unit_test(the_largest_goes_through),
		cmocka_unit_test(one_that_fails_loses_no_other),
		cmocka_unit_test(a_refusal_is_told_once),
		cmocka_unit_test(
		    a_multicast_one_is_answered_from_our_own_address),
		cmocka_unit_test(when_a_datagram_left),
		cmocka_unit_test(bad_sources),
		cmocka_unit_test(sizes_out_of_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
