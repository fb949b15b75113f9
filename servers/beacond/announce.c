/*
 * Which servers are announced.  The folder is read when somebody asks, once a
 * second at most: a server's start script drops a file there and takes it away
 * again, and nobody has to be told.  Must never wait for a file (a FIFO) nor
 * read one without end.
 */
#include "announce.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define FILE_SIZE_MAX	16384	/* bytes of a file that are looked at */
#define REFRESH_NS	NSEC_PER_SEC

int
announced_add(struct announced *a, const struct beacon_service *s)
{
	for (size_t i = 0; i < a->n; i++)
		if (beacon_service_equal(&a->v[i], s))
			return 0;
	if (a->n == BEACON_SERVICES_MAX)
		return -1;
	a->v[a->n++] = *s;
	return 0;
}

/* is_blank - an empty line, or a comment. */
static int
is_blank(const char *line, size_t n)
{
	while (n > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		n--;
	}
	return n == 0 || *line == '#';
}

/* take_lines - each is a NAME=PORT/PROTOCOL. */
static void
take_lines(struct announced *a, const char *file, const char *p, size_t n,
    int tell)
{
	struct beacon_service s;
	const char *end = p + n, *lf;
	size_t len, line = 1;

	for (; p < end; p = lf + 1, line++) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			lf = end;
		len = (size_t)(lf - p);
		while (len > 0 && strchr(" \t\r", p[len - 1]) != NULL)
			len--;
		if (is_blank(p, len))
			continue;
		if (beacon_service_parse(&s, p, len) == -1) {
			if (tell)
				log_warnx("%s:%zu: '%.*s' is not "
				    "NAME=PORT/PROTOCOL", file, line,
				    len > 100 ? 100 : (int)len, p);
		} else if (announced_add(a, &s) == -1 && tell)
			log_warnx("%s:%zu: more than %d servers", file, line,
			    BEACON_SERVICES_MAX);
	}
}

static void
take_file(struct announced *a, const char *name, int tell)
{
	char text[FILE_SIZE_MAX];
	struct stat st;
	ssize_t n = -1;
	int fd;

	fd = openat(a->dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd != -1 && fstat(fd, &st) == 0) {
		if (S_ISREG(st.st_mode))
			n = read(fd, text, sizeof(text));
		else
			errno = EINVAL;
	}
	if (n == -1 && tell)
		log_warn("%s", name);
	if (n > 0)
		take_lines(a, name, text, (size_t)n, tell);
	if (fd != -1)
		close(fd);
}

/* wanted - no hidden files, nor what editors leave behind. */
static int
wanted(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && d->d_name[n - 1] != '~';
}

/* take_dir - in the order of names, so that pages of a reply fit together. */
static int
take_dir(struct announced *a, int tell)
{
	struct dirent **names;
	int n = scandirat(a->dir, ".", &names, wanted, alphasort);

	a->read_at = clock_coarse();
	if (n == -1)
		return -1;
	a->n = a->fixed;
	for (int i = 0; i < n; i++) {
		take_file(a, names[i]->d_name, tell);
		free(names[i]);
	}
	free(names);
	return 0;
}

int
announced_open(struct announced *a, const char *dir)
{
	a->fixed = a->n;
	a->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return a->dir == -1 ? -1 : take_dir(a, 1);
}

void
announced_refresh(struct announced *a)
{
	if (a->dir == -1 || clock_coarse() - a->read_at < REFRESH_NS)
		return;
	if (take_dir(a, log_wants(LOG_LEVEL_DEBUG)) == -1)
		log_warn("--services");
}

void
announced_close(struct announced *a)
{
	if (a->dir != -1)
		close(a->dir);
	a->dir = -1;
}
