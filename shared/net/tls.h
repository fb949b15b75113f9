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

/* tls_server - certificate chain and key from PEM files; NULL with why, which
 * names the file.  Made before the fork, so that children share ticket keys. */
struct tls_config *tls_server(const char *cert, const char *key,
	    char *why, size_t whylen);
/* tls_client - verify against cafile, or the system's where NULL; verify 0:
 * do not. */
struct tls_config *tls_client(const char *cafile, int verify,
	    char *why, size_t whylen);
/* tls_alpn - the protocols offered or taken, the best first: "h2,http/1.1".
 * 0, or -1 with errno (EINVAL). */
int	tls_alpn(struct tls_config *, const char *proto);
/* tls_free - connections whose handshake is over may go on. */
void	tls_free(struct tls_config *);

/*
 * tls_accept, tls_connect - shake hands within the connection's deadline; from
 * then on conn_read and conn_write speak TLS.  Bytes that are in the input
 * buffer already count as TLS's.  servername (a name or an address; HOST:PORT
 * as the user gave it will do): for SNI and for the check of the certificate;
 * NULL only where nothing is checked.
 * 0, or -1 with errno (EPROTO for TLS's own errors, EACCES where tls_connect
 * does not trust the certificate, EPROTOTYPE where a client spoke plain HTTP
 * and could be answered so) and the reason in why, and then the connection can
 * only be closed.
 */
int	tls_accept(struct conn *, struct tls_config *,
	    char *why, size_t whylen);
int	tls_connect(struct conn *, struct tls_config *, const char *servername,
	    char *why, size_t whylen);
/*
 * The same for who never waits: tls_connect_begin only prepares, and the first
 * conn_take and conn_give go on with the handshake, with EAGAIN for as long as
 * it takes.  tls_wants_write - after EAGAIN: it is writing that has to wait.
 * tls_failure - after EPROTO: the reason, into buf.
 */
int	tls_connect_begin(struct conn *, struct tls_config *,
	    const char *servername, char *why, size_t whylen);
int	tls_wants_write(const struct conn *);
void	tls_failure(const struct conn *, char *buf, size_t size);

/*
 * For conn.c: as read(2) and write(2), but waiting, as conn_wait does with
 * deadline as the caller's own; whether something can be read without the
 * socket; the end.  A client sees 0 only at the peer's close_notify; an end
 * without it, which may be a cut by somebody else, is -1 with EPROTO.
 */
#define TLS_NO_WAIT	0	/* a deadline: fail with EAGAIN at once */
ssize_t	tls_read(struct conn *, void *, size_t, int64_t deadline);
ssize_t	tls_write(struct conn *, const void *, size_t, int64_t deadline);
int	tls_pending(const struct conn *);
/* tls_readable - after a look at what the socket has: as conn_readable. */
int	tls_readable(struct conn *);
void	tls_shutdown(struct conn *);
void	tls_conn_free(struct tls_conn *);
/* tls_describe - "TLSv1.3 TLS_AES_256_GCM_SHA384" */
const char *tls_describe(const struct conn *, char *buf, size_t size);

/* tls_cleanup - free what OpenSSL keeps for the process.  exit(3) does that by
 * itself; a process that leaves by _exit(2) under a leak checker calls it,
 * last of all. */
void	tls_cleanup(void);

#endif
