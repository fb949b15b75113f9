/*
 * Single values: dates, ranges, entity tags, lists, parameters, base64,
 * password files, media types, and the three ways of escaping.  All are given
 * each input; each has something that must hold of what it accepts.
 */

#include "http_fuzz.h"

#include "http/accept.h"
#include "http/auth.h"
#include "http/conditional.h"
#include "http/date.h"
#include "http/escape.h"
#include "http/field.h"
#include "http/range.h"
#include "http/types.h"

static void
date(struct http_str s)
{
	char out[HTTP_DATE_LEN + 1];
	time_t t, back;

	if (http_date_parse(s, 1718452800, &t) == -1)
		return;
	http_date_format(t, out);
	CHECK(strlen(out) == HTTP_DATE_LEN);
	CHECK(http_date_parse(http_cstr(out), 0, &back) == 0 && back == t);
}

static void
range(struct http_str s)
{
	static const uint64_t sizes[] = { 0, 1, 10, 1000, UINT64_MAX };
	struct http_range r[4];
	struct http_content_range cr;
	unsigned n;

	for (int k = 0; k < 5; k++) {
		if (http_range_parse(s, sizes[k], r, 4, &n) != HTTP_RANGE_OK)
			continue;
		CHECK(n >= 1 && n <= 4);
		for (unsigned i = 0; i < n; i++) {
			CHECK(r[i].first <= r[i].last);
			CHECK(r[i].last < sizes[k]);
			/* None touches another. */
			for (unsigned j = 0; j < i; j++)
				CHECK(r[i].last + 1 < r[j].first ||
				    r[j].last + 1 < r[i].first);
		}
	}
	if (http_content_range_parse(s, &cr) == 0)
		CHECK(cr.satisfied ? cr.range.first <= cr.range.last :
		    cr.has_size);
}

static void
lists(struct http_str s)
{
	struct http_str rest = s, item, params, text;
	struct http_param param;
	struct http_etag tag;
	char *out = malloc(s.len + 1);

	while (http_list_next(&rest, &item)) {
		CHECK(item.len > 0 && item.ptr >= s.ptr);
		CHECK(item.ptr + item.len <= s.ptr + s.len);
		params = item;
		http_head_of(&params);
		while (http_param_next(&params, &param) == 1)
			CHECK(param.name.len > 0);
	}
	rest = s;
	if (http_quoted(&rest, &text))
		CHECK(http_unquote(text, out, text.len) <= (long)text.len);
	if (http_etag_parse(s, &tag))
		CHECK(http_etag_weak(tag, tag));
	CHECK(http_qvalue(s) <= 1000);
	free(out);
}

static void
base64(struct http_str s)
{
	char *coded = malloc(s.len * 2 + 5), *back = malloc(s.len + 1);
	struct http_str user, password;
	long n = http_base64_encode(s, coded, s.len * 2 + 5);

	CHECK(n == (long)((s.len + 2) / 3 * 4));
	CHECK(http_base64_decode((struct http_str){ coded, n }, back, s.len)
	    == (long)s.len);
	CHECK(s.len == 0 || memcmp(back, s.ptr, s.len) == 0);
	http_base64_decode(s, back, s.len);
	if (http_basic_decode(s, back, s.len, &user, &password))
		CHECK(strlen(user.ptr) == user.len &&
		    strlen(password.ptr) == password.len);
	http_password_hash(s, HTTP_STR("a"));
	free(coded);
	free(back);
}

static void
types(struct http_str s)
{
	struct http_types *t = http_types_read(s);
	const char *type;

	CHECK(t != NULL);
	type = http_type_of(t, s);
	CHECK(strchr(type, '/') != NULL);
	type = http_type_of(t, HTTP_STR("x.a"));
	CHECK(strchr(type, '/') != NULL && strpbrk(type, "\r\n") == NULL);
	http_types_free(t);
}

/* Escapes in pieces of a size that only just holds one escape. */
static void
escape(struct http_str s, size_t (*f)(struct http_str *, char *, size_t),
    const char *never)
{
	char out[HTTP_ESCAPE_MAX];

	while (s.len > 0) {
		size_t before = s.len, n = f(&s, out, sizeof(out));

		CHECK(n > 0 && n <= sizeof(out) && s.len < before);
		for (size_t i = 0; i < n; i++)
			CHECK(out[i] != '\0' && strchr(never, out[i]) == NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *buf = exact(data, size);
	struct http_str s = { buf, size };

	date(s);
	range(s);
	lists(s);
	base64(s);
	types(s);
	escape(s, http_escape_html, "<>\"'\r\x1b\x7f");
	escape(s, http_escape_json, "\r\n\t\x1b\x7f");
	escape(s, http_escape_log, "\"\r\n\t\x1b\x7f\xff");
	free(buf);
	return 0;
}
