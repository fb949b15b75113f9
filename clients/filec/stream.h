/*
 * What getting, putting and the plain dialect have in common: bytes from the
 * connection, and files into the digest.
 */
#ifndef FILEC_STREAM_H
#define FILEC_STREAM_H

#include <sys/types.h>

#include "filec.h"
#include "hasher.h"
#include "link.h"

/* Data that are coming in. */
struct stream {
	struct work	*w;
	struct link	*l;
	struct outcome	*o;
	struct hasher	*hasher;
	size_t		 given_up;	/* bytes of a reply in place of data */
	size_t		 tail_len;
	char		 tail[FILE_ABORT];	/* the last bytes that came */
};

/*
 * stream_read - some of the left bytes, into one of the hasher's buffers; how
 * many.  0 where the connection has ended and -1 where it was lost, and then
 * the outcome says why, and given_up how many of the bytes before were no data.
 */
ssize_t	stream_read(struct stream *, char *buf, uint64_t left);

/* stream_file - the first n bytes of fd into the hasher; 0, or -1 with errno
 * (EIO where there are not so many). */
int	stream_file(struct hasher *, int fd, uint64_t n);

#endif
