/*
 * The data of a PUT, from the announcement of what is missing to the name.
 * What has come stays when the connection is cut, and goes when it is wrong.
 */
#include "put.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "net/inflow.h"
#include "net/wait.h"
#include "send.h"

#define AWAIT_MS	3600000U
#define DRAIN_MS	5000
#define DRAIN_BYTES	(256 * 1024 * 1024)

/* Why receiving ended before its end. */
enum trouble {
	TROUBLE_NONE,
	TROUBLE_PEER,		/* the connection; errno, 0: it ended */
	TROUBLE_DISK,		/* errno */
	TROUBLE_ORDER		/* what came makes no sense */
};

/* take_some - of n bytes, into the .part and the digest. */
static enum trouble
take_some(struct putting *p, struct inflow *in, uint64_t n, uint64_t *took)
{
	ssize_t r = inflow_take(in, n < INFLOW_MOST ? (size_t)n : INFLOW_MOST);
	uint64_t from = p->part.size;

	*took = 0;
	if (r == 0)
		errno = 0;
	if (r <= 0)
		return TROUBLE_PEER;
	for (*took = (uint64_t)r; p->part.size - from < *took;) {
		r = inflow_put(in, p->part.fd, p->part.size);
		if (r == -1)
			return TROUBLE_DISK;
		part_wrote(&p->part, (size_t)r);
	}
	hasher_file(&p->hasher, p->part.fd, from, *took);
	return TROUBLE_NONE;
}

/* take - n bytes. */
static enum trouble
take(struct putting *p, struct inflow *in, uint64_t n)
{
	enum trouble trouble = TROUBLE_NONE;
	uint64_t turn = 0, took;

	for (; n > 0 && trouble == TROUBLE_NONE; n -= took) {
		trouble = take_some(p, in, n, &took);
		turn += took;
		if (turn >= TURN) {
			turn = 0;
			net_pause(0);
		}
	}
	return trouble;
}

/* take_chunks - of who does not know how much there will be: a number on a
 * line and so many bytes, and 0 at the end. */
static enum trouble
take_chunks(struct putting *p, struct inflow *in)
{
	const uint64_t most = p->x->f->max_size > 0 ?
	    (uint64_t)p->x->f->max_size : INT64_MAX;
	enum trouble trouble;
	char line[32];
	uint64_t n;
	ssize_t len;

	for (;;) {
		len = conn_line(p->x->c, line, sizeof(line));
		if (len == -1)
			return errno == EMSGSIZE ? TROUBLE_ORDER :
			    TROUBLE_PEER;
		if (file_number(line, (size_t)len, &n) == -1)
			return TROUBLE_ORDER;
		if (n == 0)
			return TROUBLE_NONE;
		if (n > most - p->part.size) {
			errno = EFBIG;
			return TROUBLE_DISK;
		}
		trouble = take(p, in, n);
		if (trouble != TROUBLE_NONE)
			return trouble;
	}
}

int
await_peer(struct conn *c)
{
	uint32_t stall = c->stall_ms;
	ssize_t r;

	if (conn_pending(c) > 0)
		return 0;
	if (stall > 0 && stall < AWAIT_MS)
		c->stall_ms = AWAIT_MS;
	r = conn_fill(c);
	c->stall_ms = stall;
	if (r == 0)
		errno = 0;
	return r > 0 ? 0 : -1;
}

int
receive_digest(struct conn *c, char sha[FILE_SHA])
{
	char line[FILE_SHA + 8];
	ssize_t n = conn_line(c, line, sizeof(line));

	if (n == -1) {
		if (errno == ENODATA)
			errno = 0;
		return -1;
	}
	file_sha_copy(sha, line, (size_t)n);
	return 0;
}

/* awaited - whether something is still to come, after silence. */
static bool
awaited(const struct putting *p)
{
	return p->part.size > 0 && (p->part.size < p->x->r->size ||
	    p->x->r->sha[0] == '\0');
}

/* take_data - what was asked for, when it comes. */
static enum trouble
take_data(struct putting *p)
{
	const struct file_request *r = p->x->r;
	enum trouble trouble;
	struct inflow in;
	int error;

	if (awaited(p) && await_peer(p->x->c) == -1)
		return TROUBLE_PEER;
	if (inflow_open(&in, p->x->c) == -1)
		return TROUBLE_DISK;
	hasher_go_on(&p->hasher, &p->digest);
	if (r->size == FILE_NO_SIZE)
		trouble = take_chunks(p, &in);
	else
		trouble = take(p, &in, r->size - p->part.size);
	error = errno;
	inflow_close(&in);
	errno = error;
	return trouble;
}

/* take_all - the data and what stands behind them: the digest that is wanted,
 * and the one that it is. */
static enum trouble
take_all(struct putting *p, char *wanted, char *got)
{
	const struct file_request *r = p->x->r;
	enum trouble trouble;

	if (p->part.size > 0 && hash_file(p->part.fd, p->part.size, &p->digest,
	    tell_working, p->x) == -1)
		return p->x->c->flags & CONN_BROKEN ? TROUBLE_PEER :
		    TROUBLE_DISK;
	trouble = take_data(p);
	if (trouble != TROUBLE_NONE)
		return trouble;
	memcpy(wanted, r->sha, FILE_SHA);
	if (r->sha[0] == '\0' && receive_digest(p->x->c, wanted) == -1)
		return TROUBLE_PEER;
	return hasher_text(&p->hasher, got) == -1 ? TROUBLE_DISK :
	    TROUBLE_NONE;
}

/* keep - for the next time, where there can be one. */
static void
keep(struct putting *p)
{
	if (p->x->r->size == FILE_NO_SIZE)
		part_discard(&p->part);
	else
		part_close(&p->part);
}

/* failed - say why, and read on for a while, so that the peer, who is still
 * sending, has a chance to hear it. */
static enum conn_fate
failed(struct putting *p, enum trouble trouble, int error)
{
	const struct exchange *x = p->x;
	unsigned long long size = p->part.size;
	const char *why = trouble == TROUBLE_ORDER ? "no chunk" :
	    error == 0 ? "the connection was cut" : why_text(error);

	keep(p);
	note(x->c, "PUT '%s': %s after %llu bytes", x->r->name, why, size);
	if (x->c->flags & CONN_BROKEN ||
	    (trouble == TROUBLE_PEER && error == 0))
		return CONN_CLOSE;
	if (trouble == TROUBLE_ORDER)
		reply(x, FILE_SYNTAX, "a chunk begins with its size");
	else if (trouble == TROUBLE_PEER)
		reply(x, FILE_CHANGED, "%s", why);
	else
		reply_errno(x, error);
	conn_linger(x->c, DRAIN_MS, DRAIN_BYTES);
	return CONN_CLOSE;
}

static struct timespec
as_timespec(int64_t ns)
{
	struct timespec t = { .tv_sec = ns / NSEC_PER_SEC,
	    .tv_nsec = ns % NSEC_PER_SEC };

	if (t.tv_nsec < 0) {
		t.tv_nsec += NSEC_PER_SEC;
		t.tv_sec--;
	}
	return t;
}

static enum part_exists
policy(enum file_exists e)
{
	return e == FILE_REPLACE ? PART_REPLACE : e == FILE_RENAME ?
	    PART_RENAME : PART_KEEP;
}

/* name_it - all of it is there and right. */
static enum conn_fate
name_it(struct putting *p, const char *sha)
{
	const struct exchange *x = p->x;
	struct timespec mtime = as_timespec(x->r->mtime);
	unsigned long long size = p->part.size;
	char base[PART_NAME_MAX];

	memcpy(base, p->base, sizeof(base));
	if (part_finish(&p->part, base, policy(x->r->exists), x->r->mode,
	    x->r->mtime != FILE_NO_TIME ? &mtime : NULL) == 0) {
		note(x->c, "PUT '%s': stored %llu bytes as '%s': %s",
		    x->r->name, size, base, sha);
		return stored(p, base, sha);
	}
	note(x->c, "PUT '%s': %s", x->r->name, why_text(errno));
	if (errno == ENOENT)
		reply(x, FILE_NONE, "the folder has vanished");
	else if (errno == EEXIST)
		reply(x, FILE_EXISTS, "there is a file of that name");
	else
		reply_errno(x, errno);
	keep(p);
	return CONN_KEEP;
}

/* verify - the end of the data: by the digest, what has come is what was sent,
 * or is worth nothing. */
static enum conn_fate
verify(struct putting *p, const char *wanted, const char *got)
{
	if (wanted[0] != '\0' && strcmp(got, wanted) == 0)
		return name_it(p, got);
	part_discard(&p->part);
	note(p->x->c, "PUT '%s': %s", p->x->r->name, wanted[0] == '\0' ?
	    "given up by its sender" : "the digest is another one");
	reply(p->x, FILE_CHANGED, "%s", wanted[0] == '\0' ? "given up" :
	    "what came has another digest and is gone; send it again");
	return CONN_KEEP;
}

enum conn_fate
receive_file(struct putting *p)
{
	const struct exchange *x = p->x;
	const struct file_request *r = x->r;
	uint64_t from = r->offset < p->part.size ? r->offset : p->part.size;
	char wanted[FILE_SHA], got[FILE_SHA];
	enum trouble trouble;
	int error;

	if (from > r->size)
		from = 0;
	if ((from != p->part.size && part_cut(&p->part, from) == -1) ||
	    (r->size != FILE_NO_SIZE &&
	    part_room(&p->part, r->size - from) == -1)) {
		note(x->c, "PUT '%s': %s", r->name, why_text(errno));
		reply_errno(x, errno);
		keep(p);
		return CONN_KEEP;
	}
	reply(x, FILE_SEND, "%llu", (unsigned long long)from);
	if (conn_flush(x->c) == -1) {
		keep(p);
		return CONN_CLOSE;
	}
	trouble = take_all(p, wanted, got);
	error = errno;
	hasher_end(&p->hasher);
	if (trouble != TROUBLE_NONE)
		return failed(p, trouble, error);
	return verify(p, wanted, got);
}
