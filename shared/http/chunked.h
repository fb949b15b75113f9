/*
 * The chunked transfer coding (RFC 9112 section 7.1): a decoder that is given
 * whatever bytes have come and points out the data among them, and what a
 * sender needs to make chunks.  For bodies of requests and responses.
 */

#ifndef HTTP_CHUNKED_H
#define HTTP_CHUNKED_H

#include "http/str.h"

#define HTTP_CHUNK_HEAD_MAX	18	/* 16 digits and CRLF */

enum http_chunk {
	HTTP_CHUNK_MORE,	/* all input was used; there is more to come */
	HTTP_CHUNK_DATA,	/* out is data, in place */
	HTTP_CHUNK_TRAILER,	/* out is a piece of the trailer section */
	HTTP_CHUNK_DONE,	/* the body has ended */
	HTTP_CHUNK_BAD		/* reason says why; status is 400, or 431 */
};

struct http_chunked {
	uint64_t	left;		/* of this chunk's data */
	uint64_t	total;		/* of all data so far */
	const char	*reason;	/* of HTTP_CHUNK_BAD */
	uint16_t	status;
	uint16_t	extension;	/* bytes of extension in this chunk */
	uint64_t	extensions;	/* and in all chunks */
	uint16_t	trailer;	/* bytes of the trailer section */
	uint8_t		state;
	uint8_t		digits;
};

/* Limits: what is longer is an attack, as nobody uses either. */
#define HTTP_CHUNK_EXT_MAX	1024		/* bytes in one chunk */
#define HTTP_CHUNK_EXTS_MAX	(16 * 1024)	/* bytes more than data */
#define HTTP_CHUNK_TRAILER_MAX	8192		/* bytes */

void	http_chunked_init(struct http_chunked *c);

/*
 * Decodes the n bytes at in up to the next thing to report and sets *used to
 * how many that took; to be called again with the rest.  Data is reported as
 * it comes, in pieces of any size; DONE may come only from a call with no bytes
 * at all, after the last piece.  The pieces of the trailer section, line
 * ends and the empty line included, are what http_parse_trailer reads when
 * put together; who does not care passes over them.
 */
enum http_chunk http_chunked_next(struct http_chunked *c, const char *in,
    size_t n, size_t *used, struct http_str *out);

/*
 * Writes the line before a chunk of size bytes (not 0) and returns its
 * length; nothing terminates it.  CRLF follows the data, "0\r\n\r\n" the
 * last chunk.
 */
size_t	http_chunk_head(uint64_t size, char out[HTTP_CHUNK_HEAD_MAX]);

#endif
