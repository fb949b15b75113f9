/*
 * The log of messages that survives a restart: a line for each, as chat_line()
 * writes it, after a first line that names the epoch of the numbers.
 */
#ifndef CHATD_HISTORY_H
#define CHATD_HISTORY_H

#include <stddef.h>

struct hub;
struct message;

/*
 * history_open - at start: what the file ends with goes to the ring, and
 * numbers go on from there.  0, or -1 with why.
 */
int	history_open(struct hub *, const char *path, char *why,
	    size_t whylen);
/* history_close - once for each history_open; at the last, nothing more is
 * written. */
void	history_close(void);
/* history_reopen - after rotation; 0, or -1 with errno and the old one kept. */
int	history_reopen(struct hub *, const char *path);
/* history_write - one line, one write(2); with the hub's lock held.  What
 * cannot be written is logged, once, and the chat goes on. */
void	history_write(struct hub *, const struct message *);

#endif
