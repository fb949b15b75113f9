/*
 * Small files, whole, when the settings are made.
 */
#ifndef BASE_READFILE_H
#define BASE_READFILE_H

#include "base/buf.h"

/* read_file - all of path into the empty b; 0, or -1 with errno (EFBIG past
 * max bytes) and nothing in b.  What is left of it on the stack is wiped: it
 * may hold passwords. */
int	read_file(const char *path, size_t max, struct buf *b);

#endif
