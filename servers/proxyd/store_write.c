/*
 * What changes the store's files.  Every one is written under a temporary name
 * and renamed when it is complete; a full disk makes the cache smaller and
 * fails no request.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/field.h"
#include "http/uri.h"
#include "store_impl.h"
#include "transfer.h"

#define VICTIMS	16	/* removed for one that comes, at the most */

static void
temporary_name(uint64_t id, char out[48])
{
	snprintf(out, 48, "tmp/%016llx", (unsigned long long)id);
}

static char
lower(char c)
{
	return (char)http_lower[(unsigned char)c];
}

/* vary_names - what an answer varies by, lower case, in one list. */
static bool
vary_names(const struct http_msg *res, char *out, size_t size)
{
	struct http_str value, name;
	unsigned int cursor = 0;
	size_t i, n = 0;

	while (http_each(res, HDR_VARY, &cursor, &value))
		while (http_list_next(&value, &name)) {
			if (n + name.len + 2 > size)
				return false;
			for (i = 0; i < name.len; i++)
				out[n++] = lower(name.ptr[i]);
			out[n++] = ',';
		}
	out[n > 0 ? n - 1 : 0] = '\0';
	return true;
}

/* is_stored - of a field: not those of this hop, and not those that the
 * answer says must not be kept (no-cache="...", private="..."). */
static bool
is_stored(const struct http_msg *res, const struct http_field *f)
{
	struct http_str name = http_view(res, f->name);

	if (is_hop(res, f) || f->id == HDR_CONTENT_LENGTH ||
	    f->id == HDR_PROXY_AUTHENTICATE)
		return false;
	return !http_cc_names(res, HTTP_CC_NO_CACHE_FIELDS, name) &&
	    !http_cc_names(res, HTTP_CC_PRIVATE_FIELDS, name);
}

static void
add_field(struct buf *b, const struct http_msg *m, const struct http_field *f)
{
	struct http_str name = http_view(m, f->name);
	struct http_str value = http_view(m, f->value);

	buf_add(b, name.ptr, name.len);
	buf_adds(b, ": ");
	buf_add(b, value.ptr, value.len);
	buf_adds(b, "\r\n");
}

/* replaced - by a 304's own line of that name (RFC 9111, 3.2). */
static bool
replaced(const struct http_msg *by, const struct http_msg *m,
    const struct http_field *f)
{
	if (by != NULL && f->id == HDR_AGE)
		return true;	/* of a new age, or none, in any case */
	if (by == NULL || f->id == HDR_CONTENT_LENGTH ||
	    f->id == HDR_CONTENT_ENCODING || f->id == HDR_CONTENT_TYPE ||
	    f->id == HDR_CONTENT_RANGE)
		return false;
	return http_find(by, http_view(m, f->name)).ptr != NULL;
}

/* add_head - as it is stored, with the fields of by (a 304) instead. */
static void
add_head(struct buf *b, const struct http_msg *m, const struct http_msg *by)
{
	struct http_str phrase = http_view(m, m->phrase);
	unsigned int i;

	buf_addf(b, "HTTP/1.%u %u ", m->minor, m->code);
	buf_add(b, phrase.ptr, phrase.len);
	buf_adds(b, "\r\n");
	for (i = 0; i < m->nfields; i++)
		if (is_stored(m, &m->fields[i]) &&
		    !replaced(by, m, &m->fields[i]))
			add_field(b, m, &m->fields[i]);
	for (i = 0; by != NULL && i < by->nfields; i++)
		if (is_stored(by, &by->fields[i]) &&
		    replaced(by, by, &by->fields[i]))
			add_field(b, by, &by->fields[i]);
	buf_adds(b, "\r\n");
}

/* nonce_of - of the URL's vary record, if it has this list; else a new one. */
static uint64_t
nonce_of(struct store *s, const struct key *url_key, const char *vary,
    bool *same)
{
	struct file_head fh;
	char name[48], list[512];
	uint64_t nonce = (uint64_t)clock_wall();
	int fd;

	*same = false;
	file_name(url_key, name);
	fd = openat(s->dirfd, name, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return nonce;
	if (read(fd, &fh, sizeof(fh)) == (ssize_t)sizeof(fh) &&
	    fh.kind == FILE_VARY && fh.vary_len == strlen(vary) &&
	    fh.vary_len < sizeof(list) && pread(fd, list, fh.vary_len,
	    (off_t)(sizeof(fh) + fh.url_len)) == (ssize_t)fh.vary_len &&
	    memcmp(list, vary, fh.vary_len) == 0) {
		nonce = fh.nonce;
		*same = true;
	}
	close(fd);
	return nonce;
}

/* open_temporary - a new file under tmp/; its descriptor, or -1. */
static int
open_temporary(struct store *s, uint64_t *id)
{
	char name[48];

	*id = atomic_fetch_add(&s->shared->next_temporary, 1);
	temporary_name(*id, name);
	return openat(s->dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
}

static bool
write_all(int fd, const void *data, size_t n, uint64_t at)
{
	return pwrite(fd, data, n, (off_t)at) == (ssize_t)n;
}

/* account - the file of key now has so many bytes; make room. */
static void
account(struct store *s, const struct key *k, uint64_t bytes)
{
	struct key out[VICTIMS];
	char name[48];
	int n = index_add(s->index, k, bytes, (uint64_t)s->size, out, VICTIMS);

	while (n-- > 0) {
		file_name(&out[n], name);
		unlinkat(s->dirfd, name, 0);
		store_changed(s, &out[n]);
	}
}

/* write_record - the URL's answers vary by this list. */
static void
write_record(struct store *s, const char *url, const struct key *url_key,
    const char *vary, uint64_t nonce)
{
	struct file_head fh = { .magic = MAGIC, .kind = FILE_VARY,
	    .url_len = (uint32_t)strlen(url),
	    .vary_len = (uint32_t)strlen(vary), .nonce = nonce };
	struct buf b = { 0 };
	char from[48], to[48];
	uint64_t id;
	int fd;

	memcpy(fh.url_key, url_key->b, KEY_LEN);
	memcpy(fh.key, url_key->b, KEY_LEN);
	buf_adds(&b, url);
	buf_adds(&b, vary);
	if (!b.failed)
		file_check(&fh, b.data, b.len, fh.check);
	fd = open_temporary(s, &id);
	temporary_name(id, from);
	file_name(url_key, to);
	if (fd == -1 || b.failed || !write_all(fd, &fh, sizeof(fh), 0) ||
	    !write_all(fd, b.data, b.len, sizeof(fh)) ||
	    renameat(s->dirfd, from, s->dirfd, to) == -1)
		unlinkat(s->dirfd, from, 0);
	else
		account(s, url_key, sizeof(fh) + b.len);
	if (fd != -1)
		close(fd);
	buf_free(&b);
	store_changed(s, url_key);
}

/* begin - the file's front: all but the body and the check. */
static bool
begin(struct exchange *x, const struct http_msg *res, const struct http_msg *by,
    time_t requested, time_t received, struct writer *w)
{
	struct store *s = x->p->store;
	struct file_head fh = { .magic = MAGIC, .kind = FILE_ANSWER,
	    .url_len = (uint32_t)strlen(x->url), .body_len = UINT64_MAX,
	    .requested = requested, .received = received };
	struct buf b = { 0 };
	bool same, ok;

	w->store = s;
	w->body = 0;
	w->max = (uint64_t)s->max_object;
	store_key(x->url, &w->url_key);
	w->key = w->url_key;
	if (!vary_names(by != NULL && by->known[HDR_VARY] != 0 ? by : res,
	    w->vary, sizeof(w->vary)))
		return false;
	if (w->vary[0] != '\0') {
		fh.vary_len = (uint32_t)strlen(w->vary);
		fh.nonce = nonce_of(s, &w->url_key, w->vary, &same);
		variant_key(&x->req, &w->url_key, fh.nonce,
		    http_cstr(w->vary), &w->key);
		if (!same)
			write_record(s, x->url, &w->url_key, w->vary,
			    fh.nonce);
	}
	memcpy(fh.url_key, w->url_key.b, KEY_LEN);
	memcpy(fh.key, w->key.b, KEY_LEN);
	buf_add(&b, &fh, sizeof(fh));
	buf_adds(&b, x->url);
	buf_adds(&b, w->vary);
	w->at = b.len;
	add_head(&b, res, by);
	fh.head_len = (uint32_t)(b.len - w->at);
	w->at = b.len;
	w->fd = -1;
	ok = !b.failed && fh.head_len <= HEAD_MAX &&
	    (w->fd = open_temporary(s, &w->id)) != -1;
	if (ok) {
		memcpy(b.data, &fh, sizeof(fh));
		ok = write_all(w->fd, b.data, b.len, 0);
		if (!ok)
			writer_abort(w);
	}
	buf_free(&b);
	return ok;
}

bool
store_begin(struct exchange *x, const struct http_msg *res, time_t requested,
    time_t received, struct writer *w)
{
	if (res->body == HTTP_BODY_LENGTH &&
	    res->length > (uint64_t)x->p->store->max_object)
		return false;
	return begin(x, res, NULL, requested, received, w);
}

void
writer_abort(struct writer *w)
{
	char name[48];

	if (w->fd == -1)
		return;
	temporary_name(w->id, name);
	unlinkat(w->store->dirfd, name, 0);
	close(w->fd);
	w->fd = -1;
}

int
writer_add(struct writer *w, const void *data, size_t n)
{
	if (w->fd == -1)
		return -1;
	if (w->body + n > w->max || !write_all(w->fd, data, n,
	    w->at + w->body)) {
		writer_abort(w);
		return -1;
	}
	w->body += n;
	return 0;
}

/* seal - the length and the check into the file's front. */
static bool
seal(struct writer *w)
{
	struct file_head fh;
	uint64_t meta = w->at, len = meta + w->body;
	size_t rest = (size_t)((len <= SMALL_MAX ? len : meta) - sizeof(fh));
	char *bytes = malloc(rest);
	bool ok;

	if (bytes == NULL)
		return false;
	ok = pread(w->fd, &fh, sizeof(fh), 0) == (ssize_t)sizeof(fh) &&
	    pread(w->fd, bytes, rest, sizeof(fh)) == (ssize_t)rest;
	fh.body_len = w->body;
	if (ok)
		file_check(&fh, bytes, rest, fh.check);
	free(bytes);
	/* a large body is not in the check: it must be on the disk before its
	 * name is, or a power cut could leave a name with holes behind it */
	return ok && write_all(w->fd, &fh, sizeof(fh), 0) &&
	    (len <= SMALL_MAX || fdatasync(w->fd) == 0);
}

int
writer_commit(struct writer *w)
{
	char from[48], to[48];
	bool ok;

	if (w->fd == -1)
		return -1;
	temporary_name(w->id, from);
	file_name(&w->key, to);
	ok = seal(w) && renameat(w->store->dirfd, from, w->store->dirfd,
	    to) == 0;
	if (!ok) {
		writer_abort(w);
		return -1;
	}
	close(w->fd);
	w->fd = -1;
	store_changed(w->store, &w->url_key);
	account(w->store, &w->key, w->at + w->body);
	return 0;
}

/* copy_body - of the stored answer into w. */
static bool
copy_body(const struct stored *st, struct writer *w)
{
	char piece[16384];
	uint64_t done = 0;
	ssize_t n;

	if (st->body != NULL)
		return writer_add(w, st->body, (size_t)st->body_len) == 0;
	while (done < st->body_len) {
		n = pread(st->fd, piece, st->body_len - done < sizeof(piece) ?
		    (size_t)(st->body_len - done) : sizeof(piece),
		    (off_t)(st->body_off + done));
		if (n <= 0 || writer_add(w, piece, (size_t)n) == -1)
			return false;
		done += (uint64_t)n;
	}
	return true;
}

bool
store_refresh(struct exchange *x, struct stored *st,
    const struct http_msg *not_modified, time_t requested, time_t received)
{
	struct writer w;

	if (!begin(x, &st->msg, not_modified, requested, received, &w))
		return false;
	w.max = UINT64_MAX;
	if (!copy_body(st, &w)) {
		writer_abort(&w);
		return false;
	}
	if (writer_commit(&w) == -1)
		return false;
	store_release(st);
	return store_find(x, st);
}

void
store_invalidate(struct store *s, const char *url)
{
	struct key k;
	char name[48];

	store_key(url, &k);
	file_name(&k, name);
	if (unlinkat(s->dirfd, name, 0) == 0)
		index_drop(s->index, &k);
	store_changed(s, &k);
}

/* same_origin - scheme, host and port of both are one. */
static bool
same_origin(const char *a, const char *b)
{
	const char *sa = strstr(a, "://"), *sb = strstr(b, "://");
	size_t na, nb;

	if (sa == NULL || sb == NULL)
		return false;
	na = (size_t)(sa + 3 - a) + strcspn(sa + 3, "/?#");
	nb = (size_t)(sb + 3 - b) + strcspn(sb + 3, "/?#");
	return na == nb && strncasecmp(a, b, na) == 0;
}

static void
invalidate_named(struct exchange *x, const struct http_msg *res,
    enum http_hdr id)
{
	struct http_str ref = http_single(res, id);
	char url[URL_MAX];

	if (ref.ptr != NULL && http_uri_resolve(http_cstr(x->url), ref, url,
	    sizeof(url)) > 0 && same_origin(url, x->url))
		store_invalidate(x->p->store, url);
}

void
store_invalidate_for(struct exchange *x, const struct http_msg *res)
{
	if (!policy_invalidates((enum http_method)x->req.method, res->code))
		return;
	store_invalidate(x->p->store, x->url);
	invalidate_named(x, res, HDR_LOCATION);
	invalidate_named(x, res, HDR_CONTENT_LOCATION);
}
