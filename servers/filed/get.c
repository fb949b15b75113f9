/*
 * GET: announce, send, and say the digest of the whole.  A file that nobody has
 * asked for since it changed is hashed as it is sent, not before.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "digests.h"
#include "filed.h"
#include "send.h"

#define ABORT_LINGER_MS	5000
#define ABORT_LINGER	(64 * 1024)
#define PAD_MAX		(64 * 1024)
#define SHORTER		"the file got shorter while it was sent"

/* A file that is being sent. */
struct sending {
	const struct exchange	*x;
	int			 fd;
	struct stat		 st;
	char			 sha[FILE_SHA];	/* empty: not known yet */
	struct digest		 digest;	/* while it is not known */
	int64_t			 wall;		/* when reading began */
	uint64_t		 out;		/* bytes out before the data */
};

int64_t
mtime_ns(const struct stat *st)
{
	const int64_t most = INT64_MAX / NSEC_PER_SEC - 1;
	int64_t s = st->st_mtim.tv_sec;

	if (s > most || s < -most)
		return 0;	/* before the first star, or after the last */
	return s * NSEC_PER_SEC + st->st_mtim.tv_nsec;
}

static uint64_t
size_of(const struct sending *s)
{
	return (uint64_t)s->st.st_size;
}

static int
announce(const struct sending *s)
{
	char text[FILE_ANNOUNCE];
	struct file_announce a = { .size = size_of(s),
	    .offset = s->x->r->offset, .mtime = mtime_ns(&s->st),
	    .mode = (int)(s->st.st_mode & 0777) };

	memcpy(a.sha, s->sha, sizeof(a.sha));
	file_announce_format(&a, text);
	return reply(s->x, FILE_SENDING, "%s", text);
}

/*
 * prefix - the receiver has got some of it already, and must be sure that this
 * is some of the file as it is now: its digest so far.
 */
static int
prefix(struct sending *s)
{
	char so_far[FILE_SHA];

	if (s->x->r->offset == 0 || s->x->r->nodigest)
		return 0;
	if (conn_flush(s->x->c) == -1 || hash_file(s->fd, s->x->r->offset,
	    &s->digest, tell_working, s->x) == -1)
		return -1;
	digest_text(&s->digest, so_far);
	return reply(s->x, FILE_PREFIX, "%s", so_far);
}

/* out_so_far - of the connection, with what is collected for it. */
static uint64_t
out_so_far(const struct conn *c)
{
	return c->bytes_out + c->out_len;
}

/* pad - what is missing of the announced bytes, where that is little. */
static enum conn_fate
pad(const struct sending *s, uint64_t missing)
{
	static const char zeros[1024];
	struct conn *c = s->x->c;
	size_t part;

	for (; missing > 0; missing -= part) {
		part = missing < sizeof(zeros) ? (size_t)missing :
		    sizeof(zeros);
		if (conn_put(c, zeros, part) == -1)
			return CONN_CLOSE;
	}
	reply(s->x, FILE_CHANGED, "%s", SHORTER);
	return CONN_KEEP;
}

/*
 * give_up - in the place of data, a reply and the end; so much must be missing
 * that nobody can take the reply for the last of the data.
 */
static enum conn_fate
give_up(const struct sending *s, int error)
{
	struct conn *c = s->x->c;
	const char *why = error == ENODATA ? SHORTER : strerror(error);
	uint64_t missing = size_of(s) - s->x->r->offset -
	    (out_so_far(c) - s->out);

	note(c, "GET '%s': given up: %s", s->x->r->name, why);
	if (c->flags & (CONN_BROKEN | CONN_TIMEDOUT))
		return CONN_CLOSE;
	if (missing <= PAD_MAX)
		return pad(s, missing);
	conn_printf(c, "\r\n%d %s\r\n", error == ENODATA ? FILE_CHANGED :
	    FILE_TROUBLE, why);
	conn_linger(c, ABORT_LINGER_MS, ABORT_LINGER);
	return CONN_CLOSE;
}

/* has_changed - size or time; its links and mode are none of ours here. */
static bool
has_changed(const struct sending *s)
{
	struct stat now;

	return fstat(s->fd, &now) == -1 || now.st_size != s->st.st_size ||
	    now.st_mtim.tv_sec != s->st.st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != s->st.st_mtim.tv_nsec;
}

/* finish - what stands behind the data. */
static enum conn_fate
finish(struct sending *s)
{
	const struct exchange *x = s->x;
	unsigned long long sent = size_of(s) - x->r->offset;
	struct login *l;

	if (has_changed(s)) {
		note(x->c, "GET '%s': changed while it was sent", x->r->name);
		reply(x, FILE_CHANGED, "the file changed while it was sent");
		return CONN_KEEP;
	}
	if (s->sha[0] == '\0' && !x->r->nodigest) {
		digest_text(&s->digest, s->sha);
		digests_store(x->f->digests, &s->st, s->wall, s->sha);
	}
	l = login_of(x->c);
	if (l != NULL)
		memcpy(l->sent, s->sha, sizeof(l->sent));
	say_sent(x->f, sent);
	note(x->c, "GET '%s': sent %llu bytes from %llu on", x->r->name, sent,
	    (unsigned long long)x->r->offset);
	reply(x, FILE_SENT, "%s", s->sha[0] != '\0' ? s->sha : "-");
	return CONN_KEEP;
}

static enum conn_fate
send_it(struct sending *s)
{
	const struct file_request *r = s->x->r;
	bool hashing = s->sha[0] == '\0' && !r->nodigest;

	if (announce(s) == -1)
		return CONN_CLOSE;
	if (prefix(s) == -1) {
		note(s->x->c, "GET '%s': %s", r->name, strerror(errno));
		reply(s->x, FILE_CHANGED, "%s", SHORTER);
		return CONN_KEEP;
	}
	s->out = out_so_far(s->x->c);
	if (send_file(s->x->c, s->x->f, s->fd, r->offset,
	    size_of(s) - r->offset, 0, hashing ? &s->digest : NULL) == -1)
		return give_up(s, errno);
	return finish(s);
}

enum conn_fate
get_command(const struct exchange *x)
{
	struct sending s = { .x = x };
	enum conn_fate fate = CONN_KEEP;

	s.fd = open_file(x->f, x->r->name, &s.st);
	if (s.fd == -1) {
		note(x->c, "GET '%s': %s", x->r->name, why_text(errno));
		reply_errno(x, errno);
		return CONN_KEEP;
	}
	s.wall = clock_wall();
	if (x->r->offset > size_of(&s)) {
		reply(x, FILE_BEYOND, "%llu bytes is all there is",
		    (unsigned long long)size_of(&s));
	} else if (digest_init(&s.digest) == -1) {
		reply_errno(x, errno);
	} else {
		if (!x->r->nodigest)
			digests_find(x->f->digests, &s.st, s.sha);
		fate = send_it(&s);
	}
	digest_free(&s.digest);
	close(s.fd);
	return fate;
}
