/*
 * Fuzz target: a line of heartbeatd's state file that is taken must be written
 * anew to the same, and --expect's texts must be taken apart within bounds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "servers/heartbeatd/expect.h"
#include "servers/heartbeatd/saved.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
lines(const char *text, size_t n)
{
	char line[SAVED_LINE_MAX], again[SAVED_LINE_MAX];
	struct saved v, back;
	uint64_t count;
	int64_t when;
	size_t len;

	if (saved_parse_line(text, n, &v) == 0) {
		len = saved_line(line, &v);
		if (len >= sizeof(line) ||
		    saved_parse_line(line, len - 1, &back) == -1 ||
		    saved_line(again, &back) != len ||
		    memcmp(line, again, len) != 0)
			abort();
	}
	if (saved_parse_head(text, n, &when) == 0 && when < 0)
		abort();
	if (saved_parse_end(text, n, &count) == 0 &&
	    saved_parse_line(text, n, &v) == 0)
		abort();
}

static void
expectations(const char *text, size_t n)
{
	struct expects e = { .period = 1, .grace = 1 };
	char *copy = strndup(text, n), why[256];

	if (copy == NULL)
		abort();
	if (expects_parse(&e, &copy, 1, why, sizeof(why)) == 0) {
		if (e.n != 1 || e.v[0].period < 1 || e.v[0].grace < 0)
			abort();
		(void)expects_pattern(&e, "web1.example.com");
		expects_free(&e);
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size > 0 ? size : 1);

	if (exact == NULL)
		abort();
	if (size > 0)
		memcpy(exact, data, size);
	lines(exact, size);
	if (size < 256)
		expectations(exact, size);
	free(exact);
	return 0;
}
