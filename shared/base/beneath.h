/*
 * Opening files beneath a folder and nowhere else, for servers that are given
 * names by strangers and for clients that are given names by servers.  What
 * stands behind it is the kernel's: a system without openat2(2) has the walk.
 */
#ifndef BASE_BENEATH_H
#define BASE_BENEATH_H

/* beneath_root - a descriptor that names the folder; -1 with errno. */
int	beneath_root(const char *dir);

/*
 * beneath_open - path, relative to root ("" is root itself), for reading and
 * without waiting for anything (a FIFO opens at once).  Links that lead out of
 * root are not followed; with nolinks none is.  Returns the descriptor or -1
 * with errno; what is outside of root does not exist: ENOENT.
 */
int	beneath_open(int root, const char *path, int nolinks);

/*
 * beneath_name - the same, but the descriptor only names what is there, which
 * need not be readable: for fstat(2), and if it is a folder for the calls that
 * work in one (openat(2) and its kin), which must be given single names.
 */
int	beneath_name(int root, const char *path, int nolinks);

#endif
