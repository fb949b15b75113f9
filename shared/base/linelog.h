/*
 * A log of lines that nobody waits for: they are collected and written many at
 * a time, and what a pipe or a terminal will not take now is dropped, counted
 * and told in the log of messages.  One for each process; several may write to
 * one file, whose lines never mix.
 */
#ifndef BASE_LINELOG_H
#define BASE_LINELOG_H

#include <stddef.h>
#include <stdint.h>

#define LINELOG_MS	50		/* a line waits no longer than this */
#define LINELOG_MAX	(64 * 1024)	/* bytes of a line, at the most */

struct linelog;

/*
 * linelog_open - the file for all processes, to be created and appended to
 * ("-" is standard output): a descriptor, or -1 with errno.  Does not wait for
 * a pipe's reader.
 */
int	linelog_open(const char *path);
/*
 * linelog_reopen - after the file was renamed: another under the old number,
 * which running logs know it by.  0, or -1 with errno and nothing changed.
 */
int	linelog_reopen(int fd, const char *path);

/* linelog_new - writes to fd, which stays its owner's, as does path, which is
 * for messages; NULL with errno. */
struct linelog *linelog_new(int fd, const char *path);
/* linelog_free - write what is left.  NULL is fine. */
void	linelog_free(struct linelog *);

/*
 * linelog_room - where a line of up to most bytes can be put; NULL: it is
 * dropped.  linelog_added - it is there, with its newline, and ends before end.
 * now: monotonic, ns.
 */
char	*linelog_room(struct linelog *, size_t most, int64_t now);
void	linelog_added(struct linelog *, const char *end);

/* linelog_idle - write if it is time to; ms until it will be, -1: nothing
 * is waiting. */
int64_t	linelog_idle(struct linelog *, int64_t now);

/* linelog_dropped - lines lost so far. */
uint64_t linelog_dropped(const struct linelog *);

#endif
