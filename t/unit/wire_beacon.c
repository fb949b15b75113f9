/*
 * Unit tests of wire/beacon.c: what is written is read again, in as many
 * datagrams as it takes, and nothing that could fool a terminal is.
 */
#include "wire/beacon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int
service(struct beacon_service *s, const char *text)
{
	return beacon_service_parse(s, text, strlen(text));
}

static void
services(void **state)
{
	static const char *const bad[] = { "", "=", "a", "a=1", "a=/tcp",
	    "a=0/tcp", "a=65536/tcp", "a=99999999999/tcp", "a=1/", "a=1/TCP",
	    "a=1/tcp ", "a=-1/tcp", "a= 1/tcp", "=1/tcp", "a b=1/tcp",
	    "a=1/tcp/udp", "a\033[31m=1/tcp", "a\xff=1/tcp", "a\xc2\x9b=1/x",
	    "a=b=1/tcp", "a=1/abcdefghijklmnop", "a/1=tcp",
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "=1/tcp" };
	struct beacon_service s, other;

	(void)state;
	assert_int_equal(service(&s, "httpd=8080/tcp"), 0);
	assert_string_equal(s.name, "httpd");
	assert_int_equal(s.port, 8080);
	assert_string_equal(s.protocol, "tcp");
	assert_int_equal(service(&other, "httpd=8080/udp"), 0);
	assert_false(beacon_service_equal(&s, &other));
	assert_true(beacon_service_equal(&s, &s));
	assert_int_equal(service(&s, "\xc3\xa9\xe6\x97\xa5=65535/tcp+tls"), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(service(&s, bad[i]), -1);
}

static void
requests(void **state)
{
	static const char *const bad[] = { "", "\n", "BROOD-DISCOVER",
	    "BROOD-DISCOVER\n", "BROOD-DISCOVER 1\n", "BROOD-DISCOVER 1 \n",
	    "BROOD-DISCOVER 1 id=0123456789abcdef\n",
	    "BROOD-DISCOVER 1 id=0123456789abcdef from=0",
	    "BROOD-DISCOVER 2 id=0123456789abcdef from=0\n",
	    "BROOD-DISCOVER 10 id=0123456789abcdef from=0\n",
	    "BROOD-DISCOVER 1 id=0123456789abcde from=0\n",
	    "BROOD-DISCOVER 1 id=0123456789ABCDEF from=0\n",
	    "BROOD-DISCOVER 1 id=0123456789abcdef from=-1\n",
	    "BROOD-DISCOVER 1 id=0123456789abcdef from=4294967296\n",
	    "BROOD-DISCOVER 1 id=0123456789abcdef from=0 x\n",
	    "BROOD-DISCOVER 1  id=0123456789abcdef from=0\n",
	    "BROOD-DISCOVERY 1 id=0123456789abcdef from=0\n" };
	const char *more = "BROOD-DISCOVER 1 new=x from=7 "
	    "id=0123456789abcdef more=\n";
	struct beacon_request r = { .id = 0xfedcba9876543210, .from = 17 };
	struct beacon_request back;
	char buf[BEACON_REQUEST_LEN];

	(void)state;
	beacon_request_put(buf, sizeof(buf), &r);
	assert_int_equal(buf[sizeof(buf) - 1], ' ');
	assert_int_equal(beacon_request_parse(&back, buf, sizeof(buf)), 0);
	assert_true(back.id == r.id && back.from == r.from);
	assert_int_equal(beacon_request_parse(&back, more, strlen(more)), 0);
	assert_true(back.id == 0x0123456789abcdef && back.from == 7);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(beacon_request_parse(&back, bad[i],
		    strlen(bad[i])), -1);
}

static struct beacon_service many[BEACON_SERVICES_MAX];

static void
fill_many(void)
{
	for (size_t i = 0; i < BEACON_SERVICES_MAX; i++) {
		snprintf(many[i].name, sizeof(many[i].name), "server-%zu", i);
		snprintf(many[i].protocol, sizeof(many[i].protocol), "tcp");
		many[i].port = (uint16_t)(1000 + i);
	}
}

/* Page after page, none of them longer than it may be, each server once. */
static void
replies_in_pages(void **state)
{
	struct beacon_reply r = { .id = 1, .instance = 2,
	    .address = "192.0.2.1", .interface = "eth0", .host = "alpha" };
	struct beacon_reply back;
	struct beacon_service s;
	char buf[600];
	const char *rest;
	size_t n, got = 0, pages = 0;

	(void)state;
	fill_many();
	do {
		r.from = (uint32_t)got;
		n = beacon_reply_put(buf, sizeof(buf), &r, many,
		    BEACON_SERVICES_MAX);
		assert_in_range(n, 1, sizeof(buf));
		assert_int_equal(beacon_reply_parse(&back, buf, n, &rest), 0);
		assert_int_equal(back.from, got);
		assert_int_equal(back.total, BEACON_SERVICES_MAX);
		assert_string_equal(back.host, "alpha");
		assert_string_equal(back.address, "192.0.2.1");
		while (beacon_reply_next(&s, &rest, buf + n))
			assert_true(beacon_service_equal(&s, &many[got++]));
		pages++;
	} while (got < BEACON_SERVICES_MAX);
	assert_in_range(pages, 2, 20);
}

static void
replies_at_the_edge(void **state)
{
	struct beacon_reply r = { .host = "a b", .interface = "",
	    .address = "\033[2J", .from = 9 }, back;
	struct beacon_service s;
	char buf[BEACON_REQUEST_LEN];
	const char *rest;
	size_t n, least;

	(void)state;
	least = beacon_reply_put(buf, sizeof(buf), &r, NULL, 0);
	assert_int_equal(beacon_reply_parse(&back, buf, least, &rest), 0);
	assert_string_equal(back.host, "?");
	assert_string_equal(back.interface, "?");
	assert_string_equal(back.address, "?");
	assert_int_equal(back.from, 0);
	assert_false(beacon_reply_next(&s, &rest, buf + least));
	assert_int_equal(beacon_reply_put(buf, least - 1, &r, NULL, 0), 0);
	for (n = 0; n < least; n++)
		assert_int_equal(beacon_reply_parse(&back, buf, n, &rest), -1);
}

/* Lines of nonsense between good ones; the last one cut. */
static void
lines_that_make_no_sense(void **state)
{
	const char *text = "nonsense\na=1/tcp\n\n=\nb=2/udp\nc=3/tc";
	const char *rest = text, *end = text + strlen(text);
	struct beacon_service s;

	(void)state;
	assert_int_equal(beacon_reply_next(&s, &rest, end), 1);
	assert_string_equal(s.name, "a");
	assert_int_equal(beacon_reply_next(&s, &rest, end), 1);
	assert_string_equal(s.name, "b");
	assert_int_equal(beacon_reply_next(&s, &rest, end), 0);
	assert_ptr_equal(rest, end);
}

static void
plain(void **state)
{
	char buf[BEACON_HERE_MAX];

	(void)state;
	assert_int_equal(beacon_here(buf, "hello", 5), 9);
	assert_string_equal(buf, "I am here");
	assert_int_equal(beacon_here(buf, "", 0), 9);
	beacon_here(buf, "hello\n", 6);
	assert_string_equal(buf, "I am here\n");
	beacon_here(buf, "hello\r\n", 7);
	assert_string_equal(buf, "I am here\r\n");
	beacon_here(buf, "\n", 1);
	assert_string_equal(buf, "I am here\n");
	assert_true(beacon_is_answer("I am here", 9));
	assert_true(beacon_is_answer("I am here\r\n", 11));
	assert_true(beacon_is_answer("BROOD-HERE 2 whatever", 21));
	assert_false(beacon_is_answer("I am here!", 10));
	assert_false(beacon_is_answer("I am her", 8));
	assert_false(beacon_is_answer("", 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services),
		cmocka_unit_test(requests),
		cmocka_unit_test(replies_in_pages),
		cmocka_unit_test(replies_at_the_edge),
		cmocka_unit_test(lines_that_make_no_sense),
		cmocka_unit_test(plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
