/*
 * The full-screen face: events to the screen, what is typed to the server.
 */
#include "chatc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "net/quit.h"
#include "net/wait.h"
#include "screen/screen.h"

#define LOOK_MS		50	/* at the keys, while we connect */

static char state_text[256];
static bool asked_people;	/* /who is ours: what it says is the list */
static struct chat *connecting;	/* for wait_with_keys() */

/* text_of - the event's text as a string. */
static const char *
text_of(const struct chat_event *e, char *buf, size_t size)
{
	snprintf(buf, size, "%.*s", (int)e->len, e->text);
	return buf;
}

/* ask_people - who is here; what comes fills the list. */
static void
ask_people(struct chat *ch)
{
	screen_people_clear();
	asked_people = link_send(ch, "/who", 4) == 0;
}

/* people - keep the list right; 1: the event is for the list alone. */
static int
people(struct chat *ch, const struct chat_event *e, bool own)
{
	char name[CHAT_NAME_SIZE];

	switch (e->kind) {
	case CHAT_JOIN:
		screen_people_add(e->who);
		break;
	case CHAT_ENTER:
		if (own)
			ask_people(ch);
		else
			screen_people_add(e->who);
		break;
	case CHAT_LEAVE:
	case CHAT_EXIT:
		screen_people_remove(e->who);
		break;
	case CHAT_NICK:
		screen_people_rename(e->who, text_of(e, name, sizeof(name)));
		break;
	case CHAT_PERSON:
		screen_people_add(e->who);
		return asked_people;
	case CHAT_PEOPLE:
		if (asked_people) {
			asked_people = false;
			return 1;
		}
		break;
	default:
		break;
	}
	return 0;
}

static void
face_event(struct chat *ch, const struct chat_event *e, bool own)
{
	char line[CHAT_LINE_MAX];
	struct text t;

	if (e->kind == CHAT_WELCOME) {
		ask_people(ch);
		return;
	}
	if (people(ch, e, own))
		return;
	if (e->kind == CHAT_SAY || e->kind == CHAT_SERVER) {
		screen_add(SCREEN_SAID, e->time, e->who, e->text, e->len);
	} else if (e->kind == CHAT_ME) {
		screen_add(SCREEN_ACTION, e->time, e->who, e->text, e->len);
	} else if (e->kind == CHAT_PRIVATE) {
		screen_add(SCREEN_PRIVATE, e->time, e->who, e->text, e->len);
	} else {
		text_init(&t, line, sizeof(line));
		chat_plain(&t, e);
		screen_add(e->kind < CHAT_NOTE ? SCREEN_SYSTEM : SCREEN_NOTE,
		    e->time, "", line, t.len);
	}
}

static void
face_state(struct chat *ch, const char *text)
{
	size_t cause = strcspn(text, ";");

	/* one line for all tries that fail for the same reason */
	if (strncmp(text, state_text, cause) != 0 || ch->welcomed)
		screen_tell(text);
	snprintf(state_text, sizeof(state_text), "%s", text);
}

static void
face_waiting(struct chat *ch)
{
	char status[400];

	if (ch->welcomed)
		snprintf(status, sizeof(status), "%s in %s at %s", ch->me,
		    ch->room, ch->host);
	else
		snprintf(status, sizeof(status), "%s: %s", ch->host,
		    state_text);
	if (!ch->welcomed)
		screen_people_clear();
	screen_status(status);
	quit_writing(1);
	screen_draw();
	quit_writing(0);
}

/* said - a line was typed; 0, or -1: it was not sent. */
static int
said(void *ctx, const char *line)
{
	struct chat *ch = ctx;

	if (strcmp(line, "/quit") == 0) {
		ch->quit = true;
		return 0;
	}
	if (ch->welcomed && link_send(ch, line, strlen(line)) == 0)
		return 0;
	screen_tell("not connected: nothing was sent");
	return -1;
}

static int
face_input(struct chat *ch)
{
	if (screen_keys(said, ch) == -1 || quit_asked())
		ch->quit = true;
	return ch->quit ? -1 : 0;
}

/* wait_with_keys - net_wait() while we connect, which may take long: what is
 * typed shows, and who wants to leave need not wait for it. */
static int
wait_with_keys(struct pollfd *fds, int n, int64_t deadline)
{
	int64_t look;
	int r, saved;

	do {
		look = clock_after_ms(LOOK_MS);
		net_wait_set(NULL);
		r = net_wait(fds, n, look < deadline ? look : deadline);
		saved = errno;
		net_wait_set(wait_with_keys);
		if (face_input(connecting) == -1) {
			errno = ECANCELED;
			return -1;
		}
		face_waiting(connecting);
	} while (r == 0 && clock_mono() < deadline);
	errno = saved;
	return r;
}

static void
face_connecting(struct chat *ch, bool on)
{
	connecting = ch;
	net_wait_set(on ? wait_with_keys : NULL);
}

const struct face screen_face = { face_event, face_state, face_input, NULL,
    face_waiting, face_connecting };

int
screen_run(struct chat *ch)
{
	int status;

	snprintf(state_text, sizeof(state_text), "connecting");
	quit_catch();
	status = converse(ch);
	quit_writing(1);
	screen_close();
	quit_writing(0);
	return status;
}
