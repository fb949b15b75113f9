/*
 * From a request's head to an answer: method, host, path, who may, and then
 * which file.  Called once for each request; the order of the questions is the
 * order in which they are answered here.
 */
#include <string.h>

#include "cache.h"
#include "http/accept.h"
#include "http/path.h"
#include "listing.h"
#include "login.h"
#include "request.h"
#include "send.h"
#include "status.h"

#define ALLOW	"Allow: GET, HEAD, OPTIONS\r\n"

/* site_of - by name; then the wildcard that says most; then the operand. */
static const struct site *
site_of(const struct httpd *h, struct http_str host)
{
	const struct site *best = &h->sites[0];

	if (host.len > 0 && host.ptr[host.len - 1] == '.')
		host.len--;
	for (size_t i = 1; i < h->nsites; i++) {
		const struct site *s = &h->sites[i];
		struct http_str name = { s->name, s->name_len };
		struct http_str tail = host;

		if (!s->wild && http_caseeq(host, name))
			return s;
		if (!s->wild || host.len <= s->name_len ||
		    (best->wild && best->name_len >= s->name_len))
			continue;
		tail.ptr += host.len - name.len;
		tail.len = name.len;
		if (http_caseeq(tail, name))
			best = s;
	}
	return best;
}

/*
 * is_hidden - a segment of the path begins with a dot; but /.well-known/ is
 * for everybody to see (RFC 8615).
 */
static bool
is_hidden(const char *path)
{
	static const char known[] = "/.well-known/";
	const char *dot = strstr(path, "/.");

	if (dot == path && strncmp(path, known, sizeof(known) - 1) == 0)
		dot = strstr(path + sizeof(known) - 2, "/.");
	return dot != NULL;
}

/* refuse_method - what is not GET, HEAD or OPTIONS (RFC 9110 section 9.1). */
static void
refuse_method(struct request *r)
{
	struct http_msg *m = &r->msg;

	/* PURGE is known to the parser for proxies' sake. */
	bool known = m->method != HTTP_M_OTHER && m->method != HTTP_M_PURGE;

	if (m->method == HTTP_M_CONNECT || m->expect_continue) {
		/* what follows may be anything, or a body that waits */
		r->keep = false;
		r->c->flags |= CONN_LINGER;
	} else if (body_drop(r) == -1) {
		return;
	}
	reply_error(r, known ? 405 : 501, known ? ALLOW : NULL);
}

/* decode_path - into r->path; false where the request was refused. */
static bool
decode_path(struct request *r)
{
	struct http_str raw = http_view(&r->msg, r->msg.path);
	long len;

	if (raw.len >= sizeof(r->path)) {
		reply_refuse(r, 414, "path too long");
		return false;
	}
	len = http_path_decode(raw, r->path, sizeof(r->path));
	if (len <= 0) {
		reply_refuse(r, 400, "malformed path");
		return false;
	}
	r->path_len = (size_t)len;
	return true;
}

/* answer_options - the same for every path, but for the fields of --header,
 * which another site's script asks for in this way. */
static void
answer_options(struct request *r)
{
	bool whole = r->msg.form == HTTP_TARGET_ASTERISK;

	if ((!whole && !decode_path(r)) || body_drop(r) == -1)
		return;
	reply_begin(r, 204);
	reply_text(r, ALLOW);
	send_fields(r, r->path, 204);
	reply_end(r);
}

static bool
redirected(struct request *r)
{
	const struct redirect *to;
	struct http_str rest = { NULL, 0 };

	to = redirect_find(&r->h->redirects, r->path, r->path_len);
	if (to == NULL)
		return false;
	if (to->prefix && to->splice)
		rest = (struct http_str){ r->path + to->from_len,
		    r->path_len - to->from_len };
	/* two slashes in front would name another host */
	if (rest.len > 0 && rest.ptr[0] == '/' && to->to_len > 0 &&
	    to->to[to->to_len - 1] == '/') {
		rest.ptr++;
		rest.len--;
	}
	reply_redirect(r, to->status, (struct http_str){ to->to, to->to_len },
	    rest);
	return true;
}

/* add_slash - a folder has one; without it, relative links would miss. */
static void
add_slash(struct request *r)
{
	if (r->path_len + 1 >= sizeof(r->path)) {
		reply_error(r, 404, NULL);
		return;
	}
	memcpy(r->path + r->path_len, "/", 2);
	r->path_len++;
	reply_redirect(r, 301, (struct http_str){ NULL, 0 },
	    (struct http_str){ r->path, r->path_len });
}

/*
 * is_page - whether an application of one page would have made this path: it
 * has no extension.
 */
static bool
is_page(const struct request *r)
{
	const char *name = strrchr(r->path, '/');

	return r->h->single_page && strchr(name, '.') == NULL;
}

/* not_found - or the page that stands in for everything. */
static void
not_found(struct request *r, enum lookup why)
{
	static const char page[] = SINGLE_PAGE;
	bool stands_in = why == LOOKUP_NONE && is_page(r);
	struct resource *res;

	if (stands_in && http_accept_type(&r->msg, HTTP_STR("text/html")) > 0) {
		res = cache_get(r->w->cache, r->site, page, sizeof(page) - 1,
		    serve_now(), &why);
		if (res != NULL) {
			send_resource(r, res);
			cache_put(res);
			return;
		}
		if (why != LOOKUP_BUSY)
			why = LOOKUP_NONE;
	}
	reply_error(r, lookup_status(why), why == LOOKUP_BUSY ?
	    "Retry-After: 1\r\n" : stands_in ? "Vary: Accept\r\n" : NULL);
}

static void
answer_file(struct request *r)
{
	struct resource *res;
	enum lookup why;

	res = cache_get(r->w->cache, r->site, r->path, r->path_len,
	    serve_now(), &why);
	if (res != NULL) {
		send_resource(r, res);
		cache_put(res);
		return;
	}
	switch (why) {
	case LOOKUP_SLASH:
		add_slash(r);
		break;
	case LOOKUP_FOLDER:
		if (r->h->listing)
			listing_send(r);
		else
			reply_error(r, 403, NULL);
		break;
	default:
		not_found(r, why);
		break;
	}
}

/*
 * is_misdirected - an https URL is not for a connection without TLS (RFC 9110
 * section 7.4), unless one who may have ended the TLS brought it.
 */
static bool
is_misdirected(const struct request *r)
{
	const struct conn *c = r->c;

	return r->msg.tls && c->tls == NULL &&
	    (c->flags & CONN_PROXIED) == 0 &&
	    !network_has(&r->h->trusted, &c->peer);
}

void
route_request(struct request *r)
{
	const struct bridge_to *to;
	struct http_msg *m = &r->msg;

	r->head_only = m->method == HTTP_M_HEAD;
	if (is_misdirected(r)) {
		reply_refuse(r, 421, "https URL without TLS");
		return;
	}
	if (r->h->nsites > 1)
		r->site = site_of(r->h, http_view(m, m->host));
	if (m->method == HTTP_M_OPTIONS) {
		answer_options(r);
		return;
	}
	if (m->method != HTTP_M_GET && m->method != HTTP_M_HEAD) {
		refuse_method(r);
		return;
	}
	if (!decode_path(r))
		return;
	if (m->body != HTTP_BODY_NONE && body_drop(r) == -1)
		return;
	if (r->h->passwords != NULL && !login_check(r))
		return;
	if (r->h->bridged != NULL && (to = bridge_for(r)) != NULL)
		bridge_answer(r, to);
	else if (status_wanted(r))
		status_answer(r);
	else if (redirected(r))
		return;
	else if (!r->h->dot_files && is_hidden(r->path))
		reply_error(r, 404, NULL);
	else
		answer_file(r);
}
