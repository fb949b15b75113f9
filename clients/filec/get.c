/*
 * One file from there to here.  What is here already is looked at twice: a
 * .part goes on where it ends, if the server says that this is how its file
 * begins, and a finished file may be the very one.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/clock.h"
#include "base/part.h"
#include "filec.h"
#include "base/hasher.h"
#include "link.h"
#include "stream.h"

/* A file that is being got. */
struct getting {
	struct work	*w;
	struct link	*l;
	const struct job *job;
	struct outcome	*o;
	int		 dir;		/* the folder it is to be in */
	char		 base[PART_NAME_MAX];
	struct part	 part;
	struct hasher	 hasher;
	struct file_announce a;
};

/* lost_here - an error of the disk on this side */
static enum status
lost_here(struct getting *g, const char *what)
{
	return fail(g->o, ST_LOCAL, "%s: %s", what, errno == EWOULDBLOCK ?
	    "somebody else is getting it" : errno == EEXIST ?
	    "is there, and is not ours to write to" : strerror(errno));
}

/* split - the folder, as a descriptor, and the name in it */
static enum status
split(struct getting *g)
{
	const char *local = g->job->local, *slash = strrchr(local, '/');
	const char *base = slash != NULL ? slash + 1 : local;
	char folder[FILE_NAME];

	snprintf(folder, sizeof(folder), "%.*s",
	    slash != NULL ? (int)(slash - local) : 0, local);
	if (strlen(base) >= sizeof(g->base)) {
		errno = ENAMETOOLONG;
		return lost_here(g, local);
	}
	memcpy(g->base, base, strlen(base) + 1);
	g->dir = beneath_name(g->w->root, folder, 0);
	return g->dir == -1 ? lost_here(g, local) : ST_OK;
}

/* ask - for the file from offset on, and what the server announces */
static enum status
ask(struct getting *g, uint64_t offset)
{
	struct file_request r = { .verb = FILE_GET, .offset = offset,
	    .nodigest = !g->w->set->digest };
	enum status st;
	int code;

	snprintf(r.name, sizeof(r.name), "%s", g->job->remote);
	st = link_send(g->l, &r, g->o);
	if (st != ST_OK)
		return st;
	code = link_reply(g->l, g->o);
	if (code == -1)
		return g->o->status;
	if (code == FILE_BEYOND)
		return ST_AGAIN;
	if (code != FILE_SENDING)
		return link_said(g->l, code, g->o);
	if (file_announce_parse(&g->a, g->l->text, strlen(g->l->text)) == 0 &&
	    g->a.offset == offset)
		return ST_OK;
	link_close(g->l);
	return fail(g->o, ST_CUT, "the server announces nonsense");
}

/* same_prefix - whether the file there begins with what we have hashed */
static enum status
same_prefix(struct getting *g)
{
	char mine[FILE_SHA], theirs[FILE_SHA];
	int code = link_reply(g->l, g->o);

	if (code != FILE_PREFIX)
		return code == -1 ? g->o->status :
		    link_said(g->l, code, g->o);
	file_sha_copy(theirs, g->l->text, strlen(g->l->text));
	if (hasher_text(&g->hasher, mine) == -1)
		return lost_here(g, g->job->local);
	return strcmp(mine, theirs) == 0 ? ST_OK : ST_AGAIN;
}

/* trailer - what the server says behind the data: sha is then the digest of
 * the whole, or empty */
static enum status
trailer(struct getting *g, char sha[FILE_SHA])
{
	int code = link_reply(g->l, g->o);

	if (code != FILE_SENT)
		return code == -1 ? g->o->status :
		    link_said(g->l, code, g->o);
	file_sha_copy(sha, g->l->text, strlen(g->l->text));
	return ST_OK;
}

/* acknowledge - that we have it, which is no less true if nobody hears it */
static void
acknowledge(struct getting *g, const char *sha)
{
	struct file_request r = { .verb = FILE_ACK };
	struct outcome unheard;

	memcpy(g->o->sha, sha, FILE_SHA);
	if (sha[0] == '\0')
		return;
	memcpy(r.sha, sha, FILE_SHA);
	if (link_send(g->l, &r, &unheard) == ST_OK)
		link_reply(g->l, &unheard);
}

/* have_it - a file of that name and size is here: if it is the one that is
 * there, nothing is to be done; ST_AGAIN: it is another */
static enum status
have_it(struct getting *g, int fd, uint64_t size)
{
	char sha[FILE_SHA];
	enum status st = ask(g, size);

	if (st != ST_OK)
		return st;
	if (g->a.size != size) {
		link_close(g->l);	/* it has grown: data would come */
		return ST_AGAIN;
	}
	hasher_file(&g->hasher, fd, 0, size);
	st = size > 0 ? same_prefix(g) : ST_OK;
	if (st != ST_OK) {
		link_close(g->l);
		return st;
	}
	st = trailer(g, sha);
	if (st != ST_OK)
		return st;
	g->o->had = true;
	g->o->size = g->o->offset = size;
	pace_free(g->w, size);
	acknowledge(g, sha);
	return ST_OK;
}

/* is_special - a device, a pipe, a socket: nothing that a file could replace */
static bool
is_special(const struct stat *st)
{
	return !S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode) &&
	    !S_ISDIR(st->st_mode);
}

/* taken - is there a file of that name, and may it be replaced?  ST_AGAIN: go
 * on; ST_OK: it is the very file */
static enum status
taken(struct getting *g)
{
	struct stat st;
	enum status status = ST_AGAIN;
	int fd;

	if (fstatat(g->dir, g->base, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return ST_AGAIN;
	if (S_ISDIR(st.st_mode))
		return fail(g->o, ST_EXISTS, "there is a folder of that name");
	if (is_special(&st) && g->job->exists == FILE_REPLACE)
		return fail(g->o, ST_EXISTS, "what is there is no file (-o - "
		    "is standard output)");
	fd = openat(g->dir, g->base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC);
	if (fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    g->w->set->digest && (uint64_t)st.st_size == g->job->size) {
		status = have_it(g, fd, g->job->size);
		hasher_end(&g->hasher);
		if (hasher_start(&g->hasher) == -1)
			status = lost_here(g, "memory");
	}
	if (fd != -1)
		close(fd);
	if (status == ST_AGAIN && g->job->exists == FILE_KEEP)
		return fail(g->o, ST_EXISTS, "there is another file of that "
		    "name (--overwrite replaces it, --rename keeps both)");
	if (status == ST_AGAIN)
		return link_open(g->l, g->o) == ST_OK ? ST_AGAIN :
		    g->o->status;
	return status;
}

/*
 * take_hashing - as stream_part.  By way of a buffer: the kernel would spare a
 * copy here, but have the thread that hashes make one, who is the slower.
 */
static ssize_t
take_hashing(struct getting *g, struct stream *s, uint64_t left)
{
	size_t room;
	char *buf = hasher_buffer(&g->hasher, &room);
	ssize_t n;

	if (buf == NULL)
		return -2;
	n = stream_read(s, buf, left < room ? left : room);
	if (n <= 0)
		return n;
	hasher_submit(&g->hasher, (size_t)n);
	return part_write(&g->part, buf, (size_t)n) == -1 ? -2 : n;
}

/* receive_some - of what is left; ST_AGAIN: there is more to come */
static enum status
receive_some(struct getting *g, struct stream *s, struct inflow *in,
    uint64_t left)
{
	ssize_t n = g->w->set->digest ? take_hashing(g, s, left) :
	    stream_part(s, in, &g->part, g->a.offset, left);

	if (n == -2) {
		link_close(g->l);
		return lost_here(g, g->part.name);
	}
	if (n <= 0) {
		if (n == 0 && s->given_up > 0 && s->given_up <= g->part.size)
			part_cut(&g->part, g->part.size - s->given_up);
		return g->o->status;
	}
	pace(g->w, (uint64_t)n);
	return ST_AGAIN;
}

/* receive - the data */
static enum status
receive(struct getting *g)
{
	struct stream s = { .w = g->w, .l = g->l, .o = g->o };
	enum status st = ST_AGAIN;
	struct inflow in = { 0 };

	if (!g->w->set->digest && inflow_open(&in, &g->l->conn) == -1) {
		link_close(g->l);
		return lost_here(g, "memory");
	}
	while (st == ST_AGAIN && g->part.size < g->a.size)
		st = receive_some(g, &s, &in, g->a.size - g->part.size);
	inflow_close(&in);
	return st == ST_AGAIN ? ST_OK : st;
}

/* verify - by the digest of the whole, what came and what was here before is
 * what is there; or it is worth nothing */
static enum status
verify(struct getting *g, char sha[FILE_SHA])
{
	char mine[FILE_SHA];
	enum status st = trailer(g, sha);

	if (st != ST_OK || !g->w->set->digest)
		return st;
	if (hasher_text(&g->hasher, mine) == -1)
		return lost_here(g, g->part.name);
	if (strcmp(mine, sha) == 0)
		return ST_OK;
	part_discard(&g->part);
	return g->a.offset > 0 ? ST_AGAIN : fail(g->o, ST_CHANGED,
	    "what came has another digest than the server says");
}

static enum part_exists
policy(const struct getting *g)
{
	return g->job->exists == FILE_REPLACE ? PART_REPLACE :
	    g->job->exists == FILE_RENAME ? PART_RENAME : PART_KEEP;
}

/* give_name - the end of it */
static enum status
give_name(struct getting *g, const char *sha)
{
	struct timespec mtime = { .tv_sec = g->a.mtime / NSEC_PER_SEC,
	    .tv_nsec = g->a.mtime % NSEC_PER_SEC };
	bool keep = g->w->set->preserve;
	size_t folder = strlen(g->job->local) - strlen(g->base);

	if (mtime.tv_nsec < 0) {
		mtime.tv_nsec += NSEC_PER_SEC;
		mtime.tv_sec--;
	}
	if (part_finish(&g->part, g->base, policy(g), keep ? g->a.mode : -1,
	    keep ? &mtime : NULL) == -1)
		return errno == EEXIST ? fail(g->o, ST_EXISTS, "a file of "
		    "that name has appeared") : lost_here(g, g->job->local);
	snprintf(g->o->as, sizeof(g->o->as), "%.*s%s", (int)folder,
	    g->job->local, g->base);
	acknowledge(g, sha);
	return ST_OK;
}

/* fetch - with the .part open: what is missing of it */
static enum status
fetch(struct getting *g)
{
	char sha[FILE_SHA] = "";
	enum status st;

	if (!g->w->set->digest && part_cut(&g->part, 0) == -1)
		return lost_here(g, g->part.name);
	st = ask(g, g->part.size);
	if (st != ST_OK)
		return st;
	g->o->size = g->a.size;
	g->o->offset = g->a.offset;
	if (g->a.offset > 0) {
		hasher_file(&g->hasher, g->part.fd, 0, g->part.size);
		st = same_prefix(g);
		if (st != ST_OK)
			return st;
		pace_free(g->w, g->a.offset);
	}
	if (part_room(&g->part, g->a.size - g->a.offset) == -1) {
		link_close(g->l);
		return lost_here(g, g->part.name);
	}
	st = receive(g);
	if (st == ST_OK)
		st = verify(g, sha);
	return st == ST_OK ? give_name(g, sha) : st;
}

/* from_nothing - what is here is of no use: connect anew, for data may be on
 * their way */
static enum status
from_nothing(struct getting *g)
{
	enum status st;

	link_close(g->l);
	hasher_end(&g->hasher);
	if (hasher_start(&g->hasher) == -1 || (g->part.fd == -1 &&
	    part_open(&g->part, g->dir, g->part.name) == -1) ||
	    part_cut(&g->part, 0) == -1)
		return lost_here(g, g->part.name);
	st = link_open(g->l, g->o);
	if (st == ST_OK)
		st = fetch(g);
	return st == ST_AGAIN ? fail(g->o, ST_CHANGED,
	    "the file changes all the time") : st;
}

static enum status
get_it(struct getting *g)
{
	char name[PART_NAME_MAX];
	enum status st = split(g);

	if (st == ST_OK)
		st = taken(g);
	if (st != ST_AGAIN)
		return st;
	part_name(name, g->base, NULL);
	if (part_open(&g->part, g->dir, name) == -1)
		return lost_here(g, name);
	st = fetch(g);
	if (st == ST_AGAIN)
		st = from_nothing(g);
	part_close(&g->part);
	return st;
}

enum status
get_job(struct work *w, struct link *l, const struct job *job,
    struct outcome *o)
{
	struct getting g = { .w = w, .l = l, .job = job, .o = o, .dir = -1,
	    .part.fd = -1 };
	enum status st = link_open(l, o);

	if (st != ST_OK)
		return st;
	if (hasher_start(&g.hasher) == -1)
		return lost_here(&g, "memory");
	st = get_it(&g);
	hasher_end(&g.hasher);
	if (g.dir != -1)
		close(g.dir);
	return o->status = st;
}

/* write_all - to standard output, which may be a pipe */
static int
write_all(const char *p, size_t n)
{
	ssize_t r;

	for (; n > 0; p += r, n -= (size_t)r) {
		r = write(STDOUT_FILENO, p, n);
		if (r == -1 && errno == EINTR)
			r = 0;
		if (r == -1)
			return -1;
	}
	return 0;
}

/* pour - the data to standard output */
static enum status
pour(struct getting *g)
{
	struct stream s = { .w = g->w, .l = g->l, .o = g->o };
	uint64_t left = g->a.size;
	size_t room;
	char *buf;
	ssize_t n;

	while (left > 0) {
		buf = hasher_buffer(&g->hasher, &room);
		if (buf == NULL) {
			link_close(g->l);
			return lost_here(g, "memory");
		}
		n = stream_read(&s, buf, left < room ? left : room);
		if (n <= 0)
			return g->o->status;
		if (g->w->set->digest)
			hasher_submit(&g->hasher, (size_t)n);
		if (write_all(buf, (size_t)n) == -1) {
			link_close(g->l);
			return lost_here(g, "standard output");
		}
		left -= (uint64_t)n;
		pace(g->w, (uint64_t)n);
	}
	return ST_OK;
}

enum status
get_standard(struct work *w, struct link *l, const struct job *job,
    struct outcome *o)
{
	struct getting g = { .w = w, .l = l, .job = job, .o = o, .dir = -1,
	    .part.fd = -1 };
	char sha[FILE_SHA] = "";
	enum status st = link_open(l, o);

	if (st != ST_OK)
		return st;
	if (hasher_start(&g.hasher) == -1)
		return lost_here(&g, "memory");
	st = ask(&g, 0);
	o->size = g.a.size;
	if (st == ST_OK)
		st = pour(&g);
	if (st == ST_OK)
		st = verify(&g, sha);
	if (st == ST_OK)
		acknowledge(&g, sha);
	hasher_end(&g.hasher);
	return o->status = st;
}
