/*
 * Reading mime.types, and Content-Type for a file.  Called when the settings
 * are made and when a file is read into the cache.
 */
#include "mimetypes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/readfile.h"

#define SYSTEM_TYPES	"/etc/mime.types"
#define TYPES_MAX	(4 * 1024 * 1024)	/* bytes of the file */
#define UTF8		"; charset=utf-8"

int
mimetypes_load(const char *path, struct http_types **types, char *why,
    size_t whylen)
{
	struct buf text = { 0 };

	*types = NULL;
	if (read_file(path != NULL ? path : SYSTEM_TYPES, TYPES_MAX,
	    &text) == -1) {
		if (path == NULL)
			return 0;	/* most systems can do without */
		snprintf(why, whylen, "%s: %s", path, strerror(errno));
		return -1;
	}
	*types = http_types_read((struct http_str){ text.data, text.len });
	buf_free(&text);
	if (*types != NULL)
		return 0;
	snprintf(why, whylen, "%s: %s", path != NULL ? path : SYSTEM_TYPES,
	    strerror(errno));
	return -1;
}

void
mimetypes_of(const struct httpd *h, const char *name, size_t len, char *out,
    size_t size)
{
	const char *type = http_type_of(h->types,
	    (struct http_str){ name, len });
	size_t n = strlen(type), tail = sizeof(UTF8) - 1;

	if (n > tail && strcmp(type + n - tail, UTF8) == 0) {
		n -= tail;
		if (h->charset[0] == '\0')
			snprintf(out, size, "%.*s", (int)n, type);
		else
			snprintf(out, size, "%.*s; charset=%s", (int)n, type,
			    h->charset);
	} else if (n < size) {
		memcpy(out, type, n + 1);
	} else {
		snprintf(out, size, "%s", HTTP_TYPE_DEFAULT);
	}
}
