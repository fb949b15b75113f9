/*
 * What chatd and chatc share: what a name may be, what a text may hold, events
 * (things that happen in a chat) as lines for programs and as lines for
 * people, and the greeting that asks for the former.  chatd(8) has the grammar.
 * Pure: nothing here reads, writes or allocates.
 */
#ifndef WIRE_CHAT_H
#define WIRE_CHAT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

#define CHAT_PORT	"12004"
#define CHAT_TEXT_MAX	4096	/* bytes of one message */
#define CHAT_NAME_SIZE	64	/* bytes of a name, with its NUL */
#define CHAT_ROOM_SIZE	40	/* of a room's, likewise */
#define CHAT_LINE_MAX	(CHAT_TEXT_MAX + 256)	/* of an event's line */

enum chat_kind {
	CHAT_SAY,		/* who: text */
	CHAT_ME,		/* * who text */
	CHAT_PRIVATE,		/* to one person */
	CHAT_SERVER,		/* the operator's, from the server itself */
	CHAT_JOIN,		/* who came into the chat */
	CHAT_LEAVE,
	CHAT_ENTER,		/* who came from another room */
	CHAT_EXIT,
	CHAT_NICK,		/* who is called text from now on */
	CHAT_TOPIC,		/* who has set it to text */
	/* what is said to one connection, and has no number */
	CHAT_NOTE,		/* text: an answer to a command */
	CHAT_WELCOME,		/* number: the last there is; who: you; text:
				   "chat/2 EPOCH" */
	CHAT_WAIT,		/* number: the place in the queue */
	CHAT_MISSED,		/* number: messages that were lost to you */
	CHAT_PERSON,		/* who is in the room; text: flags */
	CHAT_PEOPLE,		/* number: how many there were: the end */
	CHAT_KINDS
};

struct chat_event {
	enum chat_kind	 kind;
	uint64_t	 number;	/* counts up by one; 0: none */
	int64_t		 time;		/* ms since the epoch */
	const char	*room;		/* strings; "-" for none */
	const char	*who;
	const char	*text;		/* len bytes */
	size_t		 len;
};

/* chat_line - the event as a line for programs, with its newline. */
void	chat_line(struct text *, const struct chat_event *);
/*
 * chat_parse - the same backwards, from a line without its newline, whose
 * bytes are changed and pointed to.  0, or -1 where it is no event.
 */
int	chat_parse(struct chat_event *, char *line, size_t len);
/* chat_plain - the event for people, as plain clients get it; no newline. */
void	chat_plain(struct text *, const struct chat_event *);

/*
 * chat_clean - text from a peer, made harmless for terminals: control
 * characters but tabs, those that turn the direction of writing, and bytes
 * that are not UTF-8 become U+FFFD each.  Its length, or -1 where size bytes
 * are too few.
 */
ssize_t	chat_clean(char *out, size_t size, const char *in, size_t n);

/*
 * chat_name_fault - NULL where a person (or a room) may be called so, else
 * what is wrong with it, for the user.  A name is 1 to 24 characters without
 * blanks, colons and what cannot be seen, begins with none of / # @ - *, and
 * is not the server's.
 */
const char *chat_name_fault(const char *name);
/* chat_same_name - but for the case of ASCII letters? */
int	chat_same_name(const char *, const char *);

/* The greeting: "HELLO chat/2", then any of these as key=value. */
struct chat_hello {
	uint64_t	 last;		/* the last number seen; 0: none */
	uint64_t	 epoch;		/* of that number */
	int64_t		 history;	/* -1: not said */
	char		 nick[CHAT_NAME_SIZE];	/* "": not said */
	char		 room[CHAT_ROOM_SIZE];
};

/* chat_hello_parse - 1, or 0 where the line is no greeting of this dialect;
 * keys that are not known are skipped. */
int	chat_hello_parse(struct chat_hello *, const char *line);
/* chat_hello_line - with its newline. */
void	chat_hello_line(struct text *, const struct chat_hello *);

#endif
