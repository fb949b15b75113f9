/*
 * The heartbeat datagram, "Heartbeat NAME SEQ TIME [down [STATUS]]", for
 * heartbeatd, heartbeatc and their tests.  Pure: reads no clock, does no input
 * or output.
 */
#ifndef WIRE_HEARTBEAT_H
#define WIRE_HEARTBEAT_H

#include <stddef.h>
#include <stdint.h>

#define HEARTBEAT_PORT		"12003"
#define HEARTBEAT_PERIOD	"1s"	/* both sides' default */
#define HEARTBEAT_NAME_MAX	64	/* bytes, with the NUL */
#define HEARTBEAT_TEXT_MAX	160	/* bytes of any datagram, with a NUL */
#define HEARTBEAT_SEQ_MAX	INT64_MAX

#define HEARTBEAT_NO_STATUS	(-1)

struct heartbeat {
	char		name[HEARTBEAT_NAME_MAX];
	uint64_t	seq;		/* at most HEARTBEAT_SEQ_MAX */
	int64_t		time;		/* of the sender, ns since the epoch */
	int		down;		/* it stops on purpose */
	int		status;		/* what ended it, 0..255, or none; the
					   better dialect's, only with down */
};

/*
 * heartbeat_name_bad - why n bytes are no name, as a constant string, or NULL:
 * 1 to 63 bytes of UTF-8 without blanks and control characters that do not
 * begin with a dash (names become arguments of commands).
 */
const char *heartbeat_name_bad(const char *name, size_t n);

/*
 * heartbeat_parse - n bytes as they came; a newline at the end is dropped.
 * TIME may have any number of digits behind its point, or no point.  NULL, or
 * what is wrong, as a constant string.
 */
const char *heartbeat_parse(struct heartbeat *, const char *text, size_t n);

/* heartbeat_format - its length; buf holds HEARTBEAT_TEXT_MAX bytes and is a
 * string.  time must not be negative. */
size_t	heartbeat_format(char *buf, const struct heartbeat *);

#endif
