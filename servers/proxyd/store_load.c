/*
 * Files of the store, read and looked at: from the memory of this process, or
 * from disk, where what is damaged is removed.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store_impl.h"

bool
file_is_whole(struct store *s, const struct file_head *fh, const char *blob,
    size_t len)
{
	uint64_t meta = sizeof(*fh) + (uint64_t)fh->url_len + fh->vary_len +
	    fh->head_len + fh->nextents * sizeof(struct extent);
	bool small = fh->kind != FILE_PART &&
	    fh->body_len <= SMALL_MAX && fh->body_at <= SMALL_MAX &&
	    fh->body_at + fh->body_len <= SMALL_MAX;
	uint8_t check[16];

	if (memcmp(fh->magic, MAGIC, sizeof(fh->magic)) != 0 ||
	    fh->url_len > URL_MAX || fh->vary_len > 4096 ||
	    fh->head_len > HEAD_MAX || fh->nextents > EXTENTS_MAX ||
	    meta > fh->body_at || fh->body_at > len ||
	    (small && fh->body_at + fh->body_len != len))
		return false;
	file_check(s, fh, blob + sizeof(*fh), (small ? len :
	    (size_t)fh->body_at) - sizeof(*fh), check);
	return memcmp(check, fh->check, sizeof(check)) == 0;
}

static void
free_blob(struct loaded *l)
{
	if (l->hot == NULL && l->blob != l->front)
		free(l->blob);
	l->blob = NULL;
}

/* read_into - up to want bytes of the file into l->blob. */
static bool
read_into(int fd, struct loaded *l, size_t want)
{
	ssize_t n = pread(fd, l->blob, want, 0);

	if (n < (ssize_t)sizeof(l->fh)) {
		free_blob(l);
		return false;
	}
	l->len = (size_t)n;
	memcpy(&l->fh, l->blob, sizeof(l->fh));
	return true;
}

/* load_all - of a small file. */
static bool
load_all(int fd, struct loaded *l, size_t size)
{
	l->blob = malloc(size + 1);
	return l->blob != NULL && read_into(fd, l, size);
}

bool
front_load(int fd, struct loaded *l)
{
	l->blob = l->front;
	if (!read_into(fd, l, FRONT_MIN))
		return false;
	if (l->fh.body_at <= FRONT_MIN)
		return true;
	l->blob = malloc(FRONT_MAX);
	return l->blob != NULL && read_into(fd, l, FRONT_MAX);
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

/* is_shorter - a file that is not all there, though its front is. */
static bool
is_shorter(const struct file_head *fh, off_t size)
{
	uint64_t len = fh->body_at + fh->body_len;

	if (fh->kind != FILE_ANSWER)
		return false;
	if (fh->body_len > INT64_MAX)
		return true;
	return (uint64_t)size != (len <= SMALL_MAX ? len :
	    len + sums_size(fh->body_len));
}

/* is_good - the body of one that is not small: this run has written or seen
 * it, or its checksums fit.  Of a long one the end is looked at when it is
 * sent. */
static bool
is_good(struct store *s, const struct key *k, struct loaded *l)
{
	const struct file_head *fh = &l->fh;
	struct extent e[EXTENTS_MAX];
	bool ok;

	if (index_marked(s->index, k))
		return true;
	if (fh->kind == FILE_PART) {
		memcpy(e, l->blob + sizeof(*fh) + fh->url_len + fh->vary_len +
		    fh->head_len, fh->nextents * sizeof(e[0]));
		ok = sums_of_part(s, l->fd, fh->body_at, e, fh->nextents);
	} else {
		l->unseen = fh->body_len > CHECK_FIRST;
		ok = sums_table_is_good(s, l->fd, fh) && sums_are_good(s,
		    l->fd, fh->body_at, fh->body_len, 0,
		    (l->unseen ? CHECK_FIRST : fh->body_len) - 1);
	}
	if (ok && !l->unseen)
		index_mark(s->index, k);
	return ok;
}

/* is_sound - what was loaded is the file of key, as it was stored. */
static bool
is_sound(struct store *s, const struct key *k, const struct key *url_key,
    struct loaded *l, off_t size)
{
	return file_is_whole(s, &l->fh, l->blob, l->len) &&
	    !is_shorter(&l->fh, size) &&
	    memcmp(l->fh.key, k->b, KEY_LEN) == 0 &&
	    memcmp(l->fh.url_key, url_key->b, KEY_LEN) == 0 &&
	    ((size <= SMALL_MAX && l->fh.kind != FILE_PART) ||
	    is_good(s, k, l));
}

/* load_open - of l->fd: all of a small file, of another the front. */
static bool
load_open(struct loaded *l, off_t size)
{
	return size <= SMALL_MAX ? load_all(l->fd, l, (size_t)size) :
	    front_load(l->fd, l);
}

/* look_again - at what did not fit its checksum, for somebody may have been
 * writing to it: while nobody does. */
static bool
look_again(struct store *s, const struct key *k, const struct key *url_key,
    struct loaded *l, off_t size)
{
	bool ok;

	if (!file_lock(l->fd))
		return false;
	free_blob(l);
	ok = load_open(l, size) && is_sound(s, k, url_key, l, size);
	flock(l->fd, LOCK_UN);
	return ok;
}

/* load_file - of key, from disk; its size, or -1: none, or torn. */
static off_t
load_file(struct store *s, const struct key *k, const struct key *url_key,
    struct loaded *l)
{
	struct stat st;
	char name[48];

	file_name(k, name);
	l->unseen = false;
	l->fd = openat(s->dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (l->fd == -1)
		return -1;
	if (fstat(l->fd, &st) == -1 || !load_open(l, st.st_size)) {
		close(l->fd);
		return -1;
	}
	/* inetd's processes share no index: store_trim.c holds their limit */
	if (!index_touch(s->index, k) && serve_model_running() != MODEL_INETD)
		account_found(s, k, file_bytes(&st));
	if (is_sound(s, k, url_key, l, st.st_size) ||
	    look_again(s, k, url_key, l, st.st_size))
		return st.st_size;
	if (memcmp(l->fh.magic, MAGIC, sizeof(l->fh.magic)) != 0 &&
	    memcmp(l->fh.magic, MAGIC, FAMILY) == 0)
		store_damaged(s, k, "of another format: removed");
	else
		store_damaged(s, k, "damaged: removed");
	free_blob(l);
	close(l->fd);
	return -1;
}

bool
file_load(struct store *s, const struct key *k, const struct key *url_key,
    struct loaded *l)
{
	uint32_t generation = store_generation(s, url_key);
	off_t size;

	l->fd = -1;
	l->hot = hot_find(s, k);
	if (l->hot != NULL) {
		l->blob = l->hot->blob;
		l->len = l->hot->len;
		memcpy(&l->fh, l->blob, sizeof(l->fh));
		index_touch(s->index, k);
		return true;
	}
	size = load_file(s, k, url_key, l);
	if (size == -1)
		return false;
	if (size > SMALL_MAX || l->fh.kind == FILE_PART)
		return true;
	close(l->fd);
	l->fd = -1;
	keep_hot(s, k, url_key, generation, l);
	return true;
}

void
file_unload(struct loaded *l)
{
	free_blob(l);
	if (l->fd != -1)
		close(l->fd);
}
