/*
 * What all heads have in common: lines, field lines, and finding fields
 * afterwards.  Each call looks only at bytes that it has not seen, and no
 * decision is taken on part of a line that the whole line could change.
 * Never looks past the first limits.head bytes.
 */

#include "http/message.h"

#include <string.h>

#include "http/field.h"
#include "http/parse.h"

const struct http_limits http_limits_default = {
	.line = 8 * 1024,
	.head = 16 * 1024,
	.fields = 100,
	.lenient = 0,
};

void
http_msg_init(struct http_msg *m, const struct http_limits *limits)
{
	struct http_limits copy = http_limits_default;

	if (limits != NULL)
		copy = *limits;
	/* All but the array of fields, which is most of the struct. */
	memset(m, 0, offsetof(struct http_msg, fields));
	m->limits = copy;
	if (m->limits.head > HTTP_HEAD_MAX)
		m->limits.head = HTTP_HEAD_MAX;
	if (m->limits.line > m->limits.head)
		m->limits.line = m->limits.head;
	if (m->limits.fields > HTTP_FIELDS_MAX)
		m->limits.fields = HTTP_FIELDS_MAX;
}

enum http_result
http_bad(struct http_msg *m, unsigned status, const char *reason)
{
	m->state = PARSE_BAD;
	m->status = status;
	m->reason = reason;
	return HTTP_BAD;
}

enum http_result
http_line(struct http_msg *m, size_t len, uint32_t limit, unsigned status,
    const char *reason, struct http_slice *line)
{
	size_t n = len < limit ? len : limit;
	const char *lf = NULL;
	uint32_t end;

	if (m->scan < n)
		lf = memchr(m->base + m->scan, '\n', n - m->scan);
	if (lf == NULL) {
		m->scan = n;
		if (n == limit)
			return http_bad(m, status, reason);
		return HTTP_MORE;
	}
	end = lf - m->base;
	line->off = m->pos;
	m->pos = m->scan = end + 1;
	if (end > line->off && m->base[end - 1] == '\r')
		end--;
	else if ((m->limits.lenient & HTTP_LENIENT_LF) == 0)
		return http_bad(m, 400, "line ends with a bare LF");
	line->len = end - line->off;
	return HTTP_OK;
}

/*
 * no_control - of the eight bytes at p: the two expressions set the top bit of
 * some byte if and only if there is a byte below 0x20 or equal to 0x7f.
 */
static inline bool
no_control(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t tops = ones << 7;
	uint64_t word, del;

	memcpy(&word, p, sizeof(word));
	del = word ^ (ones * 0x7f);
	return ((((word - ones * 0x20) & ~word) |
	    ((del - ones) & ~del)) & tops) == 0;
}

bool
http_value_ok(struct http_str s)
{
	const size_t word = sizeof(uint64_t);
	size_t i = 0;

	while (s.len - i >= word && no_control(s.ptr + i))
		i += word;
	/* What is left of a long one, with bytes that were looked at. */
	if (i > 0 && s.len - i < word && no_control(s.ptr + s.len - word))
		return true;
	for (; i < s.len; i++) {
		if (!http_is(s.ptr[i], HTTP_C_VCHAR))
			return false;
	}
	return true;
}

static enum http_result
bad_name(struct http_msg *m, struct http_str line, size_t at)
{
	if (at == line.len)
		return http_bad(m, 400, "field line without a colon");
	if (line.ptr[at] == ':')
		return http_bad(m, 400, "empty field name");
	if (line.ptr[at] == ' ' || line.ptr[at] == '\t')
		return http_bad(m, 400, "whitespace in or after a field name");
	return http_bad(m, 400, "invalid byte in a field name");
}

static void
link_field(struct http_msg *m, unsigned id, unsigned number)
{
	uint8_t *link = &m->known[id];

	while (*link != 0)
		link = &m->fields[*link - 1].next;
	*link = number;
}

static enum http_result
add_field(struct http_msg *m, struct http_slice at, size_t colon)
{
	struct http_str line = http_view(m, at), value;
	struct http_field *f;

	if (m->nfields >= m->limits.fields)
		return http_bad(m, 431, "too many fields");
	value = http_trim((struct http_str){ line.ptr + colon + 1,
	    line.len - colon - 1 });
	if (!http_value_ok(value))
		return http_bad(m, 400, "control byte in a field value");
	f = &m->fields[m->nfields++];
	f->name = (struct http_slice){ at.off, colon };
	f->value = (struct http_slice){ value.ptr - m->base, value.len };
	f->next = 0;
	f->id = http_hdr_of((struct http_str){ line.ptr, colon });
	if (f->id != HDR_OTHER)
		link_field(m, f->id, m->nfields);
	return HTTP_OK;
}

/*
 * unfold - a folded line's end and leading blanks become spaces (RFC 9112
 * section 5.2) and what follows belongs to the value before
 */
static enum http_result
unfold(struct http_msg *m, struct http_slice at, char *fold)
{
	struct http_str more = http_trim(http_view(m, at));
	struct http_slice *value;
	uint32_t start, end;

	if (fold == NULL || m->nfields == 0)
		return http_bad(m, 400, m->nfields == 0 ?
		    "whitespace before the first field" : "folded field line");
	if (!http_value_ok(more))
		return http_bad(m, 400, "control byte in a field value");
	value = &m->fields[m->nfields - 1].value;
	start = more.ptr - m->base;
	end = value->off + value->len;
	memset(fold + end, ' ', start - end);
	if (more.len == 0)
		return HTTP_OK;
	if (value->len == 0)
		value->off = start;
	value->len = start + more.len - value->off;
	return HTTP_OK;
}

static enum http_result
field_line(struct http_msg *m, struct http_slice at, char *fold)
{
	struct http_str line = http_view(m, at);
	size_t colon = 0;

	if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
		return unfold(m, at, fold);
	while (colon < line.len && http_is(line.ptr[colon], HTTP_C_TCHAR))
		colon++;
	if (colon == 0 || colon == line.len || line.ptr[colon] != ':')
		return bad_name(m, line, colon);
	return add_field(m, at, colon);
}

enum http_result
http_fields(struct http_msg *m, size_t len, char *fold)
{
	struct http_slice line;
	enum http_result r;

	for (;;) {
		r = http_line(m, len, m->limits.head, 431, "head too long",
		    &line);
		if (r != HTTP_OK)
			return r;
		if (line.len == 0)
			break;
		r = field_line(m, line, fold);
		if (r != HTTP_OK)
			return r;
	}
	m->head_len = m->pos;
	m->state = PARSE_DONE;
	return HTTP_OK;
}

enum http_result
http_parse_trailer(struct http_msg *m, const char *buf, size_t len)
{
	m->base = buf;
	if (m->state == PARSE_DONE)
		return HTTP_OK;
	if (m->state == PARSE_BAD)
		return HTTP_BAD;
	m->state = PARSE_FIELDS;
	return http_fields(m, len, NULL);
}

bool
http_each_line(const struct http_msg *m, unsigned number, unsigned *cursor,
    struct http_str *value)
{
	if (number > HTTP_FIELDS_MAX)
		return false;
	*value = http_view(m, m->fields[number - 1].value);
	*cursor = m->fields[number - 1].next;
	if (*cursor == 0)
		*cursor = HTTP_FIELDS_MAX + 1;
	return true;
}

struct http_str
http_find(const struct http_msg *m, struct http_str name)
{
	enum http_hdr id = http_hdr_of(name);

	if (id != HDR_OTHER)
		return http_get(m, id);
	for (unsigned i = 0; i < m->nfields; i++) {
		if (http_caseeq(http_view(m, m->fields[i].name), name))
			return http_view(m, m->fields[i].value);
	}
	return (struct http_str){ NULL, 0 };
}

bool
http_has_token(const struct http_msg *m, enum http_hdr id,
    struct http_str token)
{
	struct http_str value, item;
	unsigned cursor = 0;

	while (http_each(m, id, &cursor, &value)) {
		while (http_list_next(&value, &item)) {
			if (http_caseeq(item, token))
				return true;
		}
	}
	return false;
}
