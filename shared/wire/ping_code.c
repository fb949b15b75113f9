/*
 * The code that guards a message of the ping protocol: HMAC-SHA-256 by OpenSSL
 * where there is a key, a checksum where there is none.  Called by wire/ping's
 * users; a key is made once, and sealing allocates nothing of ours.
 */
#include "wire/ping.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CODE		32			/* bytes */
#define AT_CODE		(PING_HEAD - CODE)

struct ping_key {
	EVP_MAC		*mac;
	EVP_MAC_CTX	*ctx;		/* has the key; begun anew each time */
};

struct ping_key *
ping_key_new(const void *secret, size_t n)
{
	char digest[] = "SHA256";
	OSSL_PARAM with[2] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
		    digest, 0),
		OSSL_PARAM_construct_end()
	};
	struct ping_key *k;

	if (n < PING_KEY_MIN || n > PING_KEY_MAX) {
		errno = EINVAL;
		return NULL;
	}
	if ((k = calloc(1, sizeof(*k))) == NULL)
		return NULL;
	k->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (k->mac != NULL)
		k->ctx = EVP_MAC_CTX_new(k->mac);
	if (k->ctx == NULL || EVP_MAC_init(k->ctx, secret, n, with) != 1) {
		ping_key_free(k);
		errno = ENOMEM;
		return NULL;
	}
	return k;
}

void
ping_key_free(struct ping_key *k)
{
	if (k == NULL)
		return;
	EVP_MAC_CTX_free(k->ctx);
	EVP_MAC_free(k->mac);
	free(k);
}

int
ping_mac(struct ping_key *k, const void *data, size_t n, uint8_t out[CODE])
{
	size_t len = 0;

	if (EVP_MAC_init(k->ctx, NULL, 0, NULL) == 1 &&
	    EVP_MAC_update(k->ctx, data, n) == 1 &&
	    EVP_MAC_final(k->ctx, out, &len, CODE) == 1 && len == CODE)
		return 0;
	memset(out, 0, CODE);
	return -1;
}

static uint64_t
mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

/* checksum - against damage only: anybody can make it. */
static uint64_t
checksum(const uint8_t *p, size_t n)
{
	uint64_t h = n, word;

	for (; n >= sizeof(word); n -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = mix(h, be64toh(word));
	}
	word = 0;
	memcpy(&word, p, n);
	return mix(h, be64toh(word));
}

/* code_of - of a message whose code is zero.  0, or -1. */
static int
code_of(const uint8_t *wire, size_t n, struct ping_key *k,
    uint8_t code[CODE])
{
	uint64_t sum;

	if (k != NULL)
		return ping_mac(k, wire, n, code);
	sum = checksum(wire, n);
	memset(code, 0, CODE);
	sum = htobe64(sum);
	memcpy(code, &sum, sizeof(sum));
	return 0;
}

void
ping_seal(uint8_t *wire, size_t n, struct ping_key *k)
{
	uint8_t code[CODE];

	memset(wire + AT_CODE, 0, CODE);
	code_of(wire, n, k, code);
	memcpy(wire + AT_CODE, code, CODE);
}

int
ping_sealed(uint8_t *wire, size_t n, struct ping_key *k)
{
	uint8_t code[CODE], theirs[CODE];
	int ok;

	if (n < PING_HEAD)
		return 0;
	memcpy(theirs, wire + AT_CODE, CODE);
	memset(wire + AT_CODE, 0, CODE);
	ok = code_of(wire, n, k, code) == 0 &&
	    CRYPTO_memcmp(code, theirs, CODE) == 0;
	memcpy(wire + AT_CODE, theirs, CODE);
	return ok;
}
