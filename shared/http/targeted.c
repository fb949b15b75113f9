/*
 * Reads targeted cache control fields: a dictionary of structured fields
 * (RFC 8941 section 3.2), of which only what a directive can be is kept.  One
 * byte that does not fit makes the whole field as if absent.
 */

#include <string.h>

#include "http/cachecontrol.h"

/* What a member's value is, as far as a directive cares. */
struct item {
	enum { OTHER, TRUE_VALUE, INTEGER, STRING } kind;
	uint64_t	number;		/* INTEGER, not negative */
};

static bool
at(struct http_str s, char c)
{
	return s.len > 0 && *s.ptr == c;
}

static void
skip(struct http_str *s, size_t n)
{
	s->ptr += n;
	s->len -= n;
}

static void
skip_all(struct http_str *s, const char *set)
{
	while (s->len > 0 && *s->ptr != '\0' && strchr(set, *s->ptr) != NULL)
		skip(s, 1);
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
key(struct http_str *s, struct http_str *name)
{
	*name = (struct http_str){ s->ptr, 0 };
	if (s->len == 0 || (!is_lower(*s->ptr) && *s->ptr != '*'))
		return false;
	while (s->len > 0 && (is_lower(*s->ptr) ||
	    http_is(*s->ptr, HTTP_C_DIGIT) || (*s->ptr != '\0' &&
	    strchr("_-.*", *s->ptr) != NULL))) {
		skip(s, 1);
		name->len++;
	}
	return true;
}

/* number - an integer of 15 digits or a decimal of 12 and 3 */
static bool
number(struct http_str *s, struct item *it)
{
	bool negative = at(*s, '-');
	size_t whole = 0, part = 0;

	skip(s, negative);
	for (it->number = 0; s->len > 0 && http_is(*s->ptr, HTTP_C_DIGIT);
	    skip(s, 1)) {
		it->number = it->number * 10 + *s->ptr - '0';
		if (++whole > 15)
			return false;
	}
	it->kind = negative && it->number > 0 ? OTHER : INTEGER;
	if (whole == 0 || !at(*s, '.'))
		return whole > 0;
	it->kind = OTHER;
	for (skip(s, 1); s->len > 0 && http_is(*s->ptr, HTTP_C_DIGIT);
	    skip(s, 1))
		part++;
	return whole <= 12 && part >= 1 && part <= 3;
}

static bool
string(struct http_str *s, struct item *it)
{
	it->kind = STRING;
	for (skip(s, 1); s->len > 0 && *s->ptr != '"'; skip(s, 1)) {
		if (*s->ptr < 0x20 || *s->ptr > 0x7e)
			return false;
		if (*s->ptr != '\\')
			continue;
		skip(s, 1);
		if (!at(*s, '"') && !at(*s, '\\'))
			return false;
	}
	if (s->len == 0)
		return false;
	skip(s, 1);
	return true;
}

static bool
bytes(struct http_str *s)
{
	const char *end;

	skip(s, 1);
	end = s->len > 0 ? memchr(s->ptr, ':', s->len) : NULL;
	if (end == NULL)
		return false;
	for (; s->ptr < end; skip(s, 1)) {
		if (!http_is(*s->ptr, HTTP_C_TCHAR) && *s->ptr != '/' &&
		    *s->ptr != '=')
			return false;
	}
	skip(s, 1);
	return true;
}

static bool
token(struct http_str *s)
{
	if (!is_lower(*s->ptr | 0x20) && *s->ptr != '*')
		return false;
	while (s->len > 0 && (http_is(*s->ptr, HTTP_C_TCHAR) ||
	    *s->ptr == ':' || *s->ptr == '/'))
		skip(s, 1);
	return true;
}

static bool
bare_item(struct http_str *s, struct item *it)
{
	it->kind = OTHER;
	if (s->len == 0)
		return false;
	switch (*s->ptr) {
	case '"':
		return string(s, it);
	case ':':
		return bytes(s);
	case '?':
		if (s->len < 2 || (s->ptr[1] != '0' && s->ptr[1] != '1'))
			return false;
		it->kind = s->ptr[1] == '1' ? TRUE_VALUE : OTHER;
		skip(s, 2);
		return true;
	case '-':
	case '0' ... '9':
		return number(s, it);
	default:
		return token(s);
	}
}

static bool
parameters(struct http_str *s)
{
	struct http_str name;
	struct item it;

	while (at(*s, ';')) {
		skip(s, 1);
		skip_all(s, " ");
		if (!key(s, &name))
			return false;
		if (!at(*s, '='))
			continue;
		skip(s, 1);
		if (!bare_item(s, &it))
			return false;
	}
	return true;
}

static bool
inner_list(struct http_str *s, struct item *it)
{
	for (skip(s, 1); s->len > 0;) {
		skip_all(s, " ");
		if (at(*s, ')')) {
			skip(s, 1);
			it->kind = OTHER;
			return true;
		}
		if (!bare_item(s, it) || !parameters(s) ||
		    (!at(*s, ' ') && !at(*s, ')')))
			return false;
	}
	return false;
}

static bool
member(struct http_str *s, struct http_str *name, struct item *it)
{
	it->kind = TRUE_VALUE;
	if (!key(s, name))
		return false;
	if (at(*s, '=')) {
		skip(s, 1);
		if (at(*s, '(') ? !inner_list(s, it) : !bare_item(s, it))
			return false;
	}
	return parameters(s);
}

/* set - of a key that comes twice the last counts, unlike Cache-Control */
static void
set(struct http_cache_control *cc, enum http_cc bit, const struct item *it)
{
	unsigned place;

	if (bit == 0)
		return;
	place = __builtin_ctz(bit);
	cc->set &= ~(uint32_t)bit;
	if (place < HTTP_CC_NSECONDS && it->kind == INTEGER) {
		cc->set |= bit;
		cc->seconds[place] = it->number < HTTP_DELTA_MAX ?
		    it->number : HTTP_DELTA_MAX;
	} else if (place >= HTTP_CC_NSECONDS && (it->kind == TRUE_VALUE ||
	    ((bit == HTTP_CC_NO_CACHE || bit == HTTP_CC_PRIVATE) &&
	    it->kind == STRING))) {
		/* With names of fields it is taken for the whole message. */
		cc->set |= bit;
	}
}

/* line - reads one line of the field, which is a dictionary in itself */
static bool
line(struct http_str s, struct http_cache_control *cc)
{
	struct http_str name;
	struct item it;

	while (s.len > 0) {
		if (!member(&s, &name, &it))
			return false;
		set(cc, http_cc_of(name), &it);
		skip_all(&s, " \t");
		if (s.len == 0)
			break;
		if (!at(s, ','))
			return false;
		skip(&s, 1);
		skip_all(&s, " \t");
		if (s.len == 0)
			return false;
	}
	return true;
}

bool
http_targeted_cache_control(const struct http_msg *m, enum http_hdr id,
    struct http_cache_control *cc)
{
	struct http_str value;
	unsigned cursor = 0;
	size_t seen = 0;

	memset(cc, 0, sizeof(*cc));
	while (http_each(m, id, &cursor, &value)) {
		seen += value.len;
		if (!line(value, cc)) {
			memset(cc, 0, sizeof(*cc));
			return false;
		}
	}
	return seen > 0;
}
