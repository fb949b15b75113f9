/*
 * Reads and writes byte ranges.  Numbers too big to count are as good as the
 * biggest: a position past any end.  Never yields a range outside the size.
 */

#include "http/range.h"

#include <stdio.h>
#include <string.h>

#include "http/field.h"

static void
skip(struct http_str *s, size_t n)
{
	s->ptr += n;
	s->len -= n;
}

/* digits - takes a number off the front of s, at most UINT64_MAX */
static bool
digits(struct http_str *s, uint64_t *n)
{
	bool some = false;

	for (*n = 0; s->len > 0 && http_is(*s->ptr, HTTP_C_DIGIT); skip(s, 1)) {
		unsigned digit = *s->ptr - '0';

		*n = *n > (UINT64_MAX - digit) / 10 ? UINT64_MAX :
		    *n * 10 + digit;
		some = true;
	}
	return some;
}

/* unit - takes "bytes" in any case and what separates it off s */
static bool
unit(struct http_str *s, char separator)
{
	struct http_str token;

	http_token(s, &token);
	if (!http_caseeq(token, HTTP_STR("bytes")) || s->len == 0 ||
	    *s->ptr != separator)
		return false;
	skip(s, 1);
	return true;
}

/*
 * one_range - reads first-last, first- or -length.  False if malformed; a
 * range that has nothing of the data in it leaves *some false.
 */
static bool
one_range(struct http_str s, uint64_t size, struct http_range *r, bool *some)
{
	uint64_t first, last = UINT64_MAX;
	bool has_first = digits(&s, &first), has_last;

	if (s.len == 0 || *s.ptr != '-')
		return false;
	skip(&s, 1);
	has_last = digits(&s, has_first ? &last : &first);
	if (s.len > 0 || (!has_first && !has_last))
		return false;
	if (has_first && !has_last)
		last = UINT64_MAX;
	if (has_first && first > last)
		return false;
	if (has_first) {
		*some = first < size;
	} else {
		*some = first > 0;
		first = first < size ? size - first : 0;
	}
	r->first = first;
	r->last = last < size ? last : size - 1;
	return true;
}

static bool
touch(const struct http_range *a, const struct http_range *b)
{
	/* No sum overflows: ranges end before size, at most UINT64_MAX. */
	return a->first <= b->last + 1 && b->first <= a->last + 1;
}

/* merge - adds r, swallowing all that it touches, at the first one's place */
static void
merge(struct http_range *ranges, unsigned *count, struct http_range r)
{
	unsigned place = *count, n = 0;

	for (unsigned i = 0; i < *count; i++) {
		if (!touch(&ranges[i], &r)) {
			ranges[n++] = ranges[i];
			continue;
		}
		if (ranges[i].first < r.first)
			r.first = ranges[i].first;
		if (ranges[i].last > r.last)
			r.last = ranges[i].last;
		if (place == *count)
			place = n++;
	}
	if (place == *count)
		place = n++;
	ranges[place] = r;
	*count = n;
}

enum http_range_result
http_range_parse(struct http_str value, uint64_t size,
    struct http_range *ranges, unsigned max, unsigned *count)
{
	struct http_str item;
	struct http_range r;
	unsigned asked = 0;
	bool some;

	*count = 0;
	if (size == 0 || !unit(&value, '='))
		return HTTP_RANGE_IGNORE;
	while (http_list_next(&value, &item)) {
		if (++asked > max || !one_range(item, size, &r, &some))
			return HTTP_RANGE_IGNORE;
		if (some)
			merge(ranges, count, r);
	}
	if (asked == 0)
		return HTTP_RANGE_IGNORE;
	return *count > 0 ? HTTP_RANGE_OK : HTTP_RANGE_UNSATISFIABLE;
}

size_t
http_content_range(struct http_range r, uint64_t size,
    char out[HTTP_CONTENT_RANGE_MAX])
{
	return snprintf(out, HTTP_CONTENT_RANGE_MAX, "bytes %llu-%llu/%llu",
	    (unsigned long long)r.first, (unsigned long long)r.last,
	    (unsigned long long)size);
}

size_t
http_content_range_none(uint64_t size, char out[HTTP_CONTENT_RANGE_MAX])
{
	return snprintf(out, HTTP_CONTENT_RANGE_MAX, "bytes */%llu",
	    (unsigned long long)size);
}

int
http_content_range_parse(struct http_str value, struct http_content_range *cr)
{
	struct http_range *r = &cr->range;

	memset(cr, 0, sizeof(*cr));
	if (!unit(&value, ' ') || value.len == 0)
		return -1;
	if (*value.ptr == '*') {
		skip(&value, 1);
	} else {
		cr->satisfied = true;
		if (!digits(&value, &r->first) || value.len == 0 ||
		    *value.ptr != '-')
			return -1;
		skip(&value, 1);
		if (!digits(&value, &r->last) || r->last < r->first ||
		    r->last == UINT64_MAX)
			return -1;
	}
	if (value.len == 0 || *value.ptr != '/')
		return -1;
	skip(&value, 1);
	if (cr->satisfied && value.len == 1 && *value.ptr == '*')
		return 0;
	cr->has_size = http_decimal(value, UINT64_MAX - 1, &cr->size) == 0;
	return cr->has_size && (!cr->satisfied || r->last < cr->size) ? 0 :
	    -1;
}
