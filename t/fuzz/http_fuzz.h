/*
 * What the fuzz targets of the http room share: an assertion that works in
 * every build, exact copies for AddressSanitizer to guard, and the check that
 * a head comes out alike however its bytes were split.
 */

#ifndef HTTP_FUZZ_H
#define HTTP_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/message.h"

#define CHECK(what)							\
	do {								\
		if (!(what)) {						\
			fprintf(stderr, "%s:%d: %s\n", __FILE__,	\
			    __LINE__, #what);				\
			abort();					\
		}							\
	} while (0)

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Exactly n bytes; to be freed. */
static inline char *
exact(const void *data, size_t n)
{
	char *copy = malloc(n > 0 ? n : 1);

	CHECK(copy != NULL);
	if (n > 0)
		memcpy(copy, data, n);
	return copy;
}

/* What http_parse_request and http_parse_response have in common. */
typedef enum http_result (*head_parser)(struct http_msg *m, char *buf,
    size_t len);

/* Gives steps of size step to the parser; each in a buffer of its own. */
static inline enum http_result
in_steps(struct http_msg *m, const struct http_limits *limits, head_parser f,
    const uint8_t *data, size_t size, size_t step)
{
	enum http_result r = HTTP_MORE;
	char *buf = NULL;

	http_msg_init(m, limits);
	for (size_t n = 0; r == HTTP_MORE && n < size;) {
		char *next;

		n = size - n > step ? n + step : size;
		next = exact(data, n);
		/* A folded line that was unfolded is so no longer. */
		if (buf != NULL)
			memcpy(next, buf, m->pos);
		free(buf);
		buf = next;
		r = f(m, buf, n);
	}
	free(buf);
	return r;
}

static inline void
check_same(const struct http_msg *a, const struct http_msg *b)
{
	CHECK(a->head_len == b->head_len);
	CHECK(a->nfields == b->nfields);
	CHECK(a->body == b->body && a->length == b->length);
	CHECK(a->keep_alive == b->keep_alive && a->upgrade == b->upgrade);
	CHECK(a->code == b->code && a->method == b->method);
	CHECK(memcmp(&a->target, &b->target, sizeof(a->target)) == 0);
	CHECK(memcmp(&a->host, &b->host, sizeof(a->host)) == 0);
	CHECK(memcmp(a->known, b->known, sizeof(a->known)) == 0);
	for (unsigned i = 0; i < a->nfields; i++) {
		const struct http_field *f = &a->fields[i];
		const struct http_field *g = &b->fields[i];

		CHECK(f->id == g->id && f->next == g->next);
		CHECK(memcmp(&f->name, &g->name, sizeof(f->name)) == 0);
		CHECK(memcmp(&f->value, &g->value, sizeof(f->value)) == 0);
	}
}

static inline void
check_slice(const struct http_msg *m, struct http_slice s)
{
	CHECK(s.off <= m->head_len && s.len <= m->head_len - s.off);
	for (uint32_t i = 0; i < s.len; i++)
		CHECK(http_is(m->base[s.off + i], HTTP_C_VCHAR));
}

/* What holds of every head that was accepted. */
static inline void
check_head(const struct http_msg *m, size_t size)
{
	CHECK(m->head_len <= size && m->head_len <= m->limits.head);
	CHECK(m->nfields <= m->limits.fields);
	for (unsigned i = 0; i < m->nfields; i++) {
		check_slice(m, m->fields[i].name);
		check_slice(m, m->fields[i].value);
		CHECK(m->fields[i].name.len > 0);
		CHECK(m->fields[i].id < HDR_MAX);
	}
	check_slice(m, m->target);
	check_slice(m, m->path);
	check_slice(m, m->query);
	check_slice(m, m->authority);
	check_slice(m, m->host);
	check_slice(m, m->phrase);
}

/*
 * Parses whole and in steps and compares.  Returns the outcome; m is then of
 * a whole parse of *buf, which the caller frees.
 */
static inline enum http_result
parse_all_ways(struct http_msg *m, const struct http_limits *limits,
    head_parser f, const uint8_t *data, size_t size, size_t step, char **buf)
{
	struct http_msg other;
	enum http_result r = HTTP_MORE, again;

	*buf = exact(data, size);
	http_msg_init(m, limits);
	if (size > 0)
		r = f(m, *buf, size);
	again = in_steps(&other, limits, f, data, size, step);
	CHECK(r == again);
	if (r == HTTP_BAD) {
		CHECK(m->status == other.status && m->status >= 400);
		CHECK(strcmp(m->reason, other.reason) == 0);
	} else if (r == HTTP_OK) {
		check_same(m, &other);
		check_head(m, size);
	}
	return r;
}

#endif
