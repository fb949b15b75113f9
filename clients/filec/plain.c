/*
 * The plain dialect: a name without a newline, a size, a pause, the bytes.
 * What was cut cannot be resumed in it, and nothing says what was right.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/part.h"
#include "filec.h"
#include "base/hasher.h"
#include "link.h"
#include "stream.h"

#define SIZE_MAX_TEXT	24	/* bytes of a size as text */
#define PROMPT		"File name: "

/* The server pauses for 100 ms behind the size. */
#define SIZE_QUIET_MS	50

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* size_length - the bytes of data that can be a size */
static size_t
size_length(const char *p, size_t n)
{
	size_t i = n > 0 && *p == '-' ? 1 : 0;

	while (i < n && i < SIZE_MAX_TEXT && is_digit(p[i]))
		i++;
	return i;
}

/* read_size - what comes first */
static enum status
read_size(struct link *l, uint64_t *size, struct outcome *o)
{
	struct conn *c = &l->conn;
	ssize_t r = conn_pending(c) > 0 ? 1 : conn_fill(c);
	size_t n;

	while (r > 0) {
		n = size_length(conn_data(c), conn_pending(c));
		if (n < conn_pending(c))
			break;		/* the data have caught up with it */
		r = conn_fill_ms(c, SIZE_QUIET_MS);
	}
	if (r == -1 && errno != EAGAIN)
		return link_lost(l, o);
	n = conn_pending(c) > 0 ? size_length(conn_data(c), conn_pending(c)) :
	    0;
	if (n == 0 && conn_pending(c) == 0) {
		errno = 0;
		return link_lost(l, o);
	}
	if (file_plain_size(conn_data(c), n, size) == -1) {
		link_close(l);
		return fail(o, ST_REFUSED, "the server did not say a size");
	}
	conn_consume(c, n);
	return *size == FILE_NO_SIZE ? fail(o, ST_REFUSED, "no such file") :
	    ST_OK;
}

/* receive - size bytes into the .part */
static enum status
receive(struct work *w, struct link *l, struct part *part, uint64_t size,
    struct outcome *o)
{
	struct stream s = { .w = w, .l = l, .o = o };
	enum status st = ST_OK;
	char *buf = buf_pages(STREAM_BUF);
	uint64_t left = size, most;
	ssize_t n;

	if (buf == NULL)
		return fail(o, ST_LOCAL, "out of memory");
	while (left > 0 && st == ST_OK) {
		most = w->set->verbose && (uint64_t)w->set->chunk < left ?
		    (uint64_t)w->set->chunk : left;
		n = stream_read(&s, buf, most);
		if (n <= 0) {
			st = o->status;
		} else if (part_write(part, buf, (size_t)n) == -1) {
			st = fail(o, ST_LOCAL, "%s", strerror(errno));
			link_close(l);
		} else {
			if (w->set->verbose)
				printf("Received a chunk of %zd bytes.\n", n);
			left -= (uint64_t)n;
			pace(w, (uint64_t)n);
		}
	}
	free(buf);
	return st;
}

/* store - under the name that is in final, in the folder dir */
static enum status
store(struct work *w, struct link *l, int dir, char *final, uint64_t size,
    struct outcome *o)
{
	enum part_exists policy = w->set->overwrite ? PART_REPLACE :
	    w->set->rename ? PART_RENAME : PART_KEEP;
	char name[PART_NAME_MAX];
	struct part part;
	enum status st;

	part_name(name, final, NULL);
	if (part_open(&part, dir, name) == -1 || part_cut(&part, 0) == -1) {
		link_close(l);
		return fail(o, ST_LOCAL, "%s: %s", name, strerror(errno));
	}
	st = receive(w, l, &part, size, o);
	if (st != ST_OK) {
		part_discard(&part);
		return st;
	}
	if (part_finish(&part, final, policy, -1, NULL) == 0)
		return ST_OK;
	st = fail(o, errno == EEXIST ? ST_EXISTS : ST_LOCAL, "%s: %s", final,
	    errno == EEXIST ? "is there already (--overwrite replaces it, "
	    "--rename keeps both)" : strerror(errno));
	part_discard(&part);
	return st;
}

/* is_there - before a byte is asked for */
static bool
is_there(const struct work *w, int dir, const char *final)
{
	struct stat st;

	if (w->set->rename ||
	    fstatat(dir, final, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return false;
	return !w->set->overwrite ||
	    (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode));
}

static enum status
fetch(struct work *w, struct link *l, const char *name, char *final,
    struct outcome *o)
{
	enum status st = link_open(l, o);
	uint64_t size = 0;

	if (is_there(w, w->root, final))
		return fail(o, ST_EXISTS, "%s: is there already (--overwrite "
		    "replaces it, --rename keeps both)", final);
	if (st != ST_OK)
		return st;
	if (conn_write(&l->conn, name, strlen(name)) == -1)
		return link_lost(l, o);
	st = read_size(l, &size, o);
	o->size = size;
	if (st == ST_OK)
		st = store(w, l, w->root, final, size, o);
	if (st == ST_OK && !w->set->json) {
		printf("A file renamed %s of %llu bytes is saved.\n", final,
		    (unsigned long long)size);
		fflush(stdout);
	}
	return st;
}

/* get_one - as received_NAME, or as --output has it */
static enum status
get_one(struct work *w, struct link *l, char *name)
{
	const char *slash = strrchr(name, '/'), *out = w->set->output;
	static struct outcome o;
	char final[PART_NAME_MAX];
	struct job job = { .remote = name, .local = final };
	int64_t began = clock_mono();

	memset(&o, 0, sizeof(o));
	if (snprintf(final, sizeof(final), "%s%s",
	    out != NULL ? out : "received_", out != NULL ? "" :
	    slash != NULL ? slash + 1 : name) >= (int)sizeof(final))
		fail(&o, ST_LOCAL, "the name is too long");
	else
		o.status = fetch(w, l, name, final, &o);
	if (o.status != ST_OK)
		complain(name, o.why);
	if (w->set->json)
		report(w, &job, &o, clock_mono() - began);
	worse(w->shared, o.status);
	return o.status;
}

/* open_here - the folder that files are stored in */
static int
open_here(struct work *w)
{
	if (w->root == -1)
		w->root = beneath_root(".");
	if (w->root != -1)
		return 0;
	complain(".", strerror(errno));
	return -1;
}

enum status
plain_names(struct work *w, struct link *l, char **names, int n)
{
	if (open_here(w) == -1)
		return ST_LOCAL;
	for (int i = 0; i < n; i++)
		get_one(w, l, names[i]);
	return (enum status)atomic_load(&w->shared->status);
}

enum status
plain_prompt(struct work *w, struct link *l)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	if (open_here(w) == -1)
		return ST_LOCAL;
	for (;;) {
		if (!w->set->json) {
			fputs(PROMPT, stdout);
			fflush(stdout);
		}
		n = getline(&line, &size, stdin);
		if (n > 0 && line[n - 1] == '\n')
			line[--n] = '\0';
		if (n <= 0)
			break;
		if (get_one(w, l, line) == ST_CONNECT)
			break;
	}
	free(line);
	if (n == -1 && !w->set->json)
		putchar('\n');
	return (enum status)atomic_load(&w->shared->status);
}
