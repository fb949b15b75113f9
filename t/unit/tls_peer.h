/*
 * The other side of net_tls.c's tests: certificates made on the spot, and a
 * peer that speaks TLS with OpenSSL alone, blocking, in a thread of its own.
 */
#ifndef TLS_PEER_H
#define TLS_PEER_H

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the peer does when the handshake is over. */
enum peer_job {
	PEER_ECHO,		/* send all back until close_notify, then too */
	PEER_CUT,		/* say "cut" and close without close_notify */
	PEER_TWO,		/* say "one" and "two" in a record each, wait */
	PEER_QUIET		/* wait for the end */
};

struct peer {
	int		 server;	/* which side of TLS */
	enum peer_job	 job;
	int		 max_version;	/* 0: any */
	const char	*ciphers;	/* of TLS 1.2; NULL: any */
	const char	*alpn;		/* one name; NULL: none */
	/* Filled in by the peer: */
	int		 shaken;	/* the handshake went well */
	char		 sni[64];
	char		 got_alpn[32];
	/* The peer's own: */
	const char	*dir;
	int		 fd;
	pthread_t	 thread;
};

/* -- Certificates ---------------------------------------------------------- */

static const char *
peer_path(const char *dir, const char *name)
{
	static _Thread_local char buf[128];

	snprintf(buf, sizeof(buf), "%s/%s", dir, name);
	return buf;
}

static FILE *
peer_open(const char *dir, const char *name)
{
	FILE *f = fopen(peer_path(dir, name), "we");

	if (f == NULL)
		abort();
	return f;
}

static void
peer_extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (e == NULL)
		abort();
	X509_add_ext(cert, e, -1);
	X509_EXTENSION_free(e);
}

/* peer_cert - for key, signed by issuer_key (its own where issuer is NULL). */
static X509 *
peer_cert(EVP_PKEY *key, const char *name, const char *alt, X509 *issuer,
    EVP_PKEY *issuer_key)
{
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), issuer ? 2 : 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) :
	    subject);
	X509_set_pubkey(cert, key);
	if (alt != NULL)
		peer_extend(cert, issuer, NID_subject_alt_name, alt);
	else
		peer_extend(cert, cert, NID_basic_constraints,
		    "critical,CA:TRUE");
	if (X509_sign(cert, issuer_key, EVP_sha256()) == 0)
		abort();
	return cert;
}

static const char *const peer_files[] = { "ca.pem", "cert.pem", "key.pem",
	"other.pem", "ed.pem", "locked.pem" };

static void
peer_write_cert(const char *dir, const char *name, X509 *cert)
{
	FILE *f = peer_open(dir, name);

	PEM_write_X509(f, cert);
	fclose(f);
}

static void
peer_write_key(const char *dir, const char *name, EVP_PKEY *key,
    const char *passphrase)
{
	FILE *f = peer_open(dir, name);

	PEM_write_PKCS8PrivateKey(f, key, passphrase ? EVP_aes_128_cbc() :
	    NULL, passphrase, passphrase ? (int)strlen(passphrase) : 0, NULL,
	    NULL);
	fclose(f);
}

/*
 * peer_make_files - in dir: ca.pem, cert.pem for localhost and 127.0.0.1 and
 * its key.pem, locked.pem (the same key, encrypted), and two keys of others:
 * other.pem, ed.pem.
 */
static void
peer_make_files(const char *dir)
{
	EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	X509 *ca, *cert;

	ca = peer_cert(ca_key, "Test CA", NULL, NULL, ca_key);
	cert = peer_cert(key, "test", "DNS:localhost,IP:127.0.0.1,IP:::1", ca,
	    ca_key);
	peer_write_cert(dir, "ca.pem", ca);
	peer_write_cert(dir, "cert.pem", cert);
	peer_write_key(dir, "key.pem", key, NULL);
	peer_write_key(dir, "locked.pem", key, "secret");
	peer_write_key(dir, "other.pem", ca_key, NULL);
	peer_write_key(dir, "ed.pem", ed, NULL);
	X509_free(ca);
	X509_free(cert);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ed);
}

static void
peer_remove_files(const char *dir)
{
	size_t i;

	for (i = 0; i < sizeof(peer_files) / sizeof(peer_files[0]); i++)
		unlink(peer_path(dir, peer_files[i]));
}

/* -- The peer -------------------------------------------------------------- */

static SSL_CTX *
peer_context(struct peer *p)
{
	SSL_CTX *ctx = SSL_CTX_new(p->server ? TLS_server_method() :
	    TLS_client_method());

	SSL_CTX_set_security_level(ctx, 0);
	if (p->max_version != 0)
		SSL_CTX_set_max_proto_version(ctx, p->max_version);
	if (p->ciphers != NULL && SSL_CTX_set_cipher_list(ctx,
	    p->ciphers) != 1)
		abort();
	if (p->server) {
		SSL_CTX_use_certificate_file(ctx, peer_path(p->dir,
		    "cert.pem"), SSL_FILETYPE_PEM);
		SSL_CTX_use_PrivateKey_file(ctx, peer_path(p->dir,
		    "key.pem"), SSL_FILETYPE_PEM);
	}
	return ctx;
}

static void
peer_echo(SSL *ssl)
{
	char buf[8192];
	int n;

	while ((n = SSL_read(ssl, buf, sizeof(buf))) > 0)
		SSL_write(ssl, buf, n);
	SSL_shutdown(ssl);
}

static void
peer_work(struct peer *p, SSL *ssl)
{
	char byte;

	switch (p->job) {
	case PEER_ECHO:
		peer_echo(ssl);
		break;
	case PEER_CUT:
		SSL_write(ssl, "cut", 3);
		shutdown(p->fd, SHUT_WR);
		SSL_read(ssl, &byte, 1);
		break;
	case PEER_TWO:
		SSL_write(ssl, "one", 3);
		SSL_write(ssl, "two", 3);
		SSL_read(ssl, &byte, 1);
		SSL_shutdown(ssl);
		break;
	case PEER_QUIET:
		SSL_read(ssl, &byte, 1);
		break;
	}
}

static void
peer_look(struct peer *p, SSL *ssl)
{
	const unsigned char *alpn;
	const char *sni;
	unsigned int n;

	p->shaken = 1;
	if ((sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)))
		snprintf(p->sni, sizeof(p->sni), "%s", sni);
	SSL_get0_alpn_selected(ssl, &alpn, &n);
	snprintf(p->got_alpn, sizeof(p->got_alpn), "%.*s", (int)n,
	    (const char *)alpn);
}

static void *
peer_main(void *arg)
{
	struct peer *p = arg;
	SSL_CTX *ctx = peer_context(p);
	SSL *ssl = SSL_new(ctx);
	unsigned char wire[32];

	SSL_set_fd(ssl, p->fd);
	if (p->alpn != NULL) {
		wire[0] = (unsigned char)strlen(p->alpn);
		memcpy(wire + 1, p->alpn, wire[0]);
		SSL_set_alpn_protos(ssl, wire, wire[0] + 1u);
	}
	if ((p->server ? SSL_accept(ssl) : SSL_connect(ssl)) == 1) {
		peer_look(p, ssl);
		peer_work(p, ssl);
	}
	ERR_clear_error();
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(p->fd);
	OPENSSL_thread_stop();
	return NULL;
}

/* peer_start - returns our end of the socket. */
static int
peer_start(struct peer *p, const char *dir)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		abort();
	p->dir = dir;
	p->fd = sv[1];
	if (pthread_create(&p->thread, NULL, peer_main, p) != 0)
		abort();
	return sv[0];
}

static void
peer_join(struct peer *p)
{
	pthread_join(p->thread, NULL);
}

#endif
