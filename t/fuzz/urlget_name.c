/*
 * Fuzz target: whatever host and path say, the name is a single one, visible,
 * of text, and short enough.  A newline divides the host from the path.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "clients/urlget/name.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define CHECK(x)	do { if (!(x)) abort(); } while (0)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size > 0 ? size : 1), out[NAME_ROOM];
	struct http_str host, path;
	const char *lf;
	size_t n;

	CHECK(exact != NULL);
	if (size > 0)
		memcpy(exact, data, size);
	lf = size > 0 ? memchr(exact, '\n', size) : NULL;
	host = (struct http_str){ exact, lf != NULL ? (size_t)(lf - exact) :
	    size };
	path = (struct http_str){ exact + host.len, size - host.len };
	if (lf != NULL) {
		path.ptr++;
		path.len--;
	}
	name_of_url(out, host, path);
	n = strnlen(out, sizeof(out));
	CHECK(n > 0 && n < NAME_ROOM && utf8_valid(out, n));
	CHECK(strpbrk(out, "/\\:") == NULL && strchr(".-~ ", *out) == NULL);
	for (size_t i = 0; i < n; i += utf8_seq(out + i, n - i))
		CHECK(!utf8_control(out + i, utf8_seq(out + i, n - i)));
	free(exact);
	return 0;
}
