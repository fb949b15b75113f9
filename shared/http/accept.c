/*
 * Reads Accept and Accept-Encoding.  A member of a list that cannot be read
 * is passed over, since a guess at a preference is not worth an error.
 */

#include "http/accept.h"

#include <string.h>

#include "http/field.h"

#define Q_MAX	1000

int
http_qvalue(struct http_str s)
{
	int q, unit = Q_MAX / 10;

	if (s.len == 0 || s.len > 5 || (*s.ptr != '0' && *s.ptr != '1') ||
	    (s.len > 1 && s.ptr[1] != '.'))
		return -1;
	q = (*s.ptr - '0') * Q_MAX;
	for (size_t i = 2; i < s.len; i++, unit /= 10) {
		if (!http_is(s.ptr[i], HTTP_C_DIGIT))
			return -1;
		q += (s.ptr[i] - '0') * unit;
	}
	return q > Q_MAX ? -1 : q;
}

/*
 * quality - the q among the parameters in rest, Q_MAX without one, -1 if
 * they cannot be read.  others says whether there are more before it.
 */
static int
quality(struct http_str rest, bool *others)
{
	struct http_param param;
	int r, q = Q_MAX;

	*others = false;
	while ((r = http_param_next(&rest, &param)) == 1) {
		if (http_caseeq(param.name, HTTP_STR("q")))
			return param.quoted ? -1 : http_qvalue(param.value);
		*others = true;
	}
	return r == -1 ? -1 : q;
}

static const struct {
	struct http_str	 name;
	enum http_coding coding;
} codings[] = {
	/* The first of a coding is the one to send. */
	{ { "identity", 8 }, HTTP_CODING_IDENTITY },
	{ { "gzip", 4 }, HTTP_CODING_GZIP },
	{ { "br", 2 }, HTTP_CODING_BR },
	{ { "zstd", 4 }, HTTP_CODING_ZSTD },
	{ { "deflate", 7 }, HTTP_CODING_DEFLATE },
	{ { "x-gzip", 6 }, HTTP_CODING_GZIP },
};

#define NCODINGS	(sizeof(codings) / sizeof(codings[0]))

const char *
http_coding_name(enum http_coding coding)
{
	for (size_t i = 0; i < NCODINGS; i++) {
		if (codings[i].coding == coding)
			return codings[i].name.ptr;
	}
	return "identity";
}

static enum http_coding
coding_of(struct http_str name)
{
	for (size_t i = 0; i < NCODINGS; i++) {
		if (http_caseeq(codings[i].name, name))
			return codings[i].coding;
	}
	return HTTP_CODING_NONE;
}

/* read_codings - q of each coding named, and of "*"; -1 where not named */
static void
read_codings(const struct http_msg *m, int named[HTTP_CODING_MAX + 1])
{
	struct http_str value, item, name;
	unsigned cursor = 0;
	bool others;

	while (http_each(m, HDR_ACCEPT_ENCODING, &cursor, &value)) {
		while (http_list_next(&value, &item)) {
			enum http_coding coding;
			int q;

			name = http_head_of(&item);
			q = quality(item, &others);
			coding = coding_of(name);
			if (q == -1 || (coding == HTTP_CODING_NONE &&
			    !http_eq(name, HTTP_STR("*"))))
				continue;
			named[coding] = q;
		}
	}
}

void
http_accept_codings(const struct http_msg *m, struct http_codings *c)
{
	int named[HTTP_CODING_MAX + 1];
	int star;

	memset(c, 0, sizeof(*c));
	c->q[HTTP_CODING_IDENTITY] = Q_MAX;
	if (m->known[HDR_ACCEPT_ENCODING] == 0)
		return;
	for (int i = 0; i <= HTTP_CODING_MAX; i++)
		named[i] = -1;
	read_codings(m, named);
	star = named[HTTP_CODING_NONE];
	for (int i = 0; i < HTTP_CODING_MAX; i++) {
		if (named[i] == -1)
			named[i] = star;
		c->q[i] = named[i] == -1 ? 0 : named[i];
	}
	if (named[HTTP_CODING_IDENTITY] == -1)
		c->q[HTTP_CODING_IDENTITY] = 1;
}

enum http_coding
http_choose_coding(const struct http_codings *c, unsigned available)
{
	enum http_coding best = HTTP_CODING_NONE;
	unsigned highest = 0;

	for (int i = 0; i < HTTP_CODING_MAX; i++) {
		if ((available & 1u << i) == 0 || c->q[i] == 0 ||
		    c->q[i] < highest)
			continue;
		highest = c->q[i];
		best = i;
	}
	return best;
}

/* specificity - how closely a media range fits: 3, 2, 1, or 0: not at all */
static int
specificity(struct http_str range, struct http_str type)
{
	const char *slash = memchr(type.ptr, '/', type.len);
	size_t n = slash != NULL ? (size_t)(slash - type.ptr) + 1 : 0;

	if (http_caseeq(range, type))
		return 3;
	if (n > 0 && range.len == n + 1 && range.ptr[n] == '*' &&
	    http_caseeq((struct http_str){ range.ptr, n },
	    (struct http_str){ type.ptr, n }))
		return 2;
	return http_eq(range, HTTP_STR("*/*"));
}

int
http_accept_type(const struct http_msg *m, struct http_str type)
{
	struct http_str value, item, range;
	unsigned cursor = 0;
	int best = 0, result = 0;
	bool others;

	if (m->known[HDR_ACCEPT] == 0)
		return Q_MAX;
	while (http_each(m, HDR_ACCEPT, &cursor, &value)) {
		while (http_list_next(&value, &item)) {
			int fit, q;

			range = http_head_of(&item);
			q = quality(item, &others);
			fit = specificity(range, type);
			if (q == -1 || others || fit <= best)
				continue;
			best = fit;
			result = q;
		}
	}
	return result;
}

bool
http_wants_json(const struct http_msg *m)
{
	return http_accept_type(m, HTTP_STR("application/json")) >
	    http_accept_type(m, HTTP_STR("text/html"));
}
