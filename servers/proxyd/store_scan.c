/*
 * The store after a start: what an earlier run left behind is put into the
 * index, a folder at a time while nothing else is to be done, so that service
 * begins at once.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store_impl.h"

/* index_folder - what stands in one of the 256 folders. */
static void
index_folder(struct store *s, int number)
{
	char name[8], path[300];
	struct key k, out[8];
	struct dirent *e;
	struct stat st;
	DIR *dir;
	int fd, i, n;

	snprintf(name, sizeof(name), "%02x", number);
	fd = openat(s->dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || (dir = fdopendir(fd)) == NULL)
		return;
	while ((e = readdir(dir)) != NULL) {
		if (strlen(e->d_name) != 2 * KEY_LEN ||
		    fstatat(fd, e->d_name, &st, 0) == -1)
			continue;
		for (i = 0; i < KEY_LEN; i++)
			k.b[i] = (uint8_t)(http_hex(e->d_name[2 * i]) << 4 |
			    http_hex(e->d_name[2 * i + 1]));
		/* of a part there are holes, which take no room */
		n = index_add(s->index, &k, (uint64_t)(st.st_blocks * 512 <
		    st.st_size ? st.st_blocks * 512 : st.st_size),
		    (uint64_t)s->size, out, 8);
		while (n-- > 0) {
			file_name(&out[n], path);
			unlinkat(s->dirfd, path, 0);
		}
	}
	closedir(dir);
}

/* clear_temporary - what was coming in when an earlier run ended. */
static void
clear_temporary(struct store *s)
{
	struct dirent *e;
	DIR *dir;
	int fd = openat(s->dirfd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1 || (dir = fdopendir(fd)) == NULL)
		return;
	while ((e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			unlinkat(fd, e->d_name, 0);
	closedir(dir);
}

void
store_clear_temporary(struct store *s)
{
	if (s->shared->next_temporary == 0) {
		/* not while another process has the folder, as those have that
		 * inetd starts for each connection */
		if (flock(s->dirfd, LOCK_EX | LOCK_NB) == 0)
			clear_temporary(s);
		s->shared->next_temporary = ((uint64_t)getpid() << 32) + 1;
	}
	flock(s->dirfd, LOCK_SH | LOCK_NB);
}

bool
store_idle(struct store *s)
{
	uint32_t nobody = 0;

	if (s->scan < 0)
		return false;
	if (s->scan == 0 && !atomic_compare_exchange_strong(
	    &s->shared->scanned, &nobody, (uint32_t)serve_child() + 1)) {
		s->scan = -1;
		return false;
	}
	index_folder(s, s->scan++);
	if (s->scan == 256)
		s->scan = -1;
	return s->scan > 0;
}
