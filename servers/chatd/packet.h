/*
 * What the hubs of a chat say to one another in their channel: one packet a
 * message, text, checked as if a stranger had sent it.  Pure: nothing here
 * reads, writes or allocates.
 *
 *	chat/2 HUB NAME event PREV FROM TOHUB TO KIND NUMBER TIME ROOM WHO TEXT
 *	chat/2 HUB NAME hello
 *	chat/2 HUB NAME here LAST
 *	chat/2 HUB NAME want OTHERHUB AFTER
 *	chat/2 HUB NAME gap NUMBER
 *	chat/2 HUB NAME people FLAGS, then lines of ID ROOM WHO
 *	chat/2 HUB NAME bye
 */
#ifndef CHATD_PACKET_H
#define CHATD_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/chat.h"

#define HUB_NAME_SIZE	16	/* with its NUL */
#define PACKET_MAX	8192	/* bytes of one */

enum packet_type {
	PACKET_EVENT,		/* something happened at that hub */
	PACKET_HELLO,		/* it listens from now on */
	PACKET_HERE,		/* it lives; number: the last of its events */
	PACKET_WANT,		/* other: repeat all after number */
	PACKET_GAP,		/* what was before number is not to be had */
	PACKET_PEOPLE,		/* who is there; number: flags */
	PACKET_BYE,		/* it ends */
	PACKET_TYPES
};

/* Flags of PACKET_PEOPLE, which may take several packets. */
#define PEOPLE_FIRST	1
#define PEOPLE_LAST	2

struct packet {
	enum packet_type type;
	uint64_t	 hub;		/* whose it is; not 0 */
	char		 name[HUB_NAME_SIZE];
	uint64_t	 number;	/* EVENT: the hub's one before */
	uint64_t	 other;		/* WANT; EVENT: whose person is `to` */
	uint32_t	 from, to;	/* EVENT: ids at their hubs; 0: none */
	struct chat_event event;	/* its strings are the parsed data */
	char		*people;	/* PEOPLE: lines, to packet_person() */
	char		*end;
};

/* packet_put - as text; the people's lines are the caller's to add. */
void	packet_put(struct text *, const struct packet *);
/* packet_parse - of n bytes, which are changed and pointed to and have room for
 * one more; 0, or -1 where it is none of ours. */
int	packet_parse(struct packet *, char *data, size_t n);
/* packet_person - the next line of people: 1, 0 at the end, -1 for nonsense. */
int	packet_person(struct packet *, uint32_t *id, const char **room,
	    const char **who);
/* packet_name_fits - may a hub be called so?  Letters, digits, dots, dashes. */
int	packet_name_fits(const char *);

#endif
