/*
 * What the files of the message parser share among themselves: message.c
 * (lines and fields), request.c, response.c and framing.c.  Nobody else
 * includes this.
 */

#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H

#include "http/message.h"

enum parse_state {
	PARSE_START,		/* at the start line, or before it */
	PARSE_START_SPACE,	/* the request's method has been seen whole */
	PARSE_FIELDS,
	PARSE_DONE,
	PARSE_BAD
};

/* Makes m HTTP_BAD and returns that. */
enum http_result http_bad(struct http_msg *m, unsigned status,
    const char *reason);

/*
 * Finds the line that begins at m->pos and must end before limit.  HTTP_OK:
 * line is it, without its end, and m->pos is behind it.  On a line that is
 * too long, HTTP_BAD with the status and reason given.
 */
enum http_result http_line(struct http_msg *m, size_t len, uint32_t limit,
    unsigned status, const char *reason, struct http_slice *line);

/*
 * Reads field lines up to the empty one.  fold is the buffer again where
 * folded lines are to be unfolded in it, else NULL.
 */
enum http_result http_fields(struct http_msg *m, size_t len, char *fold);

/* Whether all bytes may stand in a field value or a reason phrase. */
bool	http_value_ok(struct http_str s);

/* Body and length of a request, from its fields (RFC 9112 section 6.3). */
enum http_result http_request_body(struct http_msg *m);

/* The same for a response that may have a body. */
enum http_result http_response_body(struct http_msg *m);

/* Sets keep_alive and upgrade (RFC 9112 section 9.3, RFC 9110 section 7.8). */
void	http_persistence(struct http_msg *m);

#endif
