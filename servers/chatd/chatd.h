/*
 * What the files of chatd share: the settings, and what is known of a
 * connection between two exchanges.
 */
#ifndef CHATD_CHATD_H
#define CHATD_CHATD_H

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/rate.h"
#include "hub.h"
#include "packet.h"
#include "serve/serve.h"

#define PASSWORD_MAX	256

struct batch;
struct link_target;
struct relay;

struct settings {
	bool	 p2p, quiet, operator_tty;
	int64_t	 max_clients, history;
	int64_t	 flood_messages, flood_bytes;	/* a second */
	int64_t	 ping_ms;
	char	*history_file, *charset, *motd_file, *password_file;
	char	*relay_url, *relay_name, *relay_ca;
	/* made by setup */
	struct hub *hub;
	bool	 console, logging;
	char	*motd;			/* lines; NULL: none */
	char	 password[PASSWORD_MAX];
	size_t	 password_len;
	iconv_t	 decoder, encoder;	/* (iconv_t)-1: UTF-8 */
	struct rate messages, bytes;	/* costs and depths; no buckets */
	struct link_target *relay;	/* NULL: none */
	char	 hub_name[HUB_NAME_SIZE];
	struct relay *relaying;		/* in the process that does it */
	struct batch *batches;		/* of a process of many; or NULL */
};

/* How a peer ends its messages, and so how it gets ours. */
enum framing { FRAME_BARE, FRAME_LF, FRAME_CRLF, FRAME_EVENTS };

/* A person at a connection; conn.state.  There may be thousands, most of whom
 * say nothing: small. */
struct person {
	uint64_t	 cursor;	/* the next message to look at; before
					   entering: where to go on and not at
					   the end, or 0 */
	int64_t		 messages_at;	/* monotonic ns: when the buckets are */
	int64_t		 bytes_at;	/* full again */
	union {
		uint32_t moves;		/* waiting: the queue's, when last
					   told */
		uint32_t room;		/* entered: serial, cached */
	};
	uint32_t	 bare_at;	/* FRAME_BARE: monotonic ms of the last
					   send, cut; 0: none */
	uint16_t	 row;		/* of the member, from 1; 0: the
					   operator at the terminal */
	uint16_t	 rewind;	/* how many of before are wanted */
	bool		 entered;
	uint8_t		 framing;
	uint8_t		 strikes;	/* refused for flooding, in a row */
	uint8_t		 guesses;	/* wrong passwords */
};

/* member_of - who that is in the hub; NULL: the operator at the terminal. */
static inline struct member *
member_of(const struct settings *set, const struct person *p)
{
	return p->row == 0 ? NULL : &set->hub->member[p->row - 1];
}

static inline const struct room *
person_room(const struct settings *set, const struct person *p)
{
	return member_room(set->hub, member_of(set, p));
}

/* deliver.c */

/* An event in whatever charset, with its newline. */
#define RENDERED_MAX	(2 * CHAT_LINE_MAX)

/* deliver - all that is in the ring for this connection. */
enum conn_fate	deliver(struct conn *, struct person *,
		    const struct settings *);
/* rewind_to - the last n messages of the person's room are new again. */
void	rewind_to(struct person *, const struct settings *, uint64_t n);
/* render_message - as somebody with this person's framing and room gets it. */
void	render_message(struct text *, const struct person *,
	    const struct settings *, const struct message *);
/* is_for_its_sender - does the one who said it get it too? */
int	is_for_its_sender(const struct person *, const struct message *);
/* send_event - one that has no number, at once. */
int	send_event(struct conn *, struct person *, const struct settings *,
	    const struct chat_event *);

/* A reply of one or more lines, put together and sent at once. */
struct reply {
	struct conn	*conn;		/* NULL: the operator's terminal */
	struct person	*person;
	const struct settings *set;
	struct text	 text;
	char		 mem[8192];
};

void	reply_begin(struct reply *, struct conn *, struct person *,
	    const struct settings *);
void	reply_event(struct reply *, const struct chat_event *);
void	reply_note(struct reply *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
int	reply_end(struct reply *);

/* session.c */
enum conn_fate	chat_opened(struct conn *, void *);
enum conn_fate	chat_session(struct conn *, void *);
enum conn_fate	chat_notice(struct conn *, void *);
void	chat_closed(struct conn *, void *);
void	chat_refuse(struct conn *, void *, enum serve_refusal);

/* talk.c */

/* talk - post what a person says (kind SAY, ME) and show it. */
void	talk(struct person *, const struct settings *, enum chat_kind,
	    const char *text, size_t len);
/* enter_hub, leave_hub - its lock; what was posted meanwhile is then printed,
 * unless the server is quiet, and all are woken: that alone is tell_all. */
void	enter_hub(const struct settings *);
void	leave_hub(const struct settings *);
void	tell_all(const struct settings *);
/* to_utf8 - what came in --charset, which there must be, as it is; the length,
 * or -1 where size bytes are too few. */
ssize_t	to_utf8(const struct settings *, char *out, size_t size,
	    const char *in, size_t n);
/* decode, encode - between the peers' charset and UTF-8, into out; the
 * length, -1 where size is too small. */
ssize_t	decode(const struct settings *, char *out, size_t size,
	    const char *in, size_t n);
ssize_t	encode(const struct settings *, char *out, size_t size,
	    const char *in, size_t n);
/* flooding - 0 go on, 1 this message is refused, -1 and that is the end. */
int	flooding(struct reply *, size_t bytes);

/* commands.c */

/* command - line begins with a slash and is a string. */
enum conn_fate	command(struct reply *, char *line);
/* change_nick - NULL, or why not; says it to all. */
const char *change_nick(struct person *, const struct settings *,
	    const char *name);
/* change_room - the same. */
const char *change_room(struct person *, const struct settings *,
	    const char *name);
/* operator_command - those that only an operator has; 0: it is none. */
int	operator_command(struct reply *, const char *word, char *arg);

/* operator.c */
bool	operator_wanted(const void *);
void	operator_line(char *line, size_t len, void *);
bool	is_operator(const struct reply *);

#endif
