/*
 * LIST and STAT, for people as ls(1) does it, or as JSON.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "filec.h"
#include "link.h"

struct entries {
	struct file_entry **v;
	size_t	 n;
};

static int
by_name(const void *a, const void *b)
{
	const struct file_entry *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* keep - an entry until all are there; 0 or -1 */
static int
keep(struct entries *all, const char *text)
{
	struct file_entry **v = all->v, *e, *shorter;

	if ((all->n & (all->n - 1)) == 0) {
		v = realloc(v, (all->n == 0 ? 1 : 2 * all->n) * sizeof(*v));
		if (v == NULL)
			return -1;
		all->v = v;
	}
	e = malloc(sizeof(*e));
	if (e == NULL || file_entry_parse(e, text, strlen(text)) == -1) {
		free(e);
		return -1;
	}
	/* most names are short, and there may be many */
	shorter = realloc(e, offsetof(struct file_entry, name) +
	    strlen(e->name) + 1);
	if (shorter != NULL)
		e = shorter;
	v[all->n++] = e;
	return 0;
}

static void
free_entries(struct entries *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->v[i]);
	free(all->v);
	memset(all, 0, sizeof(*all));
}

static void
print_json(const struct file_entry *e)
{
	struct buf b = { 0 };

	buf_adds(&b, "{\"name\":");
	buf_json(&b, e->name, strlen(e->name));
	buf_addf(&b, ",\"type\":\"%s\",\"size\":%llu,\"mtime\":%lld.%09lld,",
	    e->type == 'd' ? "folder" : "file", (unsigned long long)e->size,
	    (long long)e->mtime / 1000000000,
	    llabs((long long)e->mtime % 1000000000));
	if (e->mode != FILE_NO_MODE)
		buf_addf(&b, "\"mode\":\"%04o\",", (unsigned)e->mode);
	else
		buf_adds(&b, "\"mode\":null,");
	if (e->sha[0] != '\0')
		buf_addf(&b, "\"sha256\":\"%s\"}", e->sha);
	else
		buf_adds(&b, "\"sha256\":null}");
	if (!b.failed)
		puts(b.data);
	buf_free(&b);
}

/* mode_text - "-rw-r--r--" */
static void
mode_text(const struct file_entry *e, char out[11])
{
	static const char bits[] = "rwxrwxrwx";

	out[0] = e->type == 'd' ? 'd' : '-';
	for (int i = 0; i < 9; i++)
		out[i + 1] = e->mode == FILE_NO_MODE ? '?' :
		    (e->mode & (0400 >> i)) ? bits[i] : '-';
	out[10] = '\0';
}

static void
print_line(const struct file_entry *e, bool sha)
{
	char line[4 * FILE_NAME + 8], mode[11], when[32];
	time_t t = (time_t)(e->mtime / 1000000000);
	struct text text;
	struct tm tm;

	mode_text(e, mode);
	if (localtime_r(&t, &tm) == NULL ||
	    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(when, sizeof(when), "-");
	text_init(&text, line, sizeof(line));
	text_addesc(&text, e->name, strlen(e->name));
	printf("%s %12llu %s ", mode, (unsigned long long)e->size, when);
	if (sha)
		printf("%s ", e->sha[0] != '\0' ? e->sha : "-");
	printf("%s%s\n", line, e->type == 'd' ? "/" : "");
}

static void
print_all(const struct settings *set, struct entries *all, bool sha)
{
	if (all->n > 1)
		qsort(all->v, all->n, sizeof(*all->v), by_name);
	for (size_t i = 0; i < all->n; i++) {
		if (set->json)
			print_json(all->v[i]);
		else
			print_line(all->v[i], sha);
	}
}

/* hear - the entries, to the last; troubles on the way are told at once */
static enum status
hear(struct link *l, struct entries *all, bool single, struct outcome *o)
{
	enum status st = ST_OK;
	int code;

	for (;;) {
		code = link_reply(l, o);
		if (code == FILE_NONE && l->more) {
			complain(l->host, l->text);
			st = fail(o, ST_REFUSED, "not everything could be "
			    "looked at");
			continue;
		}
		if (code != FILE_ENTRY)
			return code == -1 ? o->status : link_said(l, code, o);
		if (!l->more && !single && (*l->text < 'a' || *l->text > 'z'))
			return st;	/* how many there were */
		if (keep(all, l->text) == -1) {
			link_close(l);
			return fail(o, ST_REFUSED, "the server says nonsense");
		}
		if (!l->more)
			return st;
	}
}

static enum status
one(const struct settings *set, struct link *l, const char *name, bool list,
    struct outcome *o)
{
	struct file_request r = { .verb = list ? FILE_LIST : FILE_STAT,
	    .recursive = list && set->recursive };
	struct entries all = { 0 };
	int64_t tries = 0;
	enum status st;

	snprintf(r.name, sizeof(r.name), "%s", name);
	do {
		free_entries(&all);
		st = link_open(l, o);
		if (st == ST_OK)
			st = link_send(l, &r, o);
		if (st == ST_OK)
			st = hear(l, &all, !list, o);
	} while (try_again(set, st, &tries));
	print_all(set, &all, !list);
	free_entries(&all);
	return st;
}

enum status
list_names(const struct settings *set, struct link *l, char **names, int n,
    bool list)
{
	static char nothing[] = "", *here[] = { nothing };
	struct outcome o = { 0 };
	enum status worst = ST_OK, st;

	if (n == 0) {
		names = here;
		n = 1;
	}
	for (int i = 0; i < n; i++) {
		st = one(set, l, names[i], list, &o);
		if (st == ST_OK)
			continue;
		complain(*names[i] != '\0' ? names[i] : l->host, o.why);
		if (st > worst)
			worst = st;
	}
	if (fflush(stdout) == EOF || ferror(stdout)) {
		complain("standard output", strerror(errno));
		worst = worst > ST_LOCAL ? worst : ST_LOCAL;
	}
	return worst;
}
