/*
 * What a client would rather have: content codings (RFC 9110 section 12.5.3)
 * and media types (12.5.1).  For httpd's precompressed files and for pages
 * that come as HTML or JSON.
 */

#ifndef HTTP_ACCEPT_H
#define HTTP_ACCEPT_H

#include <stdbool.h>

#include "http/message.h"

/*
 * A quality in thousandths, 0 to 1000, from the text behind "q=".  -1 for
 * what is none (section 12.4.2).
 */
int	http_qvalue(struct http_str s);

/* In the order of a server's own preference, best last. */
enum http_coding {
	HTTP_CODING_IDENTITY,
	HTTP_CODING_DEFLATE,
	HTTP_CODING_GZIP,
	HTTP_CODING_ZSTD,
	HTTP_CODING_BR,
	HTTP_CODING_MAX,
	HTTP_CODING_NONE = HTTP_CODING_MAX	/* nothing is acceptable */
};

/* The name as Content-Encoding has it. */
const char *http_coding_name(enum http_coding coding);

/* Qualities, in thousandths, that Accept-Encoding gives to each coding. */
struct http_codings {
	uint16_t	q[HTTP_CODING_MAX];
};

/*
 * Reads Accept-Encoding.  Without it, only identity is acceptable: the RFC
 * would allow any, but clients that send none seldom decode.  x-gzip is
 * gzip.  An identity that is neither named nor excluded comes last.
 */
void	http_accept_codings(const struct http_msg *m, struct http_codings *c);

/*
 * The best of the codings in available, a set of bits 1 << coding: highest
 * quality, then the server's preference.  HTTP_CODING_NONE if all have been
 * excluded, which is a 406 only where identity is.
 */
enum http_coding http_choose_coding(const struct http_codings *c,
    unsigned available);

/*
 * The quality, in thousandths, that Accept gives to a media type such as
 * "text/html": that of the most specific range that has it.  1000 without
 * Accept.  Ranges with parameters other than q match no type.
 */
int	http_accept_type(const struct http_msg *m, struct http_str type);

/*
 * Whether a page is wanted as JSON: application/json is liked better than
 * text/html.
 */
bool	http_wants_json(const struct http_msg *m);

#endif
