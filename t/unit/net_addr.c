/*
 * Unit tests of net/addr.c and net/addr_resolve.c: what users may write for an
 * address or a network, what they read back, and who counts as one source.
 */
#include "net/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <arpa/inet.h>
#include <netdb.h>

#include <cmocka.h>

#define MAX 8

static char why[256];

/* resolved - the only address of the text, as text; NULL with why. */
static const char *
resolved(const char *text, const char *defport, int passive)
{
	static char buf[ADDR_TEXT_MAX];
	struct addr a[MAX];

	if (addr_resolve(a, MAX, text, defport, passive, SOCK_STREAM, why,
	    sizeof(why)) != 1)
		return NULL;
	return addr_text(&a[0], buf, sizeof(buf));
}

static void
numbers_come_back_as_they_went_in(void **state)
{
	static const char *const same[] = {
		"127.0.0.1:80", "0.0.0.0:0", "255.255.255.255:65535",
		"[::1]:8080", "[2001:db8::1]:0", "[::]:65535",
		"[fe80::1%lo]:80", "unix:/run/x.sock", "unix:relative",
		"unix:@abstract"
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		assert_non_null(resolved(same[i], NULL, 0));
		assert_string_equal(resolved(same[i], NULL, 0), same[i]);
	}
}

static void
what_may_be_left_out(void **state)
{
	(void)state;
	assert_string_equal(resolved("127.0.0.1", "80", 0), "127.0.0.1:80");
	assert_string_equal(resolved("::1", "80", 0), "[::1]:80");
	assert_string_equal(resolved("[::1]", "80", 0), "[::1]:80");
	assert_string_equal(resolved("fe80::1%lo", "80", 0),
	    "[fe80::1%lo]:80");
	assert_string_equal(resolved("[::ffff:10.0.0.1]:5", NULL, 1),
	    "10.0.0.1:5");
	if (getservbyname("http", "tcp") != NULL)	/* services(5) */
		assert_string_equal(resolved("127.0.0.1:http", NULL, 0),
		    "127.0.0.1:80");
}

static void
every_address_is_one_of_each_family(void **state)
{
	static const char *const texts[] = { ":8080", "*:8080", "8080", "",
		"*" };
	char buf[ADDR_TEXT_MAX];
	struct addr a[MAX];
	int i, n, v4, v6;
	size_t t;

	(void)state;
	for (t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
		n = addr_resolve(a, MAX, texts[t], "8080", 1, SOCK_STREAM,
		    why, sizeof(why));
		assert_in_range(n, 1, 2);
		for (i = v4 = v6 = 0; i < n; i++) {
			addr_text(&a[i], buf, sizeof(buf));
			v4 += strcmp(buf, "0.0.0.0:8080") == 0;
			v6 += strcmp(buf, "[::]:8080") == 0;
		}
		assert_int_equal(v4, 1);
		assert_int_equal(v4 + v6, n);
	}
}

static void
localhost_is_there_once_for_each_family(void **state)
{
	struct addr a[MAX];
	int i, j, n;

	(void)state;
	n = addr_resolve(a, MAX, "localhost:7", NULL, 0, SOCK_DGRAM, why,
	    sizeof(why));
	assert_in_range(n, 1, 2);
	for (i = 0; i < n; i++)
		for (j = 0; j < i; j++)
			assert_int_not_equal(a[i].sa.sa_family,
			    a[j].sa.sa_family);
	assert_int_equal(addr_resolve(a, 1, "localhost:7", NULL, 0,
	    SOCK_STREAM, why, sizeof(why)), 1);
}

static void
bad_ones_are_named_with_the_reason(void **state)
{
	static const struct {
		const char	*text;
		int		 passive;
		const char	*why;
	} bad[] = {
		{ "foo:99999", 0, "'foo:99999': port is not 0 to 65535" },
		{ "foo:-1", 0, "'foo:-1': port is not 0 to 65535" },
		{ "foo:+1", 0, "'foo:+1': port is not 0 to 65535" },
		{ "foo:1x", 0, "'foo:1x': port is not 0 to 65535" },
		{ "99999", 1, "'99999': port is not 0 to 65535" },
		{ "foo:no such", 0, "'foo:no such': "
		    "port is neither a number nor a service's name" },
		{ "foo:", 0, "'foo:': port is missing" },
		{ "foo", 0, "'foo': port is missing" },
		{ ":80", 0, "':80': host is missing" },
		{ "*:80", 0, "'*:80': host is missing" },
		{ "[]:80", 1, "'[]:80': host is missing" },
		{ "[::1", 0, "'[::1': there is no ']'" },
		{ "[::1]80", 0, "'[::1]80': "
		    "behind ']' stands something else than ':PORT'" },
		{ "[foo]:80", 0, "'[foo]:80': not an IPv6 address" },
		{ "[127.0.0.1]:80", 0, NULL },
		{ "[fe80::1%nosuch]:80", 0, NULL },
		{ "unix:", 0, "'unix:': path is missing" },
		{ "unix:@", 0, "'unix:@': path is missing" },
	};
	struct addr a[MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		assert_int_equal(addr_resolve(a, MAX, bad[i].text, NULL,
		    bad[i].passive, SOCK_STREAM, why, sizeof(why)), -1);
		if (bad[i].why != NULL)
			assert_string_equal(why, bad[i].why);
		assert_true(why[0] != '\0');
	}
}

static void
long_ones_are_refused(void **state)
{
	char text[4096], small[10];
	struct addr a;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_null(resolved(text, "80", 0));
	memcpy(text, "unix:", 5);
	assert_null(resolved(text, NULL, 0));
	text[5 + 107] = '\0';
	assert_string_equal(resolved(text, NULL, 0), text);
	text[5] = '@';
	assert_string_equal(resolved(text, NULL, 0), text);
	text[5 + 107] = 'a';
	text[5 + 108] = '\0';
	assert_null(resolved(text, NULL, 0));
	assert_non_null(strstr(why, "path is longer than 107 bytes"));
	/* The reason is cut, never overrun. */
	assert_int_equal(addr_resolve(&a, 1, "x:99999", NULL, 0, SOCK_STREAM,
	    small, sizeof(small)), -1);
	assert_string_equal(small, "'x:99999'");
	assert_int_equal(addr_resolve(&a, 1, "x:99999", NULL, 0, SOCK_STREAM,
	    NULL, 0), -1);
}

/* ip_of - the text's address, which must be one. */
static struct ipaddr
ip_of(const char *text)
{
	struct ipaddr ip;

	assert_int_equal(ipaddr_parse(&ip, text), 0);
	return ip;
}

static void
an_ipv4_peer_on_an_ipv6_socket_is_ipv4(void **state)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons(7) };
	struct ipaddr ip, v4 = ip_of("192.0.2.1");
	char buf[IPADDR_TEXT_MAX];

	(void)state;
	inet_pton(AF_INET6, "::ffff:192.0.2.1", &in6.sin6_addr);
	ipaddr_from(&ip, (struct sockaddr *)&in6, sizeof(in6));
	v4.port = 7;
	assert_true(ipaddr_equal(&ip, &v4));
	assert_int_equal(ipaddr_source(&ip), ipaddr_source(&v4));
	assert_string_equal(ipaddr_text(&ip, buf, sizeof(buf)),
	    "192.0.2.1:7");
	assert_string_equal(ipaddr_host(&ip, buf, sizeof(buf)), "192.0.2.1");
	ip = ip_of("::ffff:192.0.2.1");
	ip.port = 8;
	assert_false(ipaddr_equal(&ip, &v4));
}

static void
short_and_foreign_addresses_are_unknown(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char buf[IPADDR_TEXT_MAX];
	struct ipaddr ip;
	struct addr a;

	(void)state;
	ipaddr_from(&ip, (struct sockaddr *)&in, sizeof(in) - 1);
	assert_int_equal(ip.family, 0);
	assert_string_equal(ipaddr_text(&ip, buf, sizeof(buf)), "unknown");
	ipaddr_from(&ip, NULL, 0);
	assert_int_equal(ip.family, 0);
	ipaddr_from(&ip, (struct sockaddr *)&un, sizeof(sa_family_t));
	assert_int_equal(ip.family, AF_UNIX);
	assert_string_equal(ipaddr_text(&ip, buf, sizeof(buf)), "unix:");
	assert_int_equal(ipaddr_source(&ip), 0);
	addr_from_ip(&a, &ip);
	assert_int_equal(a.len, sizeof(sa_family_t));
}

static void
the_longest_text_fits(void **state)
{
	struct ipaddr ip;
	char buf[IPADDR_TEXT_MAX];

	(void)state;
	ip = ip_of("fe80:1111:2222:3333:4444:5555:6666:7777");
	ip.scope = UINT32_MAX;
	ip.port = 65535;
	assert_string_equal(ipaddr_text(&ip, buf, sizeof(buf)),
	    "[fe80:1111:2222:3333:4444:5555:6666:7777%4294967295]:65535");
	assert_string_equal(ipaddr_text(&ip, buf, 6), "[fe80");
}

static void
a_source_is_an_ipv4_address_or_a_network(void **state)
{
	struct ipaddr a = ip_of("2001:db8::1");
	struct ipaddr b = ip_of("2001:db8::ffff:1");
	struct ipaddr c = ip_of("2001:db8:0:1::1");
	struct ipaddr d = ip_of("192.0.2.1"), e = ip_of("192.0.2.2");
	struct ipaddr zero = ip_of("0.0.0.0"), any = ip_of("::");

	(void)state;
	a.port = 1;
	assert_true(ipaddr_source(&a) == ipaddr_source(&b));
	assert_true(ipaddr_source(&a) != ipaddr_source(&c));
	assert_true(ipaddr_source(&d) != ipaddr_source(&e));
	assert_true(ipaddr_source(&zero) != 0);
	assert_true(ipaddr_source(&any) != 0);
	assert_true(ipaddr_source(&zero) != ipaddr_source(&any));
}

static void
numeric_addresses_only(void **state)
{
	static const char *const bad[] = { "", "1.2.3", "1.2.3.4.5",
		"1.2.3.256", "01.2.3.4", " 1.2.3.4", "1.2.3.4 ", "localhost",
		"::1::", ":", "[::1]", "fe80::1%", "fe80::1%nosuch",
		"fe80::1%0", "fe80::1%lo:1", "fe80::1%lo:/",
		"fe80::1%4294967296", "fe80::1%0000000000000001", "1.2.3.4%lo",
		"1:2:3:4:5:6:7:8:9", "1.2.3.4:80" };
	struct ipaddr ip;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ipaddr_parse(&ip, bad[i]), -1);
	assert_int_equal(ip_of("fe80::1%7").scope, 7);
	assert_int_equal(ip_of("fe80::1%000000000000007").scope, 7);
	assert_int_equal(ip_of("fe80::1%lo").scope, 1);
}

static int
has(const char *net, const char *ip)
{
	struct ipaddr a = ip_of(ip);
	struct cidr c;

	assert_int_equal(cidr_parse(&c, net), 0);
	return cidr_has(&c, &a);
}

static void
networks(void **state)
{
	(void)state;
	assert_true(has("10.0.0.0/8", "10.255.1.2"));
	assert_false(has("10.0.0.0/8", "11.0.0.0"));
	assert_true(has("10.1.2.3/8", "10.9.9.9"));
	assert_true(has("192.0.2.128/25", "192.0.2.200"));
	assert_false(has("192.0.2.128/25", "192.0.2.127"));
	assert_true(has("192.0.2.1", "192.0.2.1"));
	assert_false(has("192.0.2.1", "192.0.2.2"));
	assert_true(has("0.0.0.0/0", "1.2.3.4"));
	assert_false(has("0.0.0.0/0", "::1"));
	assert_true(has("::/0", "2001:db8::1"));
	assert_false(has("::/0", "1.2.3.4"));
	assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(has("::1", "::1"));
	assert_true(has("::1/128", "::1"));
	assert_true(has("::ffff:10.0.0.0/104", "10.1.2.3"));
	assert_true(has("10.0.0.0/8", "::ffff:10.1.2.3"));
	assert_true(has("fe80::/10", "fe80::1%lo"));
	assert_true(has("fe80::%lo/10", "fe80::1%1"));
	assert_false(has("fe80::%lo/10", "fe80::1%2"));
}

static void
unix_peers_have_a_network_of_their_own(void **state)
{
	struct ipaddr peer = { .family = AF_UNIX }, v4 = ip_of("127.0.0.1");
	struct cidr c;

	(void)state;
	assert_int_equal(cidr_parse(&c, "unix"), 0);
	assert_true(cidr_has(&c, &peer));
	assert_false(cidr_has(&c, &v4));
	assert_int_equal(cidr_parse(&c, "0.0.0.0/0"), 0);
	assert_false(cidr_has(&c, &peer));
}

static void
bad_networks(void **state)
{
	static const char *const bad[] = { "", "/", "/8", "10.0.0.0/",
		"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8 ",
		"10.0.0.0/0008", "10.0.0.0/a", "10/8", "::/129", "::1/1/2",
		"::ffff:1.2.3.4/95", "localhost", "unix/8",
		"1111111111111111111111111111111111111111111111111111111111111"
		"1111111111111111111" };
	struct cidr c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cidr_parse(&c, bad[i]), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_come_back_as_they_went_in),
		cmocka_unit_test(what_may_be_left_out),
		cmocka_unit_test(every_address_is_one_of_each_family),
		cmocka_unit_test(localhost_is_there_once_for_each_family),
		cmocka_unit_test(bad_ones_are_named_with_the_reason),
		cmocka_unit_test(long_ones_are_refused),
		cmocka_unit_test(an_ipv4_peer_on_an_ipv6_socket_is_ipv4),
		cmocka_unit_test(short_and_foreign_addresses_are_unknown),
		cmocka_unit_test(the_longest_text_fits),
		cmocka_unit_test(a_source_is_an_ipv4_address_or_a_network),
		cmocka_unit_test(numeric_addresses_only),
		cmocka_unit_test(networks),
		cmocka_unit_test(unix_peers_have_a_network_of_their_own),
		cmocka_unit_test(bad_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
