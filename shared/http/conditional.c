/*
 * Decides between 200, 206, 304 and 412.  A field that cannot be read counts
 * as the RFC says: a date as absent, a tag as one that matches nothing; but an
 * origin that forgets the quotes gets its own bytes back, and knows them.
 */

#include "http/conditional.h"

#include "http/date.h"

static void
skip(struct http_str *s, size_t n)
{
	s->ptr += n;
	s->len -= n;
}

bool
http_etag_next(struct http_str *rest, struct http_etag *tag)
{
	size_t start, n;

	tag->weak = rest->len >= 2 && rest->ptr[0] == 'W' &&
	    rest->ptr[1] == '/';
	start = tag->weak ? 2 : 0;
	if (rest->len < start + 2 || rest->ptr[start] != '"')
		return false;
	for (n = start + 1; n < rest->len; n++) {
		if (!http_is(rest->ptr[n], HTTP_C_ETAG))
			break;
	}
	if (n == rest->len || rest->ptr[n] != '"')
		return false;
	tag->opaque = (struct http_str){ rest->ptr + start, n + 1 - start };
	skip(rest, n + 1);
	return true;
}

bool
http_etag_parse(struct http_str value, struct http_etag *tag)
{
	return http_etag_next(&value, tag) && value.len == 0;
}

bool
http_etag_strong(struct http_etag a, struct http_etag b)
{
	return !a.weak && !b.weak && http_eq(a.opaque, b.opaque);
}

bool
http_etag_weak(struct http_etag a, struct http_etag b)
{
	return http_eq(a.opaque, b.opaque);
}

/*
 * list_matches - goes through one line of If-Match or If-None-Match.  A list
 * of tags is no ordinary list, as a comma or a backslash in a tag is itself.
 */
static bool
list_matches(struct http_str s, const struct http_etag *ours, bool strong)
{
	struct http_etag tag;

	for (;;) {
		while (s.len > 0 && (*s.ptr == ' ' || *s.ptr == '\t' ||
		    *s.ptr == ','))
			skip(&s, 1);
		if (!http_etag_next(&s, &tag))
			return false;
		s = http_trim(s);
		if (s.len > 0 && *s.ptr != ',')
			return false;
		if (strong ? http_etag_strong(tag, *ours) :
		    http_etag_weak(tag, *ours))
			return true;
	}
}

static bool
any_matches(const struct http_msg *m, enum http_hdr id,
    const struct http_validators *v, bool strong)
{
	struct http_str value;
	struct http_etag ours;
	unsigned cursor = 0;
	bool tagged;

	tagged = v->etag.ptr != NULL && http_etag_parse(v->etag, &ours);
	while (http_each(m, id, &cursor, &value)) {
		if (value.len == 1 && *value.ptr == '*' && v->exists)
			return true;
		if (tagged && v->exists && list_matches(value, &ours, strong))
			return true;
		if (!tagged && !strong && v->exists && v->etag.len > 0 &&
		    http_eq(value, v->etag))
			return true;
	}
	return false;
}

/* date_field - the field's date; false where it is to be ignored */
static bool
date_field(const struct http_msg *m, enum http_hdr id, time_t now, time_t *t)
{
	struct http_str value = http_single(m, id);

	return value.ptr != NULL && http_date_parse(value, now, t) == 0;
}

static bool
unmodified_since_fails(const struct http_msg *m,
    const struct http_validators *v, time_t now)
{
	time_t t;

	return v->has_modified &&
	    date_field(m, HDR_IF_UNMODIFIED_SINCE, now, &t) &&
	    v->modified > t;
}

static bool
not_modified_since(const struct http_msg *m, const struct http_validators *v,
    time_t now)
{
	time_t t;

	return v->has_modified && v->exists &&
	    date_field(m, HDR_IF_MODIFIED_SINCE, now, &t) && t <= now &&
	    v->modified <= t;
}

enum http_condition
http_conditional(const struct http_msg *m, const struct http_validators *v,
    time_t now)
{
	bool safe = m->method == HTTP_M_GET || m->method == HTTP_M_HEAD;

	if (m->known[HDR_IF_MATCH] != 0) {
		if (!any_matches(m, HDR_IF_MATCH, v, true))
			return HTTP_COND_FAILED;
	} else if (unmodified_since_fails(m, v, now)) {
		return HTTP_COND_FAILED;
	}
	if (m->known[HDR_IF_NONE_MATCH] != 0) {
		if (!any_matches(m, HDR_IF_NONE_MATCH, v, false))
			return HTTP_COND_PROCEED;
		return safe ? HTTP_COND_NOT_MODIFIED : HTTP_COND_FAILED;
	}
	if (safe && not_modified_since(m, v, now))
		return HTTP_COND_NOT_MODIFIED;
	return HTTP_COND_PROCEED;
}

bool
http_if_range(const struct http_msg *m, const struct http_validators *v,
    time_t now)
{
	struct http_etag theirs, ours;
	struct http_str value;
	time_t t;

	if (m->known[HDR_IF_RANGE] == 0)
		return true;
	value = http_single(m, HDR_IF_RANGE);
	if (value.ptr == NULL)
		return false;
	if (http_etag_parse(value, &theirs))
		return v->etag.ptr != NULL &&
		    http_etag_parse(v->etag, &ours) &&
		    http_etag_strong(theirs, ours);
	return v->has_modified && http_date_parse(value, now, &t) == 0 &&
	    t == v->modified && v->modified < now;
}
