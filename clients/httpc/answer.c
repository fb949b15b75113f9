/*
 * What becomes of an answer that is neither redirect nor tried again: it goes
 * to the output, whole or as the rest of what is there.
 */
#include "transfer.h"

#include <err.h>

#include "http/range.h"

/* check_part - a 206 must be the part that was asked for; t->out.from stays */
static int
check_part(struct transfer *t, uint64_t *rest)
{
	struct http_str v = http_get(&t->response.msg, HDR_CONTENT_RANGE);
	struct http_content_range cr;

	if (v.ptr == NULL || http_content_range_parse(v, &cr) == -1 ||
	    !cr.satisfied || cr.range.first != t->out.from)
		return fail(t, ST_RANGE, "the server sends another part than "
		    "that from byte %llu on", (unsigned long long)t->out.from);
	*rest = cr.has_size ? cr.size - t->out.from : UINT64_MAX;
	return ST_OK;
}

/* whole_already - a 416: is what is here all there is? */
static int
whole_already(struct transfer *t)
{
	struct http_str v = http_get(&t->response.msg, HDR_CONTENT_RANGE);
	struct http_content_range cr;

	if (v.ptr != NULL && http_content_range_parse(v, &cr) == 0 &&
	    cr.has_size && cr.size != t->out.from)
		return fail(t, ST_RANGE, "the server's file has %llu bytes, "
		    "and %llu are here", (unsigned long long)cr.size,
		    (unsigned long long)t->out.from);
	response_drop(t);
	return ST_OK;
}

/* resumed - the answer to a request for the rest: ST_OK and where to write,
 * *rest bytes to come (UINT64_MAX: unknown) */
static int
resumed(struct transfer *t, uint64_t *rest)
{
	unsigned code = t->response.msg.code;

	if (code == 206)
		return check_part(t, rest);
	if (code != 200)
		return fail(t, ST_HTTP, "the server answers %u; nothing was "
		    "added to what is here", code);
	if (t->out.validator[0] == '\0' || t->out.path == NULL)
		return fail(t, ST_RANGE, "the server does not do ranges; what "
		    "is here cannot be continued");
	if (!t->set->silent)
		warnx("%s has changed on the server: starting over",
		    t->out.path);
	t->out.from = 0;
	return ST_OK;
}

/* shows_heads - with what the user wants to see of an answer */
static bool
shows_heads(const struct transfer *t)
{
	return t->set->include || t->set->head;
}

void
answer_keep(struct transfer *t)
{
	struct response *r = &t->response;

	if (shows_heads(t))
		buf_add(&r->before, r->head.data, r->head.len);
}

int
answer_head(struct transfer *t)
{
	struct response *r = &t->response;
	int st = ST_OK;

	if (!shows_heads(t))
		return ST_OK;
	if (r->before.failed)
		return fail(t, ST_MEMORY, "out of memory");
	if (r->before.len > 0)
		st = output_write(t, r->before.data, r->before.len);
	buf_reset(&r->before);
	if (st == ST_OK)
		st = output_write(t, r->head.data, r->head.len);
	return st == ST_OK ? output_flush(t) : st;
}

int
answer_refused(struct transfer *t)
{
	int st;

	if (!shows_heads(t) || t->out.path != NULL)
		return ST_OK;
	st = output_open(t, PROGRESS_UNKNOWN);
	return st == ST_OK ? answer_head(t) : st;
}

int
answer_deliver(struct transfer *t)
{
	const struct http_msg *m = &t->response.msg;
	bool resuming = t->set->resume.set && t->out.from > 0;
	uint64_t rest = UINT64_MAX;
	int st = ST_OK, late;

	if (t->set->fail && m->code >= 400 && !(resuming && m->code == 416)) {
		st = answer_refused(t);
		response_drop(t);
		return st != ST_OK ? st :
		    fail(t, ST_HTTP, "the server answers %u", m->code);
	}
	if (resuming && m->code == 416)
		return whole_already(t);
	if (resuming)
		st = resumed(t, &rest);
	if (st == ST_OK)
		st = output_open(t, m->body == HTTP_BODY_LENGTH ? m->length :
		    m->body == HTTP_BODY_NONE ? 0 : PROGRESS_UNKNOWN);
	if (st == ST_OK)
		st = answer_head(t);
	if (st == ST_OK)
		st = response_body(t);
	if (st == ST_OK && rest != UINT64_MAX && t->result.size_download < rest)
		st = fail(t, ST_PARTIAL, "the server sent %llu bytes of the "
		    "%llu that are missing",
		    (unsigned long long)t->result.size_download,
		    (unsigned long long)rest);
	if (st != ST_OK)
		link_close(t->link);
	late = output_close(t, st == ST_OK);
	return st != ST_OK ? st : late;
}
