/*
 * The head of a request: request line, our fields, and the user's, which
 * replace ours.  Pure but for the buffer that it fills.
 */
#include "transfer.h"

#include <openssl/evp.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/path.h"

#define USER_AGENT	"httpc/" BROOD_VERSION
#define CREDENTIALS_MAX	1024

const char *
request_method(const struct transfer *t)
{
	if (t->bodyless)
		return t->set->head ? "HEAD" : "GET";
	if (t->set->method != NULL)
		return t->set->method;
	if (t->set->head)
		return "HEAD";
	if (t->set->has_data)
		return "POST";
	return t->upload != NULL ? "PUT" : "GET";
}

/* name_of - the part of "Name: value" or "Name;" before the sign */
static struct http_str
name_of(const char *header)
{
	return (struct http_str){ header, strcspn(header, ":;") };
}

/* value_of - what stands behind the colon, trimmed; NULL: "Name;" */
static struct http_str
value_of(const char *header)
{
	size_t n = strcspn(header, ":;");

	if (header[n] == ';')
		return (struct http_str){ NULL, 0 };
	return http_trim(http_cstr(header + n + 1));
}

/* ours_to_tell - whether this server may see a field that the user gave for
 * the first one: secrets and names stay with the origin they are for */
static bool
ours_to_tell(const struct transfer *t, struct http_str name)
{
	if (!http_caseeq(name, HTTP_STR("authorization")) &&
	    !http_caseeq(name, HTTP_STR("cookie")) &&
	    !http_caseeq(name, HTTP_STR("host")))
		return true;
	return target_same_origin(&t->first, &t->at);
}

const char *
request_user_field(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < s->headers.n; i++)
		if (http_caseeq(name_of(s->headers.v[i]), http_cstr(name)))
			return s->headers.v[i];
	return NULL;
}

/* overridden - the user gave, or took out, this field */
static bool
overridden(const struct transfer *t, const char *name)
{
	return request_user_field(t->set, name) != NULL &&
	    ours_to_tell(t, http_cstr(name));
}

static void field(const struct transfer *, struct buf *, const char *,
    const char *, ...) __attribute__((format(printf, 4, 5)));

/* field - one of ours, unless the user knows better */
static void
field(const struct transfer *t, struct buf *b, const char *name,
    const char *fmt, ...)
{
	char *value = NULL;
	va_list ap;
	int n;

	if (overridden(t, name))
		return;
	va_start(ap, fmt);
	n = vasprintf(&value, fmt, ap);
	va_end(ap);
	if (n == -1) {
		b->failed = 1;
		return;
	}
	buf_adds(b, name);
	buf_adds(b, ": ");
	buf_add(b, value, (size_t)n);
	buf_adds(b, "\r\n");
	free(value);
}

/* basic - RFC 7617; text is USER:PASSWORD */
static void
basic(const struct transfer *t, struct buf *b, const char *name,
    const char *text, size_t n)
{
	unsigned char out[4 * ((CREDENTIALS_MAX + 2) / 3) + 1];

	EVP_EncodeBlock(out, (const unsigned char *)text, (int)n);
	field(t, b, name, "Basic %s", (char *)out);
}

/* basic_from_url - the credentials in a URL, whose escapes are undone */
static int
basic_from_url(struct transfer *t, struct buf *b, const char *name,
    const struct http_url *url)
{
	char text[CREDENTIALS_MAX + 1];
	long n;

	n = http_unescape(url->userinfo, text, sizeof(text) - 1);
	if (n == -1)
		return fail(t, ST_URL, "user and password in the URL are "
		    "malformed or too long");
	if (memchr(text, ':', (size_t)n) == NULL)
		text[n++] = ':';
	basic(t, b, name, text, (size_t)n);
	return ST_OK;
}

/* authorization - what is in a Location is for that URL; -u, which outdoes what
 * the first URL says, and else that are for the origin that the user named */
static int
authorization(struct transfer *t, struct buf *b)
{
	char text[CREDENTIALS_MAX + 1];
	size_t n;

	if (t->at.url.has_userinfo &&
	    (t->set->user == NULL || t->result.num_redirects > 0))
		return basic_from_url(t, b, "Authorization", &t->at.url);
	if (!target_same_origin(&t->first, &t->at))
		return ST_OK;
	if (t->set->user == NULL)
		return !t->first.url.has_userinfo ? ST_OK :
		    basic_from_url(t, b, "Authorization", &t->first.url);
	n = strlen(t->set->user);
	if (n >= CREDENTIALS_MAX)
		return fail(t, ST_USAGE, "--user: longer than %d bytes",
		    CREDENTIALS_MAX - 1);
	memcpy(text, t->set->user, n + 1);
	if (strchr(text, ':') == NULL)
		text[n++] = ':';
	basic(t, b, "Authorization", text, n);
	return ST_OK;
}

/* body_fields - how the body is framed, and what it is */
static void
body_fields(const struct transfer *t, struct buf *b)
{
	if (t->up.kind == UPLOAD_NONE || t->bodyless)
		return;
	if (t->up.kind == UPLOAD_DATA)
		field(t, b, "Content-Type",
		    "application/x-www-form-urlencoded");
	if (t->up.chunked)
		field(t, b, "Transfer-Encoding", "chunked");
	else
		field(t, b, "Content-Length", "%llu",
		    (unsigned long long)t->up.size);
	if (t->up.expect && !t->up.no_expect)
		field(t, b, "Expect", "100-continue");
}

/* agent_field - as the user wants to be called; an empty name is none */
static void
agent_field(const struct transfer *t, struct buf *b)
{
	const char *name = t->set->agent;

	if (name == NULL)
		name = USER_AGENT;
	if (*name != '\0')
		field(t, b, "User-Agent", "%s", name);
}

/* range_fields - --range as it is; --continue-at with the validator of what is
 * there, so that a file that has changed is not continued */
static void
range_fields(const struct transfer *t, struct buf *b)
{
	const char *r = t->set->range;

	/* One number alone means all from there on, as curl has it. */
	if (r != NULL)
		field(t, b, "Range", "bytes=%s%s", r, *r != '\0' &&
		    r[strspn(r, "0123456789")] == '\0' ? "-" : "");
	if (!t->set->resume.set || t->out.from == 0)
		return;
	field(t, b, "Range", "bytes=%llu-", (unsigned long long)t->out.from);
	if (t->out.validator[0] != '\0')
		field(t, b, "If-Range", "%s", t->out.validator);
}

static void
user_fields(const struct transfer *t, struct buf *b)
{
	for (size_t i = 0; i < t->set->headers.n; i++) {
		const char *h = t->set->headers.v[i];
		struct http_str name = name_of(h), value = value_of(h);

		if (!ours_to_tell(t, name) ||
		    (value.ptr != NULL && value.len == 0))
			continue;
		buf_add(b, name.ptr, name.len);
		buf_adds(b, ":");
		if (value.len > 0) {
			buf_adds(b, " ");
			buf_add(b, value.ptr, value.len);
		}
		buf_adds(b, "\r\n");
	}
}

static void
request_line(const struct transfer *t, struct buf *b)
{
	struct http_url url = t->at.url;
	bool proxied = t->proxy != NULL && !url.tls;

	buf_adds(b, t->method);
	buf_addc(b, ' ');
	if (proxied) {
		buf_adds(b, "http://");
		buf_add(b, url.authority.ptr, url.authority.len);
	}
	if (url.path.len == 0)
		buf_addc(b, '/');
	buf_add(b, url.target.ptr, url.target.len);
	buf_adds(b, t->set->http10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
}

int
request_head(struct transfer *t, struct buf *b)
{
	const struct settings *s = t->set;
	struct http_str host = t->at.url.authority;
	int st = ST_OK;

	request_line(t, b);
	field(t, b, "Host", "%.*s", (int)host.len, host.ptr);
	if (t->proxy != NULL && !t->at.url.tls && t->proxy->url.has_userinfo)
		st = basic_from_url(t, b, "Proxy-Authorization",
		    &t->proxy->url);
	if (st == ST_OK)
		st = authorization(t, b);
	if (st != ST_OK)
		return st;
	agent_field(t, b);
	field(t, b, "Accept", "*/*");
	if (s->referer != NULL && *s->referer != '\0')
		field(t, b, "Referer", "%s", s->referer);
	range_fields(t, b);
	body_fields(t, b);
	if (s->coursework)
		field(t, b, "Connection", "close");
	user_fields(t, b);
	buf_adds(b, "\r\n");
	return b->failed ? fail(t, ST_MEMORY, "out of memory") : ST_OK;
}

int
request_connect(struct transfer *t, struct buf *b)
{
	const struct http_url *url = &t->at.url;
	const char *open = url->bracketed ? "[" : "";
	const char *close = url->bracketed ? "]" : "";
	int st = ST_OK;

	buf_addf(b, "CONNECT %s%s%s:%s HTTP/1.1\r\nHost: %s%s%s:%s\r\n",
	    open, t->at.host, close, t->at.port, open, t->at.host, close,
	    t->at.port);
	if (t->proxy->url.has_userinfo)
		st = basic_from_url(t, b, "Proxy-Authorization",
		    &t->proxy->url);
	if (st != ST_OK)
		return st;
	agent_field(t, b);
	buf_adds(b, "\r\n");
	if (b->failed)
		return fail(t, ST_MEMORY, "out of memory");
	trace_head(t, '>', b->data, b->len);
	return ST_OK;
}
