/*
 * Requests: the outcome does not depend on how the bytes come; what is
 * accepted keeps its promises; and whatever reads fields of a request works
 * on any that was accepted.  The first byte chooses the size of the steps.
 */

#include "http_fuzz.h"

#include "http/accept.h"
#include "http/auth.h"
#include "http/cachecontrol.h"
#include "http/conditional.h"
#include "http/path.h"
#include "http/range.h"

static enum http_result
parse(struct http_msg *m, char *buf, size_t len)
{
	return http_parse_request(m, buf, len);
}

static void
read_preferences(const struct http_msg *m)
{
	struct http_cache_control cc;
	struct http_codings c;

	http_accept_codings(m, &c);
	for (unsigned set = 0; set < 1u << HTTP_CODING_MAX; set++) {
		enum http_coding best = http_choose_coding(&c, set);

		CHECK(best == HTTP_CODING_NONE || (set & 1u << best) != 0);
	}
	http_wants_json(m);
	http_request_cache_control(m, &cc);
	http_targeted_cache_control(m, HDR_CDN_CACHE_CONTROL, &cc);
	http_cc_names(m, HTTP_CC_PRIVATE_FIELDS, HTTP_STR("a"));
}

static void
read_conditions(const struct http_msg *m)
{
	struct http_validators v = { .exists = true,
		.etag = HTTP_STR("\"a\""), .has_modified = true,
		.modified = 784111777 };
	struct http_range ranges[4];
	struct http_str user, password;
	char buf[512];
	unsigned count;

	http_conditional(m, &v, 1718452800);
	http_if_range(m, &v, 1718452800);
	if (m->known[HDR_RANGE] != 0 && http_range_parse(http_get(m,
	    HDR_RANGE), 1000, ranges, 4, &count) == HTTP_RANGE_OK)
		CHECK(count >= 1 && count <= 4 && ranges[0].last < 1000);
	if (m->known[HDR_AUTHORIZATION] != 0 && http_basic_decode(
	    http_get(m, HDR_AUTHORIZATION), buf, sizeof(buf), &user,
	    &password))
		CHECK(user.len + password.len < sizeof(buf));
}

static void
check_path(const struct http_msg *m)
{
	struct http_str path = http_view(m, m->path);
	char *out = malloc(path.len + 2);
	long n = http_path_decode(path, out, path.len + 2);

	if (n != -1) {
		CHECK(n >= 1 && out[0] == '/' && out[n] == '\0');
		CHECK(strlen(out) == (size_t)n);
		CHECK(strstr(out, "//") == NULL);
		CHECK(strstr(out, "/../") == NULL);
		CHECK(n < 3 || strcmp(out + n - 3, "/..") != 0);
	}
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_limits limits = { .line = 512, .head = 4096,
		.fields = 10 };
	struct http_msg m;
	char *buf;

	if (size == 0)
		return 0;
	limits.lenient = data[0] >= 0x80 ? HTTP_LENIENT_LF : 0;
	if (parse_all_ways(&m, &limits, parse, data + 1, size - 1,
	    1 + data[0] % 0x80, &buf) == HTTP_OK) {
		CHECK(m.minor == 0 || m.host.len > 0);
		CHECK(m.minor == 0 || m.known[HDR_HOST] != 0);
		CHECK(m.body != HTTP_BODY_CLOSE);
		CHECK(m.known[HDR_CONTENT_LENGTH] == 0 ||
		    m.known[HDR_TRANSFER_ENCODING] == 0);
		CHECK(m.form != HTTP_TARGET_ORIGIN ||
		    m.base[m.path.off] == '/');
		check_path(&m);
		read_preferences(&m);
		read_conditions(&m);
	}
	free(buf);
	return 0;
}
