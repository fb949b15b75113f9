/*
 * The lines of the state file: a head, one line for each name, an end.  Pure:
 * text and back.  Called by save.c and load.c; what it reads may have been
 * written by anybody.
 */
#ifndef HEARTBEATD_SAVED_H
#define HEARTBEATD_SAVED_H

#include <stddef.h>
#include <stdint.h>

#include "wire/heartbeat.h"

#define SAVED_LINE_MAX	384		/* bytes of a line, with its newline */

struct saved {
	char		name[HEARTBEAT_NAME_MAX];
	unsigned int	state;		/* enum life_state, never flapping */
	int64_t		since, heard;	/* by the wall clock, ns; heard 0:
					   never */
	uint64_t	seq, received, lost, reordered, duplicated, restarts;
	int		status;		/* as in struct heartbeat */
};

/* Texts with a newline at their end; their length.  out holds SAVED_LINE_MAX
 * bytes. */
size_t	saved_head(char *out, int64_t now);
size_t	saved_line(char *out, const struct saved *);
size_t	saved_end(char *out, uint64_t count);

/* saved_parse_head, _line, _end - n bytes of a line without its newline; 0, or
 * -1 where it is anything else. */
int	saved_parse_head(const char *line, size_t n, int64_t *now);
int	saved_parse_line(const char *line, size_t n, struct saved *);
int	saved_parse_end(const char *line, size_t n, uint64_t *count);

#endif
