/*
 * The plain dialect, from the client's side: for servers that know no other.
 * Nothing is acknowledged there but the end.
 */
#include "roomc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

#define NONE		((iconv_t)-1)
#define LEAVE_TRIES	4
#define LEAVE_PAUSE	(500 * NSEC_PER_MSEC)
#define ECHO_WAIT	NSEC_PER_SEC	/* for our own words to come back */

/* convert - what has no counterpart becomes "?"; the length */
static size_t
convert(iconv_t cd, const char *from, size_t n, char *out, size_t size)
{
	char copy[4 * ROOM_WIRE_MAX], *in = copy;
	size_t room = size, skip, left = n < sizeof(copy) ? n : sizeof(copy);

	memcpy(copy, from, left);
	if (cd == NONE) {
		left = left < size ? left : size;
		memcpy(out, copy, left);
		return left;
	}
	iconv(cd, NULL, NULL, NULL, NULL);
	while (left > 0 && room > 0 &&
	    iconv(cd, &in, &left, &out, &room) == (size_t)-1 &&
	    errno != E2BIG && room > 0) {
		skip = utf8_seq(in, left);
		skip = skip == 0 ? 1 : skip;
		*out++ = '?';
		room--;
		in += skip;
		left -= skip;
	}
	return size - room;
}

static void
send_text(struct room *r, const char *text, size_t n)
{
	char wire[ROOM_WIRE_MAX];

	room_send(r, wire, convert(r->coder, text, n, wire, sizeof(wire)));
}

static void
plain_start(struct room *r)
{
	char text[ROOM_NAME_MAX + 4];

	snprintf(text, sizeof(text), "%s -n", r->set->name);
	send_text(r, text, strlen(text));
	room_phase(r, PHASE_IN);
	r->due = CLOCK_NEVER;
}

static void
plain_datagram(struct room *r, const char *data, size_t n)
{
	struct heard h = { 0 };

	h.textlen = (uint16_t)convert(r->in, data, n, h.text, sizeof(h.text));
	if (r->phase == PHASE_LEAVE && h.textlen == 4 &&
	    memcmp(h.text, "exit", 4) == 0) {
		room_over(r, NULL);
		return;
	}
	r->taken++;
	face_heard(r, &h);
}

static void
plain_seen(struct room *r)
{
	(void)r;
}

static void
plain_tick(struct room *r, int64_t now)
{
	if (r->phase != PHASE_LEAVE) {
		r->due = CLOCK_NEVER;
		return;
	}
	if (r->tries++ >= LEAVE_TRIES) {
		room_over(r, "the server did not confirm that we left");
		return;
	}
	send_text(r, "exit", 4);
	r->due = now + LEAVE_PAUSE;
}

static void
plain_say(struct room *r, const char *text, size_t n)
{
	send_text(r, text, n);
	r->said++;
	r->taken = r->said - 1;
	r->due = r->say_due = clock_mono() + ECHO_WAIT;
}

/* plain_idle - what was said last has come back, or is not likely to */
static int
plain_idle(const struct room *r)
{
	return r->taken >= r->said || clock_mono() >= r->say_due;
}

static void
plain_leave(struct room *r)
{
	room_phase(r, PHASE_LEAVE);
}

const struct dialect dialect_plain = { plain_start, plain_datagram, plain_seen,
    plain_tick, plain_say, plain_idle, NULL, plain_leave };
