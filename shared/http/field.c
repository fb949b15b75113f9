/*
 * Lists, parameters, tokens and quoted strings.  Works on views of a value
 * that the message parser has found free of control bytes, but trusts it in
 * nothing: every step is bounded by the view.
 */

#include "http/field.h"

#include <string.h>

static void
skip(struct http_str *s, size_t n)
{
	s->ptr += n;
	s->len -= n;
}

static void
skip_blanks(struct http_str *s)
{
	while (s->len > 0 && (*s->ptr == ' ' || *s->ptr == '\t'))
		skip(s, 1);
}

/* span - how many bytes before mark, not counting marks in quoted strings */
static size_t
span(struct http_str s, char mark)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			quoted = !quoted;
		else if (quoted && s.ptr[i] == '\\' && i + 1 < s.len)
			i++;
		else if (!quoted && s.ptr[i] == mark)
			break;
	}
	return i;
}

static struct http_str
cut(struct http_str *rest, char mark)
{
	struct http_str part = { rest->ptr, span(*rest, mark) };

	skip(rest, part.len < rest->len ? part.len + 1 : part.len);
	return http_trim(part);
}

bool
http_list_next(struct http_str *rest, struct http_str *item)
{
	while (rest->len > 0) {
		*item = cut(rest, ',');
		if (item->len > 0)
			return true;
	}
	return false;
}

struct http_str
http_head_of(struct http_str *rest)
{
	return cut(rest, ';');
}

size_t
http_token(struct http_str *rest, struct http_str *token)
{
	size_t n = 0;

	while (n < rest->len && http_is(rest->ptr[n], HTTP_C_TCHAR))
		n++;
	*token = (struct http_str){ rest->ptr, n };
	skip(rest, n);
	return n;
}

bool
http_quoted(struct http_str *rest, struct http_str *text)
{
	size_t i;

	if (rest->len < 2 || rest->ptr[0] != '"')
		return false;
	for (i = 1; i < rest->len && rest->ptr[i] != '"'; i++) {
		if (rest->ptr[i] == '\\')
			i++;
	}
	if (i >= rest->len)
		return false;
	*text = (struct http_str){ rest->ptr + 1, i - 1 };
	skip(rest, i + 1);
	return true;
}

int
http_param_next(struct http_str *rest, struct http_param *param)
{
	do {
		skip_blanks(rest);
		if (rest->len == 0)
			return 0;
		if (*rest->ptr != ';')
			break;
		skip(rest, 1);
	} while (true);

	*param = (struct http_param){ .quoted = false };
	if (http_token(rest, &param->name) == 0)
		return -1;
	if (rest->len > 0 && *rest->ptr == '=') {
		skip(rest, 1);
		param->quoted = http_quoted(rest, &param->value);
		if (!param->quoted && http_token(rest, &param->value) == 0)
			return -1;
	}
	skip_blanks(rest);
	if (rest->len == 0)
		return 1;
	if (*rest->ptr != ';')
		return -1;
	skip(rest, 1);
	return 1;
}

long
http_unquote(struct http_str text, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\\' && i + 1 < text.len)
			i++;
		if (n == size)
			return -1;
		out[n++] = text.ptr[i];
	}
	return n;
}

bool
http_is_token(struct http_str s)
{
	struct http_str token;

	return http_token(&s, &token) > 0 && s.len == 0;
}
