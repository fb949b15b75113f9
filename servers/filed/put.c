/*
 * PUT and MKDIR: whether it may be done, and what is there already.  Names are
 * taken apart so that only the last part of one is made, in a folder that the
 * kernel has found beneath ours.
 */
#include "put.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/clock.h"
#include "digests.h"
#include "net/wait.h"
#include "send.h"

#define LOCK_MS		5000	/* for a cut connection to be noticed */
#define LOCK_EVERY_MS	20

/* split - the folder as a descriptor and the name in it; -1 with errno. */
static int
split(struct putting *p, const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash != NULL ? slash + 1 : name;
	char folder[FILE_NAME];

	if (strlen(base) >= sizeof(p->base)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(p->base, base, strlen(base) + 1);
	snprintf(folder, sizeof(folder), "%.*s",
	    slash != NULL ? (int)(slash - name) : 0, name);
	p->dir = beneath_name(p->x->f->root, folder, 0);
	return p->dir == -1 ? -1 : 0;
}

/* allowed - what can be said before looking; else replied. */
static bool
allowed(struct putting *p)
{
	const struct exchange *x = p->x;
	const struct file_request *r = x->r;

	if (!x->f->writable) {
		reply(x, FILE_NONE, "this server is read-only");
	} else if (!file_name_safe(r->name, strlen(r->name)) ||
	    file_is_part(r->name)) {
		reply(x, FILE_NAME_BAD, "not a name that can be used");
	} else if (r->verb == FILE_PUT && r->size != FILE_NO_SIZE &&
	    x->f->max_size > 0 && r->size > (uint64_t)x->f->max_size) {
		reply(x, FILE_BIG, "%lld bytes is the most",
		    (long long)x->f->max_size);
	} else if (split(p, r->name) == -1) {
		note(x->c, "'%s': %s", r->name, why_text(errno));
		reply_errno(x, errno);
	} else {
		return true;
	}
	return false;
}

/* tag - the .part of another file of that name, or of other content, is
 * another one. */
static int
make_tag(const struct putting *p, char tag[FILE_TAG])
{
	const struct file_request *r = p->x->r;
	char text[256], sha[DIGEST_TEXT];
	struct digest d;

	if (digest_init(&d) == -1)
		return -1;
	snprintf(text, sizeof(text), "%llu %lld %s %llu",
	    (unsigned long long)r->size, (long long)r->mtime, r->sha,
	    r->size == FILE_NO_SIZE ? (unsigned long long)p->x->c->id : 0);
	digest_add(&d, p->base, strlen(p->base) + 1);
	digest_add(&d, text, strlen(text));
	digest_text(&d, sha);
	digest_free(&d);
	memcpy(tag, sha, FILE_TAG - 1);
	tag[FILE_TAG - 1] = '\0';
	return 0;
}

/* is_there - something at the final name. */
static bool
is_there(const struct putting *p)
{
	struct stat st;

	return fstatat(p->dir, p->base, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * open_part - waiting for whoever has it, for a while: the server may not have
 * noticed yet that an earlier connection is gone.  1: he has come to the end of
 * it, and the file is there now.
 */
static int
open_part(struct putting *p)
{
	bool there = is_there(p);
	int64_t end = clock_after_ms(LOCK_MS);
	char name[PART_NAME_MAX], tag[FILE_TAG];

	if (make_tag(p, tag) == -1)
		return -1;
	part_name(name, p->base, tag);
	while (part_open(&p->part, p->dir, name) == -1) {
		if (errno != EWOULDBLOCK || clock_mono() > end)
			return -1;
		if (net_pause(clock_after_ms(LOCK_EVERY_MS)) == -1 &&
		    errno == ECANCELED)
			return -1;
		if (!there && is_there(p))
			return 1;
	}
	return 0;
}

enum conn_fate
stored(const struct putting *p, const char *base, const char *sha)
{
	const struct exchange *x = p->x;
	char name[FILE_NAME], quoted[FILE_LINE / 2];
	size_t folder = strlen(x->r->name) - strlen(p->base);

	snprintf(name, sizeof(name), "%.*s%s", (int)folder, x->r->name, base);
	if (file_quote(name, quoted, sizeof(quoted)) == -1)
		snprintf(quoted, sizeof(quoted), "-");
	conn_printf(x->c, "%d %s %s%s", FILE_OK, sha, quoted, x->eol);
	return CONN_KEEP;
}

/*
 * compare - what is there may be the very file: the peer, who has not said its
 * digest yet, is told that nothing is missing, and says it.
 */
static enum conn_fate
compare(struct putting *p, int fd, const struct stat *st)
{
	const struct exchange *x = p->x;
	char mine[FILE_SHA], theirs[FILE_SHA];

	reply(x, FILE_SEND, "%llu", (unsigned long long)st->st_size);
	if (conn_flush(x->c) == -1)
		return CONN_CLOSE;
	if (!digests_find(x->f->digests, st, mine)) {
		if (hash_file(fd, (uint64_t)st->st_size, &p->digest,
		    tell_working, x) == -1) {
			reply_errno(x, errno);
			return CONN_CLOSE;
		}
		digest_text(&p->digest, mine);
	}
	if (await_peer(x->c) == -1 || receive_digest(x->c, theirs) == -1)
		return CONN_CLOSE;
	if (mine[0] != '\0' && strcmp(mine, theirs) == 0)
		return stored(p, p->base, mine);
	if (x->r->exists == FILE_KEEP)
		reply(x, FILE_EXISTS, "there is another file of that name");
	else
		reply(x, FILE_CHANGED, "there is another file, of the same "
		    "size and time; send it with from=0");
	return CONN_KEEP;
}

/* is_same - whether what is there has the digest that the peer has said. */
static bool
is_same(struct putting *p, int fd, const struct stat *st)
{
	char sha[FILE_SHA];

	if (!digests_find(p->x->f->digests, st, sha)) {
		if (hash_file(fd, (uint64_t)st->st_size, &p->digest,
		    tell_working, p->x) == -1)
			return false;
		digest_text(&p->digest, sha);
		digest_reset(&p->digest);
	}
	return strcmp(sha, p->x->r->sha) == 0;
}

/* looks_same - as far as can be told without reading it. */
static bool
looks_same(const struct file_request *r, const struct stat *st)
{
	return r->offset != 0 && (uint64_t)st->st_size == r->size &&
	    (r->sha[0] != '\0' || r->mtime == mtime_ns(st));
}

/* existing - a file that is there at fd; true: replied. */
static bool
existing(struct putting *p, int fd, const struct stat *st,
    enum conn_fate *fate)
{
	const struct exchange *x = p->x;

	if (S_ISDIR(st->st_mode)) {
		reply(x, FILE_EXISTS, "is a folder");
		return true;
	}
	if (fd != -1 && S_ISREG(st->st_mode) && looks_same(x->r, st)) {
		if (x->r->sha[0] == '\0') {
			*fate = compare(p, fd, st);
			return true;
		}
		if (is_same(p, fd, st)) {
			*fate = stored(p, p->base, x->r->sha);
			return true;
		}
	}
	if (x->r->exists != FILE_KEEP)
		return false;
	reply(x, FILE_EXISTS, "there is a file of that name");
	return true;
}

/* taken - whether the name is, and that has been replied. */
static bool
taken(struct putting *p, enum conn_fate *fate)
{
	struct stat st;
	bool done;
	int fd;

	if (fstatat(p->dir, p->base, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return false;
	fd = openat(p->dir, p->base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC);
	if (fd != -1 && fstat(fd, &st) == -1)
		st.st_mode = 0;
	done = existing(p, fd, &st, fate);
	if (fd != -1)
		close(fd);
	return done;
}

static enum conn_fate
put_it(struct putting *p)
{
	enum conn_fate fate = CONN_KEEP;
	int r;

	do {
		if (taken(p, &fate))
			return fate;
		digest_reset(&p->digest);
		r = open_part(p);
	} while (r == 1);
	if (r == 0)
		return receive_file(p);
	note(p->x->c, "PUT '%s': %s", p->x->r->name, why_text(errno));
	if (errno == EWOULDBLOCK)
		reply(p->x, FILE_LOCKED, "somebody else is sending it");
	else if (errno == EEXIST)
		reply(p->x, FILE_NONE, "there is a .part that is not ours");
	else
		reply_errno(p->x, errno);
	return CONN_KEEP;
}

enum conn_fate
put_command(const struct exchange *x)
{
	struct putting p = { .x = x, .dir = -1, .part.fd = -1 };
	enum conn_fate fate = CONN_KEEP;

	if (allowed(&p)) {
		if (digest_init(&p.digest) == -1)
			reply_errno(x, errno);
		else
			fate = put_it(&p);
		digest_free(&p.digest);
	}
	if (p.dir != -1)
		close(p.dir);
	return fate;
}

enum conn_fate
mkdir_command(const struct exchange *x)
{
	struct putting p = { .x = x, .dir = -1, .part.fd = -1 };
	mode_t mode = x->r->mode == FILE_NO_MODE ? 0777 : (mode_t)x->r->mode;
	struct stat st;

	if (!allowed(&p))
		return CONN_KEEP;
	if (mkdirat(p.dir, p.base, mode | S_IRWXU) == 0)
		reply(x, FILE_MADE, "made");
	else if (errno == EEXIST && fstatat(p.dir, p.base, &st, 0) == 0 &&
	    S_ISDIR(st.st_mode))
		reply(x, FILE_MADE, "is there");
	else
		reply_errno(x, errno);
	close(p.dir);
	return CONN_KEEP;
}
