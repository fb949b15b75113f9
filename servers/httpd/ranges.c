/*
 * Partial answers: one range as it is, several as multipart/byteranges (RFC
 * 9110 sections 14.6 and 15.3.7).  The whole length is known before the first
 * byte is sent.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "send.h"

#define BOUNDARY_SIZE	40
#define PART_HEAD	(2 * TYPE_SIZE + BOUNDARY_SIZE + HTTP_CONTENT_RANGE_MAX)

/* a part's head: delimiter, type and place */
struct part {
	size_t	len;
	char	head[PART_HEAD];
};

static uint64_t
length_of(struct http_range range)
{
	return range.last - range.first + 1;
}

static void
send_one(struct request *r, const struct resource *res,
    const struct variant *v, struct http_range range)
{
	char text[HTTP_CONTENT_RANGE_MAX];
	size_t n = http_content_range(range, v->size, text);

	reply_begin(r, 206);
	reply_field(r, "Content-Type", http_cstr(res->type));
	reply_length(r, length_of(range));
	reply_field(r, "Content-Range", (struct http_str){ text, n });
	send_described(r, res, v);
	reply_end(r);
	send_part(r, v, range.first, length_of(range));
}

static void
make_part(struct part *part, const char *boundary, const char *type,
    struct http_range range, uint64_t size)
{
	char text[HTTP_CONTENT_RANGE_MAX];
	struct text t;

	http_content_range(range, size, text);
	text_init(&t, part->head, sizeof(part->head));
	text_addf(&t, "\r\n--%s\r\nContent-Type: %s\r\n"
	    "Content-Range: %s\r\n\r\n", boundary, type, text);
	part->len = t.len;
}

/* send_many - parts are made twice, to be counted and to be sent: it is only
 * text, and so no memory is needed for all of them. */
static void
send_many(struct request *r, const struct resource *res,
    const struct variant *v, const struct http_range *ranges, unsigned n)
{
	char boundary[BOUNDARY_SIZE], last[BOUNDARY_SIZE + 8];
	uint64_t total;
	struct part part;
	int last_len;

	/* Not to be foreseen by whoever wrote the file. */
	snprintf(boundary, sizeof(boundary), "%016llx%08llx",
	    (unsigned long long)(clock_mono() ^ (int64_t)v->id.ino << 20),
	    (unsigned long long)r->c->id & 0xffffffffULL);
	last_len = snprintf(last, sizeof(last), "\r\n--%s--\r\n", boundary);
	total = (uint64_t)last_len;
	for (unsigned i = 0; i < n; i++) {
		make_part(&part, boundary, res->type, ranges[i], v->size);
		total += part.len + length_of(ranges[i]);
	}
	reply_begin(r, 206);
	reply_text(r, "Content-Type: multipart/byteranges; boundary=");
	reply_text(r, boundary);
	reply_text(r, "\r\n");
	reply_length(r, total);
	send_described(r, res, v);
	reply_end(r);
	for (unsigned i = 0; i < n; i++) {
		make_part(&part, boundary, res->type, ranges[i], v->size);
		reply_body(r, part.head, part.len);
		send_part(r, v, ranges[i].first, length_of(ranges[i]));
	}
	reply_body(r, last, (size_t)last_len);
}

void
send_ranges(struct request *r, const struct resource *res,
    const struct variant *v, const struct http_range *ranges, unsigned n)
{
	if (n == 1)
		send_one(r, res, v, ranges[0]);
	else
		send_many(r, res, v, ranges, n);
}
