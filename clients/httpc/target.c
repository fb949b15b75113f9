/*
 * From what the user typed, or a server's Location, to a URL that can be
 * asked.  Text goes through the strict parser of http/uri.h; what people do
 * not escape is escaped before that.
 */
#include "target.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/path.h"
#include "status.h"

/* escaped - a copy with the bytes that no URL may hold as %XX; blanks and
 * control bytes only where loose.  NULL: out of memory. */
static char *
escaped(const char *prefix, struct http_str s, bool loose)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = strlen(prefix);
	char *out;

	if (s.len > (SIZE_MAX - n - 1) / 3 ||
	    (out = malloc(n + 3 * s.len + 1)) == NULL)
		return NULL;
	memcpy(out, prefix, n);
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c < 0x7f && (c > ' ' || !loose)) {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '%';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	out[n] = '\0';
	return out;
}

static int
no_memory(char *why, size_t whylen)
{
	snprintf(why, whylen, "out of memory");
	return ST_MEMORY;
}

/* adopt - take text, which is freed in any case, as the target's own */
static int
adopt(struct target *t, char *text, char *why, size_t whylen)
{
	struct http_str s = http_cstr(text);
	const char *wrong;
	struct http_uri uri;
	struct http_url url;

	if (http_uri_split(s, &uri) && uri.has_scheme &&
	    !http_caseeq(uri.scheme, HTTP_STR("http")) &&
	    !http_caseeq(uri.scheme, HTTP_STR("https"))) {
		snprintf(why, whylen, "'%.*s' is not spoken here; allowed: "
		    "http, https", (int)uri.scheme.len, uri.scheme.ptr);
		free(text);
		return ST_SCHEME;
	}
	wrong = http_url_parse(s, &url);
	if (wrong == NULL && url.host.len >= sizeof(t->host))
		wrong = "host is too long";
	if (wrong != NULL) {
		snprintf(why, whylen, "'%.200s': %s", text, wrong);
		free(text);
		return ST_URL;
	}
	free(t->text);
	t->text = text;
	t->url = url;
	memcpy(t->host, url.host.ptr, url.host.len);
	t->host[url.host.len] = '\0';
	snprintf(t->port, sizeof(t->port), "%u", url.port);
	return ST_OK;
}

int
target_set(struct target *t, const char *text, char *why, size_t whylen)
{
	char *copy = escaped(http_url_named(text) ? "" : "http://",
	    http_cstr(text), false);

	return copy == NULL ? no_memory(why, whylen) :
	    adopt(t, copy, why, whylen);
}

int
target_join(struct target *t, const char *host, const char *port,
    const char *path, char *why, size_t whylen)
{
	bool bare6 = strchr(host, ':') != NULL && *host != '[';
	const char *slash = *path == '/' ? "" : "/";
	char *tail = escaped("", http_cstr(path), true), *text = NULL;
	int n;

	if (tail == NULL)
		return no_memory(why, whylen);
	n = asprintf(&text, "http://%s%s%s:%s%s%s", bare6 ? "[" : "", host,
	    bare6 ? "]" : "", port, slash, tail);
	free(tail);
	return n == -1 ? no_memory(why, whylen) :
	    adopt(t, text, why, whylen);
}

int
target_name(struct target *t, const char *file, char *why, size_t whylen)
{
	const char *slash = strrchr(file, '/'), *end;
	char name[3 * NAME_MAX + 1], *text = NULL;
	struct http_str path = t->url.path;

	if (path.len > 0 && path.ptr[path.len - 1] != '/')
		return ST_OK;
	if (slash != NULL)
		file = slash + 1;
	if (http_path_escape(http_cstr(file), name, sizeof(name)) <= 0)
		return ST_OK;
	end = path.ptr + path.len;
	if (asprintf(&text, "%.*s%s%s%s", (int)(end - t->text), t->text,
	    path.len > 0 ? "" : "/", name, end) == -1)
		return no_memory(why, whylen);
	return adopt(t, text, why, whylen);
}

int
target_follow(struct target *to, const struct target *from,
    struct http_str location, char *why, size_t whylen)
{
	char *ref = escaped("", location, true), *out;
	size_t size;
	long n;

	if (ref == NULL)
		return no_memory(why, whylen);
	size = strlen(from->text) + strlen(ref) + 8;
	if ((out = malloc(size)) == NULL) {
		free(ref);
		return no_memory(why, whylen);
	}
	n = http_uri_resolve(http_cstr(from->text), http_cstr(ref), out, size);
	if (n == -1) {
		snprintf(why, whylen, "Location '%.200s' is not a URL", ref);
		free(out);
		free(ref);
		return ST_URL;
	}
	free(ref);
	return adopt(to, out, why, whylen);
}

int
target_copy(struct target *to, const struct target *from)
{
	char why[64], *text = strdup(from->text);

	return text == NULL ? ST_MEMORY : adopt(to, text, why, sizeof(why));
}

void
target_free(struct target *t)
{
	free(t->text);
	memset(t, 0, sizeof(*t));
}

bool
target_same_origin(const struct target *a, const struct target *b)
{
	return a->url.tls == b->url.tls && a->url.port == b->url.port &&
	    http_caseeq(a->url.host, b->url.host);
}
