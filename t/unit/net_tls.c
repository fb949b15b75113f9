/*
 * Unit tests of net/tls.c and net/tls_config.c against OpenSSL itself: who is
 * let in, what is checked, where data ends, and what users are told.
 */
#include "net/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <errno.h>
#include <sys/stat.h>
#include <signal.h>

#include <cmocka.h>

#include "base/clock.h"
#include "net/conn.h"
#include "tls_peer.h"

static char dir[64], why[256];

static int
set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	/* Not the system's hundreds of certificates, which take valgrind a
	 * minute. */
	setenv("SSL_CERT_FILE", "/dev/null", 1);
	setenv("SSL_CERT_DIR", "/dev/null", 1);
	strcpy(dir, "/tmp/net_tls.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	peer_make_files(dir);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	peer_remove_files(dir);
	conn_pool_free();
	return rmdir(dir);
}

static const char *
file(const char *name)
{
	static char buf[4][128];
	static int i;

	i = (i + 1) % 4;
	snprintf(buf[i], sizeof(buf[i]), "%s/%s", dir, name);
	return buf[i];
}

static struct tls_config *
server_config(void)
{
	struct tls_config *config;

	config = tls_server(file("cert.pem"), file("key.pem"), why,
	    sizeof(why));
	if (config == NULL)
		fail_msg("%s", why);
	return config;
}

/* open_conn - over a new peer's socket, with a deadline for the test. */
static void
open_conn(struct conn *c, struct peer *p)
{
	struct ipaddr peer = { .family = AF_UNIX };

	conn_init(c, peer_start(p, dir), &peer);
	conn_deadline(c, 30000);
}

static void
close_conn(struct conn *c, struct peer *p)
{
	conn_close(c);
	peer_join(p);
}

/* accepted - our server's result with that client. */
static int
accepted(struct conn *c, struct peer *p, const char *alpn)
{
	struct tls_config *config = server_config();
	int rc;

	if (alpn != NULL)
		assert_int_equal(tls_alpn(config, alpn), 0);
	open_conn(c, p);
	rc = tls_accept(c, config, why, sizeof(why));
	/* A connection outlives its configuration. */
	tls_free(config);
	return rc;
}

/* connected - our client's result with that server. */
static int
connected(struct conn *c, struct peer *p, const char *ca, int verify,
    const char *name)
{
	struct tls_config *config;
	int rc, error;

	config = tls_client(ca, verify, why, sizeof(why));
	if (config == NULL)
		fail_msg("%s", why);
	p->server = 1;
	open_conn(c, p);
	rc = tls_connect(c, config, name, why, sizeof(why));
	error = errno;
	tls_free(config);
	errno = error;
	return rc;
}

/* exchange - much more than a record and a socket buffer, both ways. */
static void
exchange(struct conn *c)
{
	static char data[12000], back[12000];
	size_t i;
	int round;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 31 >> 3);
	for (round = 0; round < 20; round++) {
		assert_int_equal(conn_write(c, data, sizeof(data)), 0);
		assert_int_equal(conn_read_full(c, back, sizeof(back)), 0);
		assert_memory_equal(data, back, sizeof(data));
	}
	assert_int_equal(conn_shutdown(c), 0);
	assert_int_equal(conn_read(c, back, 1), 0);
}

static void
a_server_talks(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	char text[80];
	struct conn c;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct peer p = { .job = PEER_ECHO,
		    .max_version = versions[i] };

		assert_int_equal(accepted(&c, &p, NULL), 0);
		assert_true(c.flags & CONN_SECURE);
		tls_describe(&c, text, sizeof(text));
		assert_int_equal(strncmp(text, i == 0 ? "TLSv1.2 ECDHE" :
		    "TLSv1.3 TLS_", 12), 0);
		exchange(&c);
		close_conn(&c, &p);
		assert_true(p.shaken);
	}
}

static void
a_server_refuses_what_is_weak(void **state)
{
	static const char *const weak[] = { "AES128-GCM-SHA256",
		"ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-SHA" };
	struct conn c;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct peer p = { .max_version = TLS1_2_VERSION,
		    .ciphers = weak[i] };

		assert_int_equal(accepted(&c, &p, NULL), -1);
		assert_int_equal(errno, EPROTO);
		assert_string_equal(why, "TLS: no shared cipher");
		assert_null(c.tls);
		assert_false(c.flags & CONN_SECURE);
		close_conn(&c, &p);
		assert_false(p.shaken);
	}
	struct peer old = { .max_version = TLS1_1_VERSION,
	    .ciphers = "ALL:@SECLEVEL=0" };
	assert_int_equal(accepted(&c, &old, NULL), -1);
	assert_string_equal(why, "TLS: unsupported protocol");
	close_conn(&c, &old);
}

static void
alpn_is_chosen_or_ignored(void **state)
{
	struct peer ours = { .job = PEER_ECHO, .alpn = "http/1.1" };
	struct peer strange = { .job = PEER_ECHO, .alpn = "spdy/1" };
	struct tls_config *config;
	struct conn c;

	(void)state;
	assert_int_equal(accepted(&c, &ours, "h2,http/1.1"), 0);
	exchange(&c);
	close_conn(&c, &ours);
	assert_string_equal(ours.got_alpn, "http/1.1");
	assert_int_equal(accepted(&c, &strange, "http/1.1"), 0);
	exchange(&c);
	close_conn(&c, &strange);
	assert_string_equal(strange.got_alpn, "");
	config = server_config();
	assert_int_equal(tls_alpn(config, "a,,b"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(tls_alpn(config, ""), -1);
	tls_free(config);
}

static void
a_client_checks_the_certificate(void **state)
{
	static const struct {
		const char	*name, *sni;
	} good[] = {
		{ "localhost", "localhost" }, { "localhost.", "localhost" },
		{ "127.0.0.1", "" }, { "::1", "" }, { "[::1]", "" }
	};
	static const char *const bad[] = { "example.com", "127.0.0.2",
		"ocalhost", "test" };
	struct conn c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct peer p = { .job = PEER_ECHO };

		assert_int_equal(connected(&c, &p, file("ca.pem"), 1,
		    good[i].name), 0);
		exchange(&c);
		close_conn(&c, &p);
		assert_string_equal(p.sni, good[i].sni);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct peer p = { .job = PEER_QUIET };

		assert_int_equal(connected(&c, &p, file("ca.pem"), 1,
		    bad[i]), -1);
		assert_int_equal(errno, EACCES);
		assert_string_equal(why, i == 1 ? "TLS: IP address mismatch" :
		    "TLS: hostname mismatch");
		close_conn(&c, &p);
	}
}

static void
a_client_checks_who_signed(void **state)
{
	struct peer p = { .job = PEER_QUIET }, q = { .job = PEER_ECHO };
	struct peer r = { .job = PEER_QUIET };
	struct conn c;

	(void)state;
	assert_int_equal(connected(&c, &p, NULL, 1, "localhost"), -1);
	assert_int_equal(errno, EACCES);
	assert_string_equal(why,
	    "TLS: unable to get local issuer certificate");
	close_conn(&c, &p);
	assert_int_equal(connected(&c, &q, NULL, 0, "example.com"), 0);
	exchange(&c);
	close_conn(&c, &q);
	assert_string_equal(q.sni, "example.com");
	assert_int_equal(connected(&c, &r, file("ca.pem"), 1, NULL), -1);
	assert_int_equal(errno, EINVAL);
	close_conn(&c, &r);
}

static void
an_end_without_notice_is_an_error_for_clients(void **state)
{
	struct peer p = { .job = PEER_CUT }, q = { .job = PEER_CUT };
	struct conn c;
	char buf[8];

	(void)state;
	assert_int_equal(connected(&c, &p, NULL, 0, NULL), 0);
	assert_int_equal(conn_read_full(&c, buf, 3), 0);
	assert_memory_equal(buf, "cut", 3);
	assert_int_equal(conn_read(&c, buf, 1), -1);
	assert_int_equal(errno, EPROTO);
	close_conn(&c, &p);
	/* For servers it is just the end. */
	assert_int_equal(accepted(&c, &q, NULL), 0);
	assert_int_equal(conn_read_full(&c, buf, 3), 0);
	assert_int_equal(conn_read(&c, buf, 1), 0);
	close_conn(&c, &q);
}

static void
what_was_read_ahead_is_pending(void **state)
{
	struct peer p = { .job = PEER_TWO };
	struct conn c;
	char buf[8];

	(void)state;
	assert_int_equal(accepted(&c, &p, NULL), 0);
	assert_int_equal(conn_read_full(&c, buf, 3), 0);
	assert_memory_equal(buf, "one", 3);
	while (!conn_readable(&c))	/* may still be on its way */
		assert_int_not_equal(c.deadline, CLOCK_NEVER);
	assert_int_equal(conn_read_full(&c, buf, 1), 0);
	assert_int_equal(tls_pending(&c), 1);
	assert_int_equal(conn_readable(&c), 1);
	assert_int_equal(conn_read_full(&c, buf + 1, 2), 0);
	assert_memory_equal(buf, "two", 3);
	assert_int_equal(tls_pending(&c), 0);
	assert_int_equal(conn_readable(&c), 0);
	assert_int_equal(conn_fill_ms(&c, 1), -1);
	assert_int_equal(errno, EAGAIN);
	close_conn(&c, &p);
}

static void
bytes_read_before_tls_belong_to_it(void **state)
{
	struct tls_config *config = server_config();
	struct peer p = { .job = PEER_ECHO };
	struct conn c;

	(void)state;
	open_conn(&c, &p);
	/* As after a PROXY header: the ClientHello is in the buffer. */
	assert_true(conn_fill(&c) > 0);
	assert_int_equal(tls_accept(&c, config, why, sizeof(why)), 0);
	assert_int_equal(conn_pending(&c), 0);
	tls_free(config);
	exchange(&c);
	close_conn(&c, &p);
}

/* refused - what our server says to a client that sends that and no more. */
static int
refused(const char *bytes, int end, int64_t ms)
{
	struct tls_config *config = server_config();
	struct conn c;
	int error, sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	conn_init(&c, sv[0], NULL);
	conn_deadline(&c, ms);
	assert_true(write(sv[1], bytes, strlen(bytes)) >= 0);
	if (end)
		shutdown(sv[1], SHUT_WR);
	assert_int_equal(tls_accept(&c, config, why, sizeof(why)), -1);
	error = errno;
	assert_null(c.tls);
	conn_close(&c);
	close(sv[1]);
	tls_free(config);
	return error;
}

static void
handshakes_that_come_to_nothing(void **state)
{
	(void)state;
	assert_int_equal(refused("GET / HTTP/1.1\r\n\r\n", 0, 30000),
	    EPROTOTYPE);
	assert_string_equal(why, "TLS: plain HTTP where TLS was expected");
	refused("", 1, 30000);
	assert_string_equal(why, "TLS: the peer ended the handshake");
	refused("\x16\x03\x01", 1, 30000);
	assert_string_equal(why, "TLS: the peer ended the handshake");
	assert_int_equal(refused("\x16\x03", 0, 20), ETIMEDOUT);
	assert_string_equal(why, "TLS: the handshake took too long");
	assert_int_equal(refused("garbage that is nothing", 0, 30000),
	    EPROTO);
}

/* complains - tls_server's words about the files, %s being the folder. */
static void
complains(const char *cert, const char *key, const char *fmt)
{
	char want[256];

	assert_null(tls_server(file(cert), file(key), why, sizeof(why)));
	snprintf(want, sizeof(want), "%s/%s", dir, fmt);
	assert_string_equal(why, want);
}

static void
files_that_do_not_fit_are_named(void **state)
{
	char want[256];
	struct tls_config *config;

	(void)state;
	complains("none.pem", "key.pem",
	    "none.pem: No such file or directory");
	complains("cert.pem", "none.pem",
	    "none.pem: No such file or directory");
	complains(".", "key.pem", ".: Is a directory");
	complains("key.pem", "key.pem", "key.pem: no certificate in it");
	complains("cert.pem", "cert.pem", "cert.pem: no private key in it");
	complains("cert.pem", "locked.pem", "locked.pem: the key is "
	    "encrypted, and nobody is there to be asked for its passphrase");
	snprintf(want, sizeof(want), "other.pem does not belong to "
	    "%s/cert.pem", dir);
	complains("cert.pem", "other.pem", want);
	snprintf(want, sizeof(want), "ed.pem does not belong to "
	    "%s/cert.pem", dir);
	complains("cert.pem", "ed.pem", want);
	assert_null(tls_client(file("key.pem"), 1, why, sizeof(why)));
	assert_non_null(strstr(why, "key.pem: no certificate in it"));
	assert_null(tls_client(file("none.pem"), 1, why, sizeof(why)));
	assert_non_null(strstr(why, "none.pem: No such file"));
	config = tls_client(NULL, 1, why, sizeof(why));
	assert_non_null(config);
	tls_free(config);
	tls_free(NULL);
}

static void
a_key_that_may_not_be_read(void **state)
{
	(void)state;
	if (geteuid() == 0)
		return;			/* root may read everything */
	assert_int_equal(chmod(file("ed.pem"), 0), 0);
	complains("cert.pem", "ed.pem", "ed.pem: Permission denied");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_talks),
		cmocka_unit_test(a_server_refuses_what_is_weak),
		cmocka_unit_test(alpn_is_chosen_or_ignored),
		cmocka_unit_test(a_client_checks_the_certificate),
		cmocka_unit_test(a_client_checks_who_signed),
		cmocka_unit_test(
		    an_end_without_notice_is_an_error_for_clients),
		cmocka_unit_test(what_was_read_ahead_is_pending),
		cmocka_unit_test(bytes_read_before_tls_belong_to_it),
		cmocka_unit_test(handshakes_that_come_to_nothing),
		cmocka_unit_test(files_that_do_not_fit_are_named),
		cmocka_unit_test(a_key_that_may_not_be_read),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
