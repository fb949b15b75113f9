/*
 * Sending a resource.  The first function is what nearly every request comes
 * down to: a head and a body that lie ready are copied behind each other, and
 * the driver sends them with one call.
 */
#include "send.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cache.h"
#include "http/conditional.h"

/* What ends a head, by what becomes of the connection. */
static struct http_str
head_end(const struct request *r)
{
	if (!r->keep)
		return HTTP_STR("Connection: close\r\n\r\n");
	if (r->msg.minor == 0)
		return HTTP_STR("Connection: keep-alive\r\n\r\n");
	return HTTP_STR("\r\n");
}

/* get_body - all of a body to p; -1 where the file is not so long any more. */
static int
get_body(const struct request *r, const struct variant *v, char *p)
{
	if (v->body != NULL) {
		memcpy(p, v->body, v->size);
		return 0;
	}
	if (pread(v->fd, p, v->size, 0) == (ssize_t)v->size)
		return 0;
	log_warnx("%s: the file got shorter while it was sent", r->path);
	return -1;
}

/*
 * send_whole - a 200, from what was composed when the file was read.  What fits
 * into the output buffer is put there and goes out in one piece.
 */
static void
send_whole(struct request *r, const struct variant *v)
{
	const struct tick *t = tick_at(&r->w->tick, serve_now());
	struct http_str end = head_end(r);
	size_t n = v->head_len + end.len;
	bool fits = !r->head_only && v->size <= CONN_BUF_SIZE - n;
	char *p;

	r->status = 200;
	p = conn_room(r->c, n + (fits ? v->size : 0));
	if (p == NULL) {
		r->failed = true;
		return;
	}
	if (fits && v->body != NULL && end.len == 2) {
		memcpy(p, v->head, n + v->size);
	} else {
		memcpy(p, v->head, v->head_len);
		memcpy(p + v->head_len, end.ptr, end.len);
		if (fits && get_body(r, v, p + n) == -1) {
			r->failed = true;
			return;
		}
	}
	memcpy(p + sizeof(HEAD_START) - 1, t->date, TICK_DATE_LEN);
	if (fits) {
		conn_wrote(r->c, n + v->size);
		r->sent = v->size;
		return;
	}
	conn_wrote(r->c, n);
	if (!r->head_only)
		send_part(r, v, 0, v->size);
}

void
send_part(struct request *r, const struct variant *v, uint64_t off,
    uint64_t n)
{
	uint64_t before = r->c->bytes_out + r->c->out_len, now;
	int result;

	if (r->failed)
		return;
	conn_deadline(r->c, -1);	/* each wait is bounded by stall_ms */
	if (v->body == NULL)
		result = conn_sendfile(r->c, v->fd, (off_t)off, n);
	else if (n < 1024)
		result = conn_put(r->c, v->body + off, n);
	else
		result = conn_write_body(r->c, v->body + off, n);
	if (result == 0) {
		r->sent += n;
		return;
	}
	if (errno == ENODATA)
		log_warnx("%s: the file got shorter while it was sent",
		    r->path);
	r->failed = true;
	now = r->c->bytes_out;
	r->sent += now > before ? now - before : 0;
}

/* choose - the representation that the client likes best (RFC 9110 section
 * 12.5.3); NULL where it wants none that we have. */
static const struct variant *
choose(const struct request *r, const struct resource *res)
{
	struct http_codings wanted;
	unsigned available = 0;
	enum http_coding best;

	for (int i = 0; i < CODINGS; i++)
		if (res->v[i].there)
			available |= 1U << codings[i].id;
	http_accept_codings(&r->msg, &wanted);
	best = http_choose_coding(&wanted, available);
	for (int i = 0; i < CODINGS; i++)
		if (res->v[i].there && codings[i].id == best)
			return &res->v[i];
	return NULL;
}

void
send_fields(struct request *r, const char *path, unsigned status)
{
	const struct headers *list = &r->h->headers;

	for (size_t i = 0; i < list->n; i++) {
		const struct header *h = &list->v[i];
		const char *name = h->line;

		if (h->is_type || !header_matches(h, path))
			continue;
		/* A 304 does not describe again what the client has. */
		if (status == 304 && strncasecmp(name, "Content-", 8) == 0 &&
		    strncasecmp(name, "Content-Location:", 17) != 0 &&
		    strncasecmp(name, "Content-Security-", 17) != 0)
			continue;
		reply_mem(r, h->line, h->len);
	}
}

bool
send_sets(const struct request *r, const char *name)
{
	const struct headers *list = &r->h->headers;
	size_t n = strlen(name);

	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].name_len == n &&
		    strncasecmp(list->v[i].line, name, n) == 0 &&
		    header_matches(&list->v[i], r->path))
			return true;
	return false;
}

void
send_described(struct request *r, const struct resource *res,
    const struct variant *v)
{
	enum coding coding = (enum coding)(v - res->v);

	if (v->modified[0] != '\0')
		reply_field(r, "Last-Modified", http_cstr(v->modified));
	reply_field(r, "ETag", (struct http_str){ v->etag, v->etag_len });
	reply_text(r, "Accept-Ranges: bytes\r\n");
	coding = resource_coding(res, coding);
	if (coding != CODING_NONE)
		reply_field(r, "Content-Encoding",
		    http_cstr(http_coding_name(codings[coding].id)));
	reply_text(r, res->vary);
	send_fields(r, res->path, 206);
}

/* send_not_modified - with the fields of RFC 9110 section 15.4.5. */
static void
send_not_modified(struct request *r, const struct resource *res,
    const struct variant *v)
{
	reply_begin(r, 304);
	reply_field(r, "ETag", (struct http_str){ v->etag, v->etag_len });
	reply_text(r, res->vary);
	send_fields(r, res->path, 304);
	reply_end(r);
}

static void
send_unsatisfiable(struct request *r, const struct variant *v)
{
	static const char name[] = "Content-Range: ";
	char line[sizeof(name) + HTTP_CONTENT_RANGE_MAX + 2];
	size_t n = sizeof(name) - 1;

	memcpy(line, name, n);
	n += http_content_range_none(v->size, line + n);
	memcpy(line + n, "\r\n", 3);
	reply_error(r, 416, line);
}

/* send_range - what Range asks for, where it counts; false: a plain 200. */
static bool
send_range(struct request *r, const struct resource *res,
    const struct variant *v, const struct http_validators *valid)
{
	struct http_range ranges[HTTP_RANGES_MAX];
	struct http_str value = http_single(&r->msg, HDR_RANGE);
	unsigned n;

	/* Of methods, only GET has ranges (section 14.2). */
	if (value.ptr == NULL || r->head_only ||
	    !http_if_range(&r->msg, valid, r->w->tick.second))
		return false;
	switch (http_range_parse(value, v->size, ranges, HTTP_RANGES_MAX,
	    &n)) {
	case HTTP_RANGE_IGNORE:
		return false;
	case HTTP_RANGE_UNSATISFIABLE:
		send_unsatisfiable(r, v);
		return true;
	case HTTP_RANGE_OK:
		break;
	}
	send_ranges(r, res, v, ranges, n);
	return true;
}

/* is_plain - no field asks for anything but the whole. */
static bool
is_plain(const struct http_msg *m)
{
	return (m->known[HDR_RANGE] | m->known[HDR_IF_MATCH] |
	    m->known[HDR_IF_NONE_MATCH] | m->known[HDR_IF_MODIFIED_SINCE] |
	    m->known[HDR_IF_UNMODIFIED_SINCE]) == 0;
}

void
send_resource(struct request *r, struct resource *res)
{
	const struct variant *v = &res->v[CODING_NONE];
	struct http_validators valid = { .exists = true };

	if (res->varies && (v = choose(r, res)) == NULL) {
		reply_error(r, 406, res->vary);
		return;
	}
	if (is_plain(&r->msg)) {
		send_whole(r, v);
		return;
	}
	tick_at(&r->w->tick, serve_now());
	valid.etag = (struct http_str){ v->etag, v->etag_len };
	valid.has_modified = v->modified[0] != '\0';
	valid.modified = v->id.mtime.tv_sec;
	switch (http_conditional(&r->msg, &valid, r->w->tick.second)) {
	case HTTP_COND_NOT_MODIFIED:
		send_not_modified(r, res, v);
		return;
	case HTTP_COND_FAILED:
		reply_error(r, 412, NULL);
		return;
	case HTTP_COND_PROCEED:
		break;
	}
	if (!send_range(r, res, v, &valid))
		send_whole(r, v);
}

bool
send_error_page(struct request *r, unsigned status, const char *path,
    const char *fields)
{
	const struct variant *v;
	struct resource *res;
	enum lookup why;

	res = cache_get(r->w->cache, r->site, path, strlen(path), serve_now(),
	    &why);
	if (res == NULL)
		return false;
	v = &res->v[CODING_NONE];
	reply_begin(r, status);
	if (fields != NULL)
		reply_text(r, fields);
	reply_field(r, "Content-Type", http_cstr(res->type));
	reply_text(r, "X-Content-Type-Options: nosniff\r\n");
	reply_length(r, v->size);
	reply_end(r);
	if (!r->head_only)
		send_part(r, v, 0, v->size);
	cache_put(res);
	return true;
}
