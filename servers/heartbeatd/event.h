/*
 * An event, which is one change of one name's state: as a line for people, as a
 * JSON object for programs.  The formats are pure; event_tell() writes.
 */
#ifndef HEARTBEATD_EVENT_H
#define HEARTBEATD_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/addr.h"
#include "wire/heartbeat.h"

struct event {
	char		name[HEARTBEAT_NAME_MAX];
	unsigned int	was, is;	/* enum life_state */
	int64_t		wall;		/* when, ns since the epoch */
	int64_t		lasted;		/* how long it had been so, ns */
	int64_t		silent;		/* since its last beat, ns; -1: none */
	uint64_t	seq, lost;
	struct ipaddr	peer;		/* who sent that; family 0: nobody */
	int		status;		/* of what ended, or none */
};

#define EVENT_TIME_MAX	32
#define EVENT_LINE_MAX	512
#define EVENT_JSON_MAX	1024

/* event_time - RFC 3339 in UTC with milliseconds. */
const char *event_time(int64_t wall, char buf[EVENT_TIME_MAX]);
/* event_line - "TIME NAME WAS -> IS (why)" and a newline; its length. */
size_t	event_line(const struct event *, char buf[EVENT_LINE_MAX]);
/* event_json - the object and a newline; its length. */
size_t	event_json(const struct event *, char buf[EVENT_JSON_MAX]);
/* event_add_json - append a name or other text to t as a JSON string. */
void	event_add_json(struct text *t, const char *s);

/*
 * event_tell - the line on standard output, the object to log (-1: nowhere).
 * A reader that does not take them delays nobody: 0, or -1 where one of them
 * was dropped.
 */
int	event_tell(const struct event *, int log);

#endif
