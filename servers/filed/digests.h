/*
 * Digests that are known already, in memory that all processes of the server
 * share: a file is hashed once for as long as it does not change.
 */
#ifndef FILED_DIGESTS_H
#define FILED_DIGESTS_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stdint.h>

#include "wire/file.h"

struct digests;

/* digests_open - for setup(); NULL with errno. */
struct digests *digests_open(void);
/* digests_find - of the file as st has it. */
bool	digests_find(struct digests *, const struct stat *, char sha[FILE_SHA]);
/*
 * digests_store - of the file as st had it both before and after it was read.
 * One that had changed so lately (as of wall ns, when reading began) that it
 * could change again within the same tick is not kept.
 */
void	digests_store(struct digests *, const struct stat *, int64_t wall,
	    const char *sha);

#endif
