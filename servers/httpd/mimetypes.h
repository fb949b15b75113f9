/*
 * The table of types by extension, from a file, with the charset that was
 * asked for.
 */
#ifndef HTTPD_MIMETYPES_H
#define HTTPD_MIMETYPES_H

#include <stddef.h>

#include "httpd.h"

/*
 * mimetypes_load - path, or the system's where NULL; *types may be NULL after
 * that, which is the built-in table.  0, or -1 with why.
 */
int	mimetypes_load(const char *path, struct http_types **types, char *why,
	    size_t whylen);

/* mimetypes_of - the Content-Type for a file's name, as a string in out. */
void	mimetypes_of(const struct httpd *, const char *name, size_t len,
	    char *out, size_t size);

#endif
