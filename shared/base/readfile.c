/*
 * Reading a file of settings.  Never called for a request.
 */
#include "base/readfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
read_file(const char *path, size_t max, struct buf *b)
{
	FILE *f = fopen(path, "re");
	char part[4096];
	size_t n;
	int error = 0;

	if (f == NULL)
		return -1;
	while (error == 0 && (n = fread(part, 1, sizeof(part), f)) > 0) {
		buf_add(b, part, n);
		if (b->failed)
			error = ENOMEM;
		else if (b->len > max)
			error = EFBIG;
	}
	if (error == 0 && ferror(f))
		error = errno != 0 ? errno : EIO;
	fclose(f);
	explicit_bzero(part, sizeof(part));
	if (error == 0)
		return 0;
	buf_free(b);
	errno = error;
	return -1;
}
