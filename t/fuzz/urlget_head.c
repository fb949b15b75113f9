/*
 * Fuzz target: lines of an answer's head, in any number and order.  What is
 * noted of them is a string without line ends that fits.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "clients/urlget/urlget.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define CHECK(x)	do { if (!(x)) abort(); } while (0)

static void
check(const char *s)
{
	size_t n = strnlen(s, FIELD_MAX);

	CHECK(n < FIELD_MAX && memchr(s, '\n', n) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct head h = { 0 };
	const uint8_t *lf;
	char *line;
	size_t n;

	for (; size > 0; data += n, size -= n) {
		lf = memchr(data, '\n', size);
		n = lf != NULL ? (size_t)(lf + 1 - data) : size;
		CHECK((line = malloc(n)) != NULL);
		memcpy(line, data, n);
		head_line(&h, line, n);
		free(line);
	}
	check(h.reason);
	check(h.etag);
	check(h.modified);
	check(h.date);
	check(h.range);
	return 0;
}
