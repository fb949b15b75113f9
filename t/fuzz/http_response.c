/*
 * Responses: the outcome does not depend on how the bytes come, unfolding
 * included.  The first byte chooses the size of the steps, the second the
 * method and what is tolerated.
 */

#include "http_fuzz.h"

static enum http_method method;

static enum http_result
parse(struct http_msg *m, char *buf, size_t len)
{
	return http_parse_response(m, buf, len, method);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum http_method methods[] = { HTTP_M_GET, HTTP_M_HEAD,
		HTTP_M_CONNECT, HTTP_M_POST };
	struct http_limits limits = { .line = 512, .head = 4096,
		.fields = 10 };
	struct http_msg m;
	char *buf;

	if (size < 2)
		return 0;
	method = methods[data[1] & 3];
	limits.lenient = data[1] >> 2 & 7;
	if (parse_all_ways(&m, &limits, parse, data + 2, size - 2,
	    1 + data[0], &buf) == HTTP_OK) {
		CHECK(m.code >= 100 && m.code <= 999);
		CHECK(method != HTTP_M_HEAD || m.body == HTTP_BODY_NONE);
		CHECK(m.body != HTTP_BODY_CLOSE || !m.keep_alive);
		CHECK(m.body == HTTP_BODY_LENGTH || m.length == 0);
	}
	free(buf);
	return 0;
}
