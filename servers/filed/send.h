/*
 * A file's bytes on their way out, for both dialects.
 */
#ifndef FILED_SEND_H
#define FILED_SEND_H

#include <stdint.h>

#include "base/digest.h"
#include "filed.h"

/*
 * send_file - n bytes of fd from off; with a digest they are added to it as
 * they go.  chunk: what --verbose prints a line for; 0: as suits.  0, or -1
 * with errno: ENODATA where the file has got shorter.
 */
int	send_file(struct conn *, const struct filed *, int fd, uint64_t off,
	    uint64_t n, uint64_t chunk, struct digest *);

/*
 * hash_file - the first n bytes of fd into the digest; others have their turn
 * meanwhile, and busy(arg, done) is called every few seconds.  As send_file.
 */
int	hash_file(int fd, uint64_t n, struct digest *,
	    int (*busy)(const void *arg, uint64_t done), const void *arg);

/* say_sent - the lines of --verbose behind a file. */
void	say_sent(const struct filed *, uint64_t n);

#endif
