/*
 * Fuzz target: what wire/room.c takes for a message is one again when it is
 * written anew, and plain text is taken apart within its bounds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/room.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size > 0 ? size : 1), wire[ROOM_WIRE_MAX];
	struct room_msg a, b;
	size_t n = size;
	int newline;

	if (exact == NULL)
		abort();
	if (size > 0)
		memcpy(exact, data, size);
	if (room_get(&a, exact, size) == 0) {
		n = room_put(wire, &a);
		if (n == 0 || room_get(&b, wire, n) == -1 ||
		    a.number != b.number || a.namelen != b.namelen ||
		    a.textlen != b.textlen)
			abort();
	}
	n = size;
	if (room_plain((char *)exact, &n, &newline) == ROOM_PLAIN_NAME &&
	    n + 3 > size)
		abort();
	room_name_bad((char *)exact, n);
	free(exact);
	return 0;
}
