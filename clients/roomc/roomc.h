/*
 * What the files of roomc share: the settings, the conversation with the
 * server, and the face that shows it.  A dialect knows nothing of faces but the
 * table below, and a face knows nothing of datagrams.  For roomc only.
 */
#ifndef ROOMC_ROOMC_H
#define ROOMC_ROOMC_H

#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/addr.h"
#include "net/dgram.h"
#include "wire/room.h"

struct settings {
	char	*name, *charset;
	int	 dialect;		/* enum dialect_kind */
	int64_t	 wait_ms;		/* for the room to let us in */
	int64_t	 give_up_ms;		/* for a server that fell silent */
	int64_t	 stay_ms;		/* after the end of the input */
	bool	 plain, json, ipv4, ipv6, verbose;
};

enum dialect_kind { DIALECT_BROOD, DIALECT_PLAIN };

enum phase {
	PHASE_HELLO,		/* no cookie yet */
	PHASE_JOIN,		/* a cookie, but not let in */
	PHASE_IN,
	PHASE_LEAVE,
	PHASE_OVER
};

/* Something that happened in the room, in order and once. */
struct heard {
	uint64_t	 number;	/* 0: the plain dialect has none */
	uint64_t	 time;		/* s since the epoch; 0 likewise */
	uint8_t		 kind;		/* enum room_kind; 0: a plain line */
	uint8_t		 namelen;
	uint16_t	 textlen;
	char		 name[ROOM_NAME_MAX];
	char		 text[ROOM_WIRE_MAX];
};

/* What we said and the server has not acknowledged. */
struct pending {
	uint16_t	 len;
	char		 text[ROOM_TEXT_MAX];
};

struct room {
	const struct settings *set;
	const struct dialect *dialect;
	const struct face *face;
	const char	*host;
	struct dgram_port *port;
	enum phase	 phase;
	int		 failed;	/* OVER, and not as asked */
	int		 tries;		/* of what is being repeated */
	int64_t		 since;		/* the phase began, monotonic ns */
	int64_t		 due;		/* when something is repeated */
	int		 refused;	/* so often since it was heard: nobody
					   has the port */
	int64_t		 asked;		/* a keep-alive without answer; 0 */
	/* the better dialect's */
	uint64_t	 nonce, session;
	uint8_t		 cookie[ROOM_COOKIE];
	uint64_t	 next;		/* number of the event to come */
	uint64_t	 until;		/* events when all was said */
	int		 must_ack;
	bool		 taken_told;	/* that the name is, on coming back */
	struct heard	 early[ROOM_WINDOW];	/* by number; came too soon */
	struct pending	 out[ROOM_WINDOW];	/* by number */
	uint64_t	 said, taken;	/* numbers: given, acknowledged */
	int64_t		 say_due, say_rto, repeated;
	struct buf	 names;		/* of WHO, so far */
	uint64_t	 nnames;
	int64_t		 who_due;	/* when it is asked again */
	int		 who_tries;
	/* the plain one's */
	iconv_t		 in, coder;	/* (iconv_t)-1: UTF-8 */
	int64_t		 back_at, back_pause;	/* joining again: not before,
					   monotonic ns; ns */
};

struct dialect {
	/* start - begin to join.  datagram - one came.  seen - all that were
	 * there have been seen.  tick - due has passed. */
	void	(*start)(struct room *);
	void	(*datagram)(struct room *, const char *, size_t);
	void	(*seen)(struct room *);
	void	(*tick)(struct room *, int64_t now);
	/* say - n bytes (at most ROOM_TEXT_MAX) of UTF-8, if room_can_say. */
	void	(*say)(struct room *, const char *, size_t);
	/* idle - has all that we said come back?  who - may be NULL. */
	int	(*idle)(const struct room *);
	void	(*who)(struct room *);
	void	(*leave)(struct room *);
};
extern const struct dialect dialect_brood, dialect_plain;

/* link.c - resolve and connect; 0, or -1 after a message. */
int	link_open(struct room *, const char *host, const char *port);

/* talk.c - the loop.  talk: until the room is left or input has ended; the exit
 * status.  The others are for the dialects. */
int	talk(struct room *);
/* room_phase - from now on, with its first deadline at once. */
void	room_phase(struct room *, enum phase);
void	room_send(struct room *, const void *, size_t);
/* room_over - the end; why NULL: as asked. */
void	room_over(struct room *, const char *why);
int	room_can_say(const struct room *);

/* say.c - what a line of the user's means. */
/* say_line - do it; how many of n bytes are done with: what is said at once has
 * an end.  For when room_can_say(). */
size_t	say_line(struct room *, const char *line, size_t n);

struct face {
	void	(*heard)(struct room *, const struct heard *);
	void	(*missed)(struct room *, uint64_t n);
	/* names - those in the room, each with a newline. */
	void	(*names)(struct room *, const char *names, size_t n);
	/* notice - from roomc itself. */
	void	(*notice)(struct room *, const char *text);
	/* joined - let in, or back in the room.  waiting - before each wait.
	 * Both may be NULL. */
	void	(*joined)(struct room *);
	void	(*waiting)(struct room *);
	/* input - read what standard input has; 0 at its end. */
	int	(*input)(struct room *);
	/* next - the next whole line of it into the room; 0: there is none. */
	int	(*next)(struct room *);
	void	(*free)(struct room *);
	bool	 always;		/* input whatever the phase, and after
					   signals */
};
/* lines.c, screen.c */
extern const struct face face_lines, face_screen;

#endif
