/*
 * The heads of HTTP/1.x messages: request line or status line, fields, and
 * what follows from them (framing, persistence, target, host).  For httpd,
 * proxyd and httpc.  Strict as RFC 9112 allows: what can be read two ways is
 * refused, never guessed at.  Pure: no input or output, no allocation.
 */

#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/names.h"
#include "http/str.h"

#define HTTP_FIELDS_MAX	128		/* fields that a struct has room for */
#define HTTP_HEAD_MAX	(1024 * 1024)	/* the most that limits.head may be */

enum http_result {
	HTTP_MORE,	/* the head is not complete: call again with more */
	HTTP_OK,	/* complete; msg->head_len bytes belong to it */
	HTTP_BAD	/* msg->status and msg->reason say why; then close */
};

/* What a parser lets pass beyond the strict rules; httpd and proxyd: none. */
enum http_lenient {
	/* A bare LF ends a line (RFC 9112 section 2.2 allows it). */
	HTTP_LENIENT_LF = 0x1,
	/* Folded lines are unfolded in place (5.2); responses only. */
	HTTP_LENIENT_FOLD = 0x2,
	/*
	 * In a response, Transfer-Encoding overrides Content-Length and
	 * a Content-Length repeated with one value is that value (6.3).
	 */
	HTTP_LENIENT_BODY = 0x4
};

struct http_limits {
	uint32_t	line;	/* bytes of the start line; 414 past it */
	uint32_t	head;	/* bytes of the whole head; 431 past it */
	uint32_t	fields;	/* at most HTTP_FIELDS_MAX; 431 past it */
	unsigned	lenient; /* bits of enum http_lenient */
};

extern const struct http_limits http_limits_default; /* 8k, 16k, 100, 0 */

/* A part of the head, by its place, so that the buffer may move. */
struct http_slice {
	uint32_t	off;
	uint32_t	len;
};

struct http_field {
	struct http_slice name;
	struct http_slice value;	/* without the blanks around it */
	uint8_t		id;		/* enum http_hdr */
	uint8_t		next;		/* 1 + index of its next line, or 0 */
};

enum http_target {
	HTTP_TARGET_ORIGIN,	/* /path?query */
	HTTP_TARGET_ABSOLUTE,	/* http://host/path?query */
	HTTP_TARGET_AUTHORITY,	/* host:port, with CONNECT */
	HTTP_TARGET_ASTERISK	/* *, with OPTIONS */
};

enum http_body {
	HTTP_BODY_NONE,
	HTTP_BODY_LENGTH,	/* msg->length bytes, which may be 0 */
	HTTP_BODY_CHUNKED,	/* http/chunked.h reads it */
	HTTP_BODY_CLOSE		/* a response that ends with the connection */
};

struct http_msg {
	const char	*base;		/* the buffer of the last call */
	struct http_limits limits;
	uint32_t	pos;		/* where the unread line begins */
	uint32_t	scan;		/* searched for its end up to here */
	uint32_t	head_len;	/* set with HTTP_OK */
	uint16_t	nfields;
	uint8_t		state;		/* private to message.c */
	uint8_t		blanks;		/* empty lines before the request */

	/* Why it is HTTP_BAD; for a response status is always 502. */
	uint16_t	status;
	const char	*reason;

	/* Start line.  Of a response, code and phrase. */
	uint8_t		method;		/* enum http_method */
	uint8_t		minor;		/* of HTTP/1.minor */
	uint8_t		form;		/* enum http_target */
	bool		tls;		/* absolute-form named https */
	uint16_t	code;
	struct http_slice method_name;
	struct http_slice target;	/* as it was sent */
	struct http_slice path;		/* not decoded; empty for * and for
					   http://host, which means "/", or
					   "*" with OPTIONS */
	struct http_slice query;	/* without the '?' */
	bool		has_query;
	struct http_slice phrase;

	/*
	 * The host that is asked for: from the target where that has one,
	 * else from Host (RFC 9112 section 3.3).  Without the port; an IPv6
	 * address keeps its brackets.  Empty: HTTP/1.0 without Host.
	 */
	struct http_slice authority;	/* with the port */
	struct http_slice host;
	uint16_t	port;		/* 0: none was named */

	/* What the fields say. */
	uint8_t		body;		/* enum http_body */
	uint64_t	length;		/* of HTTP_BODY_LENGTH */
	bool		coded;		/* response: a transfer coding other
					   than chunked is on the body */
	bool		keep_alive;	/* the peer would keep the connection */
	bool		expect_continue;
	bool		upgrade;	/* Upgrade, and Connection names it */

	uint8_t		known[HDR_MAX];	/* 1 + index of the first, or 0 */
	struct http_field fields[HTTP_FIELDS_MAX];
};

/* Makes m ready for a new head.  A limits of NULL means the default. */
void	http_msg_init(struct http_msg *m, const struct http_limits *limits);

/*
 * Reads a request head from the first len bytes at buf.  Called again with
 * the same bytes and more behind them (at the same place or another) it goes
 * on where it was; the outcome is the same however the bytes were split.
 * HTTP_BAD leaves status 400, 414, 417, 431, 501 or 505 (RFC 9112 sections
 * 2 to 7) and a reason, a constant string; the connection must be closed
 * after the reply, since nobody knows where the next request begins.
 */
enum http_result http_parse_request(struct http_msg *m, const char *buf,
    size_t len);

/*
 * The same for a response to a request with this method, which decides on
 * the body (RFC 9112 section 6.3).  buf is written to only where
 * HTTP_LENIENT_FOLD is set.  A 1xx response is a head like another: start
 * again after it, 101 excepted.  A CONNECT that was granted has no body.
 */
enum http_result http_parse_response(struct http_msg *m, char *buf,
    size_t len, enum http_method method);

/*
 * Reads a trailer section, the empty line at its end included, as field
 * lines into m->fields.  The fields have no effect on m but to be found.
 */
enum http_result http_parse_trailer(struct http_msg *m, const char *buf,
    size_t len);

/* The bytes of a slice; valid while the buffer stays where it is. */
static inline struct http_str
http_view(const struct http_msg *m, struct http_slice s)
{
	return (struct http_str){ m->base + s.off, s.len };
}

/* The head's bytes are now at buf. */
static inline void
http_rebase(struct http_msg *m, const char *buf)
{
	m->base = buf;
}

/* The value of the first field line with this name; ptr NULL if none. */
static inline struct http_str
http_get(const struct http_msg *m, enum http_hdr id)
{
	if (m->known[id] == 0)
		return (struct http_str){ NULL, 0 };
	return http_view(m, m->fields[m->known[id] - 1].value);
}

/*
 * The same for a field that is no list: ptr is NULL where it stands twice,
 * too, as then nobody can say which value is meant.
 */
static inline struct http_str
http_single(const struct http_msg *m, enum http_hdr id)
{
	if (m->known[id] == 0 || m->fields[m->known[id] - 1].next != 0)
		return (struct http_str){ NULL, 0 };
	return http_get(m, id);
}

/* http_each's part for fields that are there; number is a line's. */
bool	http_each_line(const struct http_msg *m, unsigned number,
	    unsigned *cursor, struct http_str *value);

/*
 * Goes through all lines of a known field.  *cursor is 0 at first.  Returns
 * false when there are no more.
 */
static inline bool
http_each(const struct http_msg *m, enum http_hdr id, unsigned *cursor,
    struct http_str *value)
{
	unsigned number = *cursor == 0 ? m->known[id] : *cursor;

	/* Most fields are not there. */
	return number != 0 && http_each_line(m, number, cursor, value);
}

/* The first field with a name of any kind, in any case; ptr NULL if none. */
struct http_str	http_find(const struct http_msg *m, struct http_str name);

/* Whether a list field (Connection, TE, Vary...) has this token in it. */
bool	http_has_token(const struct http_msg *m, enum http_hdr id,
	    struct http_str token);

#endif
