/*
 * Where a page is stored: under its name only when all of it is there, and
 * never outside the folder.
 */
#include "urlget.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static CURLcode
fail(struct page *p, const char *name)
{
	return page_fail(p, CURLE_WRITE_ERROR, "%s: %s", name,
	    strerror(errno));
}

/* split_output - --output as a folder and a name in it. */
static CURLcode
split_output(struct page *p, char *folder, size_t size)
{
	const char *out = p->set->output, *slash = strrchr(out, '/');
	const char *name = slash != NULL ? slash + 1 : out;

	if (strlen(name) >= sizeof(p->store.name) ||
	    (slash != NULL && (size_t)(slash - out) >= size)) {
		errno = ENAMETOOLONG;
		return fail(p, out);
	}
	snprintf(p->store.name, sizeof(p->store.name), "%s", name);
	if (slash != NULL)
		snprintf(folder, size, "%.*s", slash == out ? 1 :
		    (int)(slash - out), out);
	return CURLE_OK;
}

static CURLcode
open_folder(struct page *p)
{
	struct store *s = &p->store;
	const char *dir = p->set->folder != NULL ? p->set->folder : ".";
	char folder[PATH_MAX];

	if (strlen(dir) >= sizeof(folder)) {
		errno = ENAMETOOLONG;
		return fail(p, dir);
	}
	snprintf(folder, sizeof(folder), "%s", dir);
	if (p->set->output != NULL &&
	    split_output(p, folder, sizeof(folder)) != CURLE_OK)
		return p->status;
	s->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir == -1 || realpath(folder, s->folder) == NULL)
		return fail(p, folder);
	return CURLE_OK;
}

/* must_not_exist - found out before anything is asked, too. */
static CURLcode
must_not_exist(struct page *p)
{
	struct store *s = &p->store;
	struct stat st;

	if (fstatat(s->dir, s->name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? CURLE_OK : fail(p, s->name);
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return fail(p, s->name);
	}
	if (s->overwrite && (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)))
		return CURLE_OK;
	if (s->overwrite)
		return page_fail(p, CURLE_WRITE_ERROR,
		    "%s is there already, and is no file", s->name);
	return page_fail(p, CURLE_WRITE_ERROR,
	    "%s is there already; --overwrite replaces it", s->name);
}

/*
 * open_sink - what --output names may be a device or a pipe, which is written
 * to and not replaced: /dev/null, above all.  Nothing in /dev is, for what is
 * no device there is a link to where a descriptor leads.
 */
static CURLcode
open_sink(struct page *p)
{
	struct store *s = &p->store;
	struct stat st;

	if (p->set->output == NULL || fstatat(s->dir, s->name, &st, 0) == -1 ||
	    S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) &&
	    strcmp(s->folder, "/dev") != 0))
		return CURLE_OK;
	s->sink = openat(s->dir, s->name, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	return s->sink == -1 ? fail(p, s->name) : CURLE_OK;
}

CURLcode
store_open(struct page *p)
{
	struct store *s = &p->store;
	char part[PART_NAME_MAX];

	s->overwrite = p->set->overwrite;
	if (s->to_stdout)
		return CURLE_OK;
	if (open_folder(p) != CURLE_OK || open_sink(p) != CURLE_OK)
		return p->status;
	if (s->sink != -1)
		return CURLE_OK;
	if (must_not_exist(p) != CURLE_OK)
		return p->status;
	part_name(part, s->name, NULL);
	if (part_open(&s->part, s->dir, part) == 0)
		return CURLE_OK;
	if (errno == EWOULDBLOCK)
		return page_fail(p, CURLE_WRITE_ERROR,
		    "%s is being written by somebody else", part);
	return fail(p, part);
}

CURLcode
store_begin(struct page *p, uint64_t from, uint64_t total)
{
	struct store *s = &p->store;

	s->size = from;
	if (s->sink != -1)
		return CURLE_OK;
	if (part_cut(&s->part, from) == -1)
		return fail(p, s->part.name);
	if (total != PROGRESS_UNKNOWN && total > from &&
	    part_room(&s->part, total - from) == -1)
		return fail(p, s->name);
	return CURLE_OK;
}

CURLcode
store_write(struct page *p, const void *data, size_t n)
{
	struct store *s = &p->store;
	const char *at = data;
	ssize_t r;

	s->size += n;
	if (s->sink == -1)
		return part_write(&s->part, data, n) == 0 ? CURLE_OK :
		    fail(p, s->part.name);
	while (n > 0) {
		r = write(s->sink, at, n);
		if (r == -1 && errno != EINTR)
			return fail(p, s->to_stdout ? "standard output" :
			    s->name);
		if (r > 0) {
			at += r;
			n -= (size_t)r;
		}
	}
	return CURLE_OK;
}

CURLcode
store_finish(struct page *p)
{
	struct store *s = &p->store;

	if (s->sink != -1) {
		p->stored = !s->to_stdout;
		return CURLE_OK;
	}
	validator_forget(p);
	if (part_finish(&s->part, s->name, s->overwrite ? PART_REPLACE :
	    PART_KEEP, -1, NULL) == -1)
		return fail(p, s->name);
	p->stored = true;
	return CURLE_OK;
}

void
store_close(struct page *p, bool drop)
{
	struct store *s = &p->store;

	if (s->part.fd != -1 && drop)
		part_discard(&s->part);
	else if (s->part.fd != -1)
		part_close(&s->part);
	if (s->sink != -1 && !s->to_stdout)
		close(s->sink);
	if (s->dir != -1)
		close(s->dir);
	s->dir = -1;
}
