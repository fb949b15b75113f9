/*
 * The full-screen face: events to the screen, what is typed to the server.
 */
#include "chatc.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/screen.h"

static char state_text[256];
static bool asked_people;	/* /who is ours: what it says is the list */

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
	(void)ch;
	snprintf(state_text, sizeof(state_text), "%s", text);
	screen_add(SCREEN_SYSTEM, clock_wall() / NSEC_PER_MSEC, "", text,
	    strlen(text));
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
	screen_status(status);
	screen_draw();
}

static int
face_input(struct chat *ch)
{
	char line[SCREEN_INPUT_MAX];
	int r;

	while ((r = screen_key(line)) > 0) {
		if (r == 2)
			continue;
		if (strcmp(line, "/quit") == 0)
			return -1;
		if (ch->welcomed && link_send(ch, line, strlen(line)) == 0)
			continue;
		screen_restore(line);
		face_state(ch, "not connected: nothing was sent");
	}
	return r;
}

const struct face screen_face = { face_event, face_state, face_input, NULL,
    face_waiting };

int
screen_run(struct chat *ch)
{
	int status;

	if (screen_open() == -1)
		return EXIT_ERROR;
	ch->retry_at = 0;
	snprintf(state_text, sizeof(state_text), "connecting");
	status = converse(ch);
	screen_close();
	return status;
}
