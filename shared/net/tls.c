/*
 * TLS over a connection's socket, which does not block: OpenSSL says which way
 * it wants to go on, and the wait is conn_wait's, as without TLS.  Called by
 * conn.c, and for the handshake by serve/ and clients.
 */
#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/conn.h"
#include "net/conn_io.h"
#include "net/tls_impl.h"

struct tls_conn {
	SSL	*ssl;
	int	 early;		/* reads bytes that conn.c had read already */
	int	 dead;		/* a fatal error: nothing more may be sent */
};

/* system_error - errno of a failed system call under OpenSSL, where an end of
 * file inside TLS counts as one. */
static int
system_error(int error)
{
	ERR_clear_error();
	errno = error != 0 ? error : ECONNRESET;
	return -1;
}

/*
 * leave_early - what was read before TLS (behind a PROXY header) is used up:
 * from here on OpenSSL reads the socket itself.
 */
static int
leave_early(struct conn *c)
{
	c->tls->early = 0;
	if (SSL_set_rfd(c->tls->ssl, c->fd) == 1)
		return 0;
	return system_error(ENOMEM);
}

static int
wait_for(struct conn *c, int fd, short events, int64_t own)
{
	if (own != TLS_NO_WAIT)
		return conn_wait(c, fd, events, own);
	errno = EAGAIN;
	return -1;
}

/*
 * go_on - after an operation that returned rc <= 0: 0 to try again, 1 at the
 * peer's end, or -1 with errno.  own: the caller's deadline.
 */
static int
go_on(struct conn *c, int rc, int64_t own)
{
	int error = errno;

	switch (SSL_get_error(c->tls->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		if (c->tls->early)
			return leave_early(c);
		return wait_for(c, c->fd, POLLIN, own);
	case SSL_ERROR_WANT_WRITE:
		return wait_for(c, c->wfd, POLLOUT, own);
	case SSL_ERROR_ZERO_RETURN:
		return 1;
	case SSL_ERROR_SYSCALL:
		if (error == EINTR)
			return 0;
		c->tls->dead = 1;
		return system_error(error);
	default:
		c->tls->dead = 1;
		errno = EPROTO;
		return -1;
	}
}

ssize_t
tls_read(struct conn *c, void *buf, size_t n, int64_t deadline)
{
	int r;

	if (n > INT_MAX)
		n = INT_MAX;
	for (;;) {
		ERR_clear_error();
		errno = 0;
		if ((r = SSL_read(c->tls->ssl, buf, (int)n)) > 0)
			return r;
		if ((r = go_on(c, r, deadline)) != 0)
			return r == 1 ? 0 : -1;
	}
}

ssize_t
tls_write(struct conn *c, const void *buf, size_t n, int64_t deadline)
{
	int r;

	if (n == 0)
		return 0;
	if (n > INT_MAX)
		n = INT_MAX;
	for (;;) {
		ERR_clear_error();
		errno = 0;
		if ((r = SSL_write(c->tls->ssl, buf, (int)n)) > 0)
			return r;
		if ((r = go_on(c, r, deadline)) == 0)
			continue;
		if (r == 1)
			errno = EPIPE;
		return -1;
	}
}

/* peek - is there a byte, an end or an error that the next read would tell? */
static int
peek(SSL *ssl)
{
	char byte;
	int rc;

	ERR_clear_error();
	rc = SSL_peek(ssl, &byte, 1);
	if (rc > 0)
		return 1;
	rc = SSL_get_error(ssl, rc);
	ERR_clear_error();
	return rc != SSL_ERROR_WANT_READ && rc != SSL_ERROR_WANT_WRITE;
}

/*
 * tls_pending - a record may have been read only in part, which is nothing to
 * be read yet: the peek takes it further, so far as that does not wait.
 */
int
tls_pending(const struct conn *c)
{
	SSL *ssl = c->tls->ssl;

	if (SSL_pending(ssl) > 0)
		return 1;
	if (!SSL_has_pending(ssl) && !c->tls->early)
		return 0;
	return peek(ssl);
}

int
tls_readable(struct conn *c)
{
	if (c->tls->early && !peek(c->tls->ssl) && leave_early(c) == -1)
		return 1;
	return peek(c->tls->ssl);
}

void
tls_shutdown(struct conn *c)
{
	if (c->tls == NULL || c->tls->dead ||
	    !SSL_is_init_finished(c->tls->ssl))
		return;
	ERR_clear_error();
	/* One try: close_notify fits into any socket buffer but a full one,
	 * and then the peer is not reading anyway. */
	SSL_shutdown(c->tls->ssl);
	ERR_clear_error();
}

void
tls_conn_free(struct tls_conn *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	free(t);
}

const char *
tls_describe(const struct conn *c, char *buf, size_t size)
{
	snprintf(buf, size, "%s %s", SSL_get_version(c->tls->ssl),
	    SSL_get_cipher_name(c->tls->ssl));
	return buf;
}

/*
 * take_early - a ClientHello that came in one segment with a PROXY header
 * stands in the connection's buffer; OpenSSL shall read it from there.
 */
static int
take_early(struct conn *c, SSL *ssl)
{
	int len = (int)conn_pending(c);
	BIO *bio;

	if ((bio = BIO_new(BIO_s_mem())) == NULL)
		return -1;
	BIO_set_mem_eof_return(bio, -1);	/* empty: come again */
	if (BIO_write(bio, conn_data(c), len) != len) {
		BIO_free(bio);
		return -1;
	}
	conn_consume(c, conn_pending(c));
	SSL_set0_rbio(ssl, bio);
	c->tls->early = 1;
	return 0;
}

/* attach - give the connection its TLS; -1 with errno. */
static int
attach(struct conn *c, struct tls_config *config)
{
	if ((c->tls = calloc(1, sizeof(*c->tls))) == NULL)
		return -1;
	ERR_clear_error();
	c->tls->ssl = SSL_new(config->ctx);
	if (c->tls->ssl == NULL || SSL_set_wfd(c->tls->ssl, c->wfd) != 1)
		goto fail;
	if (conn_pending(c) > 0 ? take_early(c, c->tls->ssl) == -1 :
	    SSL_set_rfd(c->tls->ssl, c->fd) != 1)
		goto fail;
	return 0;
fail:
	tls_conn_free(c->tls);
	c->tls = NULL;
	return system_error(ENOMEM);
}

/* refused - a client that did not like the server's certificate. */
static int
refused(SSL *ssl)
{
	return SSL_get_verify_result(ssl) != X509_V_OK &&
	    !SSL_is_server(ssl) &&
	    SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE;
}

static int
spoke_http(void)
{
	return ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
}

/* handshake_reason - what went wrong, for people. */
static const char *
handshake_reason(SSL *ssl, int error)
{
	switch (error) {
	case EPROTO:
		break;
	case ECONNRESET:
		return "the peer ended the handshake";
	case ETIMEDOUT:
		return "the handshake took too long";
	default:
		return strerror(error);
	}
	if (spoke_http())
		return "plain HTTP where TLS was expected";
	if (ERR_GET_REASON(ERR_peek_error()) ==
	    SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return "the peer ended the handshake";
	if (refused(ssl))
		return X509_verify_cert_error_string(
		    SSL_get_verify_result(ssl));
	return tls_reason("protocol error");
}

/* give_up - -1 with errno as it is, the reason in why, no TLS left. */
static int
give_up(struct conn *c, char *why, size_t whylen)
{
	int error = errno;

	snprintf(why, whylen, "TLS: %s",
	    handshake_reason(c->tls->ssl, error));
	if (error == EPROTO && refused(c->tls->ssl))
		error = EACCES;
	else if (error == EPROTO && spoke_http())
		error = EPROTOTYPE;
	ERR_clear_error();
	tls_conn_free(c->tls);
	c->tls = NULL;
	errno = error;
	return -1;
}

static int
handshake(struct conn *c, char *why, size_t whylen)
{
	int rc;

	for (;;) {
		ERR_clear_error();
		errno = 0;
		if ((rc = SSL_do_handshake(c->tls->ssl)) == 1)
			break;
		if ((rc = go_on(c, rc, CLOCK_NEVER)) == 0)
			continue;
		if (rc == 1)
			errno = ECONNRESET;
		return give_up(c, why, whylen);
	}
	c->flags |= CONN_SECURE;
	return 0;
}

int
tls_accept(struct conn *c, struct tls_config *config, char *why, size_t whylen)
{
	if (attach(c, config) == -1) {
		snprintf(why, whylen, "TLS: %s", strerror(errno));
		return -1;
	}
	SSL_set_accept_state(c->tls->ssl);
	return handshake(c, why, whylen);
}

/* bare_name - without brackets, port, scope and the root's dot. */
static int
bare_name(char *out, size_t size, const char *name)
{
	const char *colon = strchr(name, ':');
	size_t len = strlen(name);

	if (*name == '[') {
		name++;
		len = strcspn(name, "]%");
	} else if (colon != NULL) {
		len = strchr(colon + 1, ':') != NULL ? strcspn(name, "%") :
		    (size_t)(colon - name);
	}
	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len == 0 || len >= size)
		return -1;
	memcpy(out, name, len);
	out[len] = '\0';
	return 0;
}

/* expect - whom we talk to: a name goes into SNI too, an address must not
 * (RFC 6066 section 3). */
static int
expect(SSL *ssl, const char *servername, int verify)
{
	char name[256];
	uint8_t raw[16];

	if (servername == NULL)
		return verify ? -1 : 0;
	if (bare_name(name, sizeof(name), servername) == -1)
		return -1;
	if (inet_pton(AF_INET, name, raw) == 1 ||
	    inet_pton(AF_INET6, name, raw) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl),
		    name) == 1 ? 0 : -1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (SSL_set_tlsext_host_name(ssl, name) != 1 ||
	    SSL_set1_host(ssl, name) != 1)
		return -1;
	return 0;
}

int
tls_connect_begin(struct conn *c, struct tls_config *config,
    const char *servername, char *why, size_t whylen)
{
	if (attach(c, config) == -1) {
		snprintf(why, whylen, "TLS: %s", strerror(errno));
		return -1;
	}
	if (expect(c->tls->ssl, servername, config->verify) == -1) {
		snprintf(why, whylen, "TLS: '%s' is no name that a "
		    "certificate could be for", servername == NULL ? "" :
		    servername);
		ERR_clear_error();
		tls_conn_free(c->tls);
		c->tls = NULL;
		errno = EINVAL;
		return -1;
	}
	SSL_set_connect_state(c->tls->ssl);
	return 0;
}

int
tls_connect(struct conn *c, struct tls_config *config, const char *servername,
    char *why, size_t whylen)
{
	if (tls_connect_begin(c, config, servername, why, whylen) == -1)
		return -1;
	return handshake(c, why, whylen);
}

int
tls_wants_write(const struct conn *c)
{
	return SSL_want_write(c->tls->ssl);
}

void
tls_failure(const struct conn *c, char *buf, size_t size)
{
	snprintf(buf, size, "TLS: %s", handshake_reason(c->tls->ssl, EPROTO));
	ERR_clear_error();
}
