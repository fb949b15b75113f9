/*
 * The limit of a store whose processes share nothing but its folder: inetd's,
 * one for each connection, none of which lives long enough to know what is
 * there.  Now and then one of them looks at all of it when its client has gone,
 * and removes what is too much, older files first.
 */
#include <sys/random.h>
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store_impl.h"

#define SHARE	64	/* part of the limit that is stored between two looks */

/* All that is there. */
struct sum {
	uint64_t	bytes, files;
	int64_t		written;	/* sum of the times, s */
};

/* What is to go. */
struct cut {
	uint64_t	bytes;
	int64_t		before;		/* only what was written then, s */
};

/* each_file - of one of the 256 folders: counted, or with cut removed. */
static void
each_file(struct store *s, int folder, struct sum *sum, struct cut *cut)
{
	char name[8];
	struct dirent *e;
	struct stat st;
	DIR *dir;
	int fd;

	snprintf(name, sizeof(name), "%02x", folder & 255);
	fd = openat(s->dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return;
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return;
	}
	while ((cut == NULL || cut->bytes > 0) && (e = readdir(dir)) != NULL) {
		if (strlen(e->d_name) != 2 * KEY_LEN ||
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		if (cut == NULL) {
			sum->bytes += file_bytes(&st);
			sum->files++;
			sum->written += st.st_mtime;
		} else if (st.st_mtime <= cut->before &&
		    unlinkat(fd, e->d_name, 0) == 0) {
			cut->bytes -= file_bytes(&st) < cut->bytes ?
			    file_bytes(&st) : cut->bytes;
		}
	}
	closedir(dir);
}

/* is_time - for this process, after which so many bytes more are there. */
static bool
is_time(uint64_t share, uint64_t bytes, uint32_t *chance)
{
	if (getrandom(chance, sizeof(*chance), GRND_NONBLOCK) !=
	    sizeof(*chance))
		return true;
	return (double)*chance / UINT32_MAX * (double)share <= (double)bytes;
}

void
store_trim(struct store *s)
{
	uint64_t limit = (uint64_t)s->size, bytes = index_bytes(s->index);
	struct sum sum = { .bytes = 0 };
	struct cut cut = { .bytes = 0 };
	uint32_t first = 0;
	int i;

	if (bytes == 0 || !is_time(limit / SHARE, bytes, &first))
		return;
	for (i = 0; i < 256; i++)
		each_file(s, i, &sum, NULL);
	if (sum.bytes <= limit || sum.files == 0)
		return;
	cut.bytes = sum.bytes - limit;
	cut.before = sum.written / (int64_t)sum.files;
	/* all over the place, and of the older half first */
	for (i = 0; i < 512 && cut.bytes > 0; i++) {
		if (i == 256)
			cut.before = INT64_MAX;
		each_file(s, (int)(first & 255) + i, NULL, &cut);
	}
}
