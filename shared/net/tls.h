/*
 * TLS 1.2 and 1.3 under struct conn, by OpenSSL.  A server makes one
 * tls_config per configuration, a client one per run.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct conn;
struct tls_conn;
struct tls_config;	/* an SSL_CTX, owned by who made it */

/* tls_server - certificate chain and key from PEM files; NULL with why. */
struct tls_config *tls_server(const char *cert, const char *key,
	    char *why, size_t whylen);
/* tls_client - verify against cafile, or the system's where NULL; verify 0:
 * do not. */
struct tls_config *tls_client(const char *cafile, int verify,
	    char *why, size_t whylen);
/* tls_alpn - the protocols offered or taken, as "http/1.1". */
int	tls_alpn(struct tls_config *, const char *proto);
void	tls_free(struct tls_config *);

/*
 * tls_accept, tls_connect - shake hands within the connection's deadline; from
 * then on conn_read and conn_write speak TLS.  servername: for SNI and for the
 * check of the certificate.  0, or -1 with errno (EPROTO for TLS's own errors)
 * and the reason in why.
 */
int	tls_accept(struct conn *, struct tls_config *, char *why, size_t whylen);
int	tls_connect(struct conn *, struct tls_config *, const char *servername,
	    char *why, size_t whylen);

/* For conn.c: as read(2) and write(2), but waiting; pending bytes; the end. */
ssize_t	tls_read(struct conn *, void *, size_t, int64_t deadline);
ssize_t	tls_write(struct conn *, const void *, size_t, int64_t deadline);
int	tls_pending(const struct conn *);
void	tls_shutdown(struct conn *);
void	tls_conn_free(struct tls_conn *);
/* tls_describe - "TLSv1.3 TLS_AES_256_GCM_SHA384" */
const char *tls_describe(const struct conn *, char *buf, size_t size);

#endif
