/*
 * The full-screen face: what happens in the room to the screen, what is typed
 * to the room.  Who is there is asked for on coming in, and followed from then
 * on; servers that know plain text only are read as far as that goes.
 */
#include "roomc.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "net/quit.h"
#include "screen/screen.h"

#define PIECES	5	/* that a typed line may be said in */

static struct {
	bool	asked;		/* who is there, for the list alone */
	bool	stale;		/* somebody has left since we asked */
	bool	been_in;
	char	last[256];	/* that was noticed */
} face;

static const char *const help[] = {
	"/who: who is in the room; exit or /quit: leave",
	"Tab: complete a name; Up, Down: what was typed before",
	"PageUp, PageDown, End: scroll back, and to the newest",
};

static void
ask_people(struct room *r)
{
	screen_people_clear();
	face.asked = r->dialect->who != NULL;
	face.stale = false;
	if (face.asked)
		r->dialect->who(r);
}

static void
screen_joined(struct room *r)
{
	if (!face.been_in && r->dialect->who != NULL)
		screen_tell("in the room");
	face.been_in = true;
	ask_people(r);
}

/* -- The plain dialect's lines -------------------------------------------- */

/* When somebody comes or goes, as roomd and the coursework's server say it. */
static const struct {
	const char	*before, *behind;
	bool		 joins;
} moves[] = {
	{ "system: ", " joined the chat", true },
	{ "system: ", " left the chat", false },
	{ "\xe7\xb3\xbb\xe7\xbb\x9f: ", " \xe5\x8a\xa0\xe5\x85\xa5\xe4\xba\x86"
	    "\xe8\x81\x8a\xe5\xa4\xa9", true },
	{ "\xe7\xb3\xbb\xe7\xbb\x9f: ", "\xe5\xb7\xb2\xe9\x80\x80\xe5\x87\xba"
	    "\xe8\x81\x8a\xe5\xa4\xa9", false },
};

/* follow - whether a system line tells of somebody who comes or goes */
static void
follow(const char *text)
{
	size_t n = strlen(text), before, behind;
	char name[ROOM_NAME_MAX];

	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		before = strlen(moves[i].before);
		behind = strlen(moves[i].behind);
		if (n <= before + behind ||
		    n - before - behind >= sizeof(name) ||
		    strncmp(text, moves[i].before, before) != 0 ||
		    strcmp(text + n - behind, moves[i].behind) != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s",
		    (int)(n - before - behind), text + before);
		if (moves[i].joins)
			screen_people_add(name);
		else
			screen_people_remove(name);
	}
}

/* plain_line - "[time] text" is the server's, "name:text" somebody's */
static void
plain_line(const struct heard *h)
{
	int64_t now = clock_wall() / NSEC_PER_MSEC;
	char text[ROOM_WIRE_MAX + 1], name[ROOM_NAME_MAX];
	size_t n = h->textlen, who;

	while (n > 0 && (h->text[n - 1] == '\n' || h->text[n - 1] == '\r'))
		n--;
	memcpy(text, h->text, n);
	text[n] = '\0';
	who = strcspn(text, ":");
	if (n > 22 && text[0] == '[' && memcmp(text + 20, "] ", 2) == 0) {
		screen_add(SCREEN_SYSTEM, now, "", text + 22, n - 22);
		follow(text + 22);
	} else if (who > 0 && who < n && who < sizeof(name)) {
		snprintf(name, sizeof(name), "%.*s", (int)who, text);
		screen_people_add(name);
		screen_add(SCREEN_SAID, now, name, text + who + 1,
		    n - who - 1);
	} else {
		screen_add(SCREEN_NOTE, now, "", text, n);
	}
}

/* -- What happens --------------------------------------------------------- */

static void
screen_heard(struct room *r, const struct heard *h)
{
	int64_t when = (int64_t)h->time * 1000;
	char name[ROOM_NAME_MAX];

	(void)r;
	if (h->kind == 0) {
		plain_line(h);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", h->namelen, h->name);
	if (h->kind == ROOM_KIND_SAY) {
		screen_add(SCREEN_SAID, when, name, h->text, h->textlen);
		return;
	}
	screen_add(SCREEN_SYSTEM, when, "", h->text, h->textlen);
	if (h->kind == ROOM_KIND_JOIN)
		screen_people_add(name);
	if (h->kind == ROOM_KIND_LEFT) {
		screen_people_remove(name);
		face.stale = true;
	}
}

static void
screen_missed(struct room *r, uint64_t n)
{
	char text[64];

	snprintf(text, sizeof(text), "%llu messages missed",
	    (unsigned long long)n);
	screen_tell(text);
	ask_people(r);
}

static void
screen_names(struct room *r, const char *names, size_t n)
{
	const char *end = names + n, *lf;
	char name[ROOM_NAME_MAX];

	if (face.asked && face.stale) {
		ask_people(r);	/* the answer may be older than that */
		return;
	}
	for (; names < end && (lf = memchr(names, '\n',
	    (size_t)(end - names))) != NULL; names = lf + 1) {
		snprintf(name, sizeof(name), "%.*s", (int)(lf - names), names);
		screen_people_add(name);
		if (!face.asked)
			screen_add(SCREEN_NOTE, 0, "", name, strlen(name));
	}
	face.asked = true;
}

static void
screen_notice(struct room *r, const char *text)
{
	(void)r;
	snprintf(face.last, sizeof(face.last), "%s", text);
	screen_tell(text);
}

static void
screen_waiting(struct room *r)
{
	const char *name = r->set->name;
	char status[400];

	if (r->phase == PHASE_IN)
		snprintf(status, sizeof(status), "%s in the room at %s", name,
		    r->host);
	else if (r->phase == PHASE_LEAVE)
		snprintf(status, sizeof(status), "%s: leaving", r->host);
	else
		snprintf(status, sizeof(status), "%s: %s", r->host,
		    r->session == 0 ? "joining" : face.last);
	screen_status(status);
	quit_writing(1);
	screen_draw();
	quit_writing(0);
}

/* -- What is typed -------------------------------------------------------- */

/* leave - and at once, when asked for a second time */
static void
leave(struct room *r)
{
	if (r->phase == PHASE_LEAVE)
		room_over(r, NULL);
	else if (r->phase != PHASE_OVER)
		r->dialect->leave(r);
}

/* typed - a line; 0, or -1: it was not sent */
static int
typed(void *ctx, const char *line)
{
	struct room *r = ctx;
	size_t n = strlen(line), done;

	if (strcmp(line, "exit") == 0 || strcmp(line, "/quit") == 0) {
		leave(r);
		return 0;
	}
	for (size_t i = 0; strcmp(line, "/help") == 0 &&
	    i < sizeof(help) / sizeof(help[0]); i++)
		screen_add(SCREEN_NOTE, 0, "", help[i], strlen(help[i]));
	if (strcmp(line, "/help") == 0)
		return 0;
	if (!room_can_say(r) || r->said - r->taken > ROOM_WINDOW - PIECES) {
		screen_tell(r->phase == PHASE_IN ?
		    "too much at once: nothing was sent" :
		    "not in the room: nothing was sent");
		return -1;
	}
	if (strcmp(line, "/who") == 0)
		face.asked = false;
	for (; n > 0 && room_can_say(r); line += done, n -= done)
		done = say_line(r, line, n);
	return 0;
}

static int
screen_input(struct room *r)
{
	if (screen_keys(typed, r) == -1)
		leave(r);
	return 1;
}

/* screen_next - a line is in the room as soon as it is typed */
static int
screen_next(struct room *r)
{
	(void)r;
	return 0;
}

static void
screen_free(struct room *r)
{
	quit_writing(1);
	screen_close();
	quit_writing(0);
	if (r->failed && face.last[0] != '\0')
		warnx("%s: %s", r->host, face.last);
}

const struct face face_screen = { .heard = screen_heard,
    .missed = screen_missed, .names = screen_names, .notice = screen_notice,
    .joined = screen_joined, .waiting = screen_waiting, .input = screen_input,
    .next = screen_next, .free = screen_free, .always = true };
