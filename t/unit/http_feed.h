/*
 * For the unit tests of the message parser: gives a head to it whole, in two
 * parts at every place, and byte by byte, each time in a buffer of its own
 * that is exactly as long as what has "arrived", so that AddressSanitizer
 * sees any look beyond.  All ways must end alike.
 */

#ifndef HTTP_FEED_H
#define HTTP_FEED_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/message.h"

enum feed_kind { FEED_REQUEST, FEED_RESPONSE, FEED_TRAILER };

struct feed {
	enum feed_kind	kind;
	enum http_method method;	/* of the request, for a response */
	struct http_limits limits;
	const char	*data;
	size_t		len;
	char		*buf;		/* what the last step was given */
};

/* One more call of the parser, with the first n bytes. */
static inline enum http_result
feed_step(struct feed *f, struct http_msg *m, size_t n)
{
	char *next = malloc(n > 0 ? n : 1);

	assert_non_null(next);
	memcpy(next, f->data, n);
	/* What was unfolded in the buffer before stays unfolded. */
	if (f->buf != NULL && m->pos <= n)
		memcpy(next, f->buf, m->pos);
	free(f->buf);
	f->buf = next;
	switch (f->kind) {
	case FEED_REQUEST:
		return http_parse_request(m, next, n);
	case FEED_RESPONSE:
		return http_parse_response(m, next, n, f->method);
	default:
		return http_parse_trailer(m, next, n);
	}
}

static inline void
feed_end(struct feed *f)
{
	free(f->buf);
	f->buf = NULL;
}

static inline enum http_result
feed_whole(struct feed *f, struct http_msg *m)
{
	http_msg_init(m, &f->limits);
	return feed_step(f, m, f->len);
}

/* Whether two outcomes are the same in all that callers may look at. */
static inline void
feed_same(const struct http_msg *a, enum http_result ra,
    const struct http_msg *b, enum http_result rb)
{
	assert_int_equal(ra, rb);
	if (ra == HTTP_BAD) {
		assert_int_equal(a->status, b->status);
		assert_string_equal(a->reason, b->reason);
	}
	if (ra != HTTP_OK)
		return;
	assert_int_equal(a->head_len, b->head_len);
	assert_int_equal(a->nfields, b->nfields);
	assert_int_equal(a->body, b->body);
	assert_int_equal(a->length, b->length);
	assert_int_equal(a->keep_alive, b->keep_alive);
	assert_memory_equal(&a->target, &b->target, sizeof(a->target));
	assert_memory_equal(&a->host, &b->host, sizeof(a->host));
	assert_memory_equal(a->known, b->known, sizeof(a->known));
	for (unsigned i = 0; i < a->nfields; i++) {
		assert_memory_equal(&a->fields[i].value, &b->fields[i].value,
		    sizeof(a->fields[i].value));
	}
}

/* Two parts, cut at every place; then one byte more each time. */
static inline void
feed_split(struct feed *f, const struct http_msg *whole,
    enum http_result expected)
{
	struct http_msg m;
	enum http_result r = HTTP_MORE;

	feed_end(f);
	for (size_t cut = 0; cut <= f->len; cut++) {
		http_msg_init(&m, &f->limits);
		r = feed_step(f, &m, cut);
		if (r == HTTP_MORE)
			r = feed_step(f, &m, f->len);
		feed_same(whole, expected, &m, r);
		feed_end(f);
	}
	http_msg_init(&m, &f->limits);
	r = HTTP_MORE;
	for (size_t n = 0; n <= f->len && r == HTTP_MORE; n++)
		r = feed_step(f, &m, n);
	feed_same(whole, expected, &m, r);
	feed_end(f);
}

#endif
