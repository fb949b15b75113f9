/*
 * The store's files: opening, finding, reading.  store_write.c has what
 * changes them.  Names are hashes that we made, so nothing of a request gets
 * into a path.
 */
#include "store.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "http/field.h"
#include "store_impl.h"

void
store_key(const char *url, struct key *k)
{
	unsigned char md[EVP_MAX_MD_SIZE];

	EVP_Digest(url, strlen(url), md, NULL, EVP_sha256(), NULL);
	memcpy(k->b, md, sizeof(k->b));
}

void
file_name(const struct key *k, char out[48])
{
	static const char hex[] = "0123456789abcdef";
	size_t i, n = 0;

	out[n++] = hex[k->b[0] >> 4];
	out[n++] = hex[k->b[0] & 15];
	out[n++] = '/';
	for (i = 0; i < sizeof(k->b); i++) {
		out[n++] = hex[k->b[i] >> 4];
		out[n++] = hex[k->b[i] & 15];
	}
	out[n] = '\0';
}

void
file_check(const struct file_head *fh, const char *rest, size_t len,
    uint8_t out[16])
{
	struct file_head copy = *fh;
	unsigned char md[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	memset(copy.check, 0, sizeof(copy.check));
	memset(md, 0, sizeof(md));
	if (ctx != NULL) {
		EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
		EVP_DigestUpdate(ctx, &copy, sizeof(copy));
		EVP_DigestUpdate(ctx, rest, len);
		EVP_DigestFinal_ex(ctx, md, NULL);
	}
	EVP_MD_CTX_free(ctx);
	memcpy(out, md, 16);
}

/* make_folders - 00 to ff and tmp; 0 or -1. */
static int
make_folders(int dirfd)
{
	char name[8];
	int i;

	for (i = 0; i < 256; i++) {
		snprintf(name, sizeof(name), "%02x", i);
		if (mkdirat(dirfd, name, 0700) == -1 && errno != EEXIST)
			return -1;
	}
	return mkdirat(dirfd, "tmp", 0700) == -1 && errno != EEXIST ? -1 : 0;
}

struct store *
store_open(const char *dir, int64_t size, int64_t max_object, int64_t memory,
    char *why, size_t whylen)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL || (s->dir = strdup(dir)) == NULL)
		goto fail;
	s->size = size;
	s->max_object = max_object;
	s->memory = memory;
	s->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dirfd == -1 || make_folders(s->dirfd) == -1)
		goto fail;
	s->shared = serve_shared("proxyd store", sizeof(*s->shared));
	s->index = index_open();
	s->inflight = inflight_open();
	if (s->shared == NULL || s->index == NULL || s->inflight == NULL ||
	    index_init(s->index) == -1)
		goto fail;
	return s;
fail:
	snprintf(why, whylen, "cache %s: %s", dir, strerror(errno));
	store_close(s);
	return NULL;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	if (s->dir != NULL && s->dirfd > 0)
		close(s->dirfd);
	free(s->dir);
	free(s);
}

int
store_child_start(struct store *s)
{
	s->hot = calloc(HOT_SLOTS, sizeof(struct hot *));
	s->hot_bytes = 0;
	return s->hot == NULL ? -1 : 0;
}

void
store_child_stop(struct store *s)
{
	hot_clear(s);
}

struct inflight *
store_inflight(struct store *s)
{
	return s->inflight;
}

/* is_whole - a file's bytes are what was written, all of them. */
static bool
is_whole(const struct file_head *fh, const char *blob, size_t len)
{
	uint64_t meta = sizeof(*fh) + (uint64_t)fh->url_len + fh->vary_len +
	    fh->head_len;
	uint8_t check[16];

	if (memcmp(fh->magic, MAGIC, sizeof(fh->magic)) != 0 ||
	    fh->url_len > URL_MAX || fh->vary_len > 4096 ||
	    fh->head_len > HEAD_MAX || meta > len)
		return false;
	if (meta + fh->body_len <= SMALL_MAX && meta + fh->body_len != len)
		return false;
	file_check(fh, blob + sizeof(*fh), meta + fh->body_len <= SMALL_MAX ?
	    len - sizeof(*fh) : (size_t)meta - sizeof(*fh), check);
	return memcmp(check, fh->check, sizeof(check)) == 0;
}

/* A file that was read, or the front of it. */
struct loaded {
	struct file_head fh;
	char		*blob;		/* owned unless hot */
	size_t		 len;
	struct hot	*hot;
	int		 fd;		/* of one that is not small; -1 */
};

/* load_front - the first bytes of it, of a small file all. */
static bool
load_front(int fd, struct loaded *l, size_t want)
{
	ssize_t n;

	l->blob = malloc(want + 1);
	if (l->blob == NULL)
		return false;
	n = pread(fd, l->blob, want, 0);
	if (n < (ssize_t)sizeof(l->fh)) {
		free(l->blob);
		return false;
	}
	l->len = (size_t)n;
	memcpy(&l->fh, l->blob, sizeof(l->fh));
	return true;
}

/* keep_hot - if there is room for it; else it stays this exchange's own. */
static void
keep_hot(struct store *s, const struct key *k, const struct key *url_key,
    uint32_t generation, struct loaded *l)
{
	if ((int64_t)l->len > s->memory)
		return;
	hot_add(s, k, url_key, l->blob, l->len, generation);
	l->hot = hot_find(s, k);
	if (l->hot != NULL)
		return;
	/* changed in this moment, and freed: as if it had not been there */
	l->blob = NULL;
	l->len = 0;
	memset(&l->fh, 0, sizeof(l->fh));
}

/* load - the file of key, from memory or from disk; false: none, or torn. */
static bool
load(struct store *s, const struct key *k, const struct key *url_key,
    struct loaded *l)
{
	uint32_t generation = store_generation(s, url_key);
	char name[48];
	struct stat st;
	int fd;

	l->fd = -1;
	l->hot = hot_find(s, k);
	if (l->hot != NULL) {
		l->blob = l->hot->blob;
		l->len = l->hot->len;
		memcpy(&l->fh, l->blob, sizeof(l->fh));
		index_touch(s->index, k);
		return true;
	}
	file_name(k, name);
	fd = openat(s->dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1 || fstat(fd, &st) == -1 || !load_front(fd, l,
	    st.st_size <= SMALL_MAX ? (size_t)st.st_size : SMALL_MAX)) {
		if (fd != -1)
			close(fd);
		return false;
	}
	if (!is_whole(&l->fh, l->blob, l->len) ||
	    memcmp(l->fh.key, k->b, KEY_LEN) != 0 ||
	    memcmp(l->fh.url_key, url_key->b, KEY_LEN) != 0) {
		log_warnx("cache: %s is damaged: removed", name);
		unlinkat(s->dirfd, name, 0);
		index_drop(s->index, k);
		free(l->blob);
		close(fd);
		return false;
	}
	index_touch(s->index, k);
	if (st.st_size > SMALL_MAX) {
		l->fd = fd;
		return true;
	}
	close(fd);
	keep_hot(s, k, url_key, generation, l);
	return true;
}

/* normal - a request's field as one line, for comparing: blanks and the case
 * of lists of tokens make no difference. */
static void
add_normal(EVP_MD_CTX *ctx, const struct http_msg *req, struct http_str name)
{
	enum http_hdr id = http_hdr_of(name);
	struct http_str value;
	unsigned int i, cursor = 0;
	char c;

	for (;;) {
		if (id != HDR_OTHER) {
			if (!http_each(req, id, &cursor, &value))
				return;
		} else {
			value = http_find(req, name);
			if (value.ptr == NULL || cursor++ > 0)
				return;
		}
		for (i = 0; i < value.len; i++) {
			c = value.ptr[i];
			if (c == ' ' || c == '\t')
				continue;
			if ((id == HDR_ACCEPT_ENCODING ||
			    id == HDR_ACCEPT_LANGUAGE) && c >= 'A' && c <= 'Z')
				c = (char)(c + 32);
			EVP_DigestUpdate(ctx, &c, 1);
		}
		EVP_DigestUpdate(ctx, ",", 1);
	}
}

void
variant_key(const struct http_msg *req, const struct key *url_key,
    uint64_t nonce, struct http_str names, struct key *out)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct http_str name;

	*out = *url_key;
	if (ctx == NULL)
		return;
	EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	EVP_DigestUpdate(ctx, url_key->b, KEY_LEN);
	EVP_DigestUpdate(ctx, &nonce, sizeof(nonce));
	while (http_list_next(&names, &name)) {
		EVP_DigestUpdate(ctx, name.ptr, name.len);
		EVP_DigestUpdate(ctx, ":", 1);
		add_normal(ctx, req, name);
	}
	EVP_DigestFinal_ex(ctx, md, NULL);
	EVP_MD_CTX_free(ctx);
	memcpy(out->b, md, KEY_LEN);
}

static void
unload(struct loaded *l)
{
	if (l->hot == NULL)
		free(l->blob);
	if (l->fd != -1)
		close(l->fd);
}

/* present - a loaded file as the answer that it is. */
static bool
present(struct loaded *l, struct stored *st)
{
	size_t off = sizeof(l->fh) + l->fh.url_len + l->fh.vary_len;

	http_msg_init(&st->msg, NULL);
	if (l->fh.kind != FILE_ANSWER || off + l->fh.head_len > l->len ||
	    http_parse_response(&st->msg, l->blob + off, l->fh.head_len,
	    HTTP_M_GET) != HTTP_OK) {
		unload(l);
		return false;
	}
	policy_read(&st->fresh, &st->msg, (time_t)l->fh.requested,
	    (time_t)l->fh.received);
	st->body_off = off + l->fh.head_len;
	st->body_len = l->fh.body_len;
	st->fd = l->fd;
	st->body = l->fd == -1 ? l->blob + st->body_off : NULL;
	st->hot = l->hot;
	st->blob = l->hot != NULL ? NULL : l->blob;
	if (st->hot != NULL)
		st->hot->pins++;
	memcpy(st->key.b, l->fh.key, KEY_LEN);
	memcpy(st->url_key.b, l->fh.url_key, KEY_LEN);
	return true;
}

static struct http_str
vary_of(const struct loaded *l)
{
	return (struct http_str){ l->blob + sizeof(l->fh) + l->fh.url_len,
	    l->fh.vary_len };
}

bool
store_find(struct exchange *x, struct stored *st)
{
	struct store *s = x->p->store;
	struct key url_key, key;
	struct loaded l;

	store_key(x->url, &url_key);
	st->url_key = st->key = url_key;
	if (!load(s, &url_key, &url_key, &l))
		return false;
	if (l.fh.url_len != strlen(x->url) || memcmp(l.blob + sizeof(l.fh),
	    x->url, l.fh.url_len) != 0) {
		unload(&l);
		return false;
	}
	if (l.fh.kind == FILE_VARY) {
		variant_key(&x->req, &url_key, l.fh.nonce, vary_of(&l), &key);
		unload(&l);
		st->key = key;
		if (!load(s, &key, &url_key, &l))
			return false;
	}
	return present(&l, st);
}

bool
store_open_temporary(struct exchange *x, uint64_t id, struct stored *st)
{
	char name[48];
	struct loaded l = { .hot = NULL };
	struct key key;

	snprintf(name, sizeof(name), "tmp/%016llx", (unsigned long long)id);
	l.fd = openat(x->p->store->dirfd, name, O_RDONLY | O_CLOEXEC);
	if (l.fd == -1)
		return false;
	if (!load_front(l.fd, &l, SMALL_MAX)) {
		close(l.fd);
		return false;
	}
	memcpy(key.b, l.fh.key, KEY_LEN);
	if (l.fh.vary_len > 0) {
		struct key url_key;

		memcpy(url_key.b, l.fh.url_key, KEY_LEN);
		variant_key(&x->req, &url_key, l.fh.nonce, vary_of(&l), &key);
	}
	if (memcmp(key.b, l.fh.key, KEY_LEN) != 0 ||
	    l.fh.url_len != strlen(x->url) ||
	    memcmp(l.blob + sizeof(l.fh), x->url, l.fh.url_len) != 0) {
		unload(&l);
		return false;
	}
	return present(&l, st);
}

bool
store_is_whole(const struct stored *st, uint64_t n)
{
	struct file_head fh;

	return st->fd == -1 ? n == st->body_len :
	    pread(st->fd, &fh, sizeof(fh), 0) == (ssize_t)sizeof(fh) &&
	    fh.body_len == n;
}

void
store_release(struct stored *st)
{
	if (st->hot != NULL && --st->hot->pins == 0 && st->hot->dead) {
		free(st->hot->blob);
		free(st->hot);
	}
	free(st->blob);
	if (st->fd != -1)
		close(st->fd);
	st->hot = NULL;
	st->blob = NULL;
	st->fd = -1;
}
