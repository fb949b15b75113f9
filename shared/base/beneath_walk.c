/*
 * Walking from folder to folder, one name at a time and never through a link:
 * links are read and their text is walked, so that no step can leave the root.
 * Called by beneath_linux.c only.
 */
#include "base/beneath_walk.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef O_PATH
#define O_PATH	0	/* then names are opened for reading */
#endif

#define DEPTH_MAX	128
#define LINKS_MAX	40

struct walk {
	int	 dirs[DEPTH_MAX];	/* from the root, which is not ours */
	int	 depth;
	int	 links;
	size_t	 at;			/* what is still to be walked, */
	char	 path[PATH_MAX];	/* from there to the end */
	char	 name[NAME_MAX + 1];
};

static int
fail(int error)
{
	errno = error;
	return -1;
}

static int
here(const struct walk *w)
{
	return w->dirs[w->depth - 1];
}

/* take_name - the next name of the path; 0 where there is none. */
static int
take_name(struct walk *w)
{
	size_t n;

	w->at += strspn(w->path + w->at, "/");
	n = strcspn(w->path + w->at, "/");
	if (n > NAME_MAX)
		return fail(ENAMETOOLONG);
	memcpy(w->name, w->path + w->at, n);
	w->name[n] = '\0';
	w->at += n;
	return n > 0;
}

static int
up(struct walk *w)
{
	if (w->depth == 1)
		return fail(ENOENT);
	close(w->dirs[--w->depth]);
	return 0;
}

/* follow - put the text of the link at name before the rest. */
static int
follow(struct walk *w, int nolinks)
{
	size_t left = strlen(w->path + w->at);
	char link[PATH_MAX];
	ssize_t n;

	n = readlinkat(here(w), w->name, link, sizeof(link));
	if (n == -1)
		return fail(errno == EINVAL ? ENOTDIR : errno);
	if (nolinks || n == 0 || link[0] == '/' || ++w->links > LINKS_MAX)
		return fail(ENOENT);
	if ((size_t)n + left >= sizeof(link))
		return fail(ENAMETOOLONG);
	memcpy(link + n, w->path + w->at, left + 1);
	memcpy(w->path, link, (size_t)n + left + 1);
	w->at = 0;
	return 0;
}

/* down - into the folder at name, or along a link. */
static int
down(struct walk *w, int nolinks)
{
	int fd;

	if (w->depth == DEPTH_MAX)
		return fail(ENAMETOOLONG);
	fd = openat(here(w), w->name,
	    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd != -1) {
		w->dirs[w->depth++] = fd;
		return 0;
	}
	if (errno != ENOTDIR && errno != ELOOP)
		return -1;
	return follow(w, nolinks);
}

/* last - open what was looked for: 0 where it is a link, 1 with *fd, -1. */
static int
last(struct walk *w, int flags, int nolinks, int *fd)
{
	struct stat st;

	*fd = openat(here(w), w->name, flags | O_NOFOLLOW);
	if (*fd == -1)
		return errno == ELOOP ? follow(w, nolinks) : -1;
	if ((flags & O_PATH) == 0 || fstat(*fd, &st) == -1 ||
	    !S_ISLNK(st.st_mode))
		return 1;
	close(*fd);	/* with O_PATH the link itself was opened */
	return follow(w, nolinks);
}

/* step - one name further: 0, 1 with *fd what was looked for, -1. */
static int
step(struct walk *w, int flags, int nolinks, int *fd)
{
	int r = take_name(w);

	if (r == -1)
		return -1;
	if (r == 0) {
		*fd = openat(here(w), ".", flags | O_DIRECTORY);
		return *fd == -1 ? -1 : 1;
	}
	if (strcmp(w->name, ".") == 0)
		return 0;
	if (strcmp(w->name, "..") == 0)
		return up(w);
	if (w->path[w->at] == '/')
		return down(w, nolinks);
	return last(w, flags, nolinks, fd);
}

int
beneath_walk(int root, const char *path, int flags, int nolinks)
{
	struct walk w = { .dirs = { root }, .depth = 1 };
	int fd = -1, r, error;

	if (strlen(path) >= sizeof(w.path))
		return fail(ENAMETOOLONG);
	if (path[0] == '/')
		return fail(ENOENT);
	memcpy(w.path, path, strlen(path) + 1);
	do {
		r = step(&w, flags, nolinks, &fd);
	} while (r == 0);
	error = errno;
	while (w.depth > 1)
		close(w.dirs[--w.depth]);
	errno = error;
	return r == 1 ? fd : -1;
}
