/*
 * Opening files beneath a folder and nowhere else.  What stands behind it is
 * the kernel's: a system without openat2(2) replaces beneath.c.
 */
#ifndef HTTPD_BENEATH_H
#define HTTPD_BENEATH_H

/* beneath_root - a descriptor that names the folder; -1 with errno. */
int	beneath_root(const char *dir);

/*
 * beneath_open - path, relative to root ("" is root itself), for reading and
 * without waiting for anything (a FIFO opens at once).  Links that lead out of
 * root are not followed; with nolinks none is.  Returns the descriptor or -1
 * with errno; what is outside of root does not exist: ENOENT.
 */
int	beneath_open(int root, const char *path, int nolinks);

#endif
