/*
 * One exchange: read a head, have it answered, log it, and say whether the
 * connection stays.  The driver calls it again for each request; answers to
 * requests that came together leave together.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/linelog.h"
#include "forwarded.h"
#include "http/date.h"
#include "http/status.h"
#include "logline.h"
#include "request.h"
#include "status.h"

/* How reading a head ended. */
enum head {
	HEAD_OK,
	HEAD_REFUSED,		/* and answered */
	HEAD_NONE		/* nobody is there to be answered */
};

/* no_head - the bytes stopped coming before the head was whole. */
static enum head
no_head(struct request *r, ssize_t n, int error)
{
	if (conn_pending(r->c) == 0)
		return HEAD_NONE;
	r->head_only = r->msg.method == HTTP_M_HEAD;
	if (n == 0) {
		reply_refuse(r, 400, "the request ends in its head");
		return HEAD_REFUSED;
	}
	switch (error) {
	case ETIMEDOUT:
		conn_deadline(r->c, -1);
		reply_refuse(r, 408, "the head took too long");
		return HEAD_REFUSED;
	case ENOBUFS:
		reply_refuse(r, 431, "head too long");
		return HEAD_REFUSED;
	default:
		return HEAD_NONE;
	}
}

static enum head
read_head(struct request *r)
{
	struct conn *c = r->c;
	ssize_t n;

	for (;;) {
		if (conn_pending(c) > 0) {
			switch (http_parse_request(&r->msg, conn_data(c),
			    conn_pending(c))) {
			case HTTP_OK:
				return HEAD_OK;
			case HTTP_BAD:
				r->head_only = r->msg.method == HTTP_M_HEAD;
				reply_refuse(r, r->msg.status, r->msg.reason);
				return HEAD_REFUSED;
			case HTTP_MORE:
				break;
			}
		}
		/* answers to requests before this one must not wait for it */
		if (c->out_len > 0 && conn_flush(c) == -1)
			return HEAD_NONE;
		n = conn_fill(c);
		if (n <= 0)
			return no_head(r, n, errno);
	}
}

/* may_keep - whether this connection can have another request. */
static bool
may_keep(const struct request *r)
{
	int64_t most = r->h->keepalive_requests;

	return r->msg.keep_alive && (r->c->flags & CONN_DRAIN) == 0 &&
	    !serve_draining() && (most == 0 || r->c->exchanges + 1 < most);
}

/* say_doing - for the process's title: the request line. */
static void
say_doing(const struct http_msg *m)
{
	size_t len = m->target.off + m->target.len - m->method_name.off;

	serve_doing(m->base + m->method_name.off, len);
}

/* log_request - a line for an answered request. */
static void
log_request(struct request *r)
{
	const struct tick *t = tick_at(&r->w->tick, serve_now());
	int64_t now = clock_mono();
	char *p = linelog_room(r->w->log, LOGLINE_MAX, now);

	if (p != NULL)
		linelog_added(r->w->log, r->h->log_format == LOG_JSON ?
		    logline_json(p, r, t, now) :
		    logline_combined(p, r, t, now));
}

/* settle - count and log what was answered, and make room for the next. */
static enum conn_fate
settle(struct request *r)
{
	struct conn *c = r->c;

	if (r->status != 0) {
		serve_count_request();
		counter_add(&r->w->count->by_class[r->status / 100], 1);
		if (r->w->log != NULL)
			log_request(r);
	}
	if (r->copy != NULL)
		free(r->copy);
	else
		conn_consume(c, r->msg.head_len);
	if (r->failed)
		return CONN_CLOSE;
	if (r->keep)
		return CONN_KEEP;
	/* A client that did not ask for the end may be sending more. */
	if (r->msg.keep_alive || conn_pending(c) > 0)
		c->flags |= CONN_LINGER;
	return CONN_CLOSE;
}

enum conn_fate
http_session(struct conn *c, void *settings)
{
	const struct httpd *h = settings;
	struct request r;

	memset(&r, 0, offsetof(struct request, path));
	r.c = c;
	r.h = h;
	r.w = h->worker;
	r.site = &h->sites[0];
	r.began = serve_now();
	r.client = c->peer;
	r.path[0] = r.user[0] = '\0';
	http_msg_init(&r.msg, &h->limits);
	switch (read_head(&r)) {
	case HEAD_OK:
		break;
	case HEAD_REFUSED:
		settle(&r);
		return CONN_CLOSE;
	case HEAD_NONE:
		return CONN_CLOSE;
	}
	r.keep = may_keep(&r);
	if (h->trusted.n > 0)
		forwarded_client(&r);
	say_doing(&r.msg);
	route_request(&r);
	return settle(&r);
}

/* http_refuse - may be called in the parent, where no worker's memory is. */
void
http_refuse(struct conn *c, void *settings, enum serve_refusal why)
{
	static const int status[] = {
		[REFUSE_SOURCE] = HTTP_STATUS_TOO_MANY_REQUESTS,
		[REFUSE_PROXY] = HTTP_STATUS_BAD_REQUEST,
		[REFUSE_PLAIN] = HTTP_STATUS_BAD_REQUEST,
		[REFUSE_BUSY] = HTTP_STATUS_UNAVAILABLE,
	};
	const char *phrase = http_phrase(status[why]);
	char date[HTTP_DATE_LEN + 1];

	(void)settings;
	http_date_format((time_t)(clock_wall() / NSEC_PER_SEC), date);
	conn_printf(c, "HTTP/1.1 %d %s\r\nServer: brood\r\nDate: %s\r\n%s"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "X-Content-Type-Options: nosniff\r\nContent-Length: %zu\r\n"
	    "Connection: close\r\n\r\n%d %s\n", status[why], phrase, date,
	    status[why] == HTTP_STATUS_BAD_REQUEST ? "" :
	    "Retry-After: 5\r\n",
	    strlen(phrase) + 5, status[why], phrase);
}
