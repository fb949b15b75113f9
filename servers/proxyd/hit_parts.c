/*
 * Several ranges of a stored answer in one: multipart/byteranges (RFC 9110,
 * 14.6).  Called by hit.c, which has seen that all of them are there.
 */
#include "cache.h"

#include <sys/random.h>

#include <stdio.h>

#include "http/range.h"

#define PART_MAX	512	/* bytes of a part's head */
#define BOUNDARY_MAX	24

/* make_boundary - what nobody can have put into the data on purpose. */
static void
make_boundary(char out[BOUNDARY_MAX])
{
	uint64_t n = 0;

	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) != sizeof(n))
		n = (uint64_t)serve_now();
	snprintf(out, BOUNDARY_MAX, "brood%016llx", (unsigned long long)n);
}

/* part_head - what stands before a range's bytes. */
static size_t
part_head(const struct stored *st, const char *boundary, struct http_range r,
    char out[PART_MAX])
{
	struct http_str type = http_get(&st->msg, HDR_CONTENT_TYPE);
	char range[HTTP_CONTENT_RANGE_MAX];
	int n;

	if (type.ptr == NULL || type.len > 256)
		type = HTTP_STR("application/octet-stream");
	http_content_range(r, st->body_len, range);
	n = snprintf(out, PART_MAX, "\r\n--%s\r\nContent-Type: %.*s\r\n"
	    "Content-Range: %s\r\n\r\n", boundary, (int)type.len, type.ptr,
	    range);
	return (size_t)n;
}

void
hit_parts(struct exchange *x, struct stored *st,
    const struct http_range *ranges, unsigned n, int64_t age)
{
	char boundary[BOUNDARY_MAX], type[64], head[PART_MAX];
	uint64_t total;
	unsigned int i;

	make_boundary(boundary);
	snprintf(type, sizeof(type), "multipart/byteranges; boundary=%s",
	    boundary);
	total = (uint64_t)snprintf(head, sizeof(head), "\r\n--%s--\r\n",
	    boundary);
	for (i = 0; i < n; i++)
		total += part_head(st, boundary, ranges[i], head) +
		    ranges[i].last - ranges[i].first + 1;
	x->as_type = type;
	st->msg.code = 206;
	send_head(x, &st->msg, total, age);
	st->msg.code = 200;
	x->as_type = NULL;
	for (i = 0; i < n && !x->quiet && !x->broken; i++) {
		conn_put(x->c, head, part_head(st, boundary, ranges[i], head));
		hit_send(x, st, ranges[i].first,
		    ranges[i].last - ranges[i].first + 1);
	}
	if (!x->quiet && !x->broken)
		conn_printf(x->c, "\r\n--%s--\r\n", boundary);
}
