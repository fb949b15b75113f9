/*
 * A file on its way: it is NAME.part until all of it is there, and gets its own
 * name only when it has been synced.  A process that is killed leaves the
 * .part, and the next one goes on where it ends.  Used by filed for what is put
 * there and by filec for what it gets.
 */
#ifndef BASE_PART_H
#define BASE_PART_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define PART_NAME_MAX	(NAME_MAX + 1)
#define PART_SUFFIX	".part"

struct part {
	int	 dir;		/* the folder it is in; the caller's */
	int	 fd;		/* -1: closed */
	uint64_t size;		/* bytes that are there */
	uint64_t synced;	/* bytes whose way to the disk has begun */
	char	 name[PART_NAME_MAX];
};

/* What becomes of a file that is there already. */
enum part_exists {
	PART_KEEP,		/* it stays: EEXIST */
	PART_REPLACE,		/* a file or a link; else EEXIST */
	PART_RENAME		/* the new one becomes NAME.1, or NAME.2, ... */
};

/* part_name - "NAME.part", or with a tag "NAME.TAG.part"; a name that is so
 * long that this would be too long is cut. */
void	part_name(char out[PART_NAME_MAX], const char *name, const char *tag);

/*
 * part_open - open or make the file name (a single one) in the folder dir, and
 * lock it.  0, or -1 with errno: EWOULDBLOCK where somebody else has it open
 * so, EEXIST where what is there is no file of our making.
 */
int	part_open(struct part *, int dir, const char *name);
/* part_write - at its end; 0, or -1 with errno, and then size still tells how
 * much is there. */
int	part_write(struct part *, const void *, size_t);
/* part_wrote - n bytes, at its end, which others have written to fd. */
void	part_wrote(struct part *, size_t n);
/* part_read - at off; as pread(2). */
ssize_t	part_read(const struct part *, void *, size_t, uint64_t off);
/* part_cut - all beyond size bytes. */
int	part_cut(struct part *, uint64_t size);

/*
 * part_finish - its mode (-1: what umask leaves) and its time of change (NULL:
 * now), sync it, rename it, sync the folder.  final holds PART_NAME_MAX bytes
 * and is changed by PART_RENAME.  0, or -1 with errno, and then nothing at the
 * final name has changed and the .part remains (ENOENT: not even that, somebody
 * has removed it or the whole folder).
 */
int	part_finish(struct part *, char *final, enum part_exists, int mode,
	    const struct timespec *mtime);
/* part_close - and keep it for the next one; unless it is empty. */
void	part_close(struct part *);
/* part_discard - and remove it. */
void	part_discard(struct part *);

/* part_room - whether n more bytes fit on the disk, as far as that is known:
 * 0, or -1 with ENOSPC. */
int	part_room(const struct part *, uint64_t n);

#endif
