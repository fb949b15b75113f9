/*
 * What beneath_open() and beneath_name() come down to where the kernel has no
 * openat2(2): before Linux 5.6, on the BSDs, under valgrind.
 */
#ifndef BASE_BENEATH_WALK_H
#define BASE_BENEATH_WALK_H

/* beneath_walk - as beneath_open(), with the flags of open(2) for what is
 * looked for. */
int	beneath_walk(int root, const char *path, int flags, int nolinks);

#endif
