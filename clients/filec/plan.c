/*
 * From the operands to a list of jobs: which files, from where, to where.
 * Names that the server says are looked at before they are used here.
 */
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/beneath.h"
#include "base/clock.h"
#include "filec.h"
#include "link.h"
#include "walk.h"

struct job *
add_job(struct work *w, const char *remote, const char *local)
{
	struct job *j;

	if ((w->n & (w->n - 1)) == 0) {		/* a power of two: it is full */
		j = realloc(w->job, (w->n == 0 ? 1 : 2 * w->n) * sizeof(*j));
		if (j == NULL)
			return NULL;
		w->job = j;
	}
	j = &w->job[w->n];
	memset(j, 0, sizeof(*j));
	j->remote = strdup(remote);
	j->local = strdup(local);
	j->mode = FILE_NO_MODE;
	j->exists = w->set->overwrite ? FILE_REPLACE : w->set->rename ?
	    FILE_RENAME : FILE_KEEP;
	if (j->remote == NULL || j->local == NULL) {
		free(j->remote);
		free(j->local);
		return NULL;
	}
	w->n++;
	return j;
}

/* drop_jobs - all but the first n */
static void
drop_jobs(struct work *w, size_t n)
{
	while (w->n > n) {
		w->n--;
		free(w->job[w->n].remote);
		free(w->job[w->n].local);
	}
}

void
work_free(struct work *w)
{
	drop_jobs(w, 0);
	free(w->job);
	w->job = NULL;
}

static enum status
no_memory(struct outcome *o)
{
	return fail(o, ST_LOCAL, "out of memory");
}

/* base_of - the last part of a name, without slashes at its end: where it
 * begins, and its length */
static const char *
base_of(const char *name, size_t *len)
{
	size_t n = strlen(name), at;

	while (n > 1 && name[n - 1] == '/')
		n--;
	for (at = n; at > 0 && name[at - 1] != '/'; at--)
		continue;
	*len = n - at;
	return name + at;
}

/* is_here - "." and the like: what is in it, not it, is meant */
static bool
is_here(const char *base, size_t len)
{
	return len == 0 || (len == 1 && *base == '.') ||
	    (len == 2 && memcmp(base, "..", 2) == 0) ||
	    (len == 1 && *base == '/');
}

/* -- What is got ----------------------------------------------------------- */

/* open_root - the folder that --output names, or is in; rest is what remains
 * as a file's name, if anything */
static enum status
open_root(struct work *w, int n, const char **rest, struct outcome *o)
{
	const char *out = w->set->output, *slash;
	char dir[FILE_NAME] = ".";
	struct stat st;

	*rest = NULL;
	if (out != NULL && (stat(out, &st) == 0 ? S_ISDIR(st.st_mode) :
	    n > 1 || w->set->recursive || out[strlen(out) - 1] == '/')) {
		snprintf(dir, sizeof(dir), "%s", out);
	} else if (out != NULL) {
		slash = strrchr(out, '/');
		*rest = slash != NULL ? slash + 1 : out;
		if (slash != NULL)
			snprintf(dir, sizeof(dir), "%.*s",
			    slash == out ? 1 : (int)(slash - out), out);
	}
	if (*rest != NULL && (n > 1 || w->set->recursive))
		return fail(o, ST_LOCAL, "%s: is no folder", out);
	if (out != NULL && w->set->recursive)
		mkdir(dir, 0777);	/* what is wrong is seen below */
	w->root = beneath_root(dir);
	return w->root != -1 ? ST_OK : fail(o, ST_LOCAL, "%s: %s", dir,
	    strerror(errno));
}

/* take_entry - what the server has, as a job; skip bytes of its name are those
 * of folders above the one that was asked for */
static enum status
take_entry(struct work *w, const struct file_entry *e, size_t skip,
    const char *as, struct outcome *o)
{
	const char *local = as != NULL ? as : e->name + skip;
	struct job *j;

	if (!file_name_safe(local, strlen(local)))
		return fail(o, ST_REFUSED, "the server says a name that is "
		    "not safe to use here");
	j = add_job(w, e->name, local);
	if (j == NULL)
		return no_memory(o);
	j->folder = e->type == 'd';
	j->size = e->size;
	j->mtime = e->mtime;
	j->mode = e->mode;
	return ST_OK;
}

/* under - whether the server's name is beneath the one that was asked for */
static bool
under(const char *name, const char *asked, size_t n)
{
	return n == 0 || (strncmp(name, asked, n) == 0 && name[n] == '/');
}

/* take_tree - LIST -r of a folder */
static enum status
take_tree(struct work *w, struct link *l, const char *name, struct outcome *o)
{
	struct file_request r = { .verb = FILE_LIST, .recursive = 1 };
	static struct file_entry e;
	size_t skip, len, n;
	const char *base = base_of(name, &len);
	enum status st;
	int code;

	n = is_here(base, len) ? 0 : (size_t)(base - name) + len;
	skip = is_here(base, len) ? 0 : (size_t)(base - name);
	snprintf(r.name, sizeof(r.name), "%.*s", (int)n, name);
	st = link_send(l, &r, o);
	while (st == ST_OK) {
		code = link_reply(l, o);
		if (code == FILE_NONE && l->more) {
			complain(name, l->text);
			worse(w->shared, ST_REFUSED);
			continue;
		}
		if (code != FILE_ENTRY)
			return code == -1 ? o->status : link_said(l, code, o);
		if (!l->more)
			return ST_OK;
		if (file_entry_parse(&e, l->text, strlen(l->text)) == -1 ||
		    !under(e.name, name, n))
			st = fail(o, ST_REFUSED, "the server lists nonsense");
		else
			st = take_entry(w, &e, skip, NULL, o);
	}
	link_close(l);
	return st;
}

/* is_all - all of the server's folder is meant */
static bool
is_all(const char *name)
{
	size_t n = strlen(name);

	while (n > 0 && name[n - 1] == '/')
		n--;
	return n == 0 || (n == 1 && *name == '.');
}

/* take_name - an operand: STAT it */
static enum status
take_name(struct work *w, struct link *l, const char *name, const char *as,
    struct outcome *o)
{
	struct file_request r = { .verb = FILE_STAT };
	static struct file_entry e;
	size_t len;
	const char *base = base_of(name, &len);
	enum status st;
	int code;

	if (!is_all(name) && is_here(base, len))
		return fail(o, ST_REFUSED, "a name ends in neither . nor ..");
	snprintf(r.name, sizeof(r.name), "%s", is_all(name) ? "." : name);
	st = link_send(l, &r, o);
	if (st != ST_OK)
		return st;
	code = link_reply(l, o);
	if (code != FILE_ENTRY)
		return code == -1 ? o->status : link_said(l, code, o);
	if (file_entry_parse(&e, l->text, strlen(l->text)) == -1)
		return fail(o, ST_REFUSED, "the server says nonsense");
	snprintf(e.name, sizeof(e.name), "%s", r.name);
	if (e.type == 'f')
		return take_entry(w, &e, (size_t)(base - name), as, o);
	if (!w->set->recursive)
		return fail(o, ST_REFUSED, "is a folder (-r gets it)");
	if (!is_here(base, len)) {
		e.name[(size_t)(base - name) + len] = '\0';
		st = take_entry(w, &e, (size_t)(base - name), NULL, o);
	}
	return st == ST_OK ? take_tree(w, l, name, o) : st;
}

/* find - what an operand stands for, as often as --retry allows */
static enum status
find(struct work *w, struct link *l, const char *name, const char *as,
    struct outcome *o)
{
	size_t before = w->n;
	int64_t tries = 0;
	enum status st;

	do {
		drop_jobs(w, before);
		st = link_open(l, o);
		if (st == ST_OK)
			st = take_name(w, l, name, as, o);
	} while (try_again(w->set, st, &tries));
	return st;
}

/* not_found - tell why an operand is no job */
static void
not_found(struct work *w, const char *name, const struct outcome *o)
{
	complain(name, o->why);
	report_untried(w, name, o);
	worse(w->shared, o->status);
}

/* plan_get - what one operand lacks does not keep the others from coming */
enum status
plan_get(struct work *w, struct link *l, char **names, int n,
    struct outcome *o)
{
	const char *rest;
	enum status st;
	int i = 0;

	if (w->standard)
		return add_job(w, names[0], "-") != NULL ? ST_OK :
		    no_memory(o);
	st = open_root(w, n, &rest, o);
	if (st != ST_OK)
		complain(w->set->output != NULL ? w->set->output : ".", o->why);
	while (i < n && st == ST_OK) {
		st = find(w, l, names[i], rest, o);
		if (st != ST_OK)
			not_found(w, names[i], o);
		if (st == ST_REFUSED)
			st = ST_OK;
		i++;
	}
	for (; i < n; i++)
		report_untried(w, names[i], o);
	return st;
}

/* -- What is put ----------------------------------------------------------- */

struct planning {
	struct work	*w;
	struct outcome	*o;
	const char	*prefix;	/* there; "" or ending in "/" */
	size_t		 skip;		/* of the local name */
};

/* add_local - a file or folder of ours */
static int
add_local(struct planning *p, const char *remote, const char *path,
    const struct stat *st)
{
	struct job *j = add_job(p->w, remote, path);

	if (j == NULL) {
		no_memory(p->o);
		return -1;
	}
	j->folder = S_ISDIR(st->st_mode);
	j->size = j->folder ? 0 : (uint64_t)st->st_size;
	j->mtime = (int64_t)st->st_mtim.tv_sec * NSEC_PER_SEC +
	    st->st_mtim.tv_nsec;
	j->mode = (int)(st->st_mode & 0777);
	return 0;
}

/* found - walk() has found a file or a folder */
static int
found(void *arg, const char *path, const struct stat *st)
{
	struct planning *p = arg;
	char remote[FILE_NAME];

	if (strlen(path) <= p->skip)
		return 0;	/* the folder that "." names */
	if (snprintf(remote, sizeof(remote), "%s%s", p->prefix,
	    path + p->skip) < (int)sizeof(remote))
		return add_local(p, remote, path, st);
	fail(p->o, ST_LOCAL, "the name is too long");
	not_found(p->w, path, p->o);
	return 0;
}

static void
cannot(void *arg, const char *path, int error)
{
	struct planning *p = arg;

	if (error == EINVAL) {
		complain(path, "is neither file nor folder: left out");
		return;
	}
	fail(p->o, ST_LOCAL, "%s", error == EISDIR ?
	    "is a folder (-r puts it)" : error == ENODEV ?
	    "is neither file nor folder" : strerror(error));
	not_found(p->w, path, p->o);
}

/* put_found - name, and with -r what is beneath it, under its last part */
static enum status
put_found(struct planning *p, const char *name)
{
	size_t len, n = strlen(name);
	const char *base = base_of(name, &len);
	char path[PATH_MAX];
	struct stat st;

	/* only a folder's name may end in slashes, and none that the server is
	 * told */
	if (stat(name, &st) == 0)
		while (n > 1 && name[n - 1] == '/')
			n--;
	if (n == 0 || n >= sizeof(path)) {
		cannot(p, name, n == 0 ? ENOENT : ENAMETOOLONG);
		return ST_OK;
	}
	snprintf(path, sizeof(path), "%.*s", (int)n, name);
	p->skip = is_here(base, len) ? n + (path[n - 1] != '/') :
	    (size_t)(base - name);
	return walk(path, p->w->set->recursive, found, cannot, p) == 0 ?
	    ST_OK : p->o->status;
}

static enum status
put_name(struct planning *p, const char *name, const char *as)
{
	struct stat st;

	if (as == NULL)
		return put_found(p, name);
	if (stat(name, &st) == -1)
		cannot(p, name, errno);
	else if (S_ISDIR(st.st_mode))
		cannot(p, name, EISDIR);
	else if (add_local(p, as, name, &st) == -1)
		return p->o->status;
	return ST_OK;
}

/* make_prefix - folders for what is put with its folders, the outermost
 * first */
static enum status
make_prefix(struct work *w, const char *prefix, struct outcome *o)
{
	char folder[FILE_NAME];
	struct job *j;

	for (size_t i = 1; prefix[i - 1] != '\0' && prefix[i] != '\0'; i++) {
		if (prefix[i] != '/' || prefix[i - 1] == '/')
			continue;
		snprintf(folder, sizeof(folder), "%.*s", (int)i, prefix);
		j = add_job(w, folder, folder);
		if (j == NULL)
			return no_memory(o);
		j->folder = true;
	}
	return ST_OK;
}

enum status
plan_put(struct work *w, struct link *l, char **names, int n,
    struct outcome *o)
{
	const char *out = w->set->output;
	size_t len = out != NULL ? strlen(out) : 0;
	bool into = n > 1 || w->set->recursive || len == 0 ||
	    out[len - 1] == '/';
	char prefix[FILE_NAME] = "";
	struct planning p = { .w = w, .o = o, .prefix = prefix };
	enum status st = ST_OK;

	(void)l;
	if (w->standard)
		return add_job(w, out, "-") != NULL ? ST_OK : no_memory(o);
	if (into && len > 0 && snprintf(prefix, sizeof(prefix), "%s%s", out,
	    out[len - 1] == '/' ? "" : "/") >= (int)sizeof(prefix))
		st = fail(o, ST_USAGE, "--output: the name is too long");
	if (st == ST_OK && w->set->recursive)
		st = make_prefix(w, prefix, o);
	for (int i = 0; i < n && st == ST_OK; i++)
		st = put_name(&p, names[i], into ? NULL : out);
	if (st != ST_OK)
		complain("put", o->why);
	return st;
}
