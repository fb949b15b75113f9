/*
 * The name of the file that a page is stored under.  Pure: the host and the
 * path are looked at, and nothing else.
 */
#ifndef URLGET_NAME_H
#define URLGET_NAME_H

#include <stddef.h>

#include "http/str.h"

/* Bytes with the NUL; ".part" fits behind it in any file system. */
#define NAME_ROOM	250

/*
 * name_of_url - for a bare host (path "" or "/") HOST.html; else the last
 * segment of the path, decoded, with ".html" where the path ends in "/".  It is
 * a single name of a visible file that no system's shell or file system takes
 * for something else: what could be taken so is replaced by "_", and what is
 * too long is cut before its extension.
 */
void	name_of_url(char out[NAME_ROOM], struct http_str host,
	    struct http_str path);

#endif
