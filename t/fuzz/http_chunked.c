/*
 * Chunked bodies: the data, the trailers, the place of the end and the
 * outcome do not depend on how the bytes come, and the trailer section is one
 * that the message parser accepts.  The first byte chooses the steps.
 */

#include "http_fuzz.h"

#include "http/chunked.h"

struct result {
	enum http_chunk	last;
	size_t		used;
	size_t		ndata, ntrailer;
	char		*data, *trailer;
	uint16_t	status;
};

static void
decode(const uint8_t *in, size_t size, size_t step, struct result *r)
{
	struct http_chunked c;
	struct http_str out;
	size_t used;

	memset(r, 0, sizeof(*r));
	r->data = exact(in, size);
	r->trailer = exact(in, size);
	http_chunked_init(&c);
	while (r->used < size && r->last != HTTP_CHUNK_DONE &&
	    r->last != HTTP_CHUNK_BAD) {
		size_t n = size - r->used < step ? size - r->used : step;
		char *piece = exact(in + r->used, n);

		r->last = http_chunked_next(&c, piece, n, &used, &out);
		CHECK(used <= n && out.len <= used);
		CHECK(used > 0 || r->last == HTTP_CHUNK_DONE ||
		    r->last == HTTP_CHUNK_BAD);
		r->used += used;
		if (r->last == HTTP_CHUNK_DATA) {
			memcpy(r->data + r->ndata, out.ptr, out.len);
			r->ndata += out.len;
		} else if (r->last == HTTP_CHUNK_TRAILER) {
			memcpy(r->trailer + r->ntrailer, out.ptr, out.len);
			r->ntrailer += out.len;
		}
		free(piece);
	}
	/* Whether it has ended is asked once more without any input. */
	if (r->last != HTTP_CHUNK_BAD)
		r->last = http_chunked_next(&c, "", 0, &used, &out);
	CHECK(r->ndata == c.total);
	r->status = c.status;
}

static void
check_trailer(const struct result *r)
{
	struct http_msg m;
	enum http_result p;

	http_msg_init(&m, NULL);
	p = http_parse_trailer(&m, r->trailer, r->ntrailer);
	/* It may have more fields than a head; nothing else is wrong. */
	CHECK(p == HTTP_OK || (p == HTTP_BAD && m.status == 431));
	CHECK(p != HTTP_OK || m.head_len == r->ntrailer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result whole, steps;

	if (size == 0)
		return 0;
	decode(data + 1, size - 1, size, &whole);
	decode(data + 1, size - 1, 1 + data[0], &steps);
	CHECK(whole.last == steps.last && whole.status == steps.status);
	if (whole.last != HTTP_CHUNK_BAD) {
		CHECK(whole.used == steps.used);
		CHECK(whole.ndata == steps.ndata);
		CHECK(memcmp(whole.data, steps.data, whole.ndata) == 0);
		CHECK(whole.ntrailer == steps.ntrailer);
	}
	if (whole.last == HTTP_CHUNK_DONE)
		check_trailer(&whole);
	free(whole.data);
	free(whole.trailer);
	free(steps.data);
	free(steps.trailer);
	return 0;
}
