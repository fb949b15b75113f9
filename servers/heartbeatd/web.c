/*
 * The status over HTTP: three pages, GET and HEAD.  Called by the core for each
 * request, in processes that only read the table.  A page is sent in chunks
 * while it is made, so that a long one takes no memory.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "heartbeatd.h"
#include "http/date.h"
#include "http/message.h"
#include "http/status.h"
#include "page.h"

#define CHUNK	8192		/* bytes before they are sent */

struct reply {
	struct conn	*c;
	bool		 keep, head_only, chunked;
	int		 status;
};

static const struct page *const pages[] = { &page_html, &page_json,
    &page_metrics };

/* -- Answers -------------------------------------------------------------- */

/* put_head - the status line and what all answers have; extra is more lines. */
static int
put_head(struct reply *re, const char *type, const char *extra)
{
	char date[HTTP_DATE_LEN + 1];

	http_date_format((time_t)(clock_wall() / NSEC_PER_SEC), date);
	return conn_printf(re->c, "HTTP/1.1 %d %s\r\nServer: brood\r\n"
	    "Date: %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Content-Security-Policy: default-src 'none'; "
	    "style-src 'unsafe-inline'; base-uri 'none'; "
	    "frame-ancestors 'none'\r\n%s%s", re->status,
	    http_phrase(re->status), date, type, extra,
	    re->keep ? "" : "Connection: close\r\n");
}

/* refuse - a short answer that says what is wrong. */
static void
refuse(struct reply *re, int status, const char *why, const char *extra)
{
	char body[256], more[320];
	int n;

	re->status = status;
	n = snprintf(body, sizeof(body), "%d %s: %s\n", status,
	    http_phrase(status), why);
	snprintf(more, sizeof(more), "%sContent-Length: %d\r\n", extra, n);
	put_head(re, "text/plain; charset=utf-8", more);
	conn_puts(re->c, "\r\n");
	if (!re->head_only)
		conn_put(re->c, body, (size_t)n);
}

/* send_chunk - what has been made so far. */
static int
send_chunk(struct reply *re, struct buf *b)
{
	int result = 0;

	if (b->failed) {
		errno = ENOMEM;
		return -1;
	}
	if (b->len == 0)
		return 0;
	if (re->chunked && conn_printf(re->c, "%zx\r\n", b->len) == -1)
		return -1;
	result = conn_put(re->c, b->data, b->len);
	if (result == 0 && re->chunked)
		result = conn_puts(re->c, "\r\n");
	buf_reset(b);
	return result;
}

/* send_page - -1 where the peer is gone, or it cannot be finished. */
static int
send_page(struct reply *re, const struct page *page, struct view *v)
{
	struct buf b = { 0 };
	int more = 1, result = 0;

	while (more && result == 0) {
		more = page->piece(v, &b);
		if (!more || b.len >= CHUNK)
			result = send_chunk(re, &b);
	}
	buf_free(&b);
	if (result == 0 && re->chunked)
		result = conn_puts(re->c, "0\r\n\r\n");
	return result;
}

static void
answer(struct reply *re, const struct http_msg *m, const struct page *page,
    const struct heartbeatd *h)
{
	struct view v;

	if (view_open(&v, h) == -1) {
		refuse(re, HTTP_STATUS_UNAVAILABLE, "no memory", "");
		return;
	}
	re->status = HTTP_STATUS_OK;
	re->chunked = m->minor >= 1;
	re->keep = re->keep && re->chunked;
	if (put_head(re, page->type, re->chunked ?
	    "Transfer-Encoding: chunked\r\n" : "") == -1 ||
	    conn_puts(re->c, "\r\n") == -1 ||
	    (!re->head_only && send_page(re, page, &v) == -1))
		re->keep = false;
	view_close(&v);
}

/* -- Requests ------------------------------------------------------------- */

/* take_head - 1 when it is whole, 0 when it was refused, -1 nobody is there. */
static int
take_head(struct reply *re, struct http_msg *m)
{
	struct conn *c = re->c;
	ssize_t n;

	for (;;) {
		switch (http_parse_request(m, conn_data(c),
		    conn_pending(c))) {
		case HTTP_OK:
			return 1;
		case HTTP_BAD:
			refuse(re, m->status, m->reason, "");
			return 0;
		case HTTP_MORE:
			break;
		}
		n = conn_fill(c);
		if (n > 0)
			continue;
		if (conn_pending(c) == 0)
			return -1;
		if (n == -1 && errno == ETIMEDOUT) {
			conn_deadline(c, -1);
			refuse(re, HTTP_STATUS_REQUEST_TIMEOUT,
			    "the head took too long", "");
			return 0;
		}
		if (n == -1 && errno == ENOBUFS) {
			refuse(re, HTTP_STATUS_FIELDS_TOO_LARGE,
			    "the head is too long", "");
			return 0;
		}
		return -1;
	}
}

static const struct page *
find_page(struct http_str path)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (http_eq(path, http_cstr(pages[i]->path)))
			return pages[i];
	if (path.len == 0)
		return &page_html;
	return NULL;
}

/* route - a request whose head is whole. */
static void
route(struct reply *re, const struct http_msg *m, const struct heartbeatd *h)
{
	const struct page *page = find_page(http_view(m, m->path));

	re->head_only = m->method == HTTP_M_HEAD;
	re->keep = m->keep_alive && m->body == HTTP_BODY_NONE &&
	    !serve_draining() && (re->c->flags & CONN_DRAIN) == 0;
	if (m->method == HTTP_M_OTHER)
		refuse(re, HTTP_STATUS_NOT_IMPLEMENTED, "unknown method", "");
	else if (m->method != HTTP_M_GET && m->method != HTTP_M_HEAD)
		refuse(re, HTTP_STATUS_METHOD_NOT_ALLOWED,
		    "this can only be read", "Allow: GET, HEAD\r\n");
	else if (page == NULL)
		refuse(re, HTTP_STATUS_NOT_FOUND,
		    "there are /, /status.json and /metrics", "");
	else
		answer(re, m, page, h);
}

enum conn_fate
web_session(struct conn *c, void *ctx)
{
	struct reply re = { .c = c };
	char peer[IPADDR_TEXT_MAX];
	struct http_msg m;
	int whole;

	if (conn_pending(c) == 0 && conn_fill(c) <= 0)
		return CONN_CLOSE;
	http_msg_init(&m, NULL);
	whole = take_head(&re, &m);
	if (whole == -1)
		return CONN_CLOSE;
	serve_count_request();
	if (whole == 1) {
		route(&re, &m, ctx);
		conn_consume(c, m.head_len);
	}
	log_debug("%s: %d", conn_peer_text(c, peer, sizeof(peer)), re.status);
	if (re.keep)
		return CONN_KEEP;
	if (whole == 0 || m.body != HTTP_BODY_NONE || conn_pending(c) > 0)
		c->flags |= CONN_LINGER;	/* it may still be sending */
	return CONN_CLOSE;
}

void
web_refuse(struct conn *c, void *ctx, enum serve_refusal why)
{
	struct reply re = { .c = c };

	(void)ctx;
	refuse(&re, why == REFUSE_SOURCE ? HTTP_STATUS_TOO_MANY_REQUESTS :
	    why == REFUSE_PROXY ? HTTP_STATUS_BAD_REQUEST :
	    HTTP_STATUS_UNAVAILABLE, "not now", "");
}
