/*
 * Sending.  The kernel copies a file to the socket; where its digest is not
 * known, each piece is read and hashed while it is warm, and then sent so.
 */
#include "send.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/outlet.h"
#include "net/wait.h"

#define BUSY_NS		(5 * NSEC_PER_SEC)
#define LINES		4096	/* bytes of --verbose's lines in one write */

/* The lines of --verbose. */
struct lines {
	struct text	 text;
	char		 mem[LINES];
};

static void
lines_flush(struct lines *l)
{
	outlet_print(l->mem, l->text.len);
	text_init(&l->text, l->mem, sizeof(l->mem));
}

static void
say_chunk(struct lines *l, uint64_t n)
{
	if (l->text.size - l->text.len < 64)
		lines_flush(l);
	text_addf(&l->text, "Send a chunk of %llu bytes.\n",
	    (unsigned long long)n);
}

void
say_sent(const struct filed *f, uint64_t n)
{
	struct lines l;

	if (!f->verbose)
		return;
	text_init(&l.text, l.mem, sizeof(l.mem));
	text_addf(&l.text, "Send a file of %llu bytes.\nDone!\n",
	    (unsigned long long)n);
	lines_flush(&l);
}

/* read_full - n bytes; as send_file. */
static int
read_full(int fd, char *buf, size_t n, uint64_t off)
{
	ssize_t r;

	while (n > 0) {
		r = pread(fd, buf, n, (off_t)off);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == 0)
			errno = ENODATA;
		if (r <= 0)
			return -1;
		buf += r;
		n -= (size_t)r;
		off += (uint64_t)r;
	}
	return 0;
}

/* pass_turn - after each TURN bytes. */
static int
pass_turn(uint64_t *turn, size_t n)
{
	*turn += n;
	if (*turn < TURN)
		return 0;
	*turn = 0;
	return net_pause(0) == -1 && errno == ECANCELED ? -1 : 0;
}

/*
 * send_hashing - TLS has to copy, and then what was hashed is what is copied;
 * else the kernel sends the pages, which is cheaper by a copy.  A file that is
 * written to in between does not escape: its receiver compares digests.
 */
static int
send_hashing(struct conn *c, int fd, uint64_t off, uint64_t n,
    struct digest *digest)
{
	char *buf = buf_pages(TRANSFER_BUF);
	bool copy = c->tls != NULL || (c->flags & CONN_SOCKET) == 0;
	uint64_t turn = 0;
	size_t part;
	int r = buf == NULL ? -1 : 0;

	while (r == 0 && n > 0) {
		part = n < TRANSFER_BUF ? (size_t)n : TRANSFER_BUF;
		r = read_full(fd, buf, part, off);
		if (r == -1)
			break;
		digest_add(digest, buf, part);
		r = copy ? conn_write(c, buf, part) :
		    conn_sendfile(c, fd, (off_t)off, part);
		off += part;
		n -= part;
		if (r == 0)
			r = pass_turn(&turn, part);
	}
	free(buf);
	return r;
}

static int
send_plainly(struct conn *c, int fd, uint64_t off, uint64_t n,
    struct digest *digest)
{
	return digest != NULL ? send_hashing(c, fd, off, n, digest) :
	    conn_sendfile(c, fd, (off_t)off, n);
}

/* send_chunks - with a line for each. */
static int
send_chunks(struct conn *c, int fd, uint64_t off, uint64_t n, uint64_t chunk,
    struct digest *digest)
{
	struct lines l;
	uint64_t part, turn = 0;
	int r = 0;

	text_init(&l.text, l.mem, sizeof(l.mem));
	for (; r == 0 && n > 0; n -= part, off += part) {
		part = n < chunk ? n : chunk;
		r = send_plainly(c, fd, off, part, digest);
		if (r == 0) {
			say_chunk(&l, part);
			r = pass_turn(&turn, part);
		}
	}
	lines_flush(&l);
	return r;
}

int
send_file(struct conn *c, const struct filed *f, int fd, uint64_t off,
    uint64_t n, uint64_t chunk, struct digest *digest)
{
	if (n == 0)
		return 0;
	if (f->verbose)
		return send_chunks(c, fd, off, n, chunk > 0 ? chunk :
		    TRANSFER_BUF, digest);
	return send_plainly(c, fd, off, n, digest);
}

int
hash_file(int fd, uint64_t n, struct digest *digest,
    int (*busy)(const void *, uint64_t), const void *arg)
{
	char *buf = buf_pages(TRANSFER_BUF);
	int64_t next = clock_coarse() + BUSY_NS;
	uint64_t done = 0, turn = 0;
	size_t part;
	int r = buf == NULL ? -1 : 0;

	while (r == 0 && done < n) {
		part = n - done < TRANSFER_BUF ? (size_t)(n - done) :
		    TRANSFER_BUF;
		r = read_full(fd, buf, part, done);
		if (r == -1)
			break;
		digest_add(digest, buf, part);
		done += part;
		r = pass_turn(&turn, part);
		if (r == 0 && busy != NULL && clock_coarse() > next) {
			r = busy(arg, done);
			next = clock_coarse() + BUSY_NS;
		}
	}
	free(buf);
	return r;
}
