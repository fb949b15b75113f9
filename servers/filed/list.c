/*
 * LIST and STAT: what there is.  A link is what it leads to, if that is beneath
 * the folder; a recursive list does not go through links to folders, which
 * could lead in circles.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/beneath.h"
#include "digests.h"
#include "filed.h"
#include "net/wait.h"

#define DEPTH_MAX	64
#define TURN_ENTRIES	256

struct listing {
	const struct exchange	*x;
	DIR			*dir[DEPTH_MAX];
	size_t			 len[DEPTH_MAX];	/* of path, with "/" */
	int			 depth;
	unsigned long		 entries, troubles;
	char			 path[FILE_NAME];
};

/* fill - an entry from st; false: it is nothing that can be had. */
static bool
fill(const struct filed *f, struct file_entry *e, const struct stat *st,
    const char *name)
{
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		return false;
	e->type = S_ISDIR(st->st_mode) ? 'd' : 'f';
	e->mode = (int)(st->st_mode & 0777);
	e->size = e->type == 'f' ? (uint64_t)st->st_size : 0;
	e->mtime = mtime_ns(st);
	e->sha[0] = '\0';
	if (e->type == 'f')
		digests_find(f->digests, st, e->sha);
	snprintf(e->name, sizeof(e->name), "%s", name);
	return true;
}

/* show - a line with the entry in it, put together where it is sent from. */
static int
show(const struct exchange *x, const struct file_entry *e, char sign)
{
	char *room = conn_room(x->c, FILE_LINE);
	int n, len;

	if (room == NULL)
		return -1;
	n = snprintf(room, FILE_LINE, "%d%c", FILE_ENTRY, sign);
	len = file_entry_format(e, room + n, FILE_LINE - 8);
	if (len == -1)
		return 0;	/* nobody could ask for such a name either */
	n += len;
	n += snprintf(room + n, 4, "%s", x->eol);
	conn_wrote(x->c, (size_t)n);
	return 0;
}

/* look - what is at path, links followed as far as they may be. */
static int
look(const struct filed *f, const char *path, struct stat *st)
{
	int fd = beneath_name(f->root, path, 0), r;

	if (fd == -1)
		return -1;
	r = fstat(fd, st);
	close(fd);
	return r;
}

/* trouble - what could not be looked at, among the entries. */
static void
trouble(struct listing *l, int error)
{
	const char *eol = l->x->eol;
	char name[512];

	if (file_quote(l->path, name, sizeof(name)) == -1)
		snprintf(name, sizeof(name), "a folder");
	conn_printf(l->x->c, "%d-%s: %s%s", FILE_NONE, name, why_text(error),
	    eol);
	l->troubles++;
}

/* enter - the folder that path names. */
static void
enter(struct listing *l)
{
	size_t len = strlen(l->path);
	int fd;

	if (l->depth == DEPTH_MAX || len + 2 > sizeof(l->path)) {
		trouble(l, ENAMETOOLONG);
		return;
	}
	fd = beneath_open(l->x->f->root, l->path, 0);
	l->dir[l->depth] = fd == -1 ? NULL : fdopendir(fd);
	if (l->dir[l->depth] == NULL) {
		trouble(l, errno);
		if (fd != -1)
			close(fd);
		return;
	}
	if (len > 0)
		memcpy(l->path + len++, "/", 2);
	l->len[l->depth++] = len;
}

static void
leave(struct listing *l)
{
	closedir(l->dir[--l->depth]);
}

/* one - an entry of the innermost folder; 0, or -1: the peer is gone. */
static int
one(struct listing *l, const char *name)
{
	size_t len = l->len[l->depth - 1];
	int dir = dirfd(l->dir[l->depth - 1]);
	struct file_entry e;
	struct stat st;
	bool link;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    file_is_part(name) || len + strlen(name) >= sizeof(l->path))
		return 0;
	memcpy(l->path + len, name, strlen(name) + 1);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;	/* removed since */
	link = S_ISLNK(st.st_mode);
	if (link && look(l->x->f, l->path, &st) == -1)
		return 0;
	if ((link && l->x->r->recursive && S_ISDIR(st.st_mode)) ||
	    !fill(l->x->f, &e, &st, l->path))
		return 0;
	if (show(l->x, &e, '-') == -1)
		return -1;
	if (++l->entries % TURN_ENTRIES == 0)
		net_pause(0);
	if (l->x->r->recursive && e.type == 'd')
		enter(l);
	return 0;
}

/* folder_path - as names of what is in it begin: "" for the folder itself. */
static void
folder_path(char path[FILE_NAME], const char *name)
{
	size_t n = strlen(name);

	while (n > 0 && name[n - 1] == '/')
		n--;
	if (n == 1 && *name == '.')
		n = 0;
	memcpy(path, name, n);
	path[n] = '\0';
}

static enum conn_fate
list_folder(const struct exchange *x)
{
	struct listing l = { .x = x };
	struct dirent *d;
	int r = 0;

	folder_path(l.path, x->r->name);
	enter(&l);
	while (l.depth > 0 && r == 0) {
		l.path[l.len[l.depth - 1]] = '\0';
		d = readdir(l.dir[l.depth - 1]);
		if (d == NULL)
			leave(&l);
		else
			r = one(&l, d->d_name);
	}
	while (l.depth > 0)
		leave(&l);
	if (r == -1)
		return CONN_CLOSE;
	reply(x, FILE_ENTRY, "%lu entries, %lu troubles", l.entries,
	    l.troubles);
	return CONN_KEEP;
}

enum conn_fate
list_command(const struct exchange *x)
{
	struct file_entry e;
	struct stat st;

	if (file_is_part(x->r->name) ||
	    look(x->f, x->r->name, &st) == -1) {
		reply_errno(x, file_is_part(x->r->name) ? ENOENT : errno);
		return CONN_KEEP;
	}
	if (x->r->verb == FILE_LIST && S_ISDIR(st.st_mode))
		return list_folder(x);
	if (!fill(x->f, &e, &st, x->r->name)) {
		reply_errno(x, EINVAL);
		return CONN_KEEP;
	}
	return show(x, &e, ' ') == -1 ? CONN_CLOSE : CONN_KEEP;
}
