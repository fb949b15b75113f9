/*
 * Variants: which fields of requests an answer varies by, and the key of the
 * variant that a request asks for (RFC 9111, 4.1).  Two requests that mean the
 * same have the same key: blanks around commas and further lines of a field
 * make no difference, and in what negotiates content neither case nor order.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/field.h"
#include "store_impl.h"

#define MEMBERS_MAX	64	/* of a list that is put in order */
#define MEMBER_MAX	200	/* bytes of one of them */
#define NAMES_MAX	32	/* fields that one answer varies by */

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* next_line - of the request's lines with this name, in order. */
static bool
next_line(const struct http_msg *req, struct http_str name, unsigned *cursor,
    struct http_str *value)
{
	while (*cursor < req->nfields) {
		const struct http_field *f = &req->fields[(*cursor)++];

		if (!http_caseeq(http_view(req, f->name), name))
			continue;
		*value = http_view(req, f->value);
		return true;
	}
	return false;
}

/* is_single - a value in which a comma does not divide. */
static bool
is_single(enum http_hdr id)
{
	return id == HDR_USER_AGENT || id == HDR_COOKIE ||
	    id == HDR_REFERER || id == HDR_AUTHORIZATION;
}

static bool
is_negotiation(enum http_hdr id)
{
	return id == HDR_ACCEPT || id == HDR_ACCEPT_ENCODING ||
	    id == HDR_ACCEPT_LANGUAGE || id == HDR_ACCEPT_CHARSET;
}

/* by_text - for qsort: in lower case. */
static int
by_text(const void *pa, const void *pb)
{
	const struct http_str *a = pa, *b = pb;
	size_t i;

	for (i = 0; i < a->len && i < b->len; i++)
		if (lower(a->ptr[i]) != lower(b->ptr[i]))
			return lower(a->ptr[i]) < lower(b->ptr[i]) ? -1 : 1;
	return a->len == b->len ? 0 : a->len < b->len ? -1 : 1;
}

/* without_one - the length of a member without zeros at the end of its weight,
 * and without a weight of 1. */
static size_t
without_one(const char *text, size_t n)
{
	const char *q = memmem(text, n, ";q=", 3);
	size_t start;

	if (q == NULL)
		return n;
	start = (size_t)(q - text);
	if (memchr(q, '.', n - start) != NULL)
		while (text[n - 1] == '0' || text[n - 1] == '.')
			if (text[--n] == '.')
				break;
	return n - start == 4 && text[n - 1] == '1' ? start : n;
}

/* add_member - in lower case, without blanks and without a weight of 1. */
static void
add_member(struct store *s, struct http_str m)
{
	char text[MEMBER_MAX] = "";
	size_t i, n = 0;

	for (i = 0; i < m.len && n < sizeof(text); i++)
		if (m.ptr[i] != ' ' && m.ptr[i] != '\t')
			text[n++] = lower(m.ptr[i]);
	digest_add(s, text, without_one(text, n));
	digest_add(s, ",", 1);
}

/*
 * add_negotiation - Accept and its kin: a set of members with weights, in
 * whatever order they come.  False: too much to be put in order.
 */
static bool
add_negotiation(struct store *s, const struct http_msg *req,
    struct http_str name)
{
	struct http_str member[MEMBERS_MAX] = { { NULL, 0 } };
	struct http_str value, item;
	unsigned int cursor = 0, n = 0, i;

	while (next_line(req, name, &cursor, &value))
		while (http_list_next(&value, &item)) {
			if (n == MEMBERS_MAX || item.len > MEMBER_MAX)
				return false;
			member[n++] = item;
		}
	qsort(member, n, sizeof(member[0]), by_text);
	for (i = 0; i < n; i++)
		add_member(s, member[i]);
	return true;
}

/* add_plain - the lines as one list. */
static void
add_plain(struct store *s, const struct http_msg *req, struct http_str name,
    bool single)
{
	struct http_str value, item;
	unsigned int cursor = 0;

	while (next_line(req, name, &cursor, &value)) {
		if (single) {
			digest_add(s, value.ptr, value.len);
			digest_add(s, "\n", 1);
			continue;
		}
		while (http_list_next(&value, &item)) {
			digest_add(s, item.ptr, item.len);
			digest_add(s, ",", 1);
		}
	}
}

static void
add_field_value(struct store *s, const struct http_msg *req,
    struct http_str name)
{
	enum http_hdr id = http_hdr_of(name);
	struct http_str value;
	unsigned int cursor = 0;

	if (!next_line(req, name, &cursor, &value))
		return;			/* absent: not the same as empty */
	digest_add(s, "=", 1);
	if (!is_negotiation(id) || !add_negotiation(s, req, name))
		add_plain(s, req, name, is_single(id));
}

void
variant_key(struct store *s, const struct http_msg *req,
    const struct key *url_key, uint64_t nonce, struct http_str names,
    struct key *out)
{
	struct http_str name;

	digest_begin(s);
	digest_add(s, url_key->b, KEY_LEN);
	digest_add(s, &nonce, sizeof(nonce));
	while (http_list_next(&names, &name)) {
		digest_add(s, name.ptr, name.len);
		digest_add(s, ":", 1);
		add_field_value(s, req, name);
	}
	digest_end(s, out->b);
}

/* vary_names - what an answer varies by: in lower case, in order, each once,
 * in one list. */
static bool
vary_names(const struct http_msg *res, char *out, size_t size)
{
	struct http_str value, name, all[NAMES_MAX] = { { NULL, 0 } };
	unsigned int cursor = 0, count = 0, k;
	size_t i, n = 0;

	while (http_each(res, HDR_VARY, &cursor, &value))
		while (http_list_next(&value, &name)) {
			if (count == NAMES_MAX)
				return false;
			all[count++] = name;
		}
	qsort(all, count, sizeof(all[0]), by_text);
	for (k = 0; k < count; k++) {
		if (k > 0 && http_caseeq(all[k], all[k - 1]))
			continue;
		if (n + all[k].len + 2 > size)
			return false;
		if (n > 0)
			out[n++] = ',';
		for (i = 0; i < all[k].len; i++)
			out[n++] = lower(all[k].ptr[i]);
	}
	out[n] = '\0';
	return true;
}

/* nonce_of - of the URL's record, if it has this list; else a new one. */
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

	fh.body_at = sizeof(fh) + fh.url_len + fh.vary_len;
	memcpy(fh.url_key, url_key->b, KEY_LEN);
	memcpy(fh.key, url_key->b, KEY_LEN);
	buf_adds(&b, url);
	buf_adds(&b, vary);
	if (!b.failed)
		file_check(s, &fh, b.data, b.len, fh.check);
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

bool
vary_place(struct exchange *x, const struct http_msg *res, struct writer *w,
    uint64_t *nonce)
{
	struct store *s = x->p->store;
	bool same;

	w->store = s;
	store_key(s, x->url, &w->url_key);
	w->key = w->url_key;
	*nonce = 0;
	if (!vary_names(res, w->vary, sizeof(w->vary)))
		return false;
	if (w->vary[0] == '\0')
		return true;
	*nonce = nonce_of(s, &w->url_key, w->vary, &same);
	variant_key(s, &x->req, &w->url_key, *nonce, http_cstr(w->vary),
	    &w->key);
	if (!same)
		write_record(s, x->url, &w->url_key, w->vary, *nonce);
	return true;
}
