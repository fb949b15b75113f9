/*
 * What getting and the plain dialect have in common: bytes from the connection,
 * into memory or into a .part.
 */
#ifndef FILEC_STREAM_H
#define FILEC_STREAM_H

#include <sys/types.h>

#include "base/part.h"
#include "filec.h"
#include "link.h"
#include "net/inflow.h"

/* Data that are coming in. */
struct stream {
	struct work	*w;
	struct link	*l;
	struct outcome	*o;
	size_t		 given_up;	/* bytes of a reply in place of data */
	size_t		 tail_len;
	char		 tail[FILE_ABORT];	/* the last bytes that came */
};

/*
 * stream_read - some of the left bytes, into a buffer of STREAM_BUF bytes; how
 * many.  0 where the connection has ended and -1 where it was lost, and then
 * the outcome says why, and given_up how many of the bytes before were no data.
 */
#define STREAM_BUF	(1024 * 1024)
ssize_t	stream_read(struct stream *, char *buf, uint64_t left);

/*
 * stream_part - the same into the .part, of which what lies before from did not
 * come by this stream.  -2 where it cannot be written: errno says why, and the
 * outcome nothing.
 */
ssize_t	stream_part(struct stream *, struct inflow *, struct part *,
	    uint64_t from, uint64_t left);

#endif
