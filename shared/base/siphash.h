/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a short keyed hash that cannot be
 * forged without the key.  For cookies and session numbers of programs that
 * cannot afford an allocation a datagram; not a replacement for SHA-256.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY	16	/* bytes, from a good source of chance */

/* siphash - of n bytes. */
uint64_t siphash(const uint8_t key[SIPHASH_KEY], const void *data, size_t n);

#endif
