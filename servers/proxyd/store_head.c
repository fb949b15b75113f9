/*
 * Heads of answers as they are stored: without what ends at this hop and what
 * the answer says must not be kept, and with the fields of a newer answer
 * instead (RFC 9111, 3.1 and 3.2).
 */
#include <string.h>

#include "store_impl.h"
#include "transfer.h"

/* is_stored - of a field: not those of this hop, not those between us and our
 * peers, and not those that no-cache="..." or private="..." name. */
static bool
is_stored(const struct http_msg *res, const struct http_field *f)
{
	struct http_str name = http_view(res, f->name);

	if (is_hop(res, f) || f->id == HDR_CONTENT_LENGTH ||
	    f->id == HDR_PROXY_AUTHENTICATE || http_caseeq(name,
	    HTTP_STR("Proxy-Authentication-Info")))
		return false;
	return !http_cc_names(res, HTTP_CC_NO_CACHE_FIELDS, name) &&
	    !http_cc_names(res, HTTP_CC_PRIVATE_FIELDS, name);
}

static void
add_field(struct buf *b, const struct http_msg *m, const struct http_field *f)
{
	struct http_str name = http_view(m, f->name);
	struct http_str value = http_view(m, f->value);

	buf_add(b, name.ptr, name.len);
	buf_adds(b, ": ");
	buf_add(b, value.ptr, value.len);
	buf_adds(b, "\r\n");
}

/* stays - what a newer answer's fields do not touch: what belongs to the bytes
 * that are stored. */
static bool
stays(const struct http_field *f)
{
	return f->id == HDR_CONTENT_ENCODING || f->id == HDR_CONTENT_RANGE;
}

/* replaced - by a line of by with that name. */
static bool
replaced(const struct http_msg *by, const struct http_msg *m,
    const struct http_field *f)
{
	if (f->id == HDR_AGE || f->id == HDR_DATE)
		return true;	/* new, or none, in any case */
	return !stays(f) && http_find(by, http_view(m, f->name)).ptr != NULL;
}

void
add_head(struct buf *b, const struct http_msg *m, const struct http_msg *by)
{
	struct http_str phrase = http_view(m, m->phrase);
	unsigned int i, code = m->code;

	if (code == 206) {
		/* a part is stored as one of the whole (3.4) */
		code = 200;
		phrase = HTTP_STR("OK");
	}
	buf_addf(b, "HTTP/1.%u %u ", m->minor, code);
	buf_add(b, phrase.ptr, phrase.len);
	buf_adds(b, "\r\n");
	for (i = 0; i < m->nfields; i++)
		if (is_stored(m, &m->fields[i]) && (m->code != 206 ||
		    m->fields[i].id != HDR_CONTENT_RANGE) &&
		    (by == NULL || !replaced(by, m, &m->fields[i])))
			add_field(b, m, &m->fields[i]);
	for (i = 0; by != NULL && i < by->nfields; i++)
		if (is_stored(by, &by->fields[i]) && !stays(&by->fields[i]))
			add_field(b, by, &by->fields[i]);
	buf_adds(b, "\r\n");
}
