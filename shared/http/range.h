/*
 * Range and Content-Range for bytes (RFC 9110 section 14).  httpd and proxyd
 * read Range against the size of what they have; httpc reads Content-Range
 * when it resumes.  Offsets are bytes and ranges are inclusive, as in HTTP.
 */

#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include <stdbool.h>

#include "http/str.h"

#define HTTP_RANGES_MAX		100	/* what servers let one request ask */
#define HTTP_CONTENT_RANGE_MAX	72	/* room for a Content-Range value */

struct http_range {
	uint64_t	first;
	uint64_t	last;		/* included */
};

enum http_range_result {
	HTTP_RANGE_IGNORE,	/* malformed, not bytes, or too many: 200 */
	HTTP_RANGE_OK,		/* 206, with one range or several */
	HTTP_RANGE_UNSATISFIABLE /* 416 */
};

/*
 * Reads the value of a Range field for size bytes of data into at most max
 * ranges, in the order asked; those that overlap or touch are made one
 * (section 15.3.7.2).  More than max of them, before that, are ignored: many
 * small ranges are an attack or a mistake (section 14.2).  So is any range of
 * no data at all, as clients that ask for ranges of everything want the 200.
 */
enum http_range_result http_range_parse(struct http_str value, uint64_t size,
    struct http_range *ranges, unsigned max, unsigned *count);

/* Writes "bytes FIRST-LAST/SIZE" with a NUL; returns the length. */
size_t	http_content_range(struct http_range r, uint64_t size,
	    char out[HTTP_CONTENT_RANGE_MAX]);

/* Writes what a 416 says, a star and the size; returns the length. */
size_t	http_content_range_none(uint64_t size,
	    char out[HTTP_CONTENT_RANGE_MAX]);

struct http_content_range {
	bool		satisfied;	/* range is set (else it is a 416's) */
	bool		has_size;
	struct http_range range;
	uint64_t	size;
};

/* Reads a Content-Range value; 0, or -1 if it is not a valid one of bytes. */
int	http_content_range_parse(struct http_str value,
	    struct http_content_range *cr);

#endif
