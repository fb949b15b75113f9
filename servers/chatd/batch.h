/*
 * Messages of the ring as everybody in a room with the same framing gets them,
 * put together once for all of them: what a person is given is then a copy.
 */
#ifndef CHATD_BATCH_H
#define CHATD_BATCH_H

#include "chatd.h"

#define BATCH_IDS	64	/* people for whom it is not right */

struct batch {
	uint64_t	 from, to;	/* numbers: [from, to) */
	uint64_t	 room;		/* serial; 0: nothing is here */
	uint32_t	 nids;
	/* who has spoken, or was spoken to alone */
	uint32_t	 ids[BATCH_IDS];
	uint32_t	 len;
	uint8_t		 framing;
	char		 text[CONN_BUF_SIZE];
};

/* batches_new - of one process, for batch_get(); free(3) ends it. */
struct batch *batches_new(void);

/*
 * batch_get - what is in the ring from the person's cursor on, below end or as
 * much of it as fits; NULL where there is no such thing (overwritten, or not
 * to be shared).  Good until the next call.
 */
const struct batch *batch_get(const struct settings *, const struct person *,
	    uint64_t end);
/* batch_fits - is it what this person is to get? */
int	batch_fits(const struct batch *, const struct person *,
	    const struct settings *);

#endif
