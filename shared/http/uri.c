/*
 * Takes URIs apart and resolves references (RFC 3986 sections 3 and 5).
 * What it returns are views of what it was given; only http_uri_resolve
 * writes, and only where it is told.
 */

#include "http/uri.h"

#include <string.h>

#include "http/host.h"

static bool
is_scheme(struct http_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		bool digit = http_is(s.ptr[i], HTTP_C_DIGIT);
		bool mark = s.ptr[i] == '+' || s.ptr[i] == '-' ||
		    s.ptr[i] == '.';
		char letter = s.ptr[i] | 0x20;

		if ((letter < 'a' || letter > 'z') &&
		    (i == 0 || (!digit && !mark)))
			return false;
	}
	return s.len > 0;
}

/* until - takes what stands before any byte of stops off the front of s */
static struct http_str
until(struct http_str *s, const char *stops)
{
	struct http_str part = { s->ptr, 0 };

	/* strchr finds the NUL of stops too, which stops nothing. */
	while (s->len > 0 &&
	    (*s->ptr == '\0' || strchr(stops, *s->ptr) == NULL)) {
		s->ptr++;
		s->len--;
		part.len++;
	}
	return part;
}

static bool
take(struct http_str *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->len < n || memcmp(s->ptr, prefix, n) != 0)
		return false;
	s->ptr += n;
	s->len -= n;
	return true;
}

bool
http_uri_split(struct http_str s, struct http_uri *uri)
{
	struct http_str rest = s;

	memset(uri, 0, sizeof(*uri));
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] <= ' ' || s.ptr[i] > '~')
			return false;
	}
	uri->scheme = until(&rest, ":/?#");
	uri->has_scheme = rest.len > 0 && *rest.ptr == ':';
	if (uri->has_scheme) {
		if (!is_scheme(uri->scheme))
			return false;
		take(&rest, ":");
	} else {
		uri->scheme.len = 0;
		rest = s;
	}
	uri->has_authority = take(&rest, "//");
	if (uri->has_authority)
		uri->authority = until(&rest, "/?#");
	uri->path = until(&rest, "?#");
	uri->has_query = take(&rest, "?");
	if (uri->has_query)
		uri->query = until(&rest, "#");
	uri->has_fragment = take(&rest, "#");
	uri->fragment = rest;
	return true;
}

/* Where a URI is being written to; once it is full, all is lost. */
struct sink {
	char	*out;
	size_t	 len;
	size_t	 size;
	bool	 full;
};

static void
put(struct sink *sink, struct http_str s)
{
	if (sink->full || s.len >= sink->size - sink->len) {
		sink->full = true;
		return;
	}
	if (s.len > 0)
		memcpy(sink->out + sink->len, s.ptr, s.len);
	sink->len += s.len;
}

/*
 * remove_dots - section 5.2.4, in place; returns the new length.  A segment
 * is taken with the slash before it.
 */
static size_t
remove_dots(char *path, size_t len)
{
	size_t w = 0, r = 0, n;

	for (; r < len; r += n) {
		bool slash = path[r] == '/';
		const char *end;
		bool up, here;

		r += slash;
		end = memchr(path + r, '/', len - r);
		n = end != NULL ? (size_t)(end - path) - r : len - r;
		up = n == 2 && memcmp(path + r, "..", 2) == 0;
		here = n == 1 && path[r] == '.';
		while (up && w > 0 && path[--w] != '/')
			continue;
		/* One that begins a path takes the slash behind it along. */
		if ((up || here) && !slash && r + n < len)
			n++;
		if (slash && (r + n == len || !(up || here)))
			path[w++] = '/';
		if (!up && !here) {
			memmove(path + w, path + r, n);
			w += n;
		}
	}
	return w;
}

/* put_path - base's folder unless ref's path is absolute, then ref's path */
static void
put_path(struct sink *sink, const struct http_uri *base, struct http_str path,
    bool host)
{
	struct http_str folder = base->path;
	size_t start = sink->len;

	if (path.len == 0 || *path.ptr != '/') {
		while (folder.len > 0 && folder.ptr[folder.len - 1] != '/')
			folder.len--;
		if (base->has_authority && folder.len == 0)
			folder = HTTP_STR("/");
		put(sink, folder);
	}
	put(sink, path);
	if (sink->full)
		return;
	sink->len = start + remove_dots(sink->out + start, sink->len - start);
	/* Without a host before it, "//" would make one of the path. */
	sink->full = !host && sink->len - start > 1 &&
	    memcmp(sink->out + start, "//", 2) == 0;
}

static void
put_part(struct sink *sink, bool has, const char *mark, struct http_str part)
{
	if (!has)
		return;
	put(sink, http_cstr(mark));
	put(sink, part);
}

long
http_uri_resolve(struct http_str base, struct http_str ref, char *out,
    size_t size)
{
	struct sink sink = { .out = out, .size = size, .full = size == 0 };
	struct http_uri b, r;
	bool same_path;

	if (!http_uri_split(base, &b) || !http_uri_split(ref, &r) ||
	    !b.has_scheme)
		return -1;
	same_path = !r.has_scheme && !r.has_authority && r.path.len == 0;
	put(&sink, r.has_scheme ? r.scheme : b.scheme);
	put(&sink, HTTP_STR(":"));
	if (r.has_scheme || r.has_authority) {
		put_part(&sink, r.has_authority, "//", r.authority);
		b = (struct http_uri){ .has_scheme = true };
	} else {
		put_part(&sink, b.has_authority, "//", b.authority);
	}
	if (same_path)
		put(&sink, b.path);
	else
		put_path(&sink, &b, r.path, r.has_authority ||
		    b.has_authority);
	if (same_path && !r.has_query)
		put_part(&sink, b.has_query, "?", b.query);
	else
		put_part(&sink, r.has_query, "?", r.query);
	put_part(&sink, r.has_fragment, "#", r.fragment);
	if (sink.full)
		return -1;
	out[sink.len] = '\0';
	return sink.len;
}

static const char *
url_authority(struct http_str s, struct http_url *url)
{
	const char *at = memrchr(s.ptr, '@', s.len);

	if (at != NULL) {
		url->has_userinfo = true;
		url->userinfo = (struct http_str){ s.ptr, at - s.ptr };
		s.len -= at + 1 - s.ptr;
		s.ptr = at + 1;
	}
	url->authority = s;
	if (s.len == 0)
		return "no host in the URL";
	if (!http_host_split(s, &url->host, &url->port))
		return "invalid host or port in the URL";
	url->has_port = url->port != 0;
	/* "h:" is h, but "h:0" is not: nobody listens there. */
	if (!url->has_port && s.ptr[s.len - 1] == '0' &&
	    s.ptr + s.len != url->host.ptr + url->host.len)
		return "port 0 in the URL";
	if (!url->has_port)
		url->port = url->tls ? 443 : 80;
	url->bracketed = *url->host.ptr == '[';
	if (url->bracketed) {
		url->host.ptr++;
		url->host.len -= 2;
	}
	return NULL;
}

bool
http_url_named(const char *text)
{
	const struct http_str s = http_cstr(text);
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

	return (n > 0 && strncmp(text + n, "://", 3) == 0) ||
	    (s.len >= 6 && http_caseeq((struct http_str){ text, 6 },
	    HTTP_STR("http:/"))) ||
	    (s.len >= 7 && http_caseeq((struct http_str){ text, 7 },
	    HTTP_STR("https:/")));
}

const char *
http_url_parse(struct http_str s, struct http_url *url)
{
	struct http_uri uri;

	memset(url, 0, sizeof(*url));
	if (!http_uri_split(s, &uri))
		return "invalid byte or scheme in the URL";
	if (!uri.has_scheme || !uri.has_authority)
		return "URL is not absolute";
	url->tls = http_caseeq(uri.scheme, HTTP_STR("https"));
	if (!url->tls && !http_caseeq(uri.scheme, HTTP_STR("http")))
		return "URL is not http or https";
	url->path = uri.path;
	url->has_query = uri.has_query;
	url->query = uri.query;
	url->target = (struct http_str){ uri.path.ptr, uri.path.len };
	if (uri.has_query)
		url->target.len += 1 + uri.query.len;
	return url_authority(uri.authority, url);
}

bool
http_query_next(struct http_str *rest, struct http_str *name,
    struct http_str *value)
{
	while (rest->len > 0) {
		struct http_str item = until(rest, "&");

		take(rest, "&");
		if (item.len == 0)
			continue;
		*value = item;
		*name = until(value, "=");
		if (!take(value, "="))
			*value = (struct http_str){ NULL, 0 };
		return true;
	}
	return false;
}
