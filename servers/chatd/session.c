/*
 * The life of a connection: coming in or queueing, what is said, what is heard,
 * leaving.  The same under every process model: between two exchanges all that
 * is known stands in struct person and in the hub.
 */
#include "chatd.h"

#include <sys/socket.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

/* What the kernel keeps for a peer that does not read. */
#define SEND_QUEUE	(128 * 1024)
#define EVENT_LINE_MS	10000	/* for our client's line to come in whole */

_Static_assert(MEMBERS_MAX <= UINT16_MAX,
    "struct person has two bytes for its row");

/* socket_ways - small segments at once, and the kernel asks a silent peer
 * whether it is still there. */
static void
socket_ways(const struct conn *c, const struct settings *set)
{
	int on = 1, queue = SEND_QUEUE, tries = 3, every;
	int idle = (int)(set->ping_ms / 1000);

	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &queue, sizeof(queue));
	if (idle <= 0)
		return;
	every = idle / 3 > 0 ? idle / 3 : 1;
	setsockopt(c->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(c->fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(c->fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof(every));
	setsockopt(c->fd, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof(tries));
}

/* at_most_all - so many of the messages before, or all that there can be. */
static uint16_t
at_most_all(int64_t n)
{
	return (uint16_t)(n > (int64_t)RING_INDEX ? RING_INDEX : n);
}

enum conn_fate
chat_opened(struct conn *c, void *ctx)
{
	const struct settings *set = ctx;
	char name[IPADDR_TEXT_MAX];
	struct person *p = calloc(1, sizeof(*p));
	struct member *m;

	if (p == NULL)
		return CONN_CLOSE;
	conn_peer_text(c, name, sizeof(name));
	if (c->peer.family == AF_UNIX)
		snprintf(name, sizeof(name), "local:%llx",
		    (unsigned long long)c->id);
	socket_ways(c, set);
	p->rewind = at_most_all(set->history);
	p->moves = UINT32_MAX;
	enter_hub(set);
	m = hub_join(set->hub, name);
	leave_hub(set);
	if (m != NULL) {
		p->row = (uint16_t)(m - set->hub->member + 1);
		c->state = p;
		return CONN_KEEP;
	}
	free(p);
	conn_puts(c, "The chat and its queue are full.\n");
	c->flags |= CONN_LINGER;
	return CONN_CLOSE;
}

void
chat_closed(struct conn *c, void *ctx)
{
	const struct settings *set = ctx;
	struct person *p = c->state;

	if (p == NULL)
		return;
	enter_hub(set);
	hub_leave(set->hub, member_of(set, p));
	leave_hub(set);
	free(p);
	c->state = NULL;
}

void
chat_refuse(struct conn *c, void *ctx, enum serve_refusal why)
{
	(void)ctx;
	conn_puts(c, why == REFUSE_SOURCE ?
	    "Too many connections from your address.\n" :
	    "No place for you now.\n");
}

enum conn_fate
chat_notice(struct conn *c, void *ctx)
{
	struct person *p = c->state;

	if (p == NULL)
		return CONN_KEEP;
	return deliver(c, p, ctx);
}

/* -- What comes in -------------------------------------------------------- */

/* greet - the peer is a program that wants events from now on. */
static enum conn_fate
greet(struct conn *c, struct person *p, const struct settings *set,
    const struct chat_hello *h)
{
	const char *no_nick = NULL, *no_room = NULL;
	char welcome[64];
	struct chat_event e = { .kind = CHAT_WELCOME, .text = welcome,
	    .time = clock_wall() / NSEC_PER_MSEC };
	struct reply r;

	/* what plain text went before has no newline */
	if (p->framing != FRAME_EVENTS && conn_puts(c, "\n") == -1)
		return CONN_CLOSE;
	p->framing = FRAME_EVENTS;
	if (h->nick[0] != '\0')
		no_nick = change_nick(p, set, h->nick);
	if (h->room[0] != '\0')
		no_room = change_room(p, set, h->room);
	if (h->history >= 0)
		p->rewind = at_most_all(h->history);
	p->cursor = h->last > 0 && h->epoch == atomic_load(&set->hub->epoch) ?
	    h->last + 1 : 0;
	p->entered = false;
	e.number = ring_next(&set->hub->ring) - 1;
	e.room = person_room(set, p)->name;
	e.who = member_name(set->hub, member_of(set, p));
	e.len = (size_t)snprintf(welcome, sizeof(welcome), "chat/2 %llu",
	    (unsigned long long)atomic_load(&set->hub->epoch));
	reply_begin(&r, c, p, set);
	reply_event(&r, &e);
	if (no_nick != NULL)
		reply_note(&r, "%s: %s", h->nick, no_nick);
	if (no_room != NULL)
		reply_note(&r, "%s: %s", h->room, no_room);
	return reply_end(&r) == -1 ? CONN_CLOSE : deliver(c, p, set);
}

/* say - what is neither a command nor a greeting. */
static enum conn_fate
say(struct reply *r, const char *line, size_t len)
{
	char text[CHAT_TEXT_MAX];
	struct settings plain;
	const struct settings *set = r->set;
	ssize_t n;

	if (r->person->framing == FRAME_EVENTS) {
		plain = *set;
		plain.decoder = (iconv_t)-1;
		set = &plain;
	}
	n = decode(set, text, sizeof(text), line, len);
	if (n == -1)
		reply_note(r, "That was too long, and has not been sent.");
	else
		talk(r->person, r->set, CHAT_SAY, text, (size_t)n);
	return CONN_KEEP;
}

/* obey - a command, whose names and texts are in the peer's charset. */
static enum conn_fate
obey(struct reply *r, char *line, size_t len)
{
	char utf8[CHAT_TEXT_MAX + 1];
	ssize_t n;

	if (r->person->framing == FRAME_EVENTS ||
	    r->set->decoder == (iconv_t)-1)
		return command(r, line);
	n = to_utf8(r->set, utf8, CHAT_TEXT_MAX, line, len);
	if (n == -1) {
		reply_note(r, "That was too long, and has not been sent.");
		return CONN_KEEP;
	}
	utf8[n] = '\0';
	return command(r, utf8);
}

/* heard - one message; a string of len bytes. */
static enum conn_fate
heard(struct conn *c, struct person *p, const struct settings *set,
    char *line, size_t len)
{
	struct chat_hello hello;
	struct reply r;
	enum conn_fate fate = CONN_KEEP;
	int flood;

	if (len == 0)
		return CONN_KEEP;
	if (strcmp(line, "q") == 0 || strcmp(line, "/quit") == 0) {
		/* he sees all up to his end, what he said included */
		deliver(c, p, set);
		return CONN_CLOSE;
	}
	if (chat_hello_parse(&hello, line))
		return greet(c, p, set, &hello);
	if (atomic_load(&member_of(set, p)->state) != MEMBER_IN)
		return CONN_KEEP;	/* reaches nobody */
	reply_begin(&r, c, p, set);
	flood = flooding(&r, len);
	if (flood == -1)
		fate = CONN_CLOSE;
	else if (flood == 0 && line[0] == '/' && line[1] != '/' && !set->p2p)
		fate = obey(&r, line, len);
	else if (atomic_load(&member_of(set, p)->flags) & MEMBER_MUTED)
		reply_note(&r, "You have been muted by the operator.");
	else if (flood == 0)
		fate = say(&r, line + (line[0] == '/' && !set->p2p),
		    len - (line[0] == '/' && !set->p2p));
	return reply_end(&r) == -1 ? CONN_CLOSE : fate;
}

/* listen_to - the next message of this peer, as conn_request(). */
static ssize_t
listen_to(struct conn *c, struct person *p, char *line, size_t size)
{
	enum conn_framed framed;
	ssize_t n;

	if (p->framing == FRAME_EVENTS) {
		conn_deadline(c, EVENT_LINE_MS);
		n = conn_line(c, line, size);
		conn_deadline(c, -1);
		return n;
	}
	n = conn_request(c, line, size, 0, CONN_QUIET_MS, &framed);
	if (n != -1 && framed != CONN_BARE)
		p->framing = framed == CONN_LF ? FRAME_LF : FRAME_CRLF;
	return n;
}

enum conn_fate
chat_session(struct conn *c, void *ctx)
{
	const struct settings *set = ctx;
	struct person *p = c->state;
	char line[CHAT_TEXT_MAX + 1], who[CHAT_NAME_SIZE];
	struct reply r;
	ssize_t n;

	if (p == NULL)
		return CONN_CLOSE;
	n = listen_to(c, p, line, sizeof(line));
	if (n >= 0)
		return heard(c, p, set, line, (size_t)n);
	if (errno == EMSGSIZE) {
		log_info("%s: message too long", conn_peer_text(c, who,
		    sizeof(who)));
		reply_begin(&r, c, p, set);
		reply_note(&r, "A message has at most %d bytes.",
		    CHAT_TEXT_MAX);
		reply_end(&r);
		c->flags |= CONN_LINGER;
	} else if (errno == ENODATA) {
		deliver(c, p, set);	/* he may still read */
	}
	return CONN_CLOSE;
}
