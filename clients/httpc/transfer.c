/*
 * One URL from beginning to end: exchanges, redirects, retries, and what is
 * done with the answer.  Called by main for each URL in turn.
 */
#include "transfer.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/date.h"
#include "net/wait.h"

#define RETRY_FIRST_MS	1000
#define RETRY_MOST_MS	(10 * 60 * 1000)

int
fail(struct transfer *t, int status, const char *fmt, ...)
{
	char line[sizeof(t->result.errormsg)];
	struct text text;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	text_init(&text, t->result.errormsg, sizeof(t->result.errormsg));
	text_addesc(&text, line, strlen(line));
	t->result.exitcode = (uint32_t)status;
	return status;
}

int64_t
since(const struct transfer *t)
{
	return clock_mono() - t->began;
}

/* -- An exchange ---------------------------------------------------------- */

static int
send_request(struct transfer *t)
{
	struct buf head = { 0 };
	struct conn *c = &t->link->conn;
	int st;

	st = request_head(t, &head);
	if (st == ST_OK) {
		trace_head(t, '>', head.data, head.len);
		t->result.time_pretransfer = since(t);
		t->result.size_request += head.len;
		/* A body that is at hand goes into the same segment. */
		if (conn_put(c, head.data, head.len) == -1 ||
		    ((t->up.kind == UPLOAD_NONE || t->bodyless ||
		    t->up.expect) && conn_flush(c) == -1))
			st = link_error(t, ST_SEND, "sending the request");
	}
	buf_free(&head);
	if (st == ST_OK)
		st = upload_body(t);
	if (st == ST_OK && conn_flush(c) == -1)
		st = link_error(t, ST_SEND, "sending the request");
	return st;
}

/* once - over a connection that is open: the head of the answer */
static int
once(struct transfer *t)
{
	enum http_method m = http_method_of(http_cstr(t->method));
	int st, sent;

	response_begin(t);
	sent = send_request(t);
	if (sent == ST_OK)
		return response_final(t, m);
	if (sent != ST_SEND)
		return sent;
	/* The server would not have all of it; it may say why. */
	t->up.complete = false;
	st = response_final(t, m);
	return st == ST_OK ? ST_OK : fail(t, ST_SEND,
	    "the server closed the connection while the request was sent");
}

/* lost - a kept connection that the server closed just when it was used again:
 * nothing was answered, so ask once more over a new one */
static bool
lost(const struct transfer *t, int st)
{
	return t->link->reused && t->response.heads == 0 &&
	    t->response.head.len == 0 &&
	    (st == ST_EMPTY || st == ST_RECV || st == ST_SEND);
}

static int
exchange(struct transfer *t)
{
	int st;

	t->method = request_method(t);
	for (;;) {
		st = upload_rewind(t);
		if (st == ST_OK)
			st = link_open(t);
		if (st != ST_OK)
			return st;
		st = once(t);
		if (lost(t, st)) {
			trace(t, "the connection was closed: making a new one");
			link_close(t->link);
			continue;
		}
		if (st == ST_OK && t->response.msg.code == 417 &&
		    t->up.expect && !t->up.no_expect) {
			t->up.no_expect = true;
			response_drop(t);
			continue;
		}
		return st;
	}
}

/* -- Trying again --------------------------------------------------------- */

/* wait_asked - Retry-After (RFC 9110 section 10.2.3) in ms; -1: none */
static int64_t
wait_asked(const struct transfer *t)
{
	struct http_str v = http_get(&t->response.msg, HDR_RETRY_AFTER);
	time_t now = time(NULL), at;
	uint64_t seconds;

	if (v.ptr == NULL)
		return -1;
	if (http_decimal(v, INT32_MAX, &seconds) == 0)
		return (int64_t)seconds * 1000;
	if (http_date_parse(v, now, &at) == 0)
		return at > now ? (int64_t)(at - now) * 1000 : 0;
	return -1;
}

/* own_wait - as --retry-delay says, or a second and then always twice that */
static int64_t
own_wait(const struct transfer *t)
{
	uint32_t n = t->result.num_retries;
	int64_t ms;

	if (t->set->retry_delay.set)
		return t->set->retry_delay.ms;
	ms = n < 20 ? (int64_t)RETRY_FIRST_MS << n : RETRY_MOST_MS;
	return ms < RETRY_MOST_MS ? ms : RETRY_MOST_MS;
}

/* again - whether it is worth another try, which --max-time must leave room
 * for; t->wait_ms is set */
static bool
again(struct transfer *t, int64_t asked)
{
	if (t->retries_left == 0)
		return false;
	if (t->up.started && t->up.kind == UPLOAD_FILE && t->up.chunked &&
	    upload_rewind(t) != ST_OK)
		return false;
	t->wait_ms = asked >= 0 ? asked : own_wait(t);
	if (t->deadline == CLOCK_NEVER)
		return true;
	return t->wait_ms <= (t->deadline - clock_mono()) / NSEC_PER_MSEC;
}

static bool
passing_code(unsigned code)
{
	return code == 408 || code == 429 || code == 500 || code == 502 ||
	    code == 503 || code == 504;
}

static bool
passing_error(int st)
{
	return st == ST_NAME || st == ST_PROXY_NAME || st == ST_CONNECT ||
	    st == ST_TIMEOUT || st == ST_EMPTY;
}

/* pause_before - say so, wait, and forget what went wrong */
static void
pause_before(struct transfer *t, const char *reason)
{
	if (!t->set->silent)
		warnx("%s; trying again in %lld ms, %lld %s left", reason,
		    (long long)t->wait_ms, (long long)t->retries_left,
		    t->retries_left == 1 ? "try" : "tries");
	buf_reset(&t->response.before);
	net_pause(clock_after_ms(t->wait_ms));
	t->retries_left--;
	t->result.num_retries++;
	t->result.exitcode = ST_OK;
	t->result.errormsg[0] = '\0';
}

/* -- Redirects ------------------------------------------------------------ */

/* redirects - somewhere: an empty Location leads nowhere but here again.  A
 * status that nobody knows counts as 300 (RFC 9110 section 15); 304 is about
 * what is here, and nobody is sent to a proxy by a server (305, 306). */
static bool
redirects(const struct transfer *t)
{
	unsigned code = t->response.msg.code;

	return code / 100 == 3 && (code < 304 || code > 306) &&
	    http_get(&t->response.msg, HDR_LOCATION).len > 0;
}

/* note_location - where it points, for the report, followed or not */
static void
note_location(struct transfer *t)
{
	struct target to = { 0 };
	char why[512];

	if (target_follow(&to, &t->at, http_get(&t->response.msg,
	    HDR_LOCATION), why, sizeof(why)) == ST_OK)
		t->result.redirect_url = to.text;
	else
		target_free(&to);
}

/* follow - make the Location the URL that is asked next (RFC 9110 section
 * 15.4: 303 becomes a GET, and so does a POST by custom at 301 and 302) */
static int
follow(struct transfer *t)
{
	unsigned code = t->response.msg.code;
	char why[512];
	int st;

	if (t->set->max_redirs >= 0 &&
	    t->result.num_redirects >= t->set->max_redirs)
		return fail(t, ST_REDIRECTS, "more than %lld redirects",
		    (long long)t->set->max_redirs);
	st = target_follow(&t->at, &t->at, http_get(&t->response.msg,
	    HDR_LOCATION), why, sizeof(why));
	if (st != ST_OK)
		return fail(t, st, "%s", why);
	if ((code == 303 && strcmp(t->method, "HEAD") != 0) ||
	    ((code == 301 || code == 302) && strcmp(t->method, "POST") == 0))
		t->bodyless = true;
	t->result.num_redirects++;
	t->result.time_redirect = since(t);
	response_drop(t);
	trace(t, "redirected to %s", t->at.text);
	return ST_OK;
}

/* -- The whole ------------------------------------------------------------ */

/* note_answer - for the report: the last answer is what counts */
static void
note_answer(struct transfer *t)
{
	const struct http_msg *m = &t->response.msg;
	struct http_str type = http_get(m, HDR_CONTENT_TYPE);

	t->result.http_code = m->code;
	t->result.num_headers = m->nfields;
	snprintf(t->result.http_version, sizeof(t->result.http_version),
	    "1.%u", m->minor % 10u);
	free(t->result.content_type);
	t->result.content_type = type.ptr == NULL ? NULL :
	    strndup(type.ptr, type.len);
	free(t->result.redirect_url);
	t->result.redirect_url = NULL;
	if (redirects(t))
		note_location(t);
}

/* attempt - the URL with its redirects; ST_AGAIN where the answer is one that
 * passes and there are tries left */
static int
attempt(struct transfer *t)
{
	char reason[64];
	int st;

	for (;;) {
		st = exchange(t);
		if (st != ST_OK)
			return st;
		note_answer(t);
		if (passing_code(t->response.msg.code) &&
		    again(t, wait_asked(t))) {
			snprintf(reason, sizeof(reason),
			    "the server answers %u", t->response.msg.code);
			response_drop(t);
			pause_before(t, reason);
			return ST_AGAIN;
		}
		if (!t->set->location || !redirects(t))
			return answer_deliver(t);
		if (t->set->include || t->set->head)
			st = output_open(t, PROGRESS_UNKNOWN);
		if (st == ST_OK)
			st = answer_head(t);
		if (st == ST_OK)
			st = follow(t);
		if (st != ST_OK)
			return st;
	}
}

/* restart - as if nothing had been asked yet */
static int
restart(struct transfer *t)
{
	t->bodyless = false;
	t->result.num_redirects = 0;
	if (target_copy(&t->at, &t->first) != ST_OK)
		return fail(t, ST_MEMORY, "out of memory");
	return ST_OK;
}

static int
try_all(struct transfer *t)
{
	int st;

	for (;;) {
		st = restart(t);
		if (st == ST_OK)
			st = attempt(t);
		if (st == ST_AGAIN)
			continue;
		/* Once there is output, a second copy would follow it. */
		if (st == ST_OK || !passing_error(st) || t->out.fd != -1 ||
		    t->result.size_download > 0 || !again(t, -1))
			return st;
		link_close(t->link);
		pause_before(t, t->result.errormsg);
	}
}

static void
finish_result(struct transfer *t, int st)
{
	struct result *r = &t->result;
	double seconds;

	r->time_total = since(t);
	seconds = (double)r->time_total / NSEC_PER_SEC;
	if (seconds > 0) {
		r->speed_download = (uint64_t)((double)r->size_download /
		    seconds);
		r->speed_upload = (uint64_t)((double)r->size_upload / seconds);
	}
	r->exitcode = (uint32_t)st;
	r->url = t->first.text;
	r->scheme = t->at.url.tls ? "https" : "http";
	r->url_effective = t->at.text != NULL ? strdup(t->at.text) : NULL;
	r->method = t->method != NULL ? strdup(t->method) : NULL;
}

int
transfer_run(struct transfer *t, const struct settings *set,
    const struct target *proxy, struct link *link)
{
	int st, late;

	t->set = set;
	t->proxy = proxy;
	t->link = link;
	t->began = clock_mono();
	t->deadline = set->max_time > 0 ? clock_after_ms(set->max_time) :
	    CLOCK_NEVER;
	t->retries_left = set->retries;
	t->out.fd = -1;
	st = output_name(t, t->result.urlnum);
	if (st == ST_OK)
		st = output_resume(t);
	if (st == ST_OK)
		st = upload_prepare(t);
	if (st == ST_OK)
		st = try_all(t);
	late = output_close(t, st == ST_OK);
	if (st == ST_OK)
		st = late;
	/* Half an answer may be on it. */
	if (st != ST_OK && st != ST_HTTP && st != ST_RANGE)
		link_close(link);
	finish_result(t, st);
	upload_free(t);
	return st;
}

void
transfer_refuse(struct transfer *t, const struct settings *set, int status,
    const char *text, const char *why)
{
	t->set = set;
	t->began = clock_mono();
	t->out.fd = -1;
	fail(t, status, "%s", why);
	finish_result(t, status);
	t->result.scheme = NULL;
	t->result.url = text;
	t->result.url_effective = strdup(text);
}

void
transfer_free(struct transfer *t)
{
	target_free(&t->first);
	target_free(&t->at);
	output_free(t);
	buf_free(&t->response.head);
	buf_free(&t->response.before);
	free(t->result.url_effective);
	free(t->result.method);
	free(t->result.content_type);
	free(t->result.redirect_url);
}
