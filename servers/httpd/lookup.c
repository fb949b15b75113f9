/*
 * From a path to open files: the index of a folder, only regular files, the
 * precompressed siblings.  Called by the cache and when a listing is made; it
 * never reads contents.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/beneath.h"
#include "resource.h"

const struct coding_info codings[CODINGS] = {
	[CODING_BR] = { HTTP_CODING_BR, ".br" },
	[CODING_ZSTD] = { HTTP_CODING_ZSTD, ".zst" },
	[CODING_GZIP] = { HTTP_CODING_GZIP, ".gz" },
	[CODING_NONE] = { HTTP_CODING_IDENTITY, "" },
};

enum lookup
lookup_errno(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
	case ENXIO:		/* a socket, or a device without a driver */
	case ENODEV:
		return LOOKUP_NONE;
	case EACCES:
	case EPERM:
		return LOOKUP_FORBIDDEN;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return LOOKUP_BUSY;
	default:
		return LOOKUP_ERROR;
	}
}

unsigned
lookup_status(enum lookup l)
{
	static const unsigned status[] = {
		[LOOKUP_NONE] = 404,
		[LOOKUP_FORBIDDEN] = 403,
		[LOOKUP_BUSY] = 503,
		[LOOKUP_ERROR] = 500,
	};

	return status[l];
}

/* open_as - name into fd[coding]; errno EISDIR for a folder. */
static int
open_as(const struct httpd *h, const struct site *site, struct found *f,
    enum coding coding)
{
	int fd, error;

	fd = beneath_open(site->root, f->name, h->follow_links == FOLLOW_NONE);
	if (fd == -1)
		return -1;
	if (fstat(fd, &f->st[coding]) == -1)
		error = errno;
	else if (S_ISREG(f->st[coding].st_mode))
		error = 0;
	else
		error = S_ISDIR(f->st[coding].st_mode) ? EISDIR : ENOENT;
	if (error != 0) {
		close(fd);
		errno = error;
		return -1;
	}
	f->fd[coding] = fd;
	return 0;
}

/*
 * siblings - those of the file that are not older than it: an old one was
 * made of other contents.  Whole seconds, since tools that copy times round.
 */
static void
siblings(const struct httpd *h, const struct site *site, struct found *f)
{
	const struct stat *file = &f->st[CODING_NONE];

	for (int i = 0; i < CODING_NONE; i++) {
		size_t n = strlen(codings[i].suffix);

		if (f->name_len + n >= sizeof(f->name))
			continue;
		memcpy(f->name + f->name_len, codings[i].suffix, n + 1);
		if (open_as(h, site, f, i) == 0 &&
		    f->st[i].st_mtime < file->st_mtime) {
			close(f->fd[i]);
			f->fd[i] = -1;
		}
	}
	f->name[f->name_len] = '\0';
}

bool
lookup_gzipped(const char *name, size_t n)
{
	static const char suffix[] = ".svgz";
	const size_t len = sizeof(suffix) - 1;

	return n > len && strcasecmp(name + n - len, suffix) == 0;
}

/* open_index - the first index of the folder in name that is a file. */
static enum lookup
open_index(const struct httpd *h, const struct site *site, struct found *f)
{
	size_t folder = f->name_len;

	for (size_t i = 0; i < h->index.n; i++) {
		size_t n = strlen(h->index.v[i]);

		if (folder + n >= sizeof(f->name))
			continue;
		memcpy(f->name + folder, h->index.v[i], n + 1);
		if (open_as(h, site, f, CODING_NONE) == 0) {
			f->name_len = folder + n;
			return LOOKUP_FILE;
		}
		if (errno != EISDIR && lookup_errno(errno) != LOOKUP_NONE)
			return lookup_errno(errno);
	}
	f->name[folder] = '\0';
	if (open_as(h, site, f, CODING_NONE) == -1)
		return errno == EISDIR ? LOOKUP_FOLDER : lookup_errno(errno);
	/* A file whose name was given a slash: not ours to have. */
	close(f->fd[CODING_NONE]);
	f->fd[CODING_NONE] = -1;
	return LOOKUP_NONE;
}

enum lookup
lookup_path(const struct httpd *h, const struct site *site, const char *path,
    size_t len, struct found *f)
{
	enum lookup result = LOOKUP_FILE;

	for (int i = 0; i < CODINGS; i++)
		f->fd[i] = -1;
	f->name_len = len - 1;
	memcpy(f->name, path + 1, len);
	if (path[len - 1] == '/') {
		result = open_index(h, site, f);
	} else if (open_as(h, site, f, CODING_NONE) == -1) {
		result = errno == EISDIR ? LOOKUP_SLASH : lookup_errno(errno);
	}
	if (result == LOOKUP_FILE && h->precompressed &&
	    !lookup_gzipped(f->name, f->name_len))
		siblings(h, site, f);
	return result;
}

void
found_close(struct found *f)
{
	for (int i = 0; i < CODINGS; i++) {
		if (f->fd[i] != -1)
			close(f->fd[i]);
		f->fd[i] = -1;
	}
}
