/*
 * Fuzz target: what pingd reads from anybody, and what pingc reads from any
 * server.  What is taken for a message or a hello must survive being written
 * again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/ping.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
messages(const uint8_t *data, size_t size)
{
	uint8_t wire[PING_HEAD];
	struct ping_msg m, back;

	memset(&m, 0, sizeof(m));
	memset(&back, 0, sizeof(back));
	if (ping_get(data, size, &m) == -1)
		return;
	ping_put(wire, &m);
	ping_seal(wire, sizeof(wire), NULL);
	if (!ping_sealed(wire, sizeof(wire), NULL) ||
	    ping_get(wire, sizeof(wire), &back) == -1 ||
	    memcmp(&m, &back, sizeof(m)) != 0)
		abort();
}

static void
texts(const char *text, size_t size)
{
	char out[PING_HEAD];
	struct ping_plain plain;
	uint64_t nonce;

	if (ping_hello_get(text, size, &nonce) == 0) {
		ping_hello_put(out, nonce);
		if (memcmp(out, text, PING_HEAD) != 0)
			abort();
	}
	ping_plain_get(text, size, &plain);
	if (plain.skip > size)
		abort();
	ping_plain_put(out, 0, plain.seq, plain.stamp);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t half = size / 2;
	char *copy = malloc(size + 1);

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	messages(data, size);
	texts(copy, size);
	ping_sealed((uint8_t *)copy, size, NULL);
	if (memcmp(copy, data, size) != 0)
		abort();	/* looking must not change it */
	ping_is_echo(copy, half, copy + half, size - half);
	ping_upper(copy, size);
	if (!ping_is_echo(copy, size, (const char *)data, size) &&
	    (size == 0 || copy[0] != '['))
		abort();
	free(copy);
	return 0;
}
