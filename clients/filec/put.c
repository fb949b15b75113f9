/*
 * One file from here to there.  It is read once: what is sent is hashed on its
 * way, and the digest follows.  Only the server's last reply says that it has
 * the file.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "filec.h"
#include "base/hasher.h"
#include "link.h"

#define GIVE_UP	"-\r\n"
#define PIECE	(512 * 1024)	/* bytes sent and then hashed */

/* A file that is being put. */
struct putting {
	struct work	*w;
	struct link	*l;
	const struct job *job;
	struct outcome	*o;
	int		 fd;
	struct stat	 st;
	struct hasher	 hasher;
	bool		 complete;	/* all was sent, the digest too */
};

static enum status
lost_here(struct putting *p)
{
	return fail(p->o, ST_LOCAL, "%s: %s", p->job->local, strerror(errno));
}

static enum status
got_shorter(struct putting *p)
{
	return fail(p->o, ST_CHANGED, "%s got shorter while it was sent",
	    p->job->local);
}

/* the_end - a reply that is the last one of a PUT; mine: the digest of what was
 * sent, which is what must be there now */
static enum status
the_end(struct putting *p, int code, const char *mine)
{
	enum status st = ST_UNKNOWN;

	if (code == -1)
		return p->complete ? p->o->status = ST_UNKNOWN : p->o->status;
	if (code != FILE_OK)
		return link_said(p->l, code, p->o);
	if (file_stored_parse(p->l->text, strlen(p->l->text), p->o->sha,
	    p->o->as) == 0)
		st = strcmp(p->o->sha, mine) == 0 ? ST_OK : ST_CHANGED;
	if (st == ST_OK)
		return ST_OK;
	link_close(p->l);
	return fail(p->o, st, st == ST_CHANGED ? "the server has stored "
	    "something with another digest" : "the server says nonsense");
}

/* refused_midway - the server speaks while data are still on their way to it:
 * then it does not want the rest, whatever it says; ST_AGAIN: go on */
static enum status
refused_midway(struct putting *p)
{
	const char *text;
	ssize_t n;
	int code, more;

	n = conn_line(&p->l->conn, p->l->line, sizeof(p->l->line));
	if (n == -1)
		return link_lost(p->l, p->o);
	code = file_reply_parse(p->l->line, (size_t)n, &text, &more);
	if (code == FILE_WORKING)
		return ST_AGAIN;
	p->l->text = code == -1 ? "" : text;
	link_said(p->l, code, p->o);
	link_close(p->l);
	return p->o->status;
}

/* send_failed - perhaps because the server has said something and gone */
static enum status
send_failed(struct putting *p)
{
	int saved = errno;
	enum status st;

	if (saved == EIO) {		/* no socket says this: the disk does */
		st = lost_here(p);
		link_close(p->l);
		return st;
	}
	do {
		st = conn_readable(&p->l->conn) ? refused_midway(p) : ST_CUT;
	} while (st == ST_AGAIN);
	if (p->l->conn.fd != -1 || p->o->why[0] == '\0') {
		errno = saved;
		return link_lost(p->l, p->o);
	}
	return st;
}

/* sent - n bytes; unless the server does not want any more */
static enum status
sent(struct putting *p, size_t n)
{
	enum status st = ST_AGAIN;

	pace(p->w, n);
	while (st == ST_AGAIN) {
		if (!conn_readable(&p->l->conn))
			return ST_OK;
		st = refused_midway(p);
	}
	return st;
}

/* send_piece - n bytes from off on: the kernel sends the pages, and the hasher
 * reads them while they are warm.  Who writes to the file in between does not
 * escape: the server compares digests. */
static enum status
send_piece(struct putting *p, uint64_t off, size_t n)
{
	enum status st;

	if (conn_sendfile(&p->l->conn, p->fd, (off_t)off, n) == -1) {
		if (errno != ENODATA)
			return send_failed(p);
		st = got_shorter(p);
		link_close(p->l);
		return st;
	}
	hasher_file(&p->hasher, p->fd, off, n);
	return sent(p, n);
}

/* send_rest - from off on */
static enum status
send_rest(struct putting *p, uint64_t off)
{
	const size_t most = pace_most(p->w->set, PIECE);
	const uint64_t size = (uint64_t)p->st.st_size;
	enum status st = ST_OK;
	size_t n;

	for (; off < size && st == ST_OK; off += n) {
		n = size - off < most ? (size_t)(size - off) : most;
		st = send_piece(p, off, n);
	}
	return st;
}

static bool
has_changed(const struct putting *p)
{
	struct stat now;

	return fstat(p->fd, &now) == -1 || now.st_size != p->st.st_size ||
	    now.st_mtim.tv_sec != p->st.st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != p->st.st_mtim.tv_nsec;
}

/* send_digest - behind the data, and hear what the server makes of them */
static enum status
send_digest(struct putting *p)
{
	char sha[FILE_SHA];
	enum status st;
	int code;

	if (hasher_text(&p->hasher, sha) == -1) {
		st = errno == ENODATA ? got_shorter(p) : lost_here(p);
		link_close(p->l);
		return st;
	}
	if (conn_printf(&p->l->conn, "%s\r\n", sha) == -1 ||
	    conn_flush(&p->l->conn) == -1)
		return send_failed(p);
	p->complete = true;
	code = link_reply(p->l, p->o);
	return the_end(p, code, sha);
}

/* send_changed - the server is to forget what came */
static enum status
send_changed(struct putting *p)
{
	struct outcome unheard;

	if (conn_puts(&p->l->conn, GIVE_UP) == 0 &&
	    conn_flush(&p->l->conn) == 0)
		link_reply(p->l, &unheard);
	link_close(p->l);
	return fail(p->o, ST_CHANGED, "%s changed while it was sent",
	    p->job->local);
}

static int64_t
mtime_of(const struct stat *st)
{
	const int64_t most = INT64_MAX / NSEC_PER_SEC - 1;
	int64_t s = st->st_mtim.tv_sec;

	return s > most || s < -most ? 0 :
	    s * NSEC_PER_SEC + st->st_mtim.tv_nsec;
}

/* request - the PUT; the offset that the server wants it from */
static enum status
request(struct putting *p, bool afresh, uint64_t *offset)
{
	struct file_request r = { .verb = FILE_PUT, .mode = FILE_NO_MODE,
	    .offset = afresh ? 0 : UINT64_MAX, .size = (uint64_t)p->st.st_size,
	    .mtime = FILE_NO_TIME, .exists = p->job->exists };
	enum status st;
	size_t digits;
	int code;

	if (p->w->standard) {
		r.size = FILE_NO_SIZE;
	} else if (p->w->set->preserve) {
		r.mode = (int)(p->st.st_mode & 0777);
		r.mtime = mtime_of(&p->st);
	}
	snprintf(r.name, sizeof(r.name), "%s", p->job->remote);
	st = link_send(p->l, &r, p->o);
	if (st != ST_OK)
		return st;
	code = link_reply(p->l, p->o);
	if (code == -1)
		return p->o->status;
	if (code >= 400)
		return link_said(p->l, code, p->o);
	digits = strspn(p->l->text, "0123456789");
	if (code == FILE_SEND &&
	    file_number(p->l->text, digits, offset) == 0 && *offset <= r.size)
		return ST_OK;
	link_close(p->l);
	return fail(p->o, ST_CUT, "the server asks for nonsense");
}

static enum status
put_it(struct putting *p, bool afresh)
{
	const uint64_t size = (uint64_t)p->st.st_size;
	uint64_t offset = 0;
	enum status st;

	p->o->had = false;
	p->o->size = size;
	st = request(p, afresh, &offset);
	if (st != ST_OK)
		return st;
	p->o->offset = offset;
	p->o->had = size > 0 && offset == size;
	hasher_file(&p->hasher, p->fd, 0, offset);
	pace_free(p->w, offset);
	st = send_rest(p, offset);
	if (st != ST_OK)
		return st;
	return has_changed(p) ? send_changed(p) : send_digest(p);
}

/* again - what the server has of it is of another file: once more, all */
static enum status
again(struct putting *p)
{
	enum status st;

	hasher_end(&p->hasher);
	p->complete = false;
	if (hasher_start(&p->hasher) == -1)
		return lost_here(p);
	st = link_open(p->l, p->o);
	return st == ST_OK ? put_it(p, true) : st;
}

static enum status
put_open(struct putting *p)
{
	enum status st;

	p->fd = open(p->job->local, O_RDONLY | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC);
	if (p->fd == -1 || fstat(p->fd, &p->st) == -1)
		return lost_here(p);
	if (!S_ISREG(p->st.st_mode))
		return fail(p->o, ST_LOCAL, "%s: is no regular file",
		    p->job->local);
	st = put_it(p, false);
	if (st == ST_CHANGED && p->complete && p->o->offset > 0)
		st = again(p);
	return st;
}

/* make_folder - there */
static enum status
make_folder(struct link *l, const struct job *job, struct outcome *o,
    bool preserve)
{
	struct file_request r = { .verb = FILE_MKDIR,
	    .mode = preserve ? job->mode : FILE_NO_MODE };
	enum status st;
	int code;

	snprintf(r.name, sizeof(r.name), "%s", job->remote);
	st = link_send(l, &r, o);
	if (st != ST_OK)
		return st;
	code = link_reply(l, o);
	if (code == FILE_MADE)
		return ST_OK;
	return code == -1 ? o->status : link_said(l, code, o);
}

enum status
put_job(struct work *w, struct link *l, const struct job *job,
    struct outcome *o)
{
	struct putting p = { .w = w, .l = l, .job = job, .o = o, .fd = -1 };
	enum status st = link_open(l, o);

	if (st == ST_OK && job->folder)
		return o->status = make_folder(l, job, o, w->set->preserve);
	if (st != ST_OK)
		return st;
	if (hasher_start(&p.hasher) == -1)
		return lost_here(&p);
	st = put_open(&p);
	hasher_end(&p.hasher);
	if (p.fd != -1)
		close(p.fd);
	return o->status = st;
}

/* send_chunk - n bytes that the hasher has, too, with a line before them */
static enum status
send_chunk(struct putting *p, const char *buf, size_t n)
{
	if (conn_printf(&p->l->conn, "%zu\r\n", n) == -1 ||
	    conn_write(&p->l->conn, buf, n) == -1)
		return send_failed(p);
	return sent(p, n);
}

/* send_input - standard input to its end, in chunks */
static enum status
send_input(struct putting *p)
{
	enum status st = ST_OK;
	ssize_t n;
	size_t room;
	char *buf;

	while (st == ST_OK) {
		buf = hasher_buffer(&p->hasher, &room);
		if (buf == NULL) {
			st = lost_here(p);
			link_close(p->l);
			break;
		}
		n = read(STDIN_FILENO, buf, pace_most(p->w->set, room));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			link_close(p->l);
			return lost_here(p);
		}
		if (n == 0)
			break;
		hasher_submit(&p->hasher, (size_t)n);
		p->o->size += (uint64_t)n;
		st = send_chunk(p, buf, (size_t)n);
	}
	if (st == ST_OK && conn_puts(&p->l->conn, "0\r\n") == -1)
		st = send_failed(p);
	return st;
}

enum status
put_standard(struct work *w, struct link *l, const struct job *job,
    struct outcome *o)
{
	struct putting p = { .w = w, .l = l, .job = job, .o = o, .fd = -1 };
	uint64_t offset = 0;
	enum status st = link_open(l, o);

	if (st != ST_OK)
		return st;
	if (hasher_start(&p.hasher) == -1)
		return lost_here(&p);
	st = request(&p, false, &offset);
	if (st == ST_OK)
		st = send_input(&p);
	if (st == ST_OK)
		st = send_digest(&p);
	hasher_end(&p.hasher);
	return o->status = st;
}
