/*
 * Files that are there already, where somebody can be asked: before anything
 * moves, so that nobody has to wait for the questions.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/clock.h"
#include "filec.h"
#include "link.h"

/* The answers. */
enum answer { YES, NO, RENAME, ALL, QUIT };

/* ask - about a name; the end of standard input is a no to everything */
static enum answer
ask(const char *name)
{
	char line[64];

	for (;;) {
		fprintf(stderr, "'%s' is there already: replace it? "
		    "[y]es, [n]o, [r]ename the new one, [a]ll, [q]uit: ", name);
		if (fgets(line, sizeof(line), stdin) == NULL)
			return QUIT;
		switch (line[0]) {
		case 'y':
			return YES;
		case 'n':
			return NO;
		case 'r':
			return RENAME;
		case 'a':
			return ALL;
		case 'q':
			return QUIT;
		}
	}
}

/* other_here - is there another file where this one is to be? */
static bool
other_here(const struct work *w, const struct job *j)
{
	struct stat st;
	int fd = beneath_name(w->root, j->local, 0), r;

	if (fd == -1)
		return false;
	r = fstat(fd, &st);
	close(fd);
	return r == 0 && S_ISREG(st.st_mode) &&
	    ((uint64_t)st.st_size != j->size ||
	    st.st_mtim.tv_sec * NSEC_PER_SEC + st.st_mtim.tv_nsec != j->mtime);
}

/* other_there - the same, by STAT; -1: the connection is lost */
static int
other_there(struct link *l, const struct job *j, struct outcome *o)
{
	struct file_request r = { .verb = FILE_STAT };
	static struct file_entry e;
	int code;

	snprintf(r.name, sizeof(r.name), "%s", j->remote);
	if (link_open(l, o) != ST_OK || link_send(l, &r, o) != ST_OK)
		return -1;
	code = link_reply(l, o);
	if (code == -1)
		return -1;
	return code == FILE_ENTRY &&
	    file_entry_parse(&e, l->text, strlen(l->text)) == 0 &&
	    e.type == 'f' && (e.size != j->size || e.mtime != j->mtime);
}

static void
decide_one(struct job *j, enum answer *all, const char *name)
{
	enum answer a = *all != NO ? *all : ask(name);

	if (a == ALL || a == QUIT)
		*all = a;
	if (a == YES || a == ALL)
		j->exists = FILE_REPLACE;
	else if (a == RENAME)
		j->exists = FILE_RENAME;
	else
		j->declined = true;
}

enum status
decide(struct work *w, struct link *l, struct outcome *o)
{
	enum answer all = NO;
	struct job *j;
	int other;

	if (!w->set->ask || w->standard)
		return ST_OK;
	for (size_t i = 0; i < w->n; i++) {
		j = &w->job[i];
		if (j->folder || j->exists != FILE_KEEP)
			continue;
		other = w->put ? other_there(l, j, o) : other_here(w, j);
		if (other == -1)
			return o->status;
		if (other)
			decide_one(j, &all, w->put ? j->remote : j->local);
	}
	return ST_OK;
}
