/*
 * The datagrams of a bridge: each is a message, text where it is UTF-8 and the
 * peer speaks text, else binary.  Who is in roomd's room is kept there while
 * his page is open, whose own clock may be slowed down or stopped, and leaves
 * with it.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "carry.h"
#include "net/wait.h"
#include "wire/room.h"

#define KEEP_NS		(60 * NSEC_PER_SEC)
#define SESSION_NS	(ROOM_KEEP_MS * NSEC_PER_MSEC)
#define SEND_MS		100	/* for a queue to the network that is full */

/* put - as a network: what is not taken is lost. */
static int
put(struct carry *y, const void *s, size_t n)
{
	int64_t end = clock_after_ms(SEND_MS);
	ssize_t r;

	y->said = y->now;
	while ((r = send(y->b->udp, s, n, MSG_NOSIGNAL)) == -1) {
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -1;
		if (net_wait_fd(y->b->udp, POLLOUT, end) != 1)
			return 0;
	}
	return 0;
}

/* note_binary - a message of the better dialect, from either side. */
static void
note_binary(struct carry *y, const char *s, size_t n)
{
	struct room_msg m;

	if (room_get(&m, s, n) == -1)
		return;
	if (m.type == ROOM_JOINED) {
		y->session = m.session;
		y->acked = m.base - 1;
		y->have = 0;
	} else if (m.type == ROOM_LEAVE || m.type == ROOM_BYE) {
		y->session = 0;
	} else if (m.type == ROOM_ACK && m.session == y->session) {
		y->acked = m.number;
		y->have = m.have;
	}
}

/* note - whether the peer is in a room from now on. */
static void
note(struct carry *y, const char *s, size_t n)
{
	int newline;

	if (room_is_binary(s, n)) {
		note_binary(y, s, n);
		return;
	}
	switch (room_plain(s, &n, &newline)) {
	case ROOM_PLAIN_NAME:
		y->named = true;
		break;
	case ROOM_PLAIN_EXIT:
		y->named = false;
		break;
	default:
		break;
	}
}

void
carry_datagram(struct carry *y, const char *s, size_t n)
{
	if (n > 0)
		note(y, s, n);
	if (put(y, n > 0 ? s : "", n) == 0)
		return;
	if (errno == EMSGSIZE)
		carry_big(y);
	else
		carry_lost(y);
}

bool
carry_from_udp(struct carry *y)
{
	char *data;
	ssize_t n;

	/* its length first: most are short, and each must come whole */
	n = recv(y->b->udp, NULL, 0, MSG_PEEK | MSG_TRUNC);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	data = malloc(n > 0 ? (size_t)n : 1);
	if (n >= 0 && data != NULL)
		n = recv(y->b->udp, data, n > 0 ? (size_t)n : 1, 0);
	if (n == -1 || data == NULL) {
		carry_lost(y);
	} else if (!y->said_binary && utf8_valid(data, (size_t)n)) {
		wspeer_text(&y->ws, data, (size_t)n);
	} else {
		note_binary(y, data, (size_t)n);
		wspeer_binary(&y->ws, data, (size_t)n);
	}
	y->turn += n > 0 ? (size_t)n : 0;
	free(data);
	return true;
}

int64_t
carry_keep_at(const struct carry *y)
{
	if (y->ws.closing)
		return CLOCK_NEVER;
	return y->session != 0 ? y->said + SESSION_NS :
	    y->named ? y->said + KEEP_NS : CLOCK_NEVER;
}

static void
put_message(struct carry *y, const struct room_msg *m)
{
	uint8_t wire[ROOM_WIRE_MAX];

	put(y, wire, room_put(wire, m));
}

void
carry_keep(struct carry *y)
{
	struct room_msg m = { .type = ROOM_ACK, .flags = ROOM_ASK,
	    .session = y->session, .number = y->acked, .have = y->have };

	if (y->session != 0)
		put_message(y, &m);
	else
		put(y, "", 0);
}

/*
 * carry_leave - a page that was lost, and not closed, may come back and go on
 * with its session, of the better dialect.
 */
void
carry_leave(struct carry *y)
{
	struct room_msg m = { .type = ROOM_LEAVE, .session = y->session };

	if (y->session != 0 && y->peer_closed)
		put_message(y, &m);
	if (y->named)
		put(y, "exit", 4);
}
