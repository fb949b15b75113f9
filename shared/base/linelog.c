/*
 * Collecting lines and writing them.  A file takes a batch in one write(2) at
 * its end, so that the lines of several processes never mix; a pipe takes what
 * it has room for.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* memrchr, dup3 */
#endif
#include "base/linelog.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

struct linelog {
	int		 fd;
	bool		 file;		/* regular: write(2) does not block */
	bool		 torn;		/* the last line written was cut */
	const char	*path;
	int64_t		 flushed;	/* monotonic ns */
	int64_t		 warned;
	uint64_t	 dropped, reported;
	size_t		 len;
	char		 text[LINELOG_MAX];
};

/*
 * open_output - standard output: opened anew, not to make everybody's
 * non-blocking; but a file with its offset, for others may write there, too.
 */
static int
open_output(void)
{
	struct stat st;
	int fd = -1;

	if (fstat(STDOUT_FILENO, &st) == 0 && !S_ISREG(st.st_mode))
		fd = open("/proc/self/fd/1",
		    O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd != -1 ? fd : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
}

int
linelog_open(const char *path)
{
	const int flags = O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC;
	int fd;

	if (strcmp(path, "-") == 0)
		return open_output();
	fd = open(path, O_WRONLY | flags, 0640);
	/* a FIFO whose reader is still to come: it holds some until then */
	return fd != -1 || errno != ENXIO ? fd :
	    open(path, O_RDWR | flags, 0640);
}

int
linelog_reopen(int fd, const char *path)
{
	int new, error;

	if (strcmp(path, "-") == 0)
		return 0;
	new = linelog_open(path);
	if (new == -1)
		return -1;
	if (dup3(new, fd, O_CLOEXEC) == -1) {
		error = errno;
		close(new);
		errno = error;
		return -1;
	}
	close(new);
	return 0;
}

struct linelog *
linelog_new(int fd, const char *path)
{
	struct linelog *l = calloc(1, sizeof(*l));
	struct stat st;

	if (l == NULL)
		return NULL;
	l->fd = fd;
	l->path = path;
	l->file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	return l;
}

/* report - say how many lines were lost, but not more than once a second. */
static void
report(struct linelog *l, int64_t now)
{
	if (l->dropped == l->reported ||
	    (l->warned != 0 && now - l->warned < NSEC_PER_SEC))
		return;
	log_warnx("access log %s: %llu lines lost", l->path,
	    (unsigned long long)(l->dropped - l->reported));
	l->reported = l->dropped;
	l->warned = now;
}

static uint64_t
lines_in(const char *p, size_t n)
{
	uint64_t lines = 0;
	const char *nl;

	while (n > 0 && (nl = memchr(p, '\n', n)) != NULL) {
		lines++;
		n -= (size_t)(nl + 1 - p);
		p = nl + 1;
	}
	return lines;
}

/* forget - take the first n bytes off the buffer. */
static void
forget(struct linelog *l, size_t n)
{
	l->len -= n;
	memmove(l->text, l->text + n, l->len);
}

static void
flush_file(struct linelog *l)
{
	size_t done = 0;
	ssize_t r;

	if (l->torn && write(l->fd, "\n", 1) == 1)
		l->torn = false;
	while (done < l->len) {
		r = write(l->fd, l->text + done, l->len - done);
		if (r > 0) {
			done += (size_t)r;
		} else if (r == 0 || errno != EINTR) {
			l->dropped += lines_in(l->text + done, l->len - done);
			l->torn = done > 0 && l->text[done - 1] != '\n';
			break;
		}
	}
	l->len = 0;
}

/* batch - whole lines of at most PIPE_BUF bytes, or one that is longer. */
static size_t
batch(const struct linelog *l)
{
	const char *nl;

	if (l->len <= PIPE_BUF)
		return l->len;
	nl = memrchr(l->text, '\n', PIPE_BUF);
	if (nl == NULL)
		nl = memchr(l->text, '\n', l->len);
	return (size_t)(nl + 1 - l->text);
}

/* flush_pipe - as much as is taken at once; up to PIPE_BUF whole or not at
 * all, pipe(7). */
static void
flush_pipe(struct linelog *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLOUT };
	size_t n;
	ssize_t r;

	while (l->len > 0) {
		if (poll(&p, 1, 0) <= 0)
			return;
		n = batch(l);
		r = write(l->fd, l->text, n);
		if (r > 0 && (size_t)r < n) {
			l->dropped++;	/* a line too long for the pipe */
			forget(l, n);
		} else if (r > 0) {
			forget(l, n);
		} else if (errno != EAGAIN && errno != EINTR) {
			l->dropped += lines_in(l->text, l->len);
			l->len = 0;
		} else {
			return;
		}
	}
}

static void
flush(struct linelog *l, int64_t now)
{
	if (l->file)
		flush_file(l);
	else
		flush_pipe(l);
	l->flushed = now;
	report(l, now);
}

void
linelog_free(struct linelog *l)
{
	if (l == NULL)
		return;
	flush(l, clock_mono());
	free(l);
}

char *
linelog_room(struct linelog *l, size_t most, int64_t now)
{
	if (sizeof(l->text) - l->len < most) {
		flush(l, now);
		if (sizeof(l->text) - l->len < most) {
			l->dropped++;
			return NULL;
		}
	}
	if (l->len == 0)
		l->flushed = now;	/* the wait begins with this line */
	return l->text + l->len;
}

void
linelog_added(struct linelog *l, const char *end)
{
	l->len = (size_t)(end - l->text);
}

int64_t
linelog_idle(struct linelog *l, int64_t now)
{
	int64_t waited = now - l->flushed;

	if (l->len == 0)
		return -1;
	if (waited >= LINELOG_MS * NSEC_PER_MSEC) {
		flush(l, now);
		return l->len == 0 ? -1 : LINELOG_MS;
	}
	return LINELOG_MS - waited / NSEC_PER_MSEC;
}

uint64_t
linelog_dropped(const struct linelog *l)
{
	return l->dropped;
}
