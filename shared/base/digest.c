/*
 * SHA-256 by OpenSSL's EVP.  Called by whoever sends or stores files; it knows
 * nothing of files and never waits.
 */
#include "base/digest.h"

#include <errno.h>
#include <openssl/evp.h>

int
digest_init(struct digest *d)
{
	d->ctx = EVP_MD_CTX_new();
	if (d->ctx != NULL &&
	    EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL) == 1)
		return 0;
	digest_free(d);
	errno = ENOMEM;
	return -1;
}

void
digest_reset(struct digest *d)
{
	EVP_DigestInit_ex(d->ctx, NULL, NULL);
}

void
digest_add(struct digest *d, const void *data, size_t n)
{
	EVP_DigestUpdate(d->ctx, data, n);
}

void
digest_text(const struct digest *d, char text[DIGEST_TEXT])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char sum[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	unsigned int n = 0;

	if (copy == NULL || EVP_MD_CTX_copy_ex(copy, d->ctx) != 1 ||
	    EVP_DigestFinal_ex(copy, sum, &n) != 1)
		n = 0;
	for (unsigned int i = 0; i < n; i++) {
		text[2 * i] = hex[sum[i] >> 4];
		text[2 * i + 1] = hex[sum[i] & 15];
	}
	text[2 * n] = '\0';
	EVP_MD_CTX_free(copy);
}

void
digest_free(struct digest *d)
{
	EVP_MD_CTX_free(d->ctx);
	d->ctx = NULL;
}
