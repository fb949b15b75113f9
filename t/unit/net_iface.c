/*
 * Unit tests of net/iface.c: which interface a peer is on, by networks of all
 * sizes, and what every Linux has to say of its loopback.
 */
#include "net/iface.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct iface
made(int index, const char *addr, int bits, const char *far)
{
	struct iface f = { .index = index, .bits = bits };

	assert_int_equal(ipaddr_parse(&f.addr, addr), 0);
	if (far != NULL)
		assert_int_equal(ipaddr_parse(&f.far, far), 0);
	f.name[0] = (char)('a' + index);
	return f;
}

static const struct iface *
on_link(const struct iface *v, int n, int index, const char *peer)
{
	struct ipaddr ip;

	assert_int_equal(ipaddr_parse(&ip, peer), 0);
	return iface_on_link(v, n, index, &ip);
}

static void
networks(void **state)
{
	struct iface v[] = { made(1, "127.0.0.1", 8, NULL),
	    made(2, "192.0.2.65", 26, NULL), made(3, "10.1.2.3", 15, NULL),
	    made(4, "198.51.100.1", 32, "203.0.113.9"),
	    made(2, "fe80::1", 64, NULL), made(3, "2001:db8::1", 64, NULL) };
	const int n = sizeof(v) / sizeof(v[0]);

	(void)state;
	assert_ptr_equal(on_link(v, n, 1, "127.9.9.9"), &v[0]);
	assert_ptr_equal(on_link(v, n, 2, "192.0.2.127"), &v[1]);
	assert_ptr_equal(on_link(v, n, 0, "192.0.2.64"), &v[1]);
	assert_null(on_link(v, n, 2, "192.0.2.63"));
	assert_null(on_link(v, n, 2, "192.0.2.128"));
	/* the network is one of ours, but another interface's */
	assert_null(on_link(v, n, 3, "192.0.2.127"));
	assert_ptr_equal(on_link(v, n, 3, "10.0.255.255"), &v[2]);
	assert_null(on_link(v, n, 3, "10.2.0.0"));
	assert_ptr_equal(on_link(v, n, 4, "203.0.113.9"), &v[3]);
	assert_null(on_link(v, n, 4, "203.0.113.8"));
	assert_ptr_equal(on_link(v, n, 2, "fe80::9"), &v[4]);
	assert_null(on_link(v, n, 3, "fe80::9"));
	assert_ptr_equal(on_link(v, n, 3, "2001:db8::ffff"), &v[5]);
	assert_null(on_link(v, n, 3, "2001:db8:0:1::1"));
	/* ourselves, by way of the loopback */
	assert_ptr_equal(on_link(v, n, 1, "192.0.2.65"), &v[1]);
	assert_null(on_link(v, 0, 0, "127.0.0.1"));
}

static void
loopback(void **state)
{
	struct iface v[IFACES_MAX];
	const struct iface *lo;
	char buf[IFACE_NAME_MAX];
	int n = iface_list(v, IFACES_MAX);

	(void)state;
	assert_true(n > 0);
	lo = on_link(v, n, 0, "127.0.0.1");
	assert_non_null(lo);
	assert_true(lo->flags & IFF_LOOPBACK);
	assert_int_equal(lo->bits, 8);
	assert_int_equal(lo->broadcast.family, 0);
	assert_string_equal(iface_name(v, n, lo->index, buf), lo->name);
	assert_string_equal(iface_name(v, n, 123456789, buf), "#123456789");
	assert_string_equal(iface_name(v, n, 0, buf), "unknown");
	for (int i = 0; i < n; i++)
		assert_true(v[i].broadcast.family == 0 || v[i].bits <= 30);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks),
		cmocka_unit_test(loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
