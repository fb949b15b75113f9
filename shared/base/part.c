/*
 * Files that come in pieces.  The order of things in part_finish is the whole
 * point: content, mode and times are on the disk before the name is.  Never
 * writes to a file that another process has locked or that has another name.
 */
#include "base/part.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/part_sys.h"

#define WRITEBACK	(8 * 1024 * 1024)
#define RENAMES_MAX	9999
#define TRIES		16
#define OWNER		(S_IRUSR | S_IWUSR)

/* cut_name - as much of a name as leaves room for tail bytes behind it, and
 * no half of a UTF-8 character. */
static size_t
cut_name(const char *name, size_t tail)
{
	size_t n = strlen(name), most = PART_NAME_MAX - 1 - tail;

	if (n <= most)
		return n;
	for (n = most; n > 0 && (name[n] & 0xc0) == 0x80; n--)
		continue;
	return n > 0 ? n : most;
}

void
part_name(char out[PART_NAME_MAX], const char *name, const char *tag)
{
	size_t tail = strlen(PART_SUFFIX);

	if (tag != NULL)
		tail += strlen(tag) + 1;
	snprintf(out, PART_NAME_MAX, "%.*s%s%s%s", (int)cut_name(name, tail),
	    name, tag != NULL ? "." : "", tag != NULL ? tag : "", PART_SUFFIX);
}

/* ours - whether fd is a file that is safe to write to. */
static int
ours(const struct stat *st)
{
	if (S_ISREG(st->st_mode) && st->st_nlink == 1 &&
	    st->st_uid == geteuid())
		return 1;
	errno = EEXIST;
	return 0;
}

/* open_locked - 0; 1 if it was renamed or removed before the lock was had. */
static int
open_locked(struct part *p)
{
	struct stat st, named;

	p->fd = openat(p->dir, p->name, O_RDWR | O_CREAT | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC, 0600);
	if (p->fd == -1) {
		if (errno == ELOOP || errno == EISDIR)
			errno = EEXIST;
		return -1;
	}
	if (flock(p->fd, LOCK_EX | LOCK_NB) == -1 || fstat(p->fd, &st) == -1)
		return -1;
	if (fstatat(p->dir, p->name, &named, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 1 : -1;
	if (named.st_dev != st.st_dev || named.st_ino != st.st_ino)
		return 1;
	if (!ours(&st))
		return -1;
	p->size = p->synced = (uint64_t)st.st_size;
	return 0;
}

static void
close_keeping_errno(struct part *p)
{
	int saved = errno;

	if (p->fd != -1)
		close(p->fd);
	p->fd = -1;
	errno = saved;
}

int
part_open(struct part *p, int dir, const char *name)
{
	int r = 1;

	memset(p, 0, sizeof(*p));
	p->dir = dir;
	p->fd = -1;
	if (strlen(name) >= sizeof(p->name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(p->name, name, strlen(name) + 1);
	for (int i = 0; i < TRIES && r == 1; i++) {
		close_keeping_errno(p);
		r = open_locked(p);
	}
	if (r == 0)
		return 0;
	if (r == 1)
		errno = EWOULDBLOCK;
	close_keeping_errno(p);
	return -1;
}

void
part_wrote(struct part *p, size_t n)
{
	p->size += n;
	if (p->size - p->synced < WRITEBACK)
		return;
	part_sys_writeback(p->fd, p->synced, p->size - p->synced);
	p->synced = p->size;
}

int
part_write(struct part *p, const void *data, size_t n)
{
	const char *at = data;
	ssize_t r;

	while (n > 0) {
		r = pwrite(p->fd, at, n, (off_t)p->size);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == 0)
			errno = ENOSPC;
		if (r <= 0)
			return -1;
		at += r;
		n -= (size_t)r;
		part_wrote(p, (size_t)r);
	}
	return 0;
}

ssize_t
part_read(const struct part *p, void *buf, size_t n, uint64_t off)
{
	ssize_t r;

	do {
		r = pread(p->fd, buf, n, (off_t)off);
	} while (r == -1 && errno == EINTR);
	return r;
}

int
part_cut(struct part *p, uint64_t size)
{
	if (ftruncate(p->fd, (off_t)size) == -1)
		return -1;
	p->size = p->synced = size;
	return 0;
}

/* next_name - "NAME.1" and so on, into final; 0, or -1 past the last. */
static int
next_name(char *final, const char *name, int i)
{
	char number[16];
	int n = snprintf(number, sizeof(number), ".%d", i);

	if (i > RENAMES_MAX) {
		errno = EEXIST;
		return -1;
	}
	snprintf(final, PART_NAME_MAX, "%.*s%s",
	    (int)cut_name(name, (size_t)n), name, number);
	return 0;
}

/* is_special - a device, a pipe or a socket: whoever names it for a file to be
 * replaced does not mean that it should go. */
static bool
is_special(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode) &&
	    !S_ISDIR(st.st_mode);
}

static int
give_name(struct part *p, char *final, enum part_exists exists)
{
	char wanted[PART_NAME_MAX];

	if (exists == PART_REPLACE && is_special(p->dir, final)) {
		errno = EEXIST;
		return -1;
	}
	if (exists == PART_REPLACE)
		return renameat(p->dir, p->name, p->dir, final);
	snprintf(wanted, sizeof(wanted), "%s", final);
	for (int i = 1;; i++) {
		if (part_sys_rename(p->dir, p->name, final) == 0)
			return 0;
		if (errno != EEXIST || exists == PART_KEEP ||
		    next_name(final, wanted, i) == -1)
			return -1;
	}
}

/* sync_folder - a folder that may not be read cannot be synced. */
static int
sync_folder(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd == -1)
		return errno == EACCES ? 0 : -1;
	r = fsync(fd);
	if (r == -1 && errno == EINVAL)
		r = 0;		/* a file system that has nothing to sync */
	close(fd);
	return r;
}

/* is_there - the file under its .part name; else ENOENT. */
static int
is_there(const struct part *p)
{
	struct stat st;

	if (fstat(p->fd, &st) == -1)
		return 0;
	if (st.st_nlink == 0)
		errno = ENOENT;
	return st.st_nlink > 0;
}

static mode_t
default_mode(void)
{
	mode_t mask = umask(022);

	umask(mask);
	return 0666 & ~mask;
}

int
part_finish(struct part *p, char *final, enum part_exists exists, int mode,
    const struct timespec *mtime)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	mode_t bits = mode == -1 ? default_mode() : (mode_t)mode;

	if (mtime != NULL)
		times[1] = *mtime;
	/* a .part that stays after all must be one that can be written to */
	if (!is_there(p) || fchmod(p->fd, bits | OWNER) == -1 ||
	    (mtime != NULL && futimens(p->fd, times) == -1) ||
	    fsync(p->fd) == -1 || give_name(p, final, exists) == -1)
		return -1;
	if ((bits & OWNER) != OWNER && fchmod(p->fd, bits) == -1)
		return -1;
	if (sync_folder(p->dir) == -1)
		return -1;
	close_keeping_errno(p);
	return 0;
}

void
part_close(struct part *p)
{
	if (p->fd != -1 && p->size == 0)
		part_discard(p);
	close_keeping_errno(p);
}

void
part_discard(struct part *p)
{
	struct stat st, named;

	/* not what took its name when it got its own */
	if (p->fd != -1 && fstat(p->fd, &st) == 0 &&
	    fstatat(p->dir, p->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_dev == named.st_dev && st.st_ino == named.st_ino)
		unlinkat(p->dir, p->name, 0);
	close_keeping_errno(p);
}

int
part_room(const struct part *p, uint64_t n)
{
	struct statvfs v;

	if (fstatvfs(p->fd, &v) == -1 || v.f_frsize == 0 || v.f_blocks == 0)
		return 0;
	if (n / v.f_frsize <= v.f_bavail)
		return 0;
	errno = ENOSPC;
	return -1;
}
