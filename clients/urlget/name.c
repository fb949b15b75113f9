/*
 * From URLs to names of files.  A server chooses the links that people follow:
 * whatever the path says, the name must stay a single one, within the folder.
 */
#include "name.h"

#include <string.h>

#include "base/utf8.h"
#include "http/path.h"

#define SUFFIX		".html"
#define EXTENSION_MAX	16	/* bytes that survive a cut */
#define DECODED_MAX	8192	/* of a segment; the rest is cut anyway */

static int
is_slash(char c)
{
	return c == '/';
}

/* last_segment - of the path; *folder: slashes stand behind it. */
static struct http_str
last_segment(struct http_str path, int *folder)
{
	struct http_str s = path;

	*folder = 0;
	while (s.len > 0 && is_slash(s.ptr[s.len - 1])) {
		s.len--;
		*folder = 1;
	}
	for (size_t i = s.len; i > 0; i--)
		if (is_slash(s.ptr[i - 1])) {
			s.ptr += i;
			s.len -= i;
			break;
		}
	return s;
}

/* unsafe - wherever it stands: a separator, special somewhere, or such that the
 * name would be shown with another ending than it has. */
static int
unsafe(const char *s, size_t len)
{
	return utf8_control(s, len) || utf8_turns(s, len) || (len == 1 &&
	    strchr("/\\<>:\"|?*", *s) != NULL);
}

/* add - n bytes made safe, as many as fit; the new length. */
static size_t
add(char *out, size_t used, size_t size, const char *s, size_t n)
{
	size_t len;

	for (; n > 0; s += len, n -= len) {
		len = utf8_seq(s, n);
		if (len == 0 || unsafe(s, len)) {
			if (used + 1 > size)
				break;
			out[used++] = '_';
			len = len == 0 ? 1 : len;
		} else {
			if (used + len > size)
				break;
			memcpy(out + used, s, len);
			used += len;
		}
	}
	return used;
}

/* extension - its length with the point, 0 for none or one that is too long. */
static size_t
extension(const char *s, size_t n)
{
	const char *dot = n > 0 ? memrchr(s, '.', n) : NULL;
	size_t len = dot != NULL ? n - (size_t)(dot - s) : 0;

	return dot == s || len > EXTENSION_MAX ? 0 : len;
}

/*
 * ends - hidden files, options and home folders begin with these, and what
 * ends so some systems cut.
 */
static void
ends(char *out, size_t n)
{
	if (strchr(".-~ ", out[0]) != NULL)
		out[0] = '_';
	if (strchr(". ", out[n - 1]) != NULL)
		out[n - 1] = '_';
}

/* make - s and the suffix; what is too long loses its middle. */
static void
make(char out[NAME_ROOM], const char *s, size_t n, const char *suffix)
{
	char whole[DECODED_MAX + sizeof(SUFFIX)];
	size_t tail, used, k;

	used = add(whole, 0, sizeof(whole) - sizeof(SUFFIX), s, n);
	memcpy(whole + used, suffix, strlen(suffix));
	used += strlen(suffix);
	tail = extension(whole, used);
	if (used < NAME_ROOM)
		tail = 0;
	k = add(out, 0, NAME_ROOM - 1 - tail, whole, used);
	memcpy(out + k, whole + used - tail, tail);
	k += tail;
	out[k] = '\0';
	ends(out, k);
}

static void
of_host(char out[NAME_ROOM], struct http_str host)
{
	char lower[512];
	size_t n = 0;

	for (size_t i = 0; i < host.len && n < sizeof(lower); i++) {
		if (host.ptr[i] == '[' || host.ptr[i] == ']')
			continue;
		lower[n] = host.ptr[i];
		if (lower[n] >= 'A' && lower[n] <= 'Z')
			lower[n] = (char)(lower[n] - 'A' + 'a');
		n++;
	}
	make(out, lower, n, SUFFIX);
}

void
name_of_url(char out[NAME_ROOM], struct http_str host, struct http_str path)
{
	char decoded[DECODED_MAX];
	struct http_str s;
	int folder;
	long n;

	s = last_segment(path, &folder);
	if (s.len > sizeof(decoded))
		s.len = sizeof(decoded);
	if (s.len == 0) {
		of_host(out, host);
		return;
	}
	n = http_unescape(s, decoded, sizeof(decoded));
	if (n >= 0)
		make(out, decoded, (size_t)n, folder ? SUFFIX : "");
	else	/* a stray '%': better an odd name than none */
		make(out, s.ptr, s.len, folder ? SUFFIX : "");
}
