/*
 * renameat2(2) and sync_file_range(2), which only Linux has.  Called by part.c
 * alone.
 */
#include "base/part_sys.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

/* rename_looking - for file systems without RENAME_NOREPLACE: a file that is
 * made in between is lost, which is the best that can be had there. */
static int
rename_looking(int dir, const char *from, const char *to)
{
	struct stat st;

	if (fstatat(dir, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return errno == ENOENT ? renameat(dir, from, dir, to) : -1;
}

int
part_sys_rename(int dir, const char *from, const char *to)
{
	if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	return rename_looking(dir, from, to);
}

void
part_sys_writeback(int fd, uint64_t off, uint64_t n)
{
	sync_file_range(fd, (off_t)off, (off_t)n, SYNC_FILE_RANGE_WRITE);
}
