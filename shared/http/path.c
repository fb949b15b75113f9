/*
 * Percent escapes and the paths of files.  What comes from a peer is decoded
 * exactly once, and dots are looked at only after that, so that no spelling
 * of ".." is overlooked.  The kernel still confines what httpd opens.
 */

#include "http/path.h"

#include <stdbool.h>
#include <string.h>

long
http_unescape(struct http_str in, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		int c = (unsigned char)in.ptr[i];

		if (c == '%') {
			if (in.len - i < 3 ||
			    !http_is(in.ptr[i + 1], HTTP_C_HEX) ||
			    !http_is(in.ptr[i + 2], HTTP_C_HEX))
				return -1;
			c = http_hex(in.ptr[i + 1]) << 4 |
			    http_hex(in.ptr[i + 2]);
			i += 2;
		}
		if (c == '\0' || n == size)
			return -1;
		out[n++] = c;
	}
	return n;
}

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/*
 * clean - takes out empty, "." and ".." segments in place.  path begins with
 * a slash and so does what is left of it.
 */
static long
clean(char *path, size_t len)
{
	size_t w = 0, r = 0, n;
	bool folder = false;

	for (; r < len; r += n) {
		const char *end;

		r++;			/* the slash before the segment */
		end = memchr(path + r, '/', len - r);
		n = end != NULL ? (size_t)(end - path) - r : len - r;
		folder = n == 0 || (n == 1 && path[r] == '.') ||
		    (n == 2 && path[r] == '.' && path[r + 1] == '.');
		if (!folder) {
			path[w++] = '/';
			memmove(path + w, path + r, n);
			w += n;
		} else if (n == 2) {
			if (w == 0)
				return -1;
			while (path[--w] != '/')
				continue;
		}
	}
	if (folder || w == 0)
		path[w++] = '/';
	path[w] = '\0';
	return w;
}

/* plain - nothing in it needs decoding or taking out, as in most paths */
static bool
plain(struct http_str in)
{
	char before = '\0';

	for (size_t i = 0; i < in.len; i++) {
		char c = in.ptr[i];

		if (!http_is(c, HTTP_C_PATH) ||
		    (before == '/' && (c == '/' || c == '.')))
			return false;
		before = c;
	}
	return true;
}

long
http_path_decode(struct http_str in, char *out, size_t size)
{
	long len;

	if (in.len == 0)
		in = HTTP_STR("/");
	if (size < in.len + 1 || *in.ptr != '/')
		return -1;
	if (plain(in)) {
		memmove(out, in.ptr, in.len);
		out[in.len] = '\0';
		return in.len;
	}
	len = http_unescape(in, out, size - 1);
	for (long i = 0; i < len; i++) {
		if (is_control(out[i]))
			return -1;
	}
	return len == -1 ? -1 : clean(out, len);
}

long
http_path_escape(struct http_str in, char *out, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = in.ptr[i];
		bool plain = http_is(c, HTTP_C_PATH);

		if (size - n <= (plain ? 1 : 3) || size <= n)
			return -1;
		if (plain) {
			out[n++] = c;
			continue;
		}
		out[n++] = '%';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 0xf];
	}
	if (n >= size)
		return -1;
	out[n] = '\0';
	return n;
}

long
http_url_file_name(struct http_str path, char *out, size_t size)
{
	const char *slash = path.len > 0 ?
	    memrchr(path.ptr, '/', path.len) : NULL;
	long len;

	if (slash != NULL) {
		path.len -= slash + 1 - path.ptr;
		path.ptr = slash + 1;
	}
	if (size == 0)
		return -1;
	len = http_unescape(path, out, size - 1);
	/* Better an odd name than none for a stray '%'. */
	if (len == -1) {
		if (path.len >= size)
			return -1;
		memcpy(out, path.ptr, path.len);
		len = path.len;
	}
	for (long i = 0; i < len; i++) {
		if (out[i] == '/' || is_control(out[i]))
			out[i] = '_';
	}
	out[len] = '\0';
	return strcmp(out, ".") == 0 || strcmp(out, "..") == 0 ? 0 : len;
}
