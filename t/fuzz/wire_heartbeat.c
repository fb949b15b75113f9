/*
 * Fuzz target: what wire/heartbeat.c takes for a heartbeat must be one again
 * when it is written anew, and the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/heartbeat.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size > 0 ? size : 1);
	char text[HEARTBEAT_TEXT_MAX];
	struct heartbeat a, b;
	size_t n;

	if (exact == NULL)
		abort();
	if (size > 0)
		memcpy(exact, data, size);
	if (heartbeat_parse(&a, exact, size) == NULL) {
		n = heartbeat_format(text, &a);
		if (n >= sizeof(text) || strlen(text) != n)
			abort();
		if (heartbeat_name_bad(a.name, strlen(a.name)) != NULL)
			abort();
		if (heartbeat_parse(&b, text, n) != NULL ||
		    strcmp(a.name, b.name) != 0 || a.seq != b.seq ||
		    a.time != b.time || a.down != b.down ||
		    a.status != b.status)
			abort();
	}
	free(exact);
	return 0;
}
