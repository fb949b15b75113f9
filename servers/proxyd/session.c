/*
 * One exchange of a client with the proxy: read a head, see who may do what,
 * hand it to the cache, the forwarder or a tunnel, and log it.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/status.h"
#include "proxyd.h"
#include "ready.h"
#include "status.h"
#include "transfer.h"

/* refuse - what cannot be read, or in time: answer, log and close. */
static int
refuse(struct exchange *x, int status, const char *why)
{
	x->keep = false;
	x->c->flags |= CONN_LINGER;
	x->tag = "NONE";
	reply_error(x, status, why);
	return -1;
}

/* no_head - the bytes stopped coming. */
static int
no_head(struct exchange *x, ssize_t n, int error)
{
	x->start = 0;		/* nobody to be logged */
	if (conn_pending(x->c) == 0)
		return -1;
	x->start = serve_now();
	if (n == 0)
		return refuse(x, 400, "the request ends in its head");
	if (error == ETIMEDOUT) {
		conn_deadline(x->c, -1);
		return refuse(x, 408, "the head took too long");
	}
	if (error == ENOBUFS)
		return refuse(x, 431, "the head is too long");
	x->start = 0;
	return -1;
}

static int
read_head(struct exchange *x)
{
	struct conn *c = x->c;
	ssize_t n;

	for (;;) {
		if (conn_pending(c) > 0)
			switch (http_parse_request(&x->req, conn_data(c),
			    conn_pending(c))) {
			case HTTP_OK:
				return 0;
			case HTTP_BAD:
				return refuse(x, x->req.status, x->req.reason);
			default:
				break;
			}
		if (c->out_len > 0 && conn_flush(c) == -1)
			return -1;
		n = conn_fill(c);
		if (n <= 0)
			return no_head(x, n, errno);
	}
}

/* detach_head - a copy, so that the body can be read behind it. */
static int
detach_head(struct exchange *x)
{
	struct worker *w = x->p->worker;
	size_t n = x->req.head_len;

	if (n > SPARE_SIZE)
		x->head = malloc(n);
	else if (w->nspare > 0)
		x->head = w->spare[--w->nspare];
	else
		x->head = malloc(SPARE_SIZE);
	if (x->head == NULL)
		return -1;
	memcpy(x->head, conn_data(x->c), x->req.head_len);
	http_rebase(&x->req, x->head);
	conn_consume(x->c, x->req.head_len);
	return 0;
}

/* denied - by a rule, which the page and the log name. */
static void
denied(struct exchange *x, int status, const char *rule)
{
	x->tag = "TCP_DENIED";
	x->keep = x->keep && x->req.body == HTTP_BODY_NONE;
	if (!x->keep)
		x->c->flags |= CONN_LINGER;
	reply_error(x, status, rule);
}

/* last_hop - TRACE and OPTIONS with no hop left (RFC 9110, 7.6.2). */
static bool
last_hop(struct exchange *x)
{
	struct http_str s = http_single(&x->req, HDR_MAX_FORWARDS);
	uint64_t n;

	if (x->req.method != HTTP_M_OPTIONS || s.ptr == NULL ||
	    http_decimal(s, 1 << 20, &n) == -1 || n > 0)
		return false;
	reply_text(x, 200, "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, "
	    "OPTIONS, CONNECT\r\n", "text/plain; charset=utf-8", "");
	return true;
}

/* is_file_name - "logo.png" rather than "www.example.com": both have a dot. */
static bool
is_file_name(struct http_str path)
{
	static const char *const kinds[] = { "html", "htm", "css", "js", "mjs",
	    "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "txt", "json",
	    "xml", "pdf", "woff", "woff2", "mp3", "mp4", "php", "zip" };
	const char *end = path.ptr + path.len, *dot;
	size_t i;

	if (path.len < 2)
		return false;
	path.ptr++;
	dot = memchr(path.ptr, '/', (size_t)(end - path.ptr));
	if (dot != NULL)
		end = dot;
	dot = memrchr(path.ptr, '.', (size_t)(end - path.ptr));
	for (i = 0; dot != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (http_caseeq((struct http_str){ dot + 1,
		    (size_t)(end - dot - 1) }, http_cstr(kinds[i])))
			return true;
	return false;
}

/*
 * from_referer - a link of a page that was asked for as /HOST/PAGE lacks the
 * host: the page's own address tells it, and the client is sent there.
 */
static bool
from_referer(struct exchange *x)
{
	struct http_str s = http_single(&x->req, HDR_REFERER);
	struct http_str target = http_view(&x->req, x->req.target);
	char fields[URL_MAX + 64];
	const char *p;
	size_t n;

	if (s.ptr == NULL || x->req.form != HTTP_TARGET_ORIGIN ||
	    x->p->norigins > 0)
		return false;
	p = memmem(s.ptr, s.len, "://", 3);
	p = p == NULL ? NULL : memchr(p + 3, '/', s.len - (size_t)(p + 3 -
	    s.ptr));
	if (p == NULL)
		return false;
	n = s.len - (size_t)(p - s.ptr);
	n = n > 1 ? 1 + strcspn(p + 1, "/?#\r") : 0;
	if (n < 2 || (memchr(p, '.', n) == NULL &&
	    memchr(p, ':', n) == NULL) ||
	    n + target.len > URL_MAX - 64 ||
	    (target.len > n && memcmp(target.ptr, p, n) == 0))
		return false;
	snprintf(fields, sizeof(fields), "Location: %.*s%.*s\r\n", (int)n, p,
	    (int)target.len, target.ptr);
	x->tag = "NONE";
	reply_text(x, 302, fields, "text/plain; charset=utf-8", "");
	return true;
}

/* dispatch - the exchange is allowed: who does it? */
static void
dispatch(struct exchange *x)
{
	if (x->req.method == HTTP_M_CONNECT) {
		tunnel_connect(x);
	} else if (last_hop(x)) {
		x->tag = "NONE";
	} else if (x->p->store != NULL && !request_has_body(x) &&
	    !x->req.upgrade && (x->req.method == HTTP_M_GET ||
	    x->req.method == HTTP_M_HEAD)) {
		cache_exchange(x);
	} else if (x->p->offline) {
		reply_error(x, 504, "--offline: only what is stored is served");
	} else {
		forward(x);
	}
}

/* route - answer the request, whatever it takes. */
static void
route(struct exchange *x)
{
	const char *why = access_client(x->p, &x->c->peer);
	enum login login;

	if (status_wanted(x)) {
		status_answer(x);
		return;
	}
	if (why != NULL) {
		denied(x, 403, why);
		return;
	}
	login = access_login(x);
	if (login != LOGIN_GOOD) {
		if (login == LOGIN_BUSY)
			denied(x, 503, "too many passwords are being checked");
		else
			denied(x, 407, "a user and password are needed");
		return;
	}
	if (x->req.method == HTTP_M_TRACE) {
		denied(x, 405, "TRACE is not passed on");
		return;
	}
	if (x->req.form == HTTP_TARGET_ORIGIN &&
	    is_file_name(http_view(&x->req, x->req.path)) && from_referer(x))
		return;
	why = x->routed ? NULL : target_of(x);
	if (why != NULL) {
		if (from_referer(x))
			return;
		x->keep = x->keep && x->req.body == HTTP_BODY_NONE;
		reply_error(x, 400, why);
		return;
	}
	if (x->req.method == HTTP_M_PURGE) {
		cache_purge(x);
		return;
	}
	why = access_target(x);
	if (why != NULL)
		denied(x, 403, why);
	else
		dispatch(x);
}

/*
 * quick - what most requests ask for stands ready; the same questions are
 * asked as route() asks, and where one of them is not answered by yes it is
 * left to route().
 */
static bool
quick(struct exchange *x)
{
	const struct proxyd *p = x->p;

	if (p->store == NULL || p->users != NULL || !ready_fits(x) ||
	    (x->req.form == HTTP_TARGET_ORIGIN && p->norigins == 0 &&
	    x->req.known[HDR_REFERER] != 0) ||
	    access_client(p, &x->c->peer) != NULL || target_of(x) != NULL)
		return false;
	x->routed = x->plain = true;
	return access_target(x) == NULL && ready_answer(x);
}

/* free_head - what is of the usual size serves the next. */
static void
free_head(struct exchange *x)
{
	struct worker *w = x->p->worker;

	if (x->head != NULL && x->req.head_len <= SPARE_SIZE &&
	    w->nspare < SPARE_MAX)
		w->spare[w->nspare++] = x->head;
	else
		free(x->head);
}

/* finish - count, log, release. */
static enum conn_fate
finish(struct exchange *x)
{
	bool keep = x->keep && !x->broken;

	if (x->status != 0) {
		serve_count_request();
		counters_add(x->p->counters, x);
		if (x->p->worker->log != NULL)
			log_exchange(x);
	}
	free_head(x);
	return keep ? CONN_KEEP : CONN_CLOSE;
}

enum conn_fate
proxy_session(struct conn *c, void *settings)
{
	struct exchange x;

	memset(&x, 0, offsetof(struct exchange, path));
	memset(&x.in_path, 0, sizeof(x) - offsetof(struct exchange, in_path));
	x.path[0] = x.url[0] = '\0';
	x.c = c;
	x.p = settings;
	x.start = serve_now();
	x.in_before = c->bytes_in - conn_pending(c);
	x.out_before = c->bytes_out + c->out_len;
	http_msg_init(&x.req, NULL);
	if (read_head(&x) == -1) {
		if (x.start != 0)
			finish(&x);
		return CONN_CLOSE;
	}
	conn_deadline(c, -1);
	x.keep = x.req.keep_alive && (c->flags & CONN_DRAIN) == 0;
	serve_doing(conn_data(c), x.req.target.off + x.req.target.len);
	if (quick(&x)) {
		conn_consume(c, x.req.head_len);	/* it stays in place */
		return finish(&x);
	}
	if (detach_head(&x) == -1)
		return CONN_CLOSE;
	route(&x);
	return finish(&x);
}

void
proxy_refuse(struct conn *c, void *settings, enum serve_refusal why)
{
	int status = why == REFUSE_SOURCE ? 429 : why == REFUSE_BUSY ? 503 :
	    400;

	(void)settings;
	conn_printf(c, "HTTP/1.1 %d %s\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n\r\n", status, http_phrase(status));
}
