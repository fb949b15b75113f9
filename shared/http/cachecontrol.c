/*
 * Reads Cache-Control.  Where a value is in doubt the reading is the one
 * that makes a cache ask the origin again.
 */

#include "http/cachecontrol.h"

#include <string.h>

#include "http/field.h"

#define WITH_SECONDS	((1u << HTTP_CC_NSECONDS) - 1)

/* To forget these because of a bad value is the careful reading. */
#define STALE		(HTTP_CC_MAX_STALE | HTTP_CC_STALE_IF_ERROR | \
			HTTP_CC_STALE_WHILE_REVALIDATE)

static const struct {
	struct http_str	name;
	enum http_cc	directive;
} directives[] = {
	{ { "max-age", 7 }, HTTP_CC_MAX_AGE },
	{ { "s-maxage", 8 }, HTTP_CC_S_MAXAGE },
	{ { "max-stale", 9 }, HTTP_CC_MAX_STALE },
	{ { "min-fresh", 9 }, HTTP_CC_MIN_FRESH },
	{ { "stale-while-revalidate", 22 }, HTTP_CC_STALE_WHILE_REVALIDATE },
	{ { "stale-if-error", 14 }, HTTP_CC_STALE_IF_ERROR },
	{ { "no-store", 8 }, HTTP_CC_NO_STORE },
	{ { "no-transform", 12 }, HTTP_CC_NO_TRANSFORM },
	{ { "only-if-cached", 14 }, HTTP_CC_ONLY_IF_CACHED },
	{ { "must-revalidate", 15 }, HTTP_CC_MUST_REVALIDATE },
	{ { "proxy-revalidate", 16 }, HTTP_CC_PROXY_REVALIDATE },
	{ { "must-understand", 15 }, HTTP_CC_MUST_UNDERSTAND },
	{ { "public", 6 }, HTTP_CC_PUBLIC },
	{ { "immutable", 9 }, HTTP_CC_IMMUTABLE },
	{ { "no-cache", 8 }, HTTP_CC_NO_CACHE },
	{ { "private", 7 }, HTTP_CC_PRIVATE },
};

enum http_cc
http_cc_of(struct http_str name)
{
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]);
	    i++) {
		if (http_caseeq(directives[i].name, name))
			return directives[i].directive;
	}
	return 0;
}

struct directive {
	enum http_cc	bit;		/* 0: unknown */
	bool		has_value;
	struct http_str	value;
};

/* next_directive - false at the end; what is malformed comes as unknown */
static bool
next_directive(struct http_str *rest, struct directive *d)
{
	struct http_str item, name;

	if (!http_list_next(rest, &item))
		return false;
	memset(d, 0, sizeof(*d));
	if (http_token(&item, &name) == 0)
		return true;
	d->bit = http_cc_of(name);
	d->has_value = item.len > 0;
	if (!d->has_value)
		return true;
	d->value = item;
	if (*item.ptr == '=') {
		item.ptr++;
		item.len--;
		if (!http_quoted(&item, &d->value))
			http_token(&item, &d->value);
		/* Something behind it makes the value no value. */
		if (item.len > 0)
			d->value.len = 0;
	} else {
		d->value.len = 0;
	}
	return true;
}

/* seconds - a delta; -1 if it is none, at most HTTP_DELTA_MAX */
static int64_t
seconds(struct http_str s)
{
	uint64_t n;

	for (size_t i = 0; i < s.len; i++) {
		if (!http_is(s.ptr[i], HTTP_C_DIGIT))
			return -1;
	}
	if (s.len == 0)
		return -1;
	if (http_decimal(s, HTTP_DELTA_MAX, &n) == -1)
		return HTTP_DELTA_MAX;
	return n;
}

static void
add_seconds(struct http_cache_control *cc, const struct directive *d)
{
	int64_t n = seconds(d->value);

	if ((cc->set & d->bit) != 0)
		return;
	if (d->bit == HTTP_CC_MAX_STALE && !d->has_value)
		n = HTTP_DELTA_MAX;
	if (n == -1 && (d->bit & STALE) != 0)
		return;
	cc->set |= d->bit;
	cc->seconds[__builtin_ctz(d->bit)] = n == -1 ? 0 : n;
}

static void
add(struct http_cache_control *cc, const struct directive *d)
{
	if ((d->bit & WITH_SECONDS) != 0)
		add_seconds(cc, d);
	else if (d->bit == HTTP_CC_NO_CACHE && d->value.len > 0)
		cc->set |= HTTP_CC_NO_CACHE_FIELDS;
	else if (d->bit == HTTP_CC_PRIVATE && d->value.len > 0)
		cc->set |= HTTP_CC_PRIVATE_FIELDS;
	else
		cc->set |= d->bit;
}

void
http_cache_control(const struct http_msg *m, struct http_cache_control *cc)
{
	struct http_str value;
	struct directive d;
	unsigned cursor = 0;

	memset(cc, 0, sizeof(*cc));
	while (http_each(m, HDR_CACHE_CONTROL, &cursor, &value)) {
		while (next_directive(&value, &d))
			add(cc, &d);
	}
	/* A directive for all of the message leaves no need for names. */
	if ((cc->set & HTTP_CC_NO_CACHE) != 0)
		cc->set &= ~(uint32_t)HTTP_CC_NO_CACHE_FIELDS;
	if ((cc->set & HTTP_CC_PRIVATE) != 0)
		cc->set &= ~(uint32_t)HTTP_CC_PRIVATE_FIELDS;
}

void
http_request_cache_control(const struct http_msg *m,
    struct http_cache_control *cc)
{
	http_cache_control(m, cc);
	if (m->known[HDR_CACHE_CONTROL] == 0 &&
	    http_has_token(m, HDR_PRAGMA, HTTP_STR("no-cache")))
		cc->set |= HTTP_CC_NO_CACHE;
}

bool
http_cc_names(const struct http_msg *m, enum http_cc directive,
    struct http_str name)
{
	enum http_cc bit = directive == HTTP_CC_PRIVATE_FIELDS ?
	    HTTP_CC_PRIVATE : HTTP_CC_NO_CACHE;
	struct http_str value, item;
	struct directive d;
	unsigned cursor = 0;

	while (http_each(m, HDR_CACHE_CONTROL, &cursor, &value)) {
		while (next_directive(&value, &d)) {
			if (d.bit != bit || d.value.len == 0)
				continue;
			while (http_list_next(&d.value, &item)) {
				if (http_caseeq(item, name))
					return true;
			}
		}
	}
	return false;
}
