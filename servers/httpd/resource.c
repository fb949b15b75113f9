/*
 * Making a resource of open files: validators, the head of its answers, and of
 * small files the contents.  Called by the cache; nothing here is done for a
 * request that the cache can answer.
 */
#include "resource.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "mimetypes.h"
#include "send.h"

/*
 * A file that was changed less than this before it was read may change again
 * without its times showing it (they are as coarse as the kernel's tick or the
 * file system's seconds), so what was read is not trusted for long.
 */
#define RACY_NS	(2 * NSEC_PER_SEC)

static struct identity
identify(const struct stat *st)
{
	return (struct identity){ st->st_dev, st->st_ino, st->st_size,
	    st->st_mtim, st->st_ctim };
}

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool
same_file(const struct identity *a, const struct stat *st)
{
	return a->dev == st->st_dev && a->ino == st->st_ino &&
	    a->size == st->st_size && same_time(a->mtime, st->st_mtim) &&
	    same_time(a->ctime, st->st_ctim);
}

static bool
is_racy(const struct stat *st)
{
	return clock_wall() - (st->st_ctim.tv_sec * NSEC_PER_SEC +
	    st->st_ctim.tv_nsec) < RACY_NS;
}

/*
 * validators - the entity tag names one state of one file: strong.  A file
 * from the future has no Last-Modified (RFC 9110 section 8.8.2.1).
 */
static void
validators(struct variant *v, const struct stat *st)
{
	v->etag_len = (uint8_t)snprintf(v->etag, sizeof(v->etag),
	    "\"%llx-%llx-%llx\"", (unsigned long long)st->st_ino,
	    (unsigned long long)st->st_size,
	    (unsigned long long)st->st_mtim.tv_sec * NSEC_PER_SEC +
	    (unsigned long long)st->st_mtim.tv_nsec);
	v->modified[0] = '\0';
	if (st->st_mtim.tv_sec <= clock_wall() / NSEC_PER_SEC)
		http_date_format(st->st_mtim.tv_sec, v->modified);
}

/* add_headers - the lines of --header for this resource. */
static void
add_headers(struct buf *b, const struct httpd *h, const struct resource *r)
{
	for (size_t i = 0; i < h->headers.n; i++)
		if (!h->headers.v[i].is_type &&
		    header_matches(&h->headers.v[i], r->path))
			buf_add(b, h->headers.v[i].line, h->headers.v[i].len);
}

/* compose - the head of a 200 but for Connection and the empty line. */
static void
compose(struct buf *b, const struct httpd *h, const struct resource *r,
    enum coding coding)
{
	const struct variant *v = &r->v[coding];

	buf_adds(b, HEAD_START);
	buf_addf(b, "%*s\r\n", TICK_DATE_LEN, "");
	buf_addf(b, "Content-Type: %s\r\nContent-Length: %llu\r\n", r->type,
	    (unsigned long long)v->size);
	if (v->modified[0] != '\0')
		buf_addf(b, "Last-Modified: %s\r\n", v->modified);
	buf_addf(b, "ETag: %s\r\nAccept-Ranges: bytes\r\n", v->etag);
	coding = resource_coding(r, coding);
	if (coding != CODING_NONE)
		buf_addf(b, "Content-Encoding: %s\r\n",
		    http_coding_name(codings[coding].id));
	buf_adds(b, r->vary);
	add_headers(b, h, r);
}

/* read_body - all of the file behind the head; false where it is not what it
 * was when it was found. */
static bool
read_body(char *body, int fd, const struct stat *st)
{
	struct identity before = identify(st);
	size_t size = (size_t)st->st_size, got = 0;
	struct stat after;
	ssize_t n;

	while (got < size) {
		n = pread(fd, body + got, size - got, (off_t)got);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return fstat(fd, &after) == 0 && same_file(&before, &after);
}

/* into_memory - head and body in one piece; the descriptor is closed then. */
static int
into_memory(struct resource *r, struct variant *v, const struct stat *st)
{
	size_t room = v->head_len + 2 + (size_t)v->size;
	char *p = realloc(v->head, room);

	if (p == NULL)
		return -1;
	v->head = p;
	if (!read_body(p + v->head_len + 2, v->fd, st)) {
		r->racy = true;
		return 0;
	}
	memcpy(p + v->head_len, "\r\n", 2);
	v->body = p + v->head_len + 2;
	v->memory = room;
	close(v->fd);
	v->fd = -1;
	return 0;
}

static int
make_variant(struct resource *r, const struct httpd *h, enum coding coding,
    struct found *f, bool in_memory)
{
	const struct stat *st = &f->st[coding];
	struct variant *v = &r->v[coding];
	struct buf b = { 0 };

	v->there = true;
	v->fd = f->fd[coding];
	f->fd[coding] = -1;
	v->size = (uint64_t)st->st_size;
	v->id = identify(st);
	validators(v, st);
	compose(&b, h, r, coding);
	if (b.failed) {
		buf_free(&b);
		errno = ENOMEM;
		return -1;
	}
	v->head = b.data;
	v->head_len = (uint32_t)b.len;
	v->memory = b.cap;
	r->racy |= is_racy(st);
	if (in_memory && v->size <= SMALL_MAX && into_memory(r, v, st) == -1)
		return -1;
	r->memory += v->memory;
	r->fds += v->fd != -1;
	return 0;
}

/* set_type - by the name of the file, unless --header has the last word. */
static void
set_type(struct resource *r, const struct httpd *h, const struct found *f)
{
	for (size_t i = 0; i < h->headers.n; i++) {
		const struct header *rule = &h->headers.v[i];
		struct http_str value = header_value(rule);

		if (rule->is_type && value.len < sizeof(r->type) &&
		    header_matches(rule, r->path)) {
			memcpy(r->type, value.ptr, value.len);
			return;
		}
	}
	mimetypes_of(h, f->name, f->name_len, r->type, sizeof(r->type));
}

/*
 * set_gzipped - a picture that is stored gzipped is sent so, whatever the
 * client accepts: there is no other of it (RFC 9110 section 12.5.3).  Unless
 * --header says what it is, or how it is coded.
 */
static void
set_gzipped(struct resource *r, const struct httpd *h, const struct found *f)
{
	static const char svg[] = "image/svg+xml", name[] = "Content-Encoding";

	if (!lookup_gzipped(f->name, f->name_len) ||
	    strncasecmp(r->type, svg, sizeof(svg) - 1) != 0)
		return;
	r->gzipped = true;
	for (size_t i = 0; i < h->headers.n; i++)
		if (h->headers.v[i].name_len == sizeof(name) - 1 &&
		    strncasecmp(h->headers.v[i].line, name,
		    sizeof(name) - 1) == 0 &&
		    header_matches(&h->headers.v[i], r->path))
			r->gzipped = false;
}

/*
 * vary_line - what else than the path it depends on whether this is what is
 * sent; the stand-in for pages that do not exist is only for who takes HTML.
 */
static const char *
vary_line(const struct httpd *h, const struct resource *r)
{
	if (h->single_page && strcmp(r->path, SINGLE_PAGE) == 0)
		return r->varies ? "Vary: Accept, Accept-Encoding\r\n" :
		    "Vary: Accept\r\n";
	return r->varies ? "Vary: Accept-Encoding\r\n" : "";
}

struct resource *
resource_new(const struct httpd *h, const struct site *site, const char *path,
    size_t len, struct found *f, bool in_memory)
{
	struct resource *r = calloc(1, sizeof(*r) + len + 1);
	int error;

	if (r == NULL) {
		error = errno;
		goto fail;
	}
	r->refs = 1;
	r->site = site;
	r->path_len = len;
	memcpy(r->path, path, len + 1);
	r->memory = sizeof(*r) + len + 1;
	for (int i = 0; i < CODINGS; i++)
		r->v[i].fd = -1;
	for (int i = 0; i < CODING_NONE; i++)
		r->varies |= f->fd[i] != -1;
	r->vary = vary_line(h, r);
	set_type(r, h, f);
	set_gzipped(r, h, f);
	for (int i = 0; i < CODINGS; i++) {
		if (f->fd[i] != -1 &&
		    make_variant(r, h, i, f, in_memory) == -1) {
			error = errno;
			goto fail;
		}
	}
	return r;
fail:
	found_close(f);
	resource_free(r);
	errno = error;
	return NULL;
}

bool
resource_same(const struct resource *r, const struct found *f)
{
	for (int i = 0; i < CODINGS; i++) {
		if (r->v[i].there != (f->fd[i] != -1))
			return false;
		if (r->v[i].there && !same_file(&r->v[i].id, &f->st[i]))
			return false;
	}
	return true;
}

void
resource_free(struct resource *r)
{
	if (r == NULL)
		return;
	for (int i = 0; i < CODINGS; i++) {
		free(r->v[i].head);
		if (r->v[i].fd != -1)
			close(r->v[i].fd);
	}
	free(r);
}
