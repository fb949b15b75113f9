/*
 * The head of a request as it goes upstream: the client's own fields but for
 * those that end here, and what the proxy has to say.
 */
#include <stdio.h>
#include <string.h>

#include "transfer.h"

/* is_ours - what request_put writes itself, or leaves out. */
static bool
is_ours(const struct exchange *x, const struct http_field *f, bool plain)
{
	struct http_str name = http_view(&x->req, f->name);

	switch (f->id) {
	case HDR_HOST:
	case HDR_CONTENT_LENGTH:
	case HDR_EXPECT:
	case HDR_VIA:
		return true;
	case HDR_X_FORWARDED_FOR:
	case HDR_FORWARDED:
		return x->p->forwarded != FORWARDED_OFF;
	case HDR_IF_MATCH:
	case HDR_IF_NONE_MATCH:
	case HDR_IF_MODIFIED_SINCE:
	case HDR_IF_UNMODIFIED_SINCE:
	case HDR_IF_RANGE:
	case HDR_RANGE:
		return !plain;
	case HDR_MAX_FORWARDS:
		return x->req.method == HTTP_M_OPTIONS;
	default:
		/* CONTENT_LENGTH is to some servers what Content-Length is */
		return memchr(name.ptr, '_', name.len) != NULL;
	}
}

/* is_dropped - by --drop-header. */
static bool
is_dropped(const struct exchange *x, struct http_str name)
{
	size_t i;

	for (i = 0; i < x->p->drop_header.n; i++)
		if (http_caseeq(name, http_cstr(x->p->drop_header.v[i])))
			return true;
	return false;
}

static void
put_own(struct conn *up, const struct http_msg *m, bool plain,
    const struct exchange *x)
{
	unsigned int i;

	for (i = 0; i < m->nfields; i++) {
		const struct http_field *f = &m->fields[i];
		struct http_str name = http_view(m, f->name);
		struct http_str value = http_view(m, f->value);

		if (is_hop(m, f) || is_ours(x, f, plain) ||
		    is_dropped(x, name))
			continue;
		conn_put(up, name.ptr, name.len);
		conn_put(up, ": ", 2);
		conn_put(up, value.ptr, value.len);
		conn_put(up, "\r\n", 2);
	}
}

/* put_list - all lines of a list field and one member more. */
static void
put_list(struct conn *up, const struct http_msg *m, enum http_hdr id,
    const char *name, const char *more, bool old)
{
	struct http_str value;
	unsigned int cursor = 0;

	conn_puts(up, name);
	conn_puts(up, ": ");
	while (old && http_each(m, id, &cursor, &value)) {
		conn_put(up, value.ptr, value.len);
		conn_puts(up, ", ");
	}
	conn_puts(up, more);
	conn_puts(up, "\r\n");
}

/* is_plain_token - it stands in Forwarded without quotes. */
static bool
is_plain_token(struct http_str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (memchr(":[]\"\\", s.ptr[i], 5) != NULL)
			return false;
	return s.len > 0;
}

/* forwarded_element - of this hop, as RFC 7239 has it: who asked, by which
 * name and scheme. */
static void
forwarded_element(const struct exchange *x, const char *client, char *out,
    size_t size)
{
	struct http_str host = http_view(&x->req, x->req.authority);
	const char *quote = is_plain_token(host) ? "" : "\"";
	int n;

	if (x->c->peer.family == AF_INET6)
		n = snprintf(out, size, "for=\"[%s]\"", client);
	else if (x->c->peer.family == AF_INET)
		n = snprintf(out, size, "for=%s", client);
	else
		n = snprintf(out, size, "for=unknown");
	if (host.len > 0 && host.len < HOST_MAX)
		n += snprintf(out + n, size - (size_t)n, ";host=%s%.*s%s",
		    quote, (int)host.len, host.ptr, quote);
	snprintf(out + n, size - (size_t)n, ";proto=%s",
	    x->c->flags & CONN_SECURE || x->req.tls ? "https" : "http");
}

static void
put_forwarded(struct exchange *x, struct conn *up)
{
	char host[IPADDR_TEXT_MAX], text[HOST_MAX + 128];
	bool old = x->p->forwarded == FORWARDED_APPEND;

	snprintf(text, sizeof(text), "1.%u %s", x->req.minor, x->p->name);
	put_list(up, &x->req, HDR_VIA, "Via", text, true);
	if (x->p->forwarded == FORWARDED_OFF)
		return;
	ipaddr_host(&x->c->peer, host, sizeof(host));
	put_list(up, &x->req, HDR_X_FORWARDED_FOR, "X-Forwarded-For", host,
	    old);
	forwarded_element(x, host, text, sizeof(text));
	put_list(up, &x->req, HDR_FORWARDED, "Forwarded", text, old);
}

/* put_framing - how the request's body ends, and what it expects. */
static void
put_framing(struct exchange *x, struct conn *up)
{
	const struct http_msg *m = &x->req;

	if (m->body == HTTP_BODY_LENGTH)
		conn_printf(up, "Content-Length: %llu\r\n",
		    (unsigned long long)m->length);
	else if (m->body == HTTP_BODY_CHUNKED)
		conn_puts(up, "Transfer-Encoding: chunked\r\n");
	if (m->expect_continue && m->minor >= 1)
		conn_puts(up, "Expect: 100-continue\r\n");
	if (m->upgrade) {
		struct http_str v = http_get(m, HDR_UPGRADE);

		conn_puts(up, "Connection: upgrade\r\nUpgrade: ");
		conn_put(up, v.ptr, v.len);
		conn_puts(up, "\r\n");
	}
}

static void
put_validators(struct conn *up, const struct revalidate *rv)
{
	if (rv->etag.ptr != NULL) {
		conn_puts(up, "If-None-Match: ");
		conn_put(up, rv->etag.ptr, rv->etag.len);
		conn_puts(up, "\r\n");
	}
	if (rv->modified.ptr != NULL) {
		conn_puts(up, "If-Modified-Since: ");
		conn_put(up, rv->modified.ptr, rv->modified.len);
		conn_puts(up, "\r\n");
	}
	if (rv->range.ptr != NULL && rv->from > 0) {
		conn_printf(up, "Range: bytes=%llu-\r\nIf-Range: ",
		    (unsigned long long)rv->from);
		conn_put(up, rv->range.ptr, rv->range.len);
		conn_puts(up, "\r\n");
	}
}

bool
request_has_body(const struct exchange *x)
{
	return x->req.body != HTTP_BODY_NONE &&
	    (x->req.body != HTTP_BODY_LENGTH || x->req.length > 0);
}

bool
request_repeats(const struct exchange *x)
{
	return !request_has_body(x) && x->req.method != HTTP_M_POST &&
	    x->req.method != HTTP_M_PATCH;
}

int
request_put(struct exchange *x, struct conn *up, const struct target *t,
    bool plain, const struct revalidate *rv)
{
	struct http_str method = http_view(&x->req, x->req.method_name);
	char authority[HOST_MAX + 16];
	uint64_t forwards;
	size_t i;

	target_authority(x->reverse ? t : &x->to, authority,
	    sizeof(authority));
	if (plain || x->req.method != HTTP_M_HEAD)
		conn_put(up, method.ptr, method.len);
	else
		conn_puts(up, "HEAD");
	conn_puts(up, " ");
	if (x->p->has_parent && !t->tls) {
		/* not x->url: of several origins that names the first */
		conn_puts(up, "http://");
		conn_puts(up, authority);
		conn_puts(up, strcmp(x->path, "*") == 0 ? "" : x->path);
	} else {
		conn_puts(up, x->path);
	}
	conn_puts(up, " HTTP/1.1\r\nHost: ");
	conn_puts(up, authority);
	conn_puts(up, "\r\n");
	put_own(up, &x->req, plain, x);
	if (x->req.method == HTTP_M_OPTIONS && http_decimal(http_single(
	    &x->req, HDR_MAX_FORWARDS), 1 << 20, &forwards) == 0 &&
	    forwards > 0)
		conn_printf(up, "Max-Forwards: %llu\r\n",
		    (unsigned long long)forwards - 1);
	put_forwarded(x, up);
	put_framing(x, up);
	if (rv != NULL)
		put_validators(up, rv);
	for (i = 0; i < x->p->add_header.n; i++) {
		conn_puts(up, x->p->add_header.v[i]);
		conn_puts(up, "\r\n");
	}
	conn_put(up, "\r\n", 2);
	return conn_flush(up);
}
