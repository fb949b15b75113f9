/*
 * The plain dialect: a name comes, its size goes, then a pause, then its bytes.
 * Programs that nobody here controls speak it: not one byte more.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/clock.h"
#include "filed.h"
#include "net/wait.h"
#include "send.h"
#include "serve/serve.h"

/* A client that reads the size with one recv(2) must get it alone. */
#define PAUSE_MS	100

int
open_file(const struct filed *f, const char *name, struct stat *st)
{
	int fd, error;

	if (file_is_part(name)) {
		errno = ENOENT;
		return -1;
	}
	fd = beneath_open(f->root, name, 0);
	if (fd == -1)
		return -1;
	error = fstat(fd, st) == -1 ? errno : S_ISDIR(st->st_mode) ? EISDIR :
	    !S_ISREG(st->st_mode) ? EINVAL : 0;
	if (error == 0)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

bool
plain_exists(const struct filed *f, const char *name)
{
	struct stat st;
	int fd = open_file(f, name, &st);

	if (fd == -1)
		return false;
	close(fd);
	return true;
}

/* send_plain - the bytes; a file that has got shorter can only be said by
 * ending the connection. */
static enum conn_fate
send_plain(struct conn *c, const struct filed *f, int fd, uint64_t size,
    const char *name)
{
	if (send_file(c, f, fd, 0, size, (uint64_t)f->chunk, NULL) == 0) {
		say_sent(f, size);
		note(c, "'%s': sent %llu bytes", name,
		    (unsigned long long)size);
		return CONN_KEEP;
	}
	note(c, "'%s': %s", name, errno == ENODATA ?
	    "it got shorter while it was sent" : strerror(errno));
	return CONN_CLOSE;
}

enum conn_fate
plain_request(struct conn *c, const struct filed *f, const char *name,
    const char *eol)
{
	enum conn_fate fate = CONN_CLOSE;
	uint64_t size;
	struct stat st;
	int fd;

	serve_doing(name, strlen(name));
	fd = open_file(f, name, &st);
	if (fd == -1) {
		note(c, "'%s': %s", name, why_text(errno));
		conn_printf(c, "-1%s", eol);
		return CONN_KEEP;
	}
	size = (uint64_t)st.st_size;
	conn_printf(c, "%llu%s", (unsigned long long)size, eol);
	if (size == 0)
		fate = send_plain(c, f, fd, 0, name);
	else if (conn_flush(c) == 0 &&
	    (net_pause(clock_after_ms(PAUSE_MS)) == 0 || errno != ECANCELED))
		fate = send_plain(c, f, fd, size, name);
	close(fd);
	return fate;
}
