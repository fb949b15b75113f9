/*
 * What a TLS server or client is set up with: certificates, keys, protocol
 * versions.  Called when a program starts and when a server reads its files
 * anew; it tells what is wrong with a file by the file's name, and never asks
 * for a passphrase.
 */
#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/tls_impl.h"

/* TLS 1.2: forward secrecy and authenticated ciphers only, as in TLS 1.3
 * (RFC 9325 section 4.2). */
#define CIPHERS_12	"ECDHE+AESGCM:ECDHE+CHACHA20:!PSK"

#define ALPN_MAX	255

const char *
tls_reason(const char *otherwise)
{
	unsigned long e = ERR_peek_error();
	const char *text = NULL;

	if (e != 0 && ERR_SYSTEM_ERROR(e))
		text = strerror(ERR_GET_REASON(e));
	else if (e != 0)
		text = ERR_reason_error_string(e);
	ERR_clear_error();
	return text != NULL ? text : otherwise;
}

static int
fail(char *why, size_t whylen, const char *file, const char *reason)
{
	if (file != NULL)
		snprintf(why, whylen, "%s: %s", file, reason);
	else
		snprintf(why, whylen, "%s", reason);
	ERR_clear_error();
	return -1;
}

/* can_read - the system's own words, which OpenSSL would not hand on. */
static int
can_read(const char *file, char *why, size_t whylen)
{
	FILE *f;
	int c;

	if ((f = fopen(file, "re")) == NULL)
		return fail(why, whylen, file, strerror(errno));
	errno = 0;
	c = getc(f);
	if (c == EOF && ferror(f)) {	/* a folder, for one */
		fail(why, whylen, file, strerror(errno));
		fclose(f);
		return -1;
	}
	fclose(f);
	return 0;
}

/* no_passphrase - notes that one was wanted. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(int *)arg = 1;
	return -1;
}

static int
no_start_line(void)
{
	unsigned long e = ERR_peek_error();

	return ERR_GET_LIB(e) == ERR_LIB_PEM &&
	    ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
}

static int
load_cert(SSL_CTX *ctx, const char *cert, char *why, size_t whylen)
{
	if (can_read(cert, why, whylen) == -1)
		return -1;
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx, cert) == 1)
		return 0;
	return fail(why, whylen, cert, no_start_line() ?
	    "no certificate in it" : tls_reason("no certificate in it"));
}

/* read_key - the file's private key, or NULL and why. */
static EVP_PKEY *
read_key(const char *file, char *why, size_t whylen)
{
	EVP_PKEY *pkey;
	int encrypted = 0;
	FILE *f;

	if ((f = fopen(file, "re")) == NULL) {
		fail(why, whylen, file, strerror(errno));
		return NULL;
	}
	pkey = PEM_read_PrivateKey(f, NULL, no_passphrase, &encrypted);
	fclose(f);
	if (pkey == NULL)
		fail(why, whylen, file, encrypted ?
		    "the key is encrypted, and nobody is there to be asked "
		    "for its passphrase" : "no private key in it");
	return pkey;
}

static int
load_key(SSL_CTX *ctx, const char *cert, const char *key, char *why,
    size_t whylen)
{
	EVP_PKEY *pkey;
	int ok;

	if (can_read(key, why, whylen) == -1)
		return -1;
	ERR_clear_error();
	if ((pkey = read_key(key, why, whylen)) == NULL)
		return -1;
	if (X509_check_private_key(SSL_CTX_get0_certificate(ctx), pkey) != 1) {
		EVP_PKEY_free(pkey);
		ERR_clear_error();
		snprintf(why, whylen, "%s does not belong to %s", key, cert);
		return -1;
	}
	ok = SSL_CTX_use_PrivateKey(ctx, pkey);
	EVP_PKEY_free(pkey);
	if (ok != 1)
		return fail(why, whylen, key, tls_reason("not usable"));
	return 0;
}

/* set_common - versions, ciphers and modes of both sides. */
static int
set_common(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION);
	/* Buffers are given back between records, so that an idle connection
	 * does not hold 34 KiB; reading ahead saves a system call a record. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ctx, 1);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, CIPHERS_12) != 1)
		return -1;
	return 0;
}

static struct tls_config *
new_config(const SSL_METHOD *method, char *why, size_t whylen)
{
	struct tls_config *config;

	ERR_clear_error();
	if ((config = calloc(1, sizeof(*config))) == NULL) {
		fail(why, whylen, NULL, strerror(errno));
		return NULL;
	}
	config->ctx = SSL_CTX_new(method);
	if (config->ctx == NULL || set_common(config->ctx) == -1) {
		fail(why, whylen, NULL, tls_reason("TLS cannot be set up"));
		tls_free(config);
		return NULL;
	}
	return config;
}

struct tls_config *
tls_server(const char *cert, const char *key, char *why, size_t whylen)
{
	static const unsigned char id[] = "brood";
	struct tls_config *config;

	config = new_config(TLS_server_method(), why, whylen);
	if (config == NULL)
		return NULL;
	/*
	 * Peers that end without close_notify are the rule; what our servers
	 * read says itself where it ends.  Tickets resume sessions in whichever
	 * child takes the connection, since their key was made before the fork;
	 * a cache would be each child's own.
	 */
	SSL_CTX_set_options(config->ctx, SSL_OP_CIPHER_SERVER_PREFERENCE |
	    SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(config->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(config->ctx, id, sizeof(id) - 1);
	SSL_CTX_set_num_tickets(config->ctx, 1);
	if (load_cert(config->ctx, cert, why, whylen) == -1 ||
	    load_key(config->ctx, cert, key, why, whylen) == -1) {
		tls_free(config);
		return NULL;
	}
	return config;
}

static int
load_authorities(SSL_CTX *ctx, const char *cafile, char *why, size_t whylen)
{
	if (cafile == NULL) {
		if (SSL_CTX_set_default_verify_paths(ctx) == 1)
			return 0;
		return fail(why, whylen, NULL,
		    "the system's certificates cannot be read");
	}
	if (can_read(cafile, why, whylen) == -1)
		return -1;
	ERR_clear_error();
	if (SSL_CTX_load_verify_file(ctx, cafile) == 1)
		return 0;
	return fail(why, whylen, cafile, "no certificate in it");
}

struct tls_config *
tls_client(const char *cafile, int verify, char *why, size_t whylen)
{
	struct tls_config *config;

	config = new_config(TLS_client_method(), why, whylen);
	if (config == NULL)
		return NULL;
	config->verify = verify;
	if (!verify)
		return config;
	SSL_CTX_set_verify(config->ctx, SSL_VERIFY_PEER, NULL);
	if (load_authorities(config->ctx, cafile, why, whylen) == -1) {
		tls_free(config);
		return NULL;
	}
	return config;
}

/* choose - the first of ours that the client offers; none of them is no
 * reason to refuse it (RFC 7301 would have an alert). */
static int
choose(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned int inlen, void *arg)
{
	const struct tls_config *config = arg;
	unsigned char *name;

	(void)ssl;
	if (SSL_select_next_proto(&name, outlen, config->alpn,
	    config->alpn_len, in, inlen) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = name;
	return SSL_TLSEXT_ERR_OK;
}

/* alpn_wire - "a,b" as 1 a 1 b; its length, or -1. */
static int
alpn_wire(unsigned char *wire, const char *text)
{
	size_t at = 0, n;

	for (;;) {
		n = strcspn(text, ",");
		if (n == 0 || n > 255 || at + 1 + n > ALPN_MAX)
			return -1;
		wire[at++] = (unsigned char)n;
		memcpy(wire + at, text, n);
		at += n;
		if (text[n] == '\0')
			return (int)at;
		text += n + 1;
	}
}

int
tls_alpn(struct tls_config *config, const char *proto)
{
	unsigned char *wire;
	int len;

	if ((wire = malloc(ALPN_MAX)) == NULL)
		return -1;
	if ((len = alpn_wire(wire, proto)) == -1) {
		free(wire);
		errno = EINVAL;
		return -1;
	}
	free(config->alpn);
	config->alpn = wire;
	config->alpn_len = (unsigned int)len;
	/* A client sends the list, a server calls back; each ignores the
	 * other's.  The client's call returns 0 for success. */
	SSL_CTX_set_alpn_select_cb(config->ctx, choose, config);
	if (SSL_CTX_set_alpn_protos(config->ctx, wire, (unsigned)len) != 0) {
		ERR_clear_error();
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

/*
 * tls_free - a connection under way keeps OpenSSL's context by itself, but
 * after its handshake no more than that: free no configuration while a
 * connection shakes hands.
 */
void
tls_free(struct tls_config *config)
{
	if (config == NULL)
		return;
	SSL_CTX_free(config->ctx);
	free(config->alpn);
	free(config);
}

void
tls_cleanup(void)
{
	OPENSSL_cleanup();
}
