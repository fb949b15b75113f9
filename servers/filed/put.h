/*
 * A file that is being put here: what put.c prepares and receive.c fills.
 */
#ifndef FILED_PUT_H
#define FILED_PUT_H

#include "base/digest.h"
#include "base/hasher.h"
#include "base/part.h"
#include "filed.h"

struct putting {
	const struct exchange	*x;
	int			 dir;	/* the folder; -1: none */
	char			 base[PART_NAME_MAX];	/* the name in it */
	struct part		 part;
	struct digest		 digest;	/* of what was there before */
	struct hasher		 hasher;	/* and of what comes, too */
};

/*
 * receive_file - ask for what is missing of the .part, take it, verify it and
 * give it its name.  Replies; closes the .part.
 */
enum conn_fate	receive_file(struct putting *);

/*
 * await_peer - until the peer speaks, who has first to read what it has of a
 * file that is here: for a long one longer than a peer may be silent otherwise.
 * 0, or -1 with errno (0: it has ended).
 */
int	await_peer(struct conn *);

/* receive_digest - the line behind the data: 0, or -1 with errno (0: the peer
 * has ended); empty where the peer gives up. */
int	receive_digest(struct conn *, char sha[FILE_SHA]);

/* stored - the last reply of a PUT: the other side has the file. */
enum conn_fate	stored(const struct putting *, const char *name,
	    const char *sha);

#endif
