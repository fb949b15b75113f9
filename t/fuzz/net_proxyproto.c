/*
 * Fuzz target: what the PROXY parser says of a header must not depend on how
 * the bytes came: the same answer for every longer piece, none for a shorter.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/proxyproto.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* parse - from memory of exactly that size. */
static ssize_t
parse(const uint8_t *data, size_t len, struct ipaddr *peer, int *known)
{
	uint8_t *exact = malloc(len > 0 ? len : 1);
	ssize_t n;

	if (exact == NULL)
		abort();
	if (len > 0)
		memcpy(exact, data, len);
	n = proxyproto_parse(exact, len, peer, known);
	free(exact);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipaddr peer, first;
	ssize_t n, said = 0;
	int k, known = 0;
	size_t i;

	memset(&first, 0, sizeof(first));
	if (size > 1024)
		size = 1024;
	for (i = 0; i <= size; i++) {
		memset(&peer, 0, sizeof(peer));
		n = parse(data, i, &peer, &k);
		if (n > (ssize_t)i || n < -1 || (k && n <= 0))
			abort();
		if (said == 0) {
			if (n > 0 && n != (ssize_t)i)
				abort();
			said = n;
			known = k;
			first = peer;
		} else if (n != said || k != known ||
		    memcmp(&first, &peer, sizeof(peer)) != 0)
			abort();
	}
	return 0;
}
