/*
 * A secret that two programs share, read from a file.  Called by programs that
 * authenticate their messages, before they serve anybody.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>
#include <sys/types.h>

/*
 * secret_read - at least min and at most max bytes from path to buf, without
 * the newlines that end the file.  Their number, or -1 with one line for the
 * user in why.  Warns in the log where others than the owner may read the file.
 * The caller wipes buf (explicit_bzero) once the key is made.
 */
ssize_t	secret_read(const char *path, void *buf, size_t min, size_t max,
	    char *why, size_t whylen);

#endif
