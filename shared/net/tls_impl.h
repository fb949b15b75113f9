/*
 * What tls.c and tls_config.c share: OpenSSL's things.  Nobody else includes
 * it, so that no other file sees OpenSSL.
 */
#ifndef NET_TLS_IMPL_H
#define NET_TLS_IMPL_H

#include <openssl/ssl.h>

struct tls_config {
	SSL_CTX		*ctx;
	int		 verify;	/* a client that checks the server */
	unsigned char	*alpn;		/* length-prefixed names (RFC 7301) */
	unsigned int	 alpn_len;
};

/*
 * tls_reason - the oldest error on OpenSSL's queue, in words, and an empty
 * queue; otherwise where there is none.
 */
const char *tls_reason(const char *otherwise);

#endif
