/*
 * What part.c wants of the system and each system does in its own way.  Nobody
 * else includes this.
 */
#ifndef BASE_PART_SYS_H
#define BASE_PART_SYS_H

#include <stdint.h>

/* part_sys_rename - within the folder, unless to exists: EEXIST. */
int	part_sys_rename(int dir, const char *from, const char *to);
/* part_sys_writeback - begin to write these bytes to the disk, so that the
 * sync at the end has little left to do. */
void	part_sys_writeback(int fd, uint64_t off, uint64_t n);

#endif
