/*
 * Sending a resource as the request's fields would have it: whole, in ranges,
 * compressed, not at all because the client has it.
 */
#ifndef HTTPD_SEND_H
#define HTTPD_SEND_H

#include <stdbool.h>

#include "http/range.h"
#include "request.h"
#include "resource.h"

/* A 200's head begins with this, and then the 29 bytes of the date. */
#define HEAD_START	"HTTP/1.1 200 OK\r\nServer: brood\r\nDate: "

/* send_resource - the answer to a GET or HEAD for it. */
void	send_resource(struct request *, struct resource *);

/* send_ranges - a 206 with some parts of a representation, n of them. */
void	send_ranges(struct request *, const struct resource *,
	    const struct variant *, const struct http_range *, unsigned n);

/* send_part - n bytes of a body from off. */
void	send_part(struct request *, const struct variant *, uint64_t off,
	    uint64_t n);

/* send_described - the fields that a representation has in any answer. */
void	send_described(struct request *, const struct resource *,
	    const struct variant *);

/* send_fields - those of --header for path that may go with this status. */
void	send_fields(struct request *, const char *path, unsigned status);

/* send_sets - whether --header sets this field for the request's path. */
bool	send_sets(const struct request *, const char *name);

/*
 * send_error_page - the file at path as the page of an error, with more
 * fields for its head or NULL; false where there is no such file, and nothing
 * was sent.
 */
bool	send_error_page(struct request *, unsigned status, const char *path,
	    const char *fields);

#endif
