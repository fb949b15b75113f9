/*
 * What the files of roomd share: the settings, and what each part of it offers
 * the others.  For roomd only.
 */
#ifndef ROOMD_ROOMD_H
#define ROOMD_ROOMD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/dgram.h"
#include "servers/roomd/charset.h"
#include "servers/roomd/table.h"
#include "servers/roomd/words.h"
#include "wire/room.h"

#define PORTS_MAX	16	/* listening addresses that members come by */
#define TOLD_MAX	4096	/* strangers that are remembered */
/* Bytes of a line of text, UTF-8. */
#define POST_MAX	(ROOM_NAME_MAX + ROOM_TEXT_MAX + 64)

enum dialect { DIALECT_BOTH, DIALECT_PLAIN, DIALECT_BROOD };

/* A socket of this process and the address that it listens on. */
struct gate {
	struct dgram_port *port;
	struct ipaddr	 addr;
};

struct roomd {
	/* options */
	char		*charset_name, *lang;
	int64_t		 expire_ms, timeout_ms, max_members, per_source;
	double		 rate;		/* messages a second of a member */
	int		 dialect;	/* enum dialect */
	bool		 quiet;
	/* made by setup */
	struct charset	 charset;
	struct words	 words;
	struct table	 table;
	uint64_t	*told;		/* TOLD_MAX addresses' hashes */
	int64_t		 told_next;	/* no more replies before, mono ns */
	/* of the process that has the datagrams */
	struct gate	 gate[PORTS_MAX];
	int		 ngates;
	struct buf	 shown;		/* lines that are to be printed */
	int64_t		 now;		/* monotonic ns, of this call */
};

/* post.c - what goes out.
 * post_now: begin a call; post_done: print and send what it made. */
void	post_now(struct roomd *, struct dgram_port *, int64_t now);
void	post_done(struct roomd *);
/* post_gate - the address that port listens on. */
void	post_gate(struct roomd *, struct dgram_port *, struct ipaddr *);
/* post_received - print that d came; text stands for what is in it. */
void	post_received(struct roomd *, const struct dgram *, const char *text,
	    size_t n);
/* post_reply - plain text (UTF-8) to whom d came from; line: with a newline. */
void	post_reply(struct roomd *, struct dgram_port *, const struct dgram *,
	    int line, const char *text, size_t n);
/* post_notice - the same, as a system line: word with %s replaced by arg. */
void	post_notice(struct roomd *, struct dgram_port *, const struct dgram *,
	    int line, enum word, const char *arg);
void	post_notice_to(struct roomd *, const struct member *, enum word,
	    const char *arg);
/* post_message - print that one of the better dialect came or went. */
void	post_message(struct roomd *, const char *what, const struct ipaddr *,
	    const struct room_msg *);
/* post_binary - a message of the better dialect. */
void	post_binary(struct roomd *, struct dgram_port *, const struct dgram *,
	    const struct room_msg *);
void	post_binary_to(struct roomd *, const struct member *,
	    const struct room_msg *);
/* post_event - something happened: into the ring, and to all members. */
void	post_event(struct roomd *, enum room_kind, const char *name,
	    const char *text, size_t n);

/* enter.c - who comes and goes; the table is locked.
 * enter_refusal: why not, or ROOM_REASON_NONE. */
enum room_reason enter_refusal(struct roomd *, const struct ipaddr *,
	    const char *name, size_t n);
/* enter - a new member, of whom all others are told; NULL: full. */
struct member *enter(struct roomd *, struct dgram_port *,
	    const struct dgram *, const char *name, size_t n, int kind);
/* leave - and tell those who remain. */
void	leave(struct roomd *, struct member *);
/* enter_may_say - does his rate allow a message more? */
int	enter_may_say(struct roomd *, struct member *);

/* plain.c, brood.c - one datagram each. */
void	plain_datagram(struct roomd *, struct dgram_port *, struct dgram *);
void	brood_datagram(struct roomd *, struct dgram_port *, struct dgram *);
/* brood_bye - the session is over. */
void	brood_bye(struct roomd *, const struct member *, enum room_reason);
/* again.c - events to members of the better dialect.
 * brood_more: send a member what he has not got, as far as the window lets. */
void	brood_more(struct roomd *, struct member *);
/* brood_acked - he has all up to number, and have as struct member's. */
void	brood_acked(struct roomd *, struct member *, uint64_t number,
	    uint32_t have);
/* brood_timer - send again what was not acknowledged; when to come back. */
int64_t	brood_timer(struct roomd *, struct member *);

#endif
