/*
 * Walking through folders.  A path that would be too long is left out; nothing
 * is opened for reading here but folders.
 */
#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct walk {
	int	(*found)(void *, const char *, const struct stat *);
	void	(*cannot)(void *, const char *, int);
	void	*arg;
	char	 path[PATH_MAX];
};

static int	walk_folder(struct walk *, size_t len);

static int
real_name(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

/* visit - what is at the path of len bytes; links to folders are not gone
 * through, for they could lead in circles */
static int
visit(struct walk *w, size_t len)
{
	struct stat st;
	int link;

	if (lstat(w->path, &st) == -1) {
		w->cannot(w->arg, w->path, errno);
		return 0;
	}
	link = S_ISLNK(st.st_mode);
	if (link && stat(w->path, &st) == -1) {
		w->cannot(w->arg, w->path, errno);
		return 0;
	}
	if (!(S_ISDIR(st.st_mode) && !link) && !S_ISREG(st.st_mode)) {
		w->cannot(w->arg, w->path, EINVAL);
		return 0;
	}
	if (w->found(w->arg, w->path, &st) == -1)
		return -1;
	return S_ISDIR(st.st_mode) ? walk_folder(w, len) : 0;
}

static int
walk_folder(struct walk *w, size_t len)
{
	struct dirent **names;
	int n = scandir(w->path, &names, real_name, alphasort), r = 0;
	size_t slash = w->path[len - 1] != '/';

	if (n == -1) {
		w->cannot(w->arg, w->path, errno);
		return 0;
	}
	for (int i = 0; i < n; i++) {
		size_t more = strlen(names[i]->d_name);

		if (r == 0 && len + slash + more < sizeof(w->path)) {
			memcpy(w->path + len, "/", slash);
			memcpy(w->path + len + slash, names[i]->d_name,
			    more + 1);
			r = visit(w, len + slash + more);
		} else if (r == 0) {
			w->cannot(w->arg, names[i]->d_name, ENAMETOOLONG);
		}
		free(names[i]);
	}
	free(names);
	w->path[len] = '\0';
	return r;
}

int
walk(const char *path, bool recursive,
    int (*found)(void *, const char *, const struct stat *),
    void (*cannot)(void *, const char *, int), void *arg)
{
	struct walk *w;
	struct stat st;
	int r;

	if (stat(path, &st) == -1 || strlen(path) >= PATH_MAX) {
		cannot(arg, path, errno);
		return 0;
	}
	if (!S_ISDIR(st.st_mode) || !recursive) {
		if (S_ISDIR(st.st_mode) || !S_ISREG(st.st_mode)) {
			cannot(arg, path, S_ISDIR(st.st_mode) ? EISDIR :
			    ENODEV);
			return 0;
		}
		return found(arg, path, &st);
	}
	w = calloc(1, sizeof(*w));
	if (w == NULL) {
		cannot(arg, path, ENOMEM);
		return 0;
	}
	w->found = found;
	w->cannot = cannot;
	w->arg = arg;
	snprintf(w->path, sizeof(w->path), "%s", path);
	r = found(arg, path, &st) == -1 ? -1 : walk_folder(w, strlen(path));
	free(w);
	return r;
}
