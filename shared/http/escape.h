/*
 * Text that a peer or a file name chose, made harmless for HTML, JSON and
 * logs.  For listings, status pages and access logs.  Writes into buffers of
 * bounded size and can go on where one was full.
 */

#ifndef HTTP_ESCAPE_H
#define HTTP_ESCAPE_H

#include "http/str.h"

#define HTTP_ESCAPE_MAX	6	/* the most that one byte of input becomes */

/*
 * Each writes as much of *in as fits into size bytes, takes that off the
 * front of *in and returns how many bytes it wrote; nothing terminates them.
 * An escape is never cut in two.  A size of HTTP_ESCAPE_MAX times in->len
 * always takes all of it.
 */

/* & < > " ' become entities; the rest is left, control bytes become '?'. */
size_t	http_escape_html(struct http_str *in, char *out, size_t size);

/*
 * What stands between the quotes of a JSON string (RFC 8259 section 7).
 * Bytes that are not valid UTF-8 become U+FFFD.
 */
size_t	http_escape_json(struct http_str *in, char *out, size_t size);

/*
 * For a line of a log: control bytes, '"', '\' and all above 0x7e as \xHH.
 */
size_t	http_escape_log(struct http_str *in, char *out, size_t size);

#endif
