/*
 * Where a request goes: from its absolute form, from the authority of CONNECT,
 * from --origin (a reverse proxy), or from its path, as the coursework proxy
 * was asked: /www.example.com/page.  A page that was asked for so has links
 * without the host; the browser's Referer tells it, and the request is
 * redirected to the form with the host, so that what follows works too.
 */
#include <stdio.h>
#include <string.h>

#include "http/host.h"
#include "http/uri.h"
#include "proxyd.h"

/*
 * odd_address - of numbers alone, as an IPv4 address is, but not four decimal
 * ones without zeros in front: which address that is, resolvers read in several
 * ways.
 */
static bool
odd_address(const char *host)
{
	struct ipaddr ip;
	const char *p = host;
	bool hex;

	for (; *p != '\0'; p += strspn(p, ".")) {
		hex = p[0] == '0' && p[1] == 'x';
		p += hex ? 2 : 0;
		p += strspn(p, hex ? "0123456789abcdef" : "0123456789");
		if (*p != '.' && *p != '\0')
			return false;
	}
	return ipaddr_parse(&ip, host) == -1;
}

/* set_host - lower case and without brackets; 0 or -1. */
static int
set_host(struct target *t, struct http_str host)
{
	size_t i;

	if (host.len >= 2 && host.ptr[0] == '[') {
		host.ptr++;
		host.len -= 2;
	}
	if (host.len == 0 || host.len >= sizeof(t->host))
		return -1;
	for (i = 0; i < host.len; i++)
		t->host[i] = host.ptr[i] >= 'A' && host.ptr[i] <= 'Z' ?
		    (char)(host.ptr[i] + 32) : host.ptr[i];
	t->host[i] = '\0';
	return odd_address(t->host) ? -1 : 0;
}

static size_t
put_authority(const struct target *t, bool with_port, char *out, size_t size)
{
	size_t n = strlen(t->host), at = 0;
	bool six = memchr(t->host, ':', n) != NULL;
	unsigned int port = t->port, unit = 10000;

	if (n + 10 > size)		/* with brackets and port */
		return 0;
	if (six)
		out[at++] = '[';
	memcpy(out + at, t->host, n);
	at += n;
	if (six)
		out[at++] = ']';
	if (with_port) {
		out[at++] = ':';
		while (unit > port && unit > 1)
			unit /= 10;
		for (; unit > 0; unit /= 10)
			out[at++] = (char)('0' + port / unit % 10);
	}
	out[at] = '\0';
	return at;
}

size_t
target_authority(const struct target *t, char *out, size_t size)
{
	return put_authority(t, t->port != (t->tls ? 443 : 80), out, size);
}

size_t
target_address(const struct target *t, char *out, size_t size)
{
	return put_authority(t, true, out, size);
}

int
target_parse(struct target *t, const char *text)
{
	struct http_url url;

	if (http_url_parse(http_cstr(text), &url) != NULL ||
	    set_host(t, url.host) == -1 || url.has_query ||
	    url.path.len > 1 || url.has_userinfo)
		return -1;
	t->tls = url.tls;
	t->port = url.port;
	return 0;
}

static const char *
set_path(struct exchange *x, struct http_str path, struct http_str query,
    bool has_query)
{
	if (path.len == 0)
		path = x->req.method == HTTP_M_OPTIONS ? HTTP_STR("*") :
		    HTTP_STR("/");
	if (path.len + query.len + 2 > sizeof(x->path))
		return "the URI is too long";
	memcpy(x->path, path.ptr, path.len);
	if (has_query) {
		x->path[path.len] = '?';
		if (query.len > 0)
			memcpy(x->path + path.len + 1, query.ptr, query.len);
		path.len += 1 + query.len;
	}
	x->path[path.len] = '\0';
	return NULL;
}

/* set_url - the effective URI (RFC 9110, 7.1), the cache's key. */
static const char *
set_url(struct exchange *x)
{
	const char *scheme = x->to.tls ? "https://" : "http://";
	size_t n = strlen(scheme), path = strlen(x->path);

	memcpy(x->url, scheme, n);
	n += target_authority(&x->to, x->url + n, HOST_MAX + 16);
	if (n + path >= sizeof(x->url))
		return "the URI is too long";
	memcpy(x->url + n, x->path, path + 1);
	return NULL;
}

/* looks_like_host - a first segment that names an origin: it has a dot or a
 * port, or is localhost, and is a host. */
static bool
looks_like_host(struct http_str s, struct http_str *host, uint16_t *port)
{
	if (!http_host_split(s, host, port))
		return false;
	return memchr(s.ptr, '.', s.len) != NULL || *port != 0 ||
	    host->ptr[0] == '[' || http_caseeq(*host, HTTP_STR("localhost"));
}

/* from_path - /HOST[:PORT]/PATH, also /http://HOST/PATH. */
static const char *
from_path(struct exchange *x)
{
	struct http_msg *m = &x->req;
	struct http_str path = http_view(m, m->path), first, host;
	const char *slash;
	uint16_t port;

	path.ptr++;
	path.len--;
	if (path.len > 7 && http_caseeq((struct http_str){ path.ptr, 7 },
	    HTTP_STR("http://"))) {
		path.ptr += 7;
		path.len -= 7;
	}
	slash = memchr(path.ptr, '/', path.len);
	first = (struct http_str){ path.ptr, slash == NULL ? path.len :
	    (size_t)(slash - path.ptr) };
	if (first.len == 0 || !looks_like_host(first, &host, &port) ||
	    set_host(&x->to, host) == -1)
		return "no origin is named in this request";
	x->to.port = port != 0 ? port : 80;
	x->in_path = true;
	path.ptr += first.len;
	path.len -= first.len;
	return set_path(x, path, http_view(m, m->query), m->has_query);
}

static const char *
from_origin(struct exchange *x)
{
	struct http_msg *m = &x->req;

	x->to = x->p->origins[0];
	x->reverse = true;
	return set_path(x, http_view(m, m->path), http_view(m, m->query),
	    m->has_query);
}

/* from_host - absolute form and CONNECT's authority. */
static const char *
from_host(struct exchange *x)
{
	struct http_msg *m = &x->req;

	if (set_host(&x->to, http_view(m, m->host)) == -1)
		return "the host is too long, or an address in an odd "
		    "spelling";
	x->to.tls = m->tls;
	x->to.port = m->port != 0 ? m->port : m->tls ? 443 : 80;
	return set_path(x, http_view(m, m->path), http_view(m, m->query),
	    m->has_query);
}

const char *
target_of(struct exchange *x)
{
	const char *why;

	switch (x->req.form) {
	case HTTP_TARGET_AUTHORITY:
		if (x->req.port == 0)
			return "CONNECT needs a port";
		why = from_host(x);
		snprintf(x->url, sizeof(x->url), "%s:%u", x->to.host,
		    x->to.port);
		return why;
	case HTTP_TARGET_ABSOLUTE:
		why = x->p->norigins > 0 ? from_origin(x) : from_host(x);
		break;
	case HTTP_TARGET_ASTERISK:
		return x->p->norigins > 0 ? from_origin(x) :
		    "no origin is named in this request";
	default:
		why = x->p->norigins > 0 ? from_origin(x) : from_path(x);
		break;
	}
	return why != NULL ? why : set_url(x);
}
