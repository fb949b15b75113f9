/*
 * From a file to a socket, by the kernel, in the way of each system.  For
 * conn_write.c only.
 */
#ifndef NET_SENDFILE_H
#define NET_SENDFILE_H

#include <sys/types.h>

/* sendfile_some - from *off on, which advances: how many of n bytes the socket
 * took, 0 at the end of the file, -1 with errno (EAGAIN). */
ssize_t	sendfile_some(int sock, int file, off_t *off, size_t n);

#endif
