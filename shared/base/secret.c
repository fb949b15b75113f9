/*
 * Reading a shared secret from a file.  It never prints what it has read.
 */
#include "base/secret.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* read_all - up to n bytes, fewer only at the end of the file. */
static ssize_t
read_all(int fd, char *buf, size_t n)
{
	size_t got = 0;
	ssize_t r;

	while (got < n) {
		r = read(fd, buf + got, n - got);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			return -1;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

static void
warn_of_readers(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		log_warnx("%s: others than its owner have access to this key",
		    path);
}

ssize_t
secret_read(const char *path, void *buf, size_t min, size_t max, char *why,
    size_t whylen)
{
	char *p = buf, beyond;
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd != -1)
		n = read_all(fd, p, max);
	if (n == -1) {
		snprintf(why, whylen, "%s: %s", path, strerror(errno));
		goto out;
	}
	if ((size_t)n == max && read_all(fd, &beyond, 1) != 0)
		n = -1;
	while (n > 0 && (p[n - 1] == '\n' || p[n - 1] == '\r'))
		n--;
	if (n < (ssize_t)min) {
		snprintf(why, whylen, "%s: a key has %zu to %zu bytes", path,
		    min, max);
		n = -1;
	} else
		warn_of_readers(fd, path);
out:
	if (fd != -1)
		close(fd);
	return n;
}
