/*
 * What makes stored answers untrue: answers to unsafe methods (RFC 9111, 4.4)
 * and those who purge, by URL or by prefix, hard or soft.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/uri.h"
#include "net/wait.h"
#include "store_impl.h"
#include "transfer.h"

#define BATCH	64	/* files between two pauses */

void
store_invalidate(struct store *s, const char *url)
{
	struct key k, part;

	store_key(s, url, &k);
	(*serial_of(s, &k))++;
	forget(s, &k);
	part_key(s, &k, &part);
	forget(s, &part);
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

/* invalidate_named - by its key: without a fragment, and with the origin
 * written as ours is. */
static void
invalidate_named(struct exchange *x, const struct http_msg *res,
    enum http_hdr id)
{
	struct http_str ref = http_single(res, id);
	char url[URL_MAX];

	if (ref.ptr == NULL || http_uri_resolve(http_cstr(x->url), ref, url,
	    sizeof(url)) <= 0 || !same_origin(url, x->url))
		return;
	url[strcspn(url, "#")] = '\0';
	memcpy(url, x->url, strlen(x->url) - strlen(x->path));
	store_invalidate(x->p->store, url);
}

bool
store_is_of(const struct exchange *x, const struct http_msg *res)
{
	struct http_str ref = http_single(res, HDR_CONTENT_LOCATION);
	char url[URL_MAX];

	return ref.ptr != NULL && http_uri_resolve(http_cstr(x->url), ref, url,
	    sizeof(url)) > 0 && strcmp(url, x->url) == 0;
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

/* read_front - of an open file, up to its body; 0 or the bytes got. */
static size_t
read_front(struct store *s, int fd, char *blob, size_t size,
    struct file_head *fh)
{
	ssize_t n = pread(fd, blob, size, 0);

	if (n < (ssize_t)sizeof(*fh))
		return 0;
	memcpy(fh, blob, sizeof(*fh));
	return file_is_whole(s, fh, blob, (size_t)n) ? (size_t)n : 0;
}

/* make_stale - the file's front is written anew; what is torn by a crash here
 * does not fit its checksum, and is a miss. */
static bool
make_stale(struct store *s, int fd, char *blob, size_t n,
    struct file_head *fh, time_t now)
{
	size_t end = n;

	if (fh->kind == FILE_PART || fh->body_at + fh->body_len > SMALL_MAX)
		end = (size_t)fh->body_at;
	fh->stale_at = now;
	file_check(s, fh, blob + sizeof(*fh), end - sizeof(*fh), fh->check);
	return write_all(fd, fh, sizeof(*fh), 0);
}

/* begins - the file's URL is url, or begins with it. */
static bool
begins(const struct file_head *fh, const char *blob, const char *url,
    bool prefix)
{
	size_t n = strlen(url);

	return fh->url_len >= n && (prefix || fh->url_len == n) &&
	    memcmp(blob + sizeof(*fh), url, n) == 0;
}

/* purge_file - one of a folder, if its URL is meant; 1 where it was an
 * answer. */
static unsigned
purge_file(struct store *s, const char *name, const char *url, bool prefix,
    bool soft)
{
	char *blob = malloc(SMALL_MAX);
	struct file_head fh;
	struct key key, url_key;
	unsigned hit = 0;
	size_t n = 0;
	int fd = openat(s->dirfd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	/* who cannot have it to himself to make it stale removes it */
	soft = soft && fd != -1 && file_lock(fd);
	if (fd != -1 && blob != NULL)
		n = read_front(s, fd, blob, SMALL_MAX, &fh);
	if (n > 0 && begins(&fh, blob, url, prefix)) {
		memcpy(key.b, fh.key, KEY_LEN);
		memcpy(url_key.b, fh.url_key, KEY_LEN);
		hit = fh.kind != FILE_VARY;
		(*serial_of(s, &url_key))++;
		if (soft)
			make_stale(s, fd, blob, n, &fh, (time_t)(
			    clock_wall() / NSEC_PER_SEC));
		else
			forget(s, &key);
		store_changed(s, &url_key);
	}
	if (fd != -1)
		close(fd);
	free(blob);
	return hit;
}

/* purge_folder - the names are collected first: files go while they are
 * looked at, and others come. */
static uint64_t
purge_folder(struct store *s, int number, const char *url, bool soft)
{
	char name[48], folder[8];
	struct dirent *e;
	uint64_t hits = 0;
	unsigned n = 0;
	DIR *dir;
	int fd;

	snprintf(folder, sizeof(folder), "%02x", number);
	fd = openat(s->dirfd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return 0;
	dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return 0;
	}
	while ((e = readdir(dir)) != NULL) {
		if (strlen(e->d_name) != (size_t)2 * KEY_LEN)
			continue;
		snprintf(name, sizeof(name), "%s/%.32s", folder, e->d_name);
		hits += purge_file(s, name, url, true, soft);
		if (++n % BATCH == 0)
			net_pause(clock_after_ms(1));
	}
	closedir(dir);
	return hits;
}

/* purge_one - the answer of this URL, or its record of variants, and the
 * part. */
static uint64_t
purge_one(struct store *s, const char *url, bool soft)
{
	struct key k, part;
	char name[48];
	uint64_t hits;

	store_key(s, url, &k);
	file_name(&k, name);
	hits = purge_file(s, name, url, false, soft);
	if (hits == 0 && faccessat(s->dirfd, name, F_OK, 0) == 0)
		hits = 1;		/* variants: one record for all */
	part_key(s, &k, &part);
	file_name(&part, name);
	hits += purge_file(s, name, url, false, soft);
	if (!soft)
		store_invalidate(s, url);
	return hits;
}

uint64_t
store_purge(struct store *s, const char *url, bool prefix, bool soft)
{
	uint64_t hits = 0;
	int i;

	if (!prefix)
		return purge_one(s, url, soft);
	for (i = 0; i < 256; i++) {
		hits += purge_folder(s, i, url, soft);
		net_pause(clock_after_ms(0));
	}
	return hits;
}
