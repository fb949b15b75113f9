/*
 * Media types by file name.  httpd asks once for each file it opens: first
 * the system's table, if one was read, then a built-in one of what is common
 * on the web.
 */

#ifndef HTTP_TYPES_H
#define HTTP_TYPES_H

#include "http/str.h"

/* What a name without a known extension gets. */
#define HTTP_TYPE_DEFAULT	"application/octet-stream"

/* A table that was read from the text of a mime.types file. */
struct http_types;

/*
 * Reads the text of a mime.types file: TYPE EXTENSION..., '#' begins a
 * comment; of two lines for one extension the first counts.  Lines that are
 * malformed are passed over.  Allocates; NULL with errno where it cannot.
 * To be called at start, not for a request.
 */
struct http_types *http_types_read(struct http_str text);

void	http_types_free(struct http_types *types);

/*
 * The Content-Type for a file name or path, with "; charset=utf-8" where the
 * type is text.  types may be NULL.  The string lives as long as types.
 * Extensions are compared without regard to case; of "a.tar.gz" gz counts;
 * a name that begins with its only dot has none.
 */
const char *http_type_of(const struct http_types *types, struct http_str name);

#endif
