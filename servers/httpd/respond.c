/*
 * Answers that are built field by field: errors, redirections, whatever is not
 * a plain file.  Called by everything that answers; never decides what to
 * answer.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "format.h"
#include "http/path.h"
#include "http/status.h"
#include "request.h"
#include "rules.h"
#include "send.h"

#define PIECE	512	/* bytes of a path that are escaped at a time */

void
reply_mem(struct request *r, const void *p, size_t n)
{
	if (!r->failed && conn_put(r->c, p, n) == -1)
		r->failed = true;
}

void
reply_text(struct request *r, const char *s)
{
	reply_mem(r, s, strlen(s));
}

void
reply_field(struct request *r, const char *name, struct http_str value)
{
	reply_text(r, name);
	reply_text(r, ": ");
	reply_mem(r, value.ptr, value.len);
	reply_text(r, "\r\n");
}

void
reply_length(struct request *r, uint64_t n)
{
	char digits[FORMAT_UINT_MAX];

	reply_field(r, "Content-Length", (struct http_str){ digits,
	    (size_t)(put_uint(digits, n) - digits) });
}

void
reply_begin(struct request *r, unsigned status)
{
	const struct tick *t = tick_at(&r->w->tick, serve_now());
	char code[FORMAT_UINT_MAX];

	r->status = status;
	reply_text(r, "HTTP/1.1 ");
	reply_mem(r, code, (size_t)(put_uint(code, status) - code));
	reply_text(r, " ");
	reply_text(r, http_phrase((int)status));
	reply_text(r, "\r\nServer: brood\r\nDate: ");
	reply_mem(r, t->date, TICK_DATE_LEN);
	reply_text(r, "\r\n");
}

void
reply_end(struct request *r)
{
	if (!r->keep)
		reply_text(r, "Connection: close\r\n\r\n");
	else if (r->msg.minor == 0)
		reply_text(r, "Connection: keep-alive\r\n\r\n");
	else
		reply_text(r, "\r\n");
}

void
reply_body(struct request *r, const void *p, size_t n)
{
	if (r->head_only)
		return;
	reply_mem(r, p, n);
	if (!r->failed)
		r->sent += n;
}

/* page_for - the page that a status has of its own; its length. */
static size_t
page_for(unsigned status, char *buf, size_t size)
{
	const char *phrase = http_phrase((int)status);
	int n;

	n = snprintf(buf, size, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n"
	    "<title>%u %s</title>\n<style>body{font-family:system-ui,"
	    "sans-serif;margin:4em auto;max-width:36em;padding:0 1em}"
	    "</style>\n</head>\n<body>\n<h1>%u %s</h1>\n<hr>\n<p>brood</p>\n"
	    "</body>\n</html>\n", status, phrase, status, phrase);
	return (size_t)n < size ? (size_t)n : size - 1;
}

/* no_sniffing - unless --header says it too: once is enough. */
static void
no_sniffing(struct request *r)
{
	bool has = r->status < 400 && send_sets(r, "X-Content-Type-Options");

	if (!has)
		reply_text(r, "X-Content-Type-Options: nosniff\r\n");
}

/* own_page - what follows the fields that are particular to the answer. */
static void
own_page(struct request *r)
{
	char page[1024];
	size_t n = page_for(r->status, page, sizeof(page));

	reply_text(r, "Content-Type: text/html; charset=utf-8\r\n");
	no_sniffing(r);
	reply_length(r, n);
	reply_end(r);
	reply_body(r, page, n);
}

void
reply_error(struct request *r, unsigned status, const char *fields)
{
	const char *path = page_find(&r->h->pages, status);

	if (path != NULL && send_error_page(r, status, path, fields))
		return;
	reply_begin(r, status);
	if (fields != NULL)
		reply_text(r, fields);
	own_page(r);
}

void
reply_refuse(struct request *r, unsigned status, const char *reason)
{
	char peer[IPADDR_TEXT_MAX];

	log_info("%s: %u %s", conn_peer_text(r->c, peer, sizeof(peer)), status,
	    reason);
	r->reason = reason;
	r->keep = false;
	r->c->flags |= CONN_LINGER;
	reply_error(r, status, NULL);
}

/* reply_path - a decoded path, escaped for a URL. */
void
reply_path(struct request *r, struct http_str path)
{
	char piece[3 * PIECE + 1];
	size_t n;
	long len;

	while (path.len > 0) {
		n = path.len < PIECE ? path.len : PIECE;
		len = http_path_escape((struct http_str){ path.ptr, n }, piece,
		    sizeof(piece));
		if (len > 0)
			reply_mem(r, piece, (size_t)len);
		path.ptr += n;
		path.len -= n;
	}
}

void
reply_redirect(struct request *r, unsigned status, struct http_str base,
    struct http_str path)
{
	const struct http_msg *m = &r->msg;

	reply_begin(r, status);
	reply_text(r, "Location: ");
	reply_mem(r, base.ptr, base.len);
	reply_path(r, path);
	if (m->has_query && (base.len == 0 ||
	    memchr(base.ptr, '?', base.len) == NULL)) {
		struct http_str query = http_view(m, m->query);

		reply_text(r, "?");
		reply_mem(r, query.ptr, query.len);
	}
	reply_text(r, "\r\n");
	send_fields(r, r->path, status);
	own_page(r);
}

/* page_fields - what a page that is made for each request has beside its type;
 * the user's own Cache-Control goes before ours. */
static void
page_fields(struct request *r, const char *fields)
{
	if (fields != NULL)
		reply_text(r, fields);
	if (!send_sets(r, "Cache-Control"))
		reply_text(r, "Cache-Control: no-cache\r\n");
	send_fields(r, r->path, r->status);
}

void
reply_page(struct request *r, const char *type, const char *fields,
    const void *body, size_t n)
{
	reply_begin(r, 200);
	reply_field(r, "Content-Type", http_cstr(type));
	no_sniffing(r);
	page_fields(r, fields);
	reply_length(r, n);
	reply_end(r);
	reply_body(r, body, n);
}

void
reply_not_modified(struct request *r, const char *etag)
{
	reply_begin(r, 304);
	reply_field(r, "ETag", http_cstr(etag));
	page_fields(r, NULL);
	reply_end(r);
}
