/*
 * What beneath_open() comes down to where the kernel has no openat2(2): before
 * Linux 5.6, on the BSDs, under valgrind.
 */
#ifndef HTTPD_BENEATH_WALK_H
#define HTTPD_BENEATH_WALK_H

/* beneath_walk - as beneath_open(). */
int	beneath_walk(int root, const char *path, int nolinks);

#endif
