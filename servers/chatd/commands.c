/*
 * What begins with a slash: names, rooms, who is here, private words.  Called
 * by the session with the person's line, in UTF-8.  Replies are put together
 * in memory, so that nobody waits for a peer while holding the hub's lock.
 */
#include "chatd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

typedef enum conn_fate command_fn(struct reply *, char *arg);

/* -- Names and rooms ------------------------------------------------------ */

const char *
change_nick(struct person *p, const struct settings *set, const char *name)
{
	const char *fault = chat_name_fault(name);
	struct hub *h = set->hub;
	struct member *m = member_of(set, p), *other;
	char old[CHAT_NAME_SIZE];

	/* ann@berlin is ann at the hub of that name */
	if (fault == NULL && set->relay != NULL && strchr(name, '@') != NULL)
		fault = "a name has no @ where there are other hubs";
	if (fault != NULL)
		return fault;
	enter_hub(set);
	other = hub_find(h, name);
	if (other != NULL && other != m) {
		fault = "somebody else is called so";
	} else if (strcmp(member_name(h, m), name) != 0) {
		snprintf(old, sizeof(old), "%s", member_name(h, m));
		hub_rename(set->hub, m, name);
		if (atomic_load(&m->flags) & MEMBER_ANNOUNCED)
			hub_post(h, CHAT_NICK, atomic_load(&member_room(h,
			    m)->serial), m->id, 0, old, name, strlen(name));
	}
	leave_hub(set);
	return fault;
}

const char *
change_room(struct person *p, const struct settings *set, const char *name)
{
	const char *fault = chat_name_fault(name);
	struct hub *h = set->hub;
	struct member *m = member_of(set, p);
	uint32_t from = atomic_load(&m->room);
	int to, known;

	if (fault != NULL)
		return fault;
	enter_hub(set);
	known = atomic_load(&m->flags) & MEMBER_ANNOUNCED;
	to = hub_room(h, name, 1);
	if (to == -1) {
		fault = "there are too many rooms";
	} else if ((uint32_t)to != from) {
		if (known)
			hub_post(h, CHAT_EXIT,
			    atomic_load(&h->rooms[from].serial), m->id, 0,
			    member_name(h, m), h->rooms[to].name,
			    strlen(h->rooms[to].name));
		atomic_store(&m->room, (uint32_t)to);
		if (known)
			hub_post(h, CHAT_ENTER,
			    atomic_load(&h->rooms[to].serial), m->id, 0,
			    member_name(h, m), "", 0);
		hub_room_tidy(h, from);
	}
	leave_hub(set);
	return fault;
}

static enum conn_fate
nick(struct reply *r, char *arg)
{
	const char *fault = change_nick(r->person, r->set, arg);

	if (fault != NULL)
		reply_note(r, "%s: %s", arg, fault);
	return CONN_KEEP;
}

static void
say_topic(struct reply *r)
{
	const struct room *room = person_room(r->set, r->person);
	char topic[TOPIC_SIZE];

	snprintf(topic, sizeof(topic), "%s", room_topic(room));
	if (topic[0] != '\0')
		reply_note(r, "Topic of %s: %s", room->name, topic);
	else
		reply_note(r, "%s has no topic.", room->name);
}

static enum conn_fate
join(struct reply *r, char *arg)
{
	const char *fault;

	/* what was said before belongs to the old room */
	if (deliver(r->conn, r->person, r->set) == CONN_CLOSE)
		return CONN_CLOSE;
	fault = change_room(r->person, r->set, arg);
	if (fault != NULL) {
		reply_note(r, "%s: %s", arg, fault);
		return CONN_KEEP;
	}
	reply_note(r, "You are in %s.", person_room(r->set, r->person)->name);
	if (room_topic(person_room(r->set, r->person))[0] != '\0')
		say_topic(r);
	return CONN_KEEP;
}

static enum conn_fate
part(struct reply *r, char *arg)
{
	char lobby[] = LOBBY;

	(void)arg;
	if (atomic_load(&member_of(r->set, r->person)->room) == 0) {
		reply_note(r, "You are in %s; /quit leaves the chat.", LOBBY);
		return CONN_KEEP;
	}
	return join(r, lobby);
}

static enum conn_fate
topic(struct reply *r, char *arg)
{
	struct hub *h = r->set->hub;
	struct member *m = member_of(r->set, r->person);
	char text[TOPIC_SIZE];
	ssize_t n;

	if (*arg == '\0') {
		say_topic(r);
		return CONN_KEEP;
	}
	n = chat_clean(text, sizeof(text) - 1, arg, strlen(arg));
	if (n == -1) {
		reply_note(r, "A topic has at most %d bytes.", TOPIC_SIZE - 1);
		return CONN_KEEP;
	}
	enter_hub(r->set);
	hub_set_topic(&h->rooms[atomic_load(&m->room)], text, (size_t)n);
	hub_post(h, CHAT_TOPIC, atomic_load(&member_room(h, m)->serial),
	    m->id, 0, member_name(h, m), text, (size_t)n);
	leave_hub(r->set);
	return CONN_KEEP;
}

/* -- Looking around ------------------------------------------------------- */

/* flags_text - what /who says behind a name. */
static const char *
flags_text(const struct member *m)
{
	uint32_t f = atomic_load(&m->flags);

	if (atomic_load(&m->state) == MEMBER_WAITING)
		return "(waiting)";
	if (f & MEMBER_OPERATOR)
		return f & MEMBER_MUTED ? "(operator, muted)" : "(operator)";
	return f & MEMBER_MUTED ? "(muted)" : "";
}

static enum conn_fate
who(struct reply *r, char *arg)
{
	const struct hub *h = r->set->hub;
	const struct member *m, *self = member_of(r->set, r->person);
	char name[CHAT_NAME_SIZE];
	struct chat_event e = { .kind = CHAT_PERSON, .who = name };
	uint32_t i, n = 0, last = atomic_load(&h->high);

	(void)arg;
	e.time = clock_wall() / NSEC_PER_MSEC;
	e.room = self == NULL ? "the chat" : member_room(h, self)->name;
	for (i = 0; i < last; i++) {
		m = &h->member[i];
		if (atomic_load(&m->state) == MEMBER_FREE || (self != NULL &&
		    (atomic_load(&m->state) < MEMBER_IN ||
		    atomic_load(&m->room) != atomic_load(&self->room))))
			continue;
		snprintf(name, sizeof(name), "%s", member_name(h, m));
		e.text = flags_text(m);
		e.len = strlen(e.text);
		reply_event(r, &e);
		n++;
	}
	e = (struct chat_event){ .kind = CHAT_PEOPLE, .number = n, .who = "-",
	    .room = e.room, .time = e.time, .text = "" };
	reply_event(r, &e);
	return CONN_KEEP;
}

static enum conn_fate
list(struct reply *r, char *arg)
{
	const struct hub *h = r->set->hub;
	char text[TOPIC_SIZE];
	int i;

	(void)arg;
	for (i = 0; i < ROOMS_MAX; i++) {
		if (atomic_load(&h->rooms[i].serial) == 0)
			continue;
		snprintf(text, sizeof(text), "%s", room_topic(&h->rooms[i]));
		reply_note(r, "%s (%u)%s%s", h->rooms[i].name, hub_in(h, i),
		    text[0] != '\0' ? ": " : "", text);
	}
	return CONN_KEEP;
}

static enum conn_fate
history(struct reply *r, char *arg)
{
	char *end;
	long n = *arg == '\0' ? 20 : strtol(arg, &end, 10);

	if (*arg != '\0' && (*end != '\0' || n < 0)) {
		reply_note(r, "/history takes a number");
		return CONN_KEEP;
	}
	if (deliver(r->conn, r->person, r->set) == CONN_CLOSE)
		return CONN_CLOSE;
	rewind_to(r->person, r->set, (uint64_t)n);
	return deliver(r->conn, r->person, r->set);
}

/* -- Speaking ------------------------------------------------------------- */

static enum conn_fate
me(struct reply *r, char *arg)
{
	char text[CHAT_TEXT_MAX];
	ssize_t n = chat_clean(text, sizeof(text), arg, strlen(arg));

	if (atomic_load(&member_of(r->set, r->person)->flags) & MEMBER_MUTED)
		reply_note(r, "You have been muted by the operator.");
	else if (n > 0)
		talk(r->person, r->set, CHAT_ME, text, (size_t)n);
	return CONN_KEEP;
}

static enum conn_fate
msg(struct reply *r, char *arg)
{
	const struct settings *set = r->set;
	struct member *m = member_of(r->set, r->person), *to;
	char *text = arg + strcspn(arg, " "), clean[CHAT_TEXT_MAX];
	ssize_t n;

	if (*text == '\0' || text[1] == '\0') {
		reply_note(r, "usage: /msg NAME TEXT");
		return CONN_KEEP;
	}
	*text++ = '\0';
	n = chat_clean(clean, sizeof(clean), text, strlen(text));
	if (n == -1 || (atomic_load(&m->flags) & MEMBER_MUTED)) {
		reply_note(r, "That has not been sent.");
		return CONN_KEEP;
	}
	enter_hub(set);
	to = hub_find(set->hub, arg);
	if (to != NULL)
		hub_post(set->hub, CHAT_PRIVATE, 0, m->id, to->id,
		    member_name(set->hub, m), clean, (size_t)n);
	leave_hub(set);
	if (to == NULL)
		reply_note(r, "Nobody here is called %s.", arg);
	else
		reply_note(r, "(to %s alone) %.*s", arg, (int)n, clean);
	return CONN_KEEP;
}

/* -- The table ------------------------------------------------------------ */

static enum conn_fate
quit(struct reply *r, char *arg)
{
	(void)r;
	(void)arg;
	return CONN_CLOSE;
}

static command_fn help;

static const struct {
	const char	*word, *arg, *what;
	command_fn	*fn;
	int		 needs_arg;
	int		 anybody;	/* the operator at the terminal too */
} commands[] = {
	{ "nick", "NAME", "be called NAME", nick, 1, 0 },
	{ "who", "", "who is in the room", who, 0, 1 },
	{ "msg", "NAME TEXT", "say it to NAME alone", msg, 1, 0 },
	{ "me", "TEXT", "say what you do", me, 1, 0 },
	{ "topic", "[TEXT]", "show or set the room's topic", topic, 0, 0 },
	{ "history", "[N]", "the last N messages again", history, 0, 0 },
	{ "join", "ROOM", "go to another room, new or not", join, 1, 0 },
	{ "part", "", "back to " LOBBY, part, 0, 0 },
	{ "list", "", "which rooms there are", list, 0, 1 },
	{ "help", "", "this list", help, 0, 1 },
	{ "quit", "", "leave (so does a q alone)", quit, 0, 0 },
};

#define NCOMMANDS	(sizeof(commands) / sizeof(commands[0]))

static enum conn_fate
help(struct reply *r, char *arg)
{
	size_t i;

	(void)arg;
	for (i = 0; i < NCOMMANDS; i++)
		if (r->conn != NULL || commands[i].anybody)
			reply_note(r, "/%s%s%s  %s", commands[i].word,
			    commands[i].arg[0] != '\0' ? " " : "",
			    commands[i].arg, commands[i].what);
	if (is_operator(r))
		reply_note(r, "/mute NAME, /unmute NAME, /kick NAME, "
		    "/say TEXT  for operators");
	return CONN_KEEP;
}

enum conn_fate
command(struct reply *r, char *line)
{
	char *word = line + 1, *arg = word + strcspn(word, " ");
	size_t i;

	if (*arg != '\0')
		*arg++ = '\0';
	arg += strspn(arg, " ");
	if (operator_command(r, word, arg))
		return CONN_KEEP;
	for (i = 0; i < NCOMMANDS; i++) {
		if (strcasecmp(word, commands[i].word) != 0 ||
		    (r->conn == NULL && !commands[i].anybody))
			continue;
		if (!commands[i].needs_arg || *arg != '\0')
			return commands[i].fn(r, arg);
		reply_note(r, "usage: /%s %s", commands[i].word,
		    commands[i].arg);
		return CONN_KEEP;
	}
	reply_note(r, "Unknown command; /help lists them.");
	return CONN_KEEP;
}
