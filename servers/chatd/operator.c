/*
 * The operator: whoever sits at the server's own terminal, or has said the
 * password.  Another's row in the hub gets single stores alone, and its owner
 * sees to the rest when he is woken.
 */
#include "chatd.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"

#define GUESSES_MAX	5

bool
is_operator(const struct reply *r)
{
	const struct member *m = member_of(r->set, r->person);

	return m == NULL || (atomic_load(&m->flags) & MEMBER_OPERATOR);
}

bool
operator_wanted(const void *ctx)
{
	const struct settings *set = ctx;

	return set->console;
}

/* set_flag - on the member of that name; the room is not told. */
static void
set_flag(struct reply *r, const char *name, uint32_t flag, int on,
    const char *done)
{
	struct member *m = member_of(r->set, r->person);
	const char *self = m == NULL ? "the terminal" :
	    member_name(r->set->hub, m);

	enter_hub(r->set);
	m = hub_find(r->set->hub, name);
	if (m != NULL && m->peer != 0)
		m = NULL;	/* theirs to say, at that hub */
	if (m != NULL && on)
		atomic_fetch_or(&m->flags, flag);
	else if (m != NULL)
		atomic_fetch_and(&m->flags, ~flag);
	leave_hub(r->set);
	if (m == NULL) {
		reply_note(r, "Nobody here is called %s.", name);
		return;
	}
	log_info("operator %s: %s %s", self, done, name);
	reply_note(r, "%s: %s", name, done);
}

/* server_says - to all rooms. */
static void
server_says(struct reply *r, const char *line)
{
	char text[CHAT_TEXT_MAX];
	ssize_t n = chat_clean(text, sizeof(text), line, strlen(line));

	if (n <= 0)
		return;
	enter_hub(r->set);
	hub_post(r->set->hub, CHAT_SERVER, 0, 0, 0, "Server", text,
	    (size_t)n);
	leave_hub(r->set);
}

/* same_password - in a time that does not tell where they differ. */
static int
same_password(const struct settings *set, const char *guess)
{
	size_t i, n = strlen(guess);
	int differ = n != set->password_len;

	for (i = 0; i < n; i++)
		differ |= guess[i] ^
		    set->password[i < set->password_len ? i : 0];
	return differ == 0 && n > 0;
}

/* op - the password; wrong guesses are few. */
static void
op(struct reply *r, const char *guess)
{
	struct person *p = r->person;
	struct member *m = member_of(r->set, p);

	if (r->set->password_len > 0 && p->guesses < GUESSES_MAX &&
	    same_password(r->set, guess)) {
		atomic_fetch_or(&m->flags, MEMBER_OPERATOR);
		log_info("%s is an operator now",
		    member_name(r->set->hub, m));
		reply_note(r, "You are an operator; see /help.");
		return;
	}
	if (p->guesses < GUESSES_MAX)
		p->guesses++;
	log_warnx("%s: wrong operator password", member_name(r->set->hub, m));
	reply_note(r, "No.");
	if (p->guesses == GUESSES_MAX)
		atomic_fetch_or(&m->flags, MEMBER_KICKED);
}

int
operator_command(struct reply *r, const char *word, char *arg)
{
	if (strcasecmp(word, "op") == 0 && r->person->row != 0) {
		op(r, arg);
		return 1;
	}
	if (!is_operator(r) || *arg == '\0')
		return 0;
	if (strcasecmp(word, "kick") == 0)
		set_flag(r, arg, MEMBER_KICKED, 1, "kicked");
	else if (strcasecmp(word, "mute") == 0)
		set_flag(r, arg, MEMBER_MUTED, 1, "muted");
	else if (strcasecmp(word, "unmute") == 0)
		set_flag(r, arg, MEMBER_MUTED, 0, "unmuted");
	else if (strcasecmp(word, "say") == 0)
		server_says(r, arg);
	else
		return 0;
	return 1;
}

/* end_talk - p2p: the operator's q ends the conversation. */
static void
end_talk(const struct settings *set)
{
	struct hub *h = set->hub;
	uint32_t i;

	enter_hub(set);
	for (i = 0; i < atomic_load(&h->high); i++)
		if (atomic_load(&h->member[i].state) == MEMBER_IN)
			atomic_fetch_or(&h->member[i].flags, MEMBER_KICKED);
	leave_hub(set);
}

void
operator_line(char *line, size_t len, void *ctx)
{
	const struct settings *set = ctx;
	struct person self = { .framing = FRAME_LF };
	struct reply r;

	if (len == 0)
		return;
	reply_begin(&r, NULL, &self, set);
	if (set->p2p && strcmp(line, "q") == 0)
		end_talk(set);
	else if (line[0] == '/' && line[1] != '/' && !set->p2p)
		command(&r, line);
	else
		server_says(&r, line);
	reply_end(&r);
}
