/*
 * The servers that beacond announces: those of its options, which stay, and
 * those of a folder of files, which come and go.  Between its own files only.
 */
#ifndef BEACOND_ANNOUNCE_H
#define BEACOND_ANNOUNCE_H

#include <stddef.h>
#include <stdint.h>

#include "wire/beacon.h"

struct announced {
	struct beacon_service v[BEACON_SERVICES_MAX];
	size_t		 n;
	size_t		 fixed;		/* of them from options: the first */
	int		 dir;		/* -1: none */
	int64_t		 read_at;	/* monotonic ns */
};

/* announced_add - one more, unless it is there; 0, or -1: no room. */
int	announced_add(struct announced *, const struct beacon_service *);

/*
 * announced_open - from now on with the files in the folder.  0, or -1 with
 * errno.  Lines in them that make no sense are told to the log.
 */
int	announced_open(struct announced *, const char *dir);
/* announced_refresh - read the folder again, where the last time is a second
 * or more ago. */
void	announced_refresh(struct announced *);
void	announced_close(struct announced *);

#endif
