/*
 * What roomd and roomc say to each other: the plain dialect, which is text, and
 * the better one, which is binary.  Pure: reads no clock, does no input or
 * output, keeps nothing.
 *
 * The better dialect; everything is UTF-8 and in network byte order:
 *
 *	client	HELLO(nonce), padded, so that no answer is longer
 *	server	CHALLENGE(nonce, cookie): the server keeps nothing
 *	client	JOIN(nonce, cookie, name, session or 0, last number seen)
 *	server	JOINED(session, nonce, next number, name) or REFUSED(reason)
 *	client	SAY(session, number, text), again until SAID(number) comes
 *	server	EVENT(session, number, oldest, time, kind, name, text), again
 *		until ACK(number, have) comes
 *	client	ACK with ROOM_ASK now and then: a keep-alive; SAID answers it
 *	client	WHO(from); server NAMES(from, total, names, each with a newline)
 *	client	LEAVE, until BYE comes; BYE alone: the session is over
 */
#ifndef WIRE_ROOM_H
#define WIRE_ROOM_H

#include <stddef.h>
#include <stdint.h>

#define ROOM_PORT	"12005"
#define ROOM_MAGIC	"\x8f\0RM"	/* in no charset is it text */
#define ROOM_NAME_MAX	64	/* bytes with the NUL */
#define ROOM_TEXT_MAX	1024	/* bytes of what one says at once, UTF-8 */
#define ROOM_WIRE_MAX	1400	/* bytes of any datagram: no fragments */
#define ROOM_HELLO_LEN	64	/* bytes of a HELLO at least */
#define ROOM_COOKIE	12	/* bytes */
#define ROOM_WINDOW	32	/* numbers that may be under way at once */
#define ROOM_KEEP_MS	10000	/* a client speaks at least so often */

enum room_type {
	ROOM_HELLO = 1,
	ROOM_CHALLENGE,
	ROOM_JOIN,
	ROOM_JOINED,
	ROOM_REFUSED,
	ROOM_SAY,
	ROOM_SAID,
	ROOM_EVENT,
	ROOM_ACK,
	ROOM_WHO,
	ROOM_NAMES,
	ROOM_LEAVE,
	ROOM_BYE
};

enum room_kind {		/* of an EVENT */
	ROOM_KIND_SAY = 1,	/* name said text */
	ROOM_KIND_JOIN,		/* text is a line for people */
	ROOM_KIND_LEFT
};

enum room_reason {		/* of REFUSED and BYE */
	ROOM_REASON_NONE,
	ROOM_REASON_COOKIE,	/* not this address's, or too old: say HELLO */
	ROOM_REASON_NAME,	/* it is no name */
	ROOM_REASON_TAKEN,
	ROOM_REASON_FULL,
	ROOM_REASON_EXPIRED,	/* silent for too long, or not known */
	ROOM_REASON_LEFT	/* as asked */
};

#define ROOM_ASK	0x01	/* flag of an ACK: answer with SAID */

/* A message.  Which members a type has, room.c's table says; what it has not
 * is 0.  name and text point into the datagram and are no strings. */
struct room_msg {
	uint8_t		 type, flags, kind, reason;
	uint64_t	 session;
	uint64_t	 number;	/* nonce, or number of an event */
	uint8_t		 cookie[ROOM_COOKIE];
	uint64_t	 base;		/* the oldest that may be expected; in
					   JOIN the last seen; in NAMES all */
	uint64_t	 time;		/* seconds since the epoch */
	uint32_t	 have;		/* bit i: number + 2 + i has come */
	const char	*name, *text;
	size_t		 namelen, textlen;
};

/* room_is_binary - it is of the better dialect, though perhaps damaged. */
int	room_is_binary(const void *data, size_t n);
/* room_put - into ROOM_WIRE_MAX bytes; its length, or 0 where name or text are
 * too long. */
size_t	room_put(uint8_t wire[ROOM_WIRE_MAX], const struct room_msg *);
/* room_get - 0, or -1: not a whole message of this version. */
int	room_get(struct room_msg *, const void *wire, size_t n);

/* room_reason_text - for people, in English. */
const char *room_reason_text(enum room_reason);

/* Why something is no name, in English. */
#define ROOM_FAULTS	6
extern const char *const room_faults[ROOM_FAULTS];
/*
 * room_name_bad - why n bytes are no name, one of room_faults, or NULL: 1 to
 * 63 bytes of UTF-8 without control characters and colons, no blank at either
 * end, no "[" at the start, and not what system lines are said by.
 */
const char *room_name_bad(const char *name, size_t n);

/* The plain dialect, after its charset was made UTF-8. */
enum room_plain {
	ROOM_PLAIN_EMPTY,	/* nothing: a sign of life */
	ROOM_PLAIN_NAME,	/* NAME -n */
	ROOM_PLAIN_EXIT,
	ROOM_PLAIN_SAY		/* TEXT, or TEXT -all */
};
/* room_plain - what it is; *n becomes the length of NAME or TEXT, and *newline
 * whether it ended in one (LF or CRLF). */
enum room_plain	room_plain(const char *text, size_t *n, int *newline);

#endif
