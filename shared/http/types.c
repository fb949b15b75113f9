/*
 * Media types: the built-in table, the reader of mime.types and the look-up.
 * Text is sent as UTF-8, which is what files are written in.  Only the reader
 * allocates, and it runs when a server starts or reloads.
 */

#include "http/types.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define UTF8		"; charset=utf-8"
#define CHARSET(type)	type UTF8
#define OOXML(type)	"application/vnd.openxmlformats-officedocument." type
#define EXTENSION_MAX	15		/* longer ones are in no table */

struct entry {
	const char	*extension;	/* in lower case */
	const char	*type;
};

/* Sorted by extension. */
static const struct entry builtin[] = {
	{ "3gp", "video/3gpp" },
	{ "7z", "application/x-7z-compressed" },
	{ "aac", "audio/aac" },
	{ "apng", "image/apng" },
	{ "appcache", CHARSET("text/cache-manifest") },
	{ "atom", "application/atom+xml" },
	{ "avi", "video/x-msvideo" },
	{ "avif", "image/avif" },
	{ "bin", "application/octet-stream" },
	{ "bmp", "image/bmp" },
	{ "br", "application/x-brotli" },
	{ "bz2", "application/x-bzip2" },
	{ "c", CHARSET("text/x-c") },
	{ "cc", CHARSET("text/x-c") },
	{ "conf", CHARSET("text/plain") },
	{ "cpp", CHARSET("text/x-c") },
	{ "css", CHARSET("text/css") },
	{ "csv", CHARSET("text/csv") },
	{ "deb", "application/vnd.debian.binary-package" },
	{ "diff", CHARSET("text/x-diff") },
	{ "dmg", "application/x-apple-diskimage" },
	{ "doc", "application/msword" },
	{ "docx", OOXML("wordprocessingml.document") },
	{ "eot", "application/vnd.ms-fontobject" },
	{ "epub", "application/epub+zip" },
	{ "exe", "application/octet-stream" },
	{ "flac", "audio/flac" },
	{ "gif", "image/gif" },
	{ "gz", "application/gzip" },
	{ "h", CHARSET("text/x-c") },
	{ "heic", "image/heic" },
	{ "htm", CHARSET("text/html") },
	{ "html", CHARSET("text/html") },
	{ "ico", "image/vnd.microsoft.icon" },
	{ "ics", CHARSET("text/calendar") },
	{ "iso", "application/x-iso9660-image" },
	{ "jar", "application/java-archive" },
	{ "java", CHARSET("text/x-java") },
	{ "jpeg", "image/jpeg" },
	{ "jpg", "image/jpeg" },
	{ "js", CHARSET("text/javascript") },
	{ "json", "application/json" },
	{ "jsonld", "application/ld+json" },
	{ "jxl", "image/jxl" },
	{ "log", CHARSET("text/plain") },
	{ "m3u8", "application/vnd.apple.mpegurl" },
	{ "m4a", "audio/mp4" },
	{ "m4v", "video/mp4" },
	{ "map", "application/json" },
	{ "markdown", CHARSET("text/markdown") },
	{ "md", CHARSET("text/markdown") },
	{ "mid", "audio/midi" },
	{ "mjs", CHARSET("text/javascript") },
	{ "mkv", "video/x-matroska" },
	{ "mov", "video/quicktime" },
	{ "mp3", "audio/mpeg" },
	{ "mp4", "video/mp4" },
	{ "mpeg", "video/mpeg" },
	{ "mpg", "video/mpeg" },
	{ "odp", "application/vnd.oasis.opendocument.presentation" },
	{ "ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ "odt", "application/vnd.oasis.opendocument.text" },
	{ "oga", "audio/ogg" },
	{ "ogg", "audio/ogg" },
	{ "ogv", "video/ogg" },
	{ "opus", "audio/ogg" },
	{ "otf", "font/otf" },
	{ "patch", CHARSET("text/x-diff") },
	{ "pdf", "application/pdf" },
	{ "pem", "application/x-pem-file" },
	{ "pl", CHARSET("text/x-perl") },
	{ "png", "image/png" },
	{ "ppt", "application/vnd.ms-powerpoint" },
	{ "pptx", OOXML("presentationml.presentation") },
	{ "ps", "application/postscript" },
	{ "py", CHARSET("text/x-python") },
	{ "rar", "application/vnd.rar" },
	{ "rpm", "application/x-rpm" },
	{ "rss", "application/rss+xml" },
	{ "rtf", "application/rtf" },
	{ "sh", CHARSET("text/x-sh") },
	{ "shtml", CHARSET("text/html") },
	{ "svg", "image/svg+xml" },
	{ "svgz", "image/svg+xml" },
	{ "tar", "application/x-tar" },
	{ "tgz", "application/gzip" },
	{ "tif", "image/tiff" },
	{ "tiff", "image/tiff" },
	{ "toml", "application/toml" },
	{ "ts", "video/mp2t" },
	{ "ttf", "font/ttf" },
	{ "txt", CHARSET("text/plain") },
	{ "vtt", CHARSET("text/vtt") },
	{ "wasm", "application/wasm" },
	{ "wav", "audio/wav" },
	{ "weba", "audio/webm" },
	{ "webm", "video/webm" },
	{ "webmanifest", "application/manifest+json" },
	{ "webp", "image/webp" },
	{ "woff", "font/woff" },
	{ "woff2", "font/woff2" },
	{ "xhtml", "application/xhtml+xml" },
	{ "xls", "application/vnd.ms-excel" },
	{ "xlsx", OOXML("spreadsheetml.sheet") },
	{ "xml", "application/xml" },
	{ "xsl", "application/xslt+xml" },
	{ "xz", "application/x-xz" },
	{ "yaml", "application/yaml" },
	{ "yml", "application/yaml" },
	{ "zip", "application/zip" },
	{ "zst", "application/zstd" },
};

struct http_types {
	char		*text;		/* behind the entries */
	size_t		 count;
	struct entry	 entries[];	/* sorted by extension */
};

static int
by_extension(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->extension,
	    ((const struct entry *)b)->extension);
}

/* extension - of a name, in lower case; false if it has none that we look up */
static bool
extension(struct http_str name, char out[EXTENSION_MAX + 1])
{
	const char *slash = name.len > 0 ?
	    memrchr(name.ptr, '/', name.len) : NULL;
	const char *dot;
	size_t n;

	if (slash != NULL) {
		name.len -= slash + 1 - name.ptr;
		name.ptr = slash + 1;
	}
	dot = name.len > 0 ? memrchr(name.ptr, '.', name.len) : NULL;
	if (dot == NULL || dot == name.ptr)
		return false;
	n = name.ptr + name.len - (dot + 1);
	if (n == 0 || n > EXTENSION_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		out[i] = http_lower[(unsigned char)dot[1 + i]];
		if (out[i] == '\0')
			return false;
	}
	out[n] = '\0';
	return true;
}

const char *
http_type_of(const struct http_types *types, struct http_str name)
{
	char text[EXTENSION_MAX + 1];
	const struct entry key = { .extension = text }, *found = NULL;

	if (!extension(name, text))
		return HTTP_TYPE_DEFAULT;
	if (types != NULL)
		found = bsearch(&key, types->entries, types->count,
		    sizeof(key), by_extension);
	if (found == NULL)
		found = bsearch(&key, builtin,
		    sizeof(builtin) / sizeof(builtin[0]), sizeof(key),
		    by_extension);
	return found != NULL ? found->type : HTTP_TYPE_DEFAULT;
}

static struct http_str
take_line(struct http_str *rest)
{
	const char *lf = memchr(rest->ptr, '\n', rest->len);
	size_t n = lf != NULL ? (size_t)(lf - rest->ptr) : rest->len;
	struct http_str line = { rest->ptr, n };
	const char *comment = memchr(line.ptr, '#', n);

	if (comment != NULL)
		line.len = comment - line.ptr;
	n += lf != NULL;
	rest->ptr += n;
	rest->len -= n;
	return line;
}

/* take_word - what stands before the next blank; CR counts as one */
static struct http_str
take_word(struct http_str *line)
{
	struct http_str word = { line->ptr, 0 };

	for (; line->len > 0; line->ptr++, line->len--) {
		bool blank = strchr(" \t\r", *line->ptr) != NULL;

		if (blank && word.len > 0)
			break;
		if (blank)
			word.ptr = line->ptr + 1;
		else
			word.len++;
	}
	return word;
}

/* measure - how many words there are, and how many lines that have some */
static void
measure(struct http_str text, size_t *words, size_t *lines)
{
	*words = *lines = 0;
	while (text.len > 0) {
		struct http_str line = take_line(&text);
		size_t before = *words;

		while (take_word(&line).len > 0)
			(*words)++;
		*lines += *words > before;
	}
}

static bool
is_type(struct http_str s)
{
	const char *slash = memchr(s.ptr, '/', s.len);

	if (slash == NULL || slash == s.ptr || slash + 1 == s.ptr + s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr + i != slash && !http_is(s.ptr[i], HTTP_C_TCHAR))
			return false;
	}
	return true;
}

static bool
ends_with(struct http_str s, struct http_str end)
{
	return s.len >= end.len && http_caseeq((struct http_str){
	    s.ptr + s.len - end.len, end.len }, end);
}

/*
 * is_text - whether a charset belongs to the type.  JSON has none (RFC 8259
 * section 11), and XML says its own, which a charset would overrule (RFC 7303).
 */
static bool
is_text(struct http_str s)
{
	const struct http_str text = HTTP_STR("text/");

	return s.len > text.len &&
	    http_caseeq((struct http_str){ s.ptr, text.len }, text);
}

static char *
append(char *p, struct http_str s)
{
	memcpy(p, s.ptr, s.len);
	return p + s.len;
}

/* put_type - writes a type with its charset and a NUL; returns the end */
static char *
put_type(char *p, struct http_str s)
{
	/* RFC 9239 made the older names of JavaScript obsolete. */
	if (ends_with(s, HTTP_STR("/javascript")))
		s = HTTP_STR("text/javascript");
	p = append(p, s);
	if (is_text(s))
		p = append(p, HTTP_STR(UTF8));
	*p++ = '\0';
	return p;
}

/* read_line - adds what a line names; returns the end of the text written */
static char *
read_line(struct http_types *t, struct http_str line, char *p)
{
	const char *type = p;
	struct http_str word = take_word(&line);

	if (word.len == 0 || !is_type(word))
		return p;
	p = put_type(p, word);
	while ((word = take_word(&line)).len > 0) {
		if (word.len > EXTENSION_MAX)
			continue;
		t->entries[t->count++] = (struct entry){ p, type };
		for (size_t i = 0; i < word.len; i++)
			*p++ = http_lower[(unsigned char)word.ptr[i]];
		*p++ = '\0';
	}
	return p;
}

/* Of equal extensions the one that was written first is less. */
static int
by_extension_and_place(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int r = strcmp(x->extension, y->extension);

	return r != 0 ? r : x->extension < y->extension ? -1 : 1;
}

struct http_types *
http_types_read(struct http_str text)
{
	size_t words, lines, n = 0;
	struct http_types *t;
	char *p;

	measure(text, &words, &lines);
	/* Every word is followed by something, in whose place goes a NUL. */
	t = malloc(sizeof(*t) + words * sizeof(t->entries[0]) + text.len + 1 +
	    lines * sizeof(CHARSET("text/javascript")));
	if (t == NULL)
		return NULL;
	t->count = 0;
	p = t->text = (char *)&t->entries[words];
	while (text.len > 0)
		p = read_line(t, take_line(&text), p);
	qsort(t->entries, t->count, sizeof(t->entries[0]),
	    by_extension_and_place);
	for (size_t i = 0; i < t->count; i++) {
		if (n == 0 || by_extension(&t->entries[n - 1],
		    &t->entries[i]) != 0)
			t->entries[n++] = t->entries[i];
	}
	t->count = n;
	return t;
}

void
http_types_free(struct http_types *types)
{
	free(types);
}
