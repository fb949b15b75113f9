/*
 * Listings: folders first, then files, by name; only what a request could get
 * is listed.  Called by the router where --listing is on.  Bounded, for a
 * folder of millions must not stop a server.
 */
/* EVP's digests read OpenSSL's configuration, which a sandbox hides. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "listing.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/buf.h"
#include "http/conditional.h"
#include "http/date.h"
#include "http/escape.h"
#include "http/path.h"
#include "http/uri.h"
#include "resource.h"

#define LISTING_MAX	10000	/* entries shown */
#define TAG_BYTES	16	/* of the digest that are the entity tag */
#define TAG_SIZE	(2 * TAG_BYTES + 3)

struct item {
	char	*name;		/* owned */
	bool	 folder;
	off_t	 size;
	time_t	 mtime;
};

struct folder {
	struct item	*v;
	size_t		 n, cap;
	bool		 cut;		/* there were more */
	bool		 failed;	/* no memory */
};

/* is_hidden - as the router hides it, and what no path can have in it. */
static bool
is_hidden(const struct httpd *h, const char *name)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    (name[0] == '.' && !h->dot_files))
		return true;
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < 0x20 || *name == 0x7f)
			return true;
	return false;
}

/* stat_entry - of what a request for name would get; a link is followed only
 * as a request would follow it. */
static int
stat_entry(const struct request *r, int dir, const char *name, struct stat *st)
{
	int fd, result;

	if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (S_ISLNK(st->st_mode)) {
		char path[PATH_SIZE + NAME_MAX + 2];

		if (r->h->follow_links == FOLLOW_NONE)
			return -1;
		snprintf(path, sizeof(path), "%s%s", r->path + 1, name);
		fd = beneath_open(r->site->root, path, 0);
		if (fd == -1)
			return -1;
		result = fstat(fd, st);
		close(fd);
		if (result == -1)
			return -1;
	}
	return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) ? 0 : -1;
}

static void
add_item(struct folder *f, const char *name, const struct stat *st)
{
	struct item *more;

	if (f->n == f->cap) {
		f->cap = f->cap == 0 ? 64 : 2 * f->cap;
		more = reallocarray(f->v, f->cap, sizeof(*more));
		if (more == NULL) {
			f->failed = true;
			return;
		}
		f->v = more;
	}
	f->v[f->n] = (struct item){ strdup(name), S_ISDIR(st->st_mode),
	    st->st_size, st->st_mtime };
	if (f->v[f->n].name == NULL)
		f->failed = true;
	else
		f->n++;
}

static int
compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->folder != y->folder)
		return x->folder ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* read_folder - 0, or -1 with errno. */
static int
read_folder(const struct request *r, struct folder *f)
{
	struct dirent *e;
	struct stat st;
	DIR *dir;
	int fd;

	fd = beneath_open(r->site->root, r->path + 1,
	    r->h->follow_links == FOLLOW_NONE);
	if (fd == -1)
		return -1;
	dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return -1;
	}
	while (!f->failed && (e = readdir(dir)) != NULL) {
		if (is_hidden(r->h, e->d_name) ||
		    stat_entry(r, fd, e->d_name, &st) == -1)
			continue;
		if (f->n == LISTING_MAX) {
			f->cut = true;
			break;
		}
		add_item(f, e->d_name, &st);
	}
	closedir(dir);
	if (f->n > 0)
		qsort(f->v, f->n, sizeof(f->v[0]), compare);
	return 0;
}

static void
add_html(struct buf *b, const char *s)
{
	struct http_str in = http_cstr(s);
	char out[256];
	size_t n;

	while (in.len > 0 && (n = http_escape_html(&in, out, sizeof(out))) > 0)
		buf_add(b, out, n);
}

/* add_link - a name (not longer than NAME_MAX) for href: escaped for a URL,
 * where '&' may stand, and that for HTML, where it may not. */
static void
add_link(struct buf *b, const char *name)
{
	char out[3 * NAME_MAX + 1];

	if (http_path_escape(http_cstr(name), out, sizeof(out)) > 0)
		add_html(b, out);
}

/* add_size - in the units of people: 512 B, 1.5 KiB, 20 MiB. */
static void
add_size(struct buf *b, off_t size)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB",
	    "PiB", "EiB" };
	double n = (double)size / 1024;
	size_t i = 0;

	if (size < 1024) {
		buf_addf(b, "%lld B", (long long)size);
		return;
	}
	for (; n >= 1023.95 && i + 1 < sizeof(units) / sizeof(units[0]); i++)
		n /= 1024;
	buf_addf(b, n < 10 ? "%.1f %s" : "%.0f %s", n, units[i]);
}

static void
html_item(struct buf *b, const struct item *it)
{
	char text[40], iso[40];
	struct tm tm = { 0 };

	gmtime_r(&it->mtime, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
	strftime(iso, sizeof(iso), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_adds(b, "<tr><td><a href=\"");
	add_link(b, it->name);
	buf_adds(b, it->folder ? "/\">" : "\">");
	add_html(b, it->name);
	buf_adds(b, it->folder ? "/</a><td>" : "</a><td>");
	if (!it->folder)
		add_size(b, it->size);
	buf_addf(b, "<td><time datetime=\"%s\">%s</time>\n", iso, text);
}

static void
html_page(struct buf *b, const struct request *r, const struct folder *f)
{
	buf_adds(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	add_html(b, r->path);
	buf_adds(b, "</title>\n<style>\n"
	    "body{font-family:system-ui,sans-serif;line-height:1.5;"
	    "margin:2em auto;max-width:60em;padding:0 1em}\n"
	    "h1{font-size:1.3em;overflow-wrap:anywhere}\n"
	    "table{border-collapse:collapse;width:100%}\n"
	    "th,td{padding:.3em .6em;border-bottom:1px solid #8884;"
	    "text-align:right;white-space:nowrap;"
	    "font-variant-numeric:tabular-nums}\n"
	    "th:first-child,td:first-child{text-align:left;width:100%;"
	    "white-space:normal;overflow-wrap:anywhere}\n"
	    "a{text-decoration:none}a:hover{text-decoration:underline}\n"
	    "@media(max-width:40em){th:last-child,td:last-child{"
	    "display:none}}\n</style>\n</head>\n<body>\n<h1>Index of ");
	add_html(b, r->path);
	buf_adds(b, "</h1>\n<table>\n<thead><tr><th scope=\"col\">Name"
	    "<th scope=\"col\">Size<th scope=\"col\">Changed (UTC)</thead>\n"
	    "<tbody>\n");
	if (r->path_len > 1)
		buf_adds(b, "<tr><td><a href=\"../\">../</a><td><td>\n");
	for (size_t i = 0; i < f->n; i++)
		html_item(b, &f->v[i]);
	buf_adds(b, "</tbody>\n</table>\n");
	if (f->cut)
		buf_addf(b, "<p>Only %d entries are shown.</p>\n",
		    LISTING_MAX);
	buf_adds(b, "</body>\n</html>\n");
}

/* json_page - the array that nginx's autoindex_format json gives. */
static void
json_page(struct buf *b, const struct folder *f)
{
	char date[HTTP_DATE_LEN + 1];

	buf_adds(b, "[");
	for (size_t i = 0; i < f->n; i++) {
		const struct item *it = &f->v[i];

		buf_adds(b, i == 0 ? "\n{\"name\":" : ",\n{\"name\":");
		buf_json(b, it->name, strlen(it->name));
		http_date_format(it->mtime, date);
		buf_addf(b, ",\"type\":\"%s\",\"mtime\":\"%s\"",
		    it->folder ? "directory" : "file", date);
		if (!it->folder)
			buf_addf(b, ",\"size\":%lld", (long long)it->size);
		buf_addc(b, '}');
	}
	buf_adds(b, "\n]\n");
}

/* wants_json - ?format=json */
static bool
wants_json(const struct request *r)
{
	struct http_str rest = http_view(&r->msg, r->msg.query), name, value;

	while (r->msg.has_query && http_query_next(&rest, &name, &value))
		if (http_eq(name, HTTP_STR("format")))
			return http_eq(value, HTTP_STR("json"));
	return false;
}

/* make_tag - of the page's bytes, so a strong one. */
static void
make_tag(const struct buf *page, char tag[TAG_SIZE])
{
	unsigned char sum[SHA256_DIGEST_LENGTH];
	SHA256_CTX md;

	SHA256_Init(&md);
	SHA256_Update(&md, page->data, page->len);
	SHA256_Final(sum, &md);
	*tag++ = '"';
	for (size_t i = 0; i < TAG_BYTES; i++, tag += 2)
		snprintf(tag, 3, "%02x", sum[i]);
	memcpy(tag, "\"", 2);
}

/*
 * send_page - with an entity tag and what goes with it.  There is no date: a
 * file that is touched back or replaced by an older one changes the page and
 * makes it no younger.
 */
static void
send_page(struct request *r, const char *type, const struct buf *page)
{
	struct http_validators valid = { .exists = true };
	char tag[TAG_SIZE], fields[TAG_SIZE + 64];

	make_tag(page, tag);
	valid.etag = http_cstr(tag);
	snprintf(fields, sizeof(fields), "ETag: %s\r\n"
	    "Accept-Ranges: none\r\n", tag);
	switch (http_conditional(&r->msg, &valid, 0)) {
	case HTTP_COND_NOT_MODIFIED:
		reply_not_modified(r, tag);
		break;
	case HTTP_COND_FAILED:
		reply_error(r, 412, NULL);
		break;
	case HTTP_COND_PROCEED:
		reply_page(r, type, fields, page->data, page->len);
		break;
	}
}

void
listing_send(struct request *r)
{
	bool json = wants_json(r);
	struct folder f = { 0 };
	struct buf b = { 0 };

	if (read_folder(r, &f) == -1) {
		enum lookup why = lookup_errno(errno);

		reply_error(r, lookup_status(why), NULL);
		return;
	}
	if (json)
		json_page(&b, &f);
	else
		html_page(&b, r, &f);
	if (f.failed || b.failed)
		reply_error(r, 503, NULL);
	else
		send_page(r, json ? "application/json" :
		    "text/html; charset=utf-8", &b);
	for (size_t i = 0; i < f.n; i++)
		free(f.v[i].name);
	free(f.v);
	buf_free(&b);
}
