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

#define FOLDERS	256

uint64_t
file_bytes(const struct stat *st)
{
	/* of a part there are holes, which take no room */
	return (uint64_t)(st->st_blocks * 512 < st->st_size ?
	    st->st_blocks * 512 : st->st_size);
}

/* index_folder - what stands in one of the folders. */
static void
index_folder(struct store *s, int number)
{
	char name[8];
	struct key k;
	struct dirent *e;
	struct stat st;
	DIR *dir;
	int fd, i;

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
		account_found(s, &k, file_bytes(&st));
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
	uint32_t n;

	if (index_lost(s->index))
		s->shared->scan = 0;
	/* whoever has nothing else to do takes the next folder: no process is
	 * needed for the rest */
	if (s->shared->scan >= FOLDERS)
		return false;
	n = atomic_fetch_add(&s->shared->scan, 1);
	if (n >= FOLDERS) {
		s->shared->scan = FOLDERS;
		return false;
	}
	index_folder(s, (int)n);
	return n + 1 < FOLDERS;
}
