/*
 * Unit tests of pingd's table of clients: its window against a slow model of
 * it, and who displaces whom.
 */
#include "servers/pingd/clients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NUMBERS	4096

static const uint8_t cookie[PING_COOKIE] = "fifteen letters";

static struct ipaddr
peer(unsigned host, unsigned port)
{
	struct ipaddr ip = { .family = AF_INET, .port = (uint16_t)port };

	ip.ip[0] = 10;
	ip.ip[1] = (uint8_t)(host >> 16);
	ip.ip[2] = (uint8_t)(host >> 8);
	ip.ip[3] = (uint8_t)host;
	return ip;
}

/* What client_see should say, by remembering everything. */
struct model {
	char		came[NUMBERS];
	uint64_t	highest, received, duplicates, reordered;
};

static enum seen
model_see(struct model *m, uint64_t seq)
{
	if (m->received > 0 && m->highest >= seq + SEEN_WINDOW)
		return SEEN_OLD;
	if (m->came[seq]) {
		m->duplicates++;
		return SEEN_AGAIN;
	}
	m->came[seq] = 1;
	m->received++;
	if (m->received > 1 && seq < m->highest)
		m->reordered++;
	else
		m->highest = seq;
	return SEEN_FIRST;
}

static void
the_window_is_as_its_model(void **state)
{
	static struct model m;
	struct clients *t = clients_new(16);
	struct ipaddr ip = peer(1, 1);
	struct client *c;
	uint64_t at, seq;
	int round, i;

	(void)state;
	srand(7);
	for (round = 0; round < 50; round++) {
		memset(&m, 0, sizeof(m));
		c = clients_add(t, &ip, cookie, round);
		for (i = 0, at = 600; i < 2000 && at < NUMBERS - 600; i++) {
			at += (uint64_t)(rand() % (round % 5 + 2));
			seq = at + (uint64_t)(rand() % 600) -
			    (uint64_t)(rand() % 600);
			assert_int_equal(client_see(c, seq),
			    model_see(&m, seq));
			assert_true(c->highest == m.highest);
			assert_true(c->received == m.received);
			assert_true(c->duplicates == m.duplicates);
			assert_true(c->reordered == m.reordered);
		}
	}
	clients_free(t);
}

static void
a_client_is_found_by_address_and_port(void **state)
{
	struct clients *t = clients_new(16384);
	struct ipaddr a = peer(1, 1000), b = peer(1, 1001), c = peer(2, 1000);
	struct client *one, *two;

	(void)state;
	assert_null(clients_find(t, &a));
	one = clients_add(t, &a, cookie, 1);
	two = clients_add(t, &b, cookie, 1);
	assert_ptr_not_equal(one, two);
	assert_ptr_equal(clients_find(t, &a), one);
	assert_ptr_equal(clients_find(t, &b), two);
	assert_null(clients_find(t, &c));
	assert_int_not_equal(one->session, two->session);
	/* Once more: the same place, another session. */
	client_see(one, 5);
	assert_ptr_equal(clients_add(t, &a, cookie, 2), one);
	assert_true(one->received == 0);
	clients_free(t);
}

/* However many ports one host speaks from, most others stay. */
static void
a_host_displaces_itself(void **state)
{
	struct clients *t = clients_new(16384);
	struct ipaddr ip;
	unsigned i, left = 0;

	(void)state;
	for (i = 0; i < 1000; i++) {
		ip = peer(i, 1);
		clients_add(t, &ip, cookie, 1);
	}
	for (i = 1; i < 60000; i++) {
		ip = peer(70000, i);
		clients_add(t, &ip, cookie, 2);
	}
	for (i = 0; i < 1000; i++) {
		ip = peer(i, 1);
		left += clients_find(t, &ip) != NULL;
	}
	assert_true(left > 850);
	assert_non_null(clients_find(t, &(struct ipaddr){ .family = AF_INET,
	    .port = 59999, .ip = { 10, 1, 0x11, 0x70 } }));
	clients_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_window_is_as_its_model),
		cmocka_unit_test(a_client_is_found_by_address_and_port),
		cmocka_unit_test(a_host_displaces_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
