/*
 * What the files of chatc share: the settings, the conversation with the
 * server, and the face that shows it: lines, or a full screen.  A face knows
 * nothing of sockets, and the conversation nothing of terminals.
 */
#ifndef CHATC_CHATC_H
#define CHATC_CHATC_H

#include <stdbool.h>
#include <stdint.h>

#include "net/conn.h"
#include "net/tls.h"
#include "wire/chat.h"

enum { EXIT_FINE, EXIT_LOST, EXIT_ERROR };

struct settings {
	char	*nick, *room;
	int64_t	 history;
	int64_t	 wait_ms, stay_ms;
	bool	 plain, json, bare, reconnect;
	bool	 tls, insecure;
	char	*cacert;
};

struct chat;

struct face {
	/* event - something happened; own: it is what we said ourselves. */
	void	(*event)(struct chat *, const struct chat_event *, bool own);
	/* state - connected, lost, next try: a line for the user. */
	void	(*state)(struct chat *, const char *text);
	/* input - the terminal or standard input has something, or more is
	 * set; 0 go on, -1 the user has ended it. */
	int	(*input)(struct chat *);
	/* raw - with --bare: what has come, as it came; may be NULL. */
	void	(*raw)(struct chat *, const char *, size_t);
	/* waiting - before each wait; may be NULL. */
	void	(*waiting)(struct chat *);
	/* connecting - before and after an attempt; may be NULL. */
	void	(*connecting)(struct chat *, bool on);
};

struct chat {
	const struct settings *set;
	const struct face *face;
	const char	*host, *port;
	struct conn	 conn;		/* fd == -1: none now */
	struct tls_config *tls;
	bool		 welcomed;
	bool		 quit;		/* the user wants to leave at once */
	bool		 over;		/* the user is done: the server's end
					   is what we wait for */
	int64_t		 over_at;	/* ... and until then, monotonic ns */
	uint64_t	 last, epoch;	/* what has been seen */
	char		 nick[CHAT_NAME_SIZE], room[CHAT_ROOM_SIZE];
	char		 me[CHAT_NAME_SIZE];	/* as the server calls us */
	int64_t		 retry_at, backoff;	/* monotonic ns, ns */
	bool		 more;		/* lines were read and are not said */
	int64_t		 speak_at;	/* ... until then, monotonic ns */
	bool		 unsaid;	/* a line could not be said */
	char		 line[CHAT_LINE_MAX];	/* of the server's, so far */
	size_t		 len;
	bool		 skip;		/* the rest of a line too long */
};

/* link.c */

/* link_open - connect and greet; 0, or -1 with why. */
int	link_open(struct chat *, char *why, size_t whylen);
void	link_close(struct chat *);
/* link_send - a line, without its newline; 0 or -1. */
int	link_send(struct chat *, const char *, size_t);
/* link_take - what has come, to the face; 0, or -1: the connection is over. */
int	link_take(struct chat *);

/* main.c: talk to the end; the exit status. */
int	converse(struct chat *);

/* plain.c, face.c */
extern const struct face plain_face, screen_face;
/* screen_run - converse on the terminal, which screen_open() has taken; the
 * exit status. */
int	screen_run(struct chat *);

#endif
