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
#define BACK_MAX	(30 * NSEC_PER_SEC)
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

/* enter - by our name; nobody answers to it */
static void
enter(struct room *r)
{
	char text[ROOM_NAME_MAX + 4];

	snprintf(text, sizeof(text), "%s -n", r->set->name);
	send_text(r, text, strlen(text));
}

static void
plain_start(struct room *r)
{
	enter(r);
	room_phase(r, PHASE_IN);
	r->due = CLOCK_NEVER;
	if (r->face->joined != NULL)
		r->face->joined(r);
}

/* lost - does the server say that it does not know us (any more)?  Only roomd
 * does. */
static int
lost(const struct heard *h)
{
	static const char *const words[] = {
		"] system: you are not in the chat",
		"] \xe7\xb3\xbb\xe7\xbb\x9f: \xe6\x82\xa8\xe4\xb8\x8d"
		"\xe5\x9c\xa8\xe8\x81\x8a\xe5\xa4\xa9\xe4\xb8\xad",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (h->textlen > 20 + strlen(words[i]) && memcmp(h->text + 20,
		    words[i], strlen(words[i])) == 0)
			return 1;
	return 0;
}

/* come_back - into a room that has lost us, and say once more what it did not
 * take; after longer and longer */
static void
come_back(struct room *r)
{
	int64_t now = clock_mono();

	if (now < r->back_at)
		return;
	r->back_pause = r->back_pause == 0 ? NSEC_PER_SEC :
	    r->back_pause < BACK_MAX ? r->back_pause * 2 : BACK_MAX;
	r->back_at = now + r->back_pause;
	r->face->notice(r, "the server has lost us; joining again");
	enter(r);
	if (r->out[0].len > 0)
		send_text(r, r->out[0].text, r->out[0].len);
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
	if (lost(&h)) {
		r->face->heard(r, &h);
		if (r->phase == PHASE_IN)
			come_back(r);
		return;
	}
	r->taken += r->taken < r->said;
	r->back_pause = 0;
	r->face->heard(r, &h);
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

/* ends - in something that the server would take for a request */
static int
ends(const char *text, size_t n, const char *word)
{
	size_t len = strlen(word);

	return n >= len && memcmp(text + n - len, word, len) == 0;
}

static void
plain_say(struct room *r, const char *text, size_t n)
{
	struct pending *p = &r->out[0];

	memcpy(p->text, text, n);
	if (n + 5 <= sizeof(p->text) && (ends(text, n, " -n") ||
	    ends(text, n, " -all"))) {
		memcpy(p->text + n, " -all", 5);
		n += 5;
	}
	p->len = (uint16_t)n;
	send_text(r, p->text, n);
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
