/*
 * The store's files: opening the store, finding what is in it.  store_load.c
 * reads them, store_write.c has what changes them.  Names are hashes that we
 * made, so nothing of a request gets into a path.
 */
#include "store.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store_impl.h"

void
digest_begin(struct store *s)
{
	SHA256_Init(&s->md);
}

void
digest_add(struct store *s, const void *data, size_t n)
{
	SHA256_Update(&s->md, data, n);
}

void
digest_end(struct store *s, uint8_t out[16])
{
	unsigned char md[SHA256_DIGEST_LENGTH];

	SHA256_Final(md, &s->md);
	memcpy(out, md, 16);
}

void
store_key(struct store *s, const char *url, struct key *k)
{
	digest_begin(s);
	digest_add(s, url, strlen(url));
	digest_end(s, k->b);
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
file_check(struct store *s, const struct file_head *fh, const char *rest,
    size_t len, uint8_t out[16])
{
	struct file_head copy = *fh;

	memset(copy.check, 0, sizeof(copy.check));
	digest_begin(s);
	digest_add(s, &copy, sizeof(copy));
	digest_add(s, rest, len);
	digest_end(s, out);
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

/* open_shared - what all processes know of the store in this folder, which a
 * reload may have changed for another one. */
static int
open_shared(struct store *s)
{
	char folder[48], name[96];
	struct stat st;

	if (fstat(s->dirfd, &st) == -1)
		return -1;
	snprintf(folder, sizeof(folder), "%llx:%llx",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	snprintf(name, sizeof(name), "proxyd store %s", folder);
	s->shared = serve_shared(name, sizeof(*s->shared));
	s->index = index_open(folder);
	s->inflight = inflight_open(folder);
	return s->shared == NULL || s->index == NULL || s->inflight == NULL ||
	    index_init(s->index) == -1 ? -1 : 0;
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
	/* root's children are another user, who makes them himself */
	if (s->dirfd == -1 || (geteuid() != 0 &&
	    make_folders(s->dirfd) == -1))
		goto fail;
	if (open_shared(s) == -1)
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
	s->piece = malloc(PIECE_SIZE);
	s->hot_bytes = 0;
	/* what others make untrue is told in memory that inetd's processes
	 * do not share: they remember nothing */
	if (serve_model_running() == MODEL_INETD)
		s->memory = 0;
	if (faccessat(s->dirfd, "tmp", W_OK, AT_EACCESS) == -1 &&
	    (errno != ENOENT || make_folders(s->dirfd) == -1))
		log_warn("cache %s: nothing can be stored", s->dir);
	return s->hot == NULL || s->piece == NULL ? -1 : 0;
}

void
store_child_stop(struct store *s)
{
	hot_clear(s);
	free(s->piece);
	s->piece = NULL;
}

struct inflight *
store_inflight(struct store *s)
{
	return s->inflight;
}

/* aged - made stale by hand at that time (a soft purge). */
static void
aged(struct freshness *f, int64_t stale_at)
{
	int64_t age = policy_age(f, (time_t)stale_at);

	if (stale_at != 0 && stale_at >= (int64_t)f->received &&
	    f->lifetime > age)
		f->lifetime = age;
}

/* present - a loaded file as the answer that it is. */
static bool
present(const struct exchange *x, struct loaded *l, struct stored *st,
    int64_t stale_at)
{
	size_t off = sizeof(l->fh) + l->fh.url_len + l->fh.vary_len;
	size_t ext = l->fh.nextents * sizeof(struct extent);

	http_msg_init(&st->msg, NULL);
	if (l->fh.kind == FILE_VARY || off + l->fh.head_len + ext > l->len ||
	    http_parse_response(&st->msg, l->blob + off, l->fh.head_len,
	    HTTP_M_GET) != HTTP_OK) {
		file_unload(l);
		return false;
	}
	policy_read(&st->fresh, &st->msg, (time_t)l->fh.requested,
	    (time_t)l->fh.received);
	policy_negative(&st->fresh, &st->msg, x->p->negative_s);
	aged(&st->fresh, l->fh.stale_at);
	aged(&st->fresh, stale_at);
	st->body_off = l->fh.body_at;
	st->body_len = l->fh.body_len;
	st->fd = l->fd;
	st->body = l->fd == -1 ? l->blob + st->body_off : NULL;
	st->hot = l->hot;
	st->blob = l->hot != NULL || l->blob == l->front ? NULL : l->blob;
	if (st->hot != NULL)
		st->hot->pins++;
	st->part = l->fh.kind == FILE_PART;
	st->unseen = l->unseen;
	st->damaged = false;
	st->nextents = l->fh.nextents;
	memcpy(st->extents, l->blob + off + l->fh.head_len, ext);
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

/* is_for - the file has the answer to this URL, whatever its hash. */
static bool
is_for(const struct loaded *l, const char *url)
{
	return l->fh.url_len == strlen(url) && memcmp(l->blob +
	    sizeof(l->fh), url, l->fh.url_len) == 0;
}

bool
store_find(struct exchange *x, struct stored *st)
{
	struct store *s = x->p->store;
	struct key url_key, key;
	int64_t stale_at = 0;
	struct loaded l = { .front = &st->front[0] };

	store_key(s, x->url, &url_key);
	st->url_key = st->key = url_key;
	st->other_variant = false;
	if (!file_load(s, &url_key, &url_key, &l))
		return false;
	if (!is_for(&l, x->url)) {
		file_unload(&l);
		return false;
	}
	if (l.fh.kind == FILE_VARY) {
		variant_key(s, &x->req, &url_key, l.fh.nonce, vary_of(&l),
		    &key);
		stale_at = l.fh.stale_at;
		file_unload(&l);
		st->key = key;
		st->other_variant = true;
		if (!file_load(s, &key, &url_key, &l))
			return false;
	}
	return present(x, &l, st, stale_at);
}

bool
store_find_part(struct exchange *x, const struct stored *whole,
    struct stored *st)
{
	struct store *s = x->p->store;
	struct key k;
	struct loaded l = { .front = &st->front[0] };

	part_key(s, &whole->key, &k);
	if (!file_load(s, &k, &whole->url_key, &l))
		return false;
	if (l.fh.kind != FILE_PART || !is_for(&l, x->url)) {
		file_unload(&l);
		return false;
	}
	return present(x, &l, st, 0);
}

bool
store_open_temporary(struct exchange *x, uint64_t id, struct stored *st)
{
	struct store *s = x->p->store;
	struct loaded l = { .front = &st->front[0] };
	struct key key, url_key;
	char name[48];

	temporary_name(id, name);
	l.fd = openat(s->dirfd, name, O_RDONLY | O_CLOEXEC);
	if (l.fd == -1)
		return false;
	if (!front_load(l.fd, &l)) {
		close(l.fd);
		return false;
	}
	memcpy(key.b, l.fh.key, KEY_LEN);
	if (l.fh.vary_len > 0) {
		memcpy(url_key.b, l.fh.url_key, KEY_LEN);
		variant_key(s, &x->req, &url_key, l.fh.nonce, vary_of(&l),
		    &key);
	}
	if (memcmp(key.b, l.fh.key, KEY_LEN) != 0 || !is_for(&l, x->url)) {
		file_unload(&l);
		return false;
	}
	if (!present(x, &l, st, 0))
		return false;
	st->body_len = l.fh.announced;
	return true;
}

uint64_t
store_sealed(const struct stored *st)
{
	struct file_head fh;

	return pread(st->fd, &fh, sizeof(fh), 0) == (ssize_t)sizeof(fh) ?
	    fh.body_len : UINT64_MAX;
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
