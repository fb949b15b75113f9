/*
 * URIs and paths: a resolved reference is stable, a decoded path is clean, an
 * escaped one decodes to what it was, and no name of a file leads elsewhere.
 * A newline divides the base from the reference.
 */

#include "http_fuzz.h"

#include "http/path.h"
#include "http/uri.h"

static void
resolve(struct http_str base, struct http_str ref)
{
	size_t room = base.len + ref.len + 8;
	char *once = malloc(room), *twice = malloc(room);
	struct http_uri before, after;
	struct http_url url;
	long n, k;

	n = http_uri_resolve(base, ref, once, room);
	if (n != -1) {
		struct http_str target = { once, n };

		CHECK(http_uri_split(target, &after) && after.has_scheme);
		CHECK(http_uri_split(ref, &before));
		k = http_uri_resolve(base, target, twice, room);
		/* A reference without a path leaves dots in the base's. */
		CHECK(before.path.len == 0 ||
		    (k == n && memcmp(once, twice, n) == 0));
	}
	if (http_url_parse(ref, &url) == NULL) {
		CHECK(url.host.len > 0 && url.port != 0);
		CHECK(url.path.len == 0 || *url.path.ptr == '/');
	}
	free(once);
	free(twice);
}

static void
decode(struct http_str in)
{
	size_t room = in.len * 3 + 2;
	char *path = malloc(room), *escaped = malloc(room * 3);
	char *back = malloc(room);
	long n = http_path_decode(in, path, room), k;

	if (n != -1) {
		CHECK(path[0] == '/' && strlen(path) == (size_t)n);
		CHECK(strstr(path, "//") == NULL);
		CHECK(strstr(path, "/../") == NULL);
		CHECK(strstr(path, "/./") == NULL);
		k = http_path_escape((struct http_str){ path, n }, escaped,
		    room * 3);
		CHECK(k >= n);
		CHECK(http_path_decode((struct http_str){ escaped, k }, back,
		    k + 1 > (long)room ? room : (size_t)k + 1) == n ||
		    k + 1 > (long)room);
	}
	k = http_path_escape(in, escaped, in.len * 3 + 1);
	CHECK(k != -1);
	if (memchr(in.ptr, '\0', in.len) == NULL) {
		CHECK(http_unescape((struct http_str){ escaped, k }, escaped,
		    k) == (long)in.len);
		CHECK(memcmp(escaped, in.ptr, in.len) == 0);
	}
	n = http_url_file_name(in, path, room);
	CHECK(n >= 0 && memchr(path, '/', n) == NULL);
	CHECK(n == 0 || (strcmp(path, ".") != 0 && strcmp(path, "..") != 0));
	free(path);
	free(escaped);
	free(back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *buf = exact(data, size);
	char *lf = size > 0 ? memchr(buf, '\n', size) : NULL;
	struct http_str base = { buf, lf != NULL ? (size_t)(lf - buf) : size };
	struct http_str ref = { buf + base.len, size - base.len };
	struct http_str name, value, query;

	if (lf != NULL) {
		ref.ptr++;
		ref.len--;
	}
	resolve(base, ref);
	decode(ref);
	for (query = ref; http_query_next(&query, &name, &value);)
		CHECK(name.len + value.len <= ref.len);
	free(buf);
	return 0;
}
