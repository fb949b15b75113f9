/*
 * Where the body goes: standard output or a file, which is made only when
 * there is something to put into it.  Written as it comes; only pieces that
 * come without a wait between them are put together.
 */
#include "transfer.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/path.h"
#include "net/wait.h"
#include "validator.h"

#define HOLD		65536

/* remote_name - what the URL's path ends in */
static int
remote_name(struct transfer *t)
{
	struct http_str path = t->first.url.path;
	long n;

	t->out.name = malloc(path.len + 1);
	if (t->out.name == NULL)
		return fail(t, ST_MEMORY, "out of memory");
	n = http_url_file_name(path, t->out.name, path.len + 1);
	if (n <= 0)
		return fail(t, ST_WRITE, "%s: there is no file name in it for "
		    "--remote-name", t->first.text);
	t->out.path = t->out.name;
	return ST_OK;
}

int
output_name(struct transfer *t, size_t nth)
{
	const struct settings *s = t->set;
	int st = ST_OK;

	if (nth < s->outputs.n)
		t->out.path = s->outputs.v[nth];
	else if (s->remote_name)
		st = remote_name(t);
	if (t->out.path != NULL && strcmp(t->out.path, "-") == 0)
		t->out.path = NULL;
	t->result.filename = t->out.path;
	return st;
}

int
output_resume(struct transfer *t)
{
	const struct resume *r = &t->set->resume;
	struct output *out = &t->out;
	struct stat st;

	if (!r->set)
		return ST_OK;
	out->from = r->from;
	if (out->path == NULL)
		return ST_OK;
	if (stat(out->path, &st) == -1) {
		if (errno != ENOENT)
			return fail(t, ST_WRITE, "%s: %s", out->path,
			    strerror(errno));
		st.st_size = 0;
	} else if (!S_ISREG(st.st_mode)) {
		return fail(t, ST_WRITE, "%s: is not a regular file, which "
		    "could be continued", out->path);
	}
	if (r->automatic)
		out->from = (uint64_t)st.st_size;
	else if (st.st_size == 0)
		out->apart = r->from > 0;
	else if (r->from > (uint64_t)st.st_size)
		return fail(t, ST_RANGE, "%s: has %lld bytes only", out->path,
		    (long long)st.st_size);
	if (out->from > 0 && out->from == (uint64_t)st.st_size)
		validator_load(out->path, out->validator,
		    sizeof(out->validator));
	return ST_OK;
}

/* open_file - at the place where writing goes on */
static int
open_file(struct transfer *t)
{
	struct output *out = &t->out;
	struct stat st;
	off_t at;

	out->fd = open(out->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (out->fd == -1 || fstat(out->fd, &st) == -1)
		return fail(t, ST_WRITE, "%s: %s", out->path, strerror(errno));
	out->regular = S_ISREG(st.st_mode);
	if (!out->regular)
		return ST_OK;
	at = out->apart ? 0 : (off_t)out->from;
	if (ftruncate(out->fd, at) == -1 ||
	    lseek(out->fd, at, SEEK_SET) == -1)
		return fail(t, ST_WRITE, "%s: %s", out->path, strerror(errno));
	/* A part alone is nothing that could be gone on with. */
	if (!out->apart)
		validator_store(out->fd, &t->response.msg);
	return ST_OK;
}

/* shows_progress - nobody else writes to that terminal meanwhile */
static bool
shows_progress(const struct transfer *t)
{
	struct stat st;

	if (t->set->silent || t->set->verbose)
		return false;
	if (t->out.path != NULL)
		return true;
	return fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode);
}

int
output_open(struct transfer *t, uint64_t total)
{
	struct output *out = &t->out;
	const char *label = t->first.host, *slash;
	int st;

	if (out->fd != -1)
		return ST_OK;
	out->held = malloc(HOLD);
	if (out->held == NULL)
		return fail(t, ST_MEMORY, "out of memory");
	if (out->path == NULL) {
		out->fd = STDOUT_FILENO;
	} else {
		st = open_file(t);
		if (st != ST_OK)
			return st;
		slash = strrchr(out->path, '/');
		label = slash != NULL ? slash + 1 : out->path;
	}
	if (total != PROGRESS_UNKNOWN)
		total += out->from;
	progress_start(&out->progress, label, out->from, total,
	    shows_progress(t));
	return ST_OK;
}

/* write_all - wait where it is a pipe that somebody has made non-blocking */
static int
write_all(struct transfer *t, const char *p, size_t n)
{
	int fd = t->out.fd;
	ssize_t r;

	while (n > 0) {
		r = write(fd, p, n);
		if (r >= 0) {
			p += r;
			n -= (size_t)r;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN) {
			if (net_wait_fd(fd, POLLOUT, t->deadline) != 0)
				continue;
			return fail(t, ST_TIMEOUT, "the output takes nothing");
		}
		return fail(t, ST_WRITE, "%s: %s", t->out.path != NULL ?
		    t->out.path : "standard output", strerror(errno));
	}
	return ST_OK;
}

int
output_flush(struct transfer *t)
{
	size_t n = t->out.held_len;

	if (n == 0)
		return ST_OK;
	t->out.held_len = 0;
	return write_all(t, t->out.held, n);
}

int
output_write(struct transfer *t, const char *p, size_t n)
{
	struct output *out = &t->out;
	int st;

	if (n > HOLD - out->held_len) {
		st = output_flush(t);
		if (st != ST_OK)
			return st;
		if (n >= HOLD)
			return write_all(t, p, n);
	}
	memcpy(out->held + out->held_len, p, n);
	out->held_len += n;
	return ST_OK;
}

int
output_close(struct transfer *t, bool complete)
{
	struct output *out = &t->out;
	int fd = out->fd, st;

	if (fd == -1)
		return ST_OK;
	st = output_flush(t);
	progress_end(&out->progress);
	free(out->held);
	out->held = NULL;
	out->fd = -1;
	if (out->path == NULL)
		return st;
	if (complete && st == ST_OK && out->regular)
		validator_clear(fd);
	if (close(fd) == -1 && st == ST_OK)
		st = fail(t, ST_WRITE, "%s: %s", out->path, strerror(errno));
	return st;
}

void
output_free(struct transfer *t)
{
	free(t->out.name);
	free(t->out.held);
	t->out.name = t->out.held = NULL;
}
