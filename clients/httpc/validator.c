/*
 * Validators of unfinished files.  The extended attributes are Linux's; where
 * there are none, --continue-at works as curl's does, without If-Range.
 */
#include "validator.h"

#include <sys/xattr.h>

#include <string.h>
#include <time.h>

#include "http/date.h"

#define ATTRIBUTE	"user.httpc.validator"

/* strong_date - Last-Modified a second or more before Date: the file cannot
 * have changed twice in it (RFC 9110 section 8.8.2.2) */
static bool
strong_date(const struct http_msg *m)
{
	struct http_str modified = http_get(m, HDR_LAST_MODIFIED);
	struct http_str date = http_get(m, HDR_DATE);
	time_t now = time(NULL), then, at;

	return modified.ptr != NULL && date.ptr != NULL &&
	    http_date_parse(modified, now, &then) == 0 &&
	    http_date_parse(date, now, &at) == 0 && at - then >= 1;
}

void
validator_of(const struct http_msg *m, char *buf, size_t size)
{
	struct http_str v = http_get(m, HDR_ETAG);

	buf[0] = '\0';
	if (v.ptr == NULL || v.len < 2 || v.ptr[0] != '"') {
		if (!strong_date(m))
			return;
		v = http_get(m, HDR_LAST_MODIFIED);
	}
	if (v.len >= size)
		return;
	memcpy(buf, v.ptr, v.len);
	buf[v.len] = '\0';
}

void
validator_store(int fd, const struct http_msg *m)
{
	char v[512];

	validator_of(m, v, sizeof(v));
	if (v[0] == '\0')
		validator_clear(fd);
	else
		(void)fsetxattr(fd, ATTRIBUTE, v, strlen(v), 0);
}

void
validator_load(const char *path, char *buf, size_t size)
{
	ssize_t n = getxattr(path, ATTRIBUTE, buf, size - 1);

	if (n < 0)
		n = 0;
	buf[n] = '\0';
	/* It becomes part of a request's head. */
	if (strpbrk(buf, "\r\n") != NULL || strlen(buf) != (size_t)n)
		buf[0] = '\0';
}

void
validator_clear(int fd)
{
	(void)fremovexattr(fd, ATTRIBUTE);
}
