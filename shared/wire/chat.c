/*
 * The chat's names, texts and events.  Called by chatd's sessions for every
 * message and by chatc; touches nothing but its arguments.
 */
#include "wire/chat.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

#define NAME_CHARS	24
#define REPLACEMENT	"\xef\xbf\xbd"	/* U+FFFD */

static const char *const kinds[CHAT_KINDS] = { "say", "me", "private",
    "server", "join", "leave", "enter", "exit", "nick", "topic", "note",
    "welcome", "wait", "missed", "person", "people" };

/* -- Events --------------------------------------------------------------- */

void
chat_line(struct text *t, const struct chat_event *e)
{
	text_adds(t, kinds[e->kind]);
	text_add(t, " ", 1);
	text_addu(t, e->number);
	text_add(t, " ", 1);
	text_addu(t, (unsigned long long)e->time);
	text_add(t, " ", 1);
	text_adds(t, e->room);
	text_add(t, " ", 1);
	text_adds(t, e->who);
	text_add(t, " ", 1);
	text_add(t, e->text, e->len);
	text_add(t, "\n", 1);
}

/* word - the next of the line's, ended by a blank that becomes its NUL; NULL
 * where there is none. */
static char *
word(char **at, char *end)
{
	char *w = *at, *blank;

	if (w >= end || (blank = memchr(w, ' ', (size_t)(end - w))) == NULL ||
	    blank == w)
		return NULL;
	*blank = '\0';
	*at = blank + 1;
	return w;
}

/* decimal - 0, or -1 where w is no number below 2^63. */
static int
decimal(const char *w, uint64_t *n)
{
	*n = 0;
	if (w == NULL || *w == '\0')
		return -1;
	for (; *w != '\0'; w++) {
		if (*w < '0' || *w > '9' || *n > (INT64_MAX - 9) / 10)
			return -1;
		*n = *n * 10 + (uint64_t)(*w - '0');
	}
	return 0;
}

int
chat_parse(struct chat_event *e, char *line, size_t len)
{
	char *at = line, *end = line + len, *kind;
	uint64_t when;
	int k;

	if (memchr(line, '\0', len) != NULL || (kind = word(&at, end)) == NULL)
		return -1;
	for (k = 0; k < CHAT_KINDS && strcmp(kind, kinds[k]) != 0; k++)
		continue;
	if (k == CHAT_KINDS || decimal(word(&at, end), &e->number) == -1 ||
	    decimal(word(&at, end), &when) == -1)
		return -1;
	e->kind = (enum chat_kind)k;
	e->time = (int64_t)when;
	e->room = word(&at, end);
	e->who = word(&at, end);
	e->text = at;
	e->len = (size_t)(end - at);
	return e->room == NULL || e->who == NULL ? -1 : 0;
}

void
chat_plain(struct text *t, const struct chat_event *e)
{
	static const struct {
		const char	*before, *between, *after;
	} form[CHAT_KINDS] = {
		[CHAT_SAY] = { "", ":", "" },
		[CHAT_ME] = { "* ", " ", "" },
		[CHAT_PRIVATE] = { "", " (to you alone):", "" },
		[CHAT_SERVER] = { "", " : ", "" },
		[CHAT_JOIN] = { "", " has joined the chat", NULL },
		[CHAT_LEAVE] = { "", " has left the chat", NULL },
		[CHAT_ENTER] = { "", " has joined the room", NULL },
		[CHAT_EXIT] = { "", " has left the room for ", "" },
		[CHAT_NICK] = { "", " is now called ", "" },
		[CHAT_TOPIC] = { "", " has set the topic: ", "" },
		[CHAT_PERSON] = { "  ", " ", "" },
	};

	switch (e->kind) {
	case CHAT_NOTE:
	case CHAT_WELCOME:
		text_add(t, e->text, e->len);
		break;
	case CHAT_WAIT:
		text_addf(t, "The chat is full; your place in the queue: %llu",
		    (unsigned long long)e->number);
		break;
	case CHAT_MISSED:
		text_addf(t, "(%llu messages missed)",
		    (unsigned long long)e->number);
		break;
	case CHAT_PEOPLE:
		text_addf(t, "%llu in %s", (unsigned long long)e->number,
		    e->room);
		break;
	default:
		text_adds(t, form[e->kind].before);
		text_adds(t, e->who);
		if (e->kind == CHAT_PERSON && e->len == 0)
			break;
		text_adds(t, form[e->kind].between);
		if (form[e->kind].after != NULL)
			text_add(t, e->text, e->len);
	}
}

/* -- Texts and names ------------------------------------------------------ */

/* unseen - takes no place on the screen, so that two names could look alike;
 * or looks like a blank. */
static int
unseen(const char *s, size_t len)
{
	uint32_t c = utf8_code(s, len);

	return utf8_turns(s, len) || (c >= 0x2000 && c <= 0x200f) ||
	    c == 0x2060 || c == 0xfeff || c == 0xad || c == 0xa0 ||
	    c == 0x3000 || c == 0x202f || c == 0x205f || c == 0x1680 ||
	    c == 0x180e || c == 0xfffd || (c >= 0xe0000 && c <= 0xe0fff);
}

ssize_t
chat_clean(char *out, size_t size, const char *in, size_t n)
{
	size_t len = 0, part, i = 0;
	int bad;

	while (i < n) {
		part = utf8_seq(in + i, n - i);
		bad = part == 0 || utf8_turns(in + i, part) ||
		    (in[i] != '\t' && utf8_control(in + i, part));
		if ((bad ? 3 : part) > size - len)
			return -1;
		memcpy(out + len, bad ? REPLACEMENT : in + i, bad ? 3 : part);
		len += bad ? 3 : part;
		i += part == 0 ? 1 : part;
	}
	return (ssize_t)len;
}

int
chat_same_name(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

const char *
chat_name_fault(const char *name)
{
	size_t n = strlen(name), i = 0, part, chars = 0;

	if (n == 0)
		return "a name has at least one character";
	if (n >= CHAT_ROOM_SIZE)
		return "that name is too long";
	if (strchr("/#@-*", name[0]) != NULL)
		return "a name does not begin with / # @ - or *";
	for (; i < n; i += part, chars++) {
		part = utf8_seq(name + i, n - i);
		if (part == 0 || utf8_control(name + i, part))
			return "that name is not text";
		if (name[i] == ' ' || name[i] == ':' ||
		    unseen(name + i, part))
			return "a name has no blanks, colons or invisible "
			    "characters";
	}
	if (chars > NAME_CHARS)
		return "a name has at most 24 characters";
	if (chat_same_name(name, "server") || chat_same_name(name, "system"))
		return "that name is the server's";
	return NULL;
}

/* -- The greeting --------------------------------------------------------- */

#define HELLO	"HELLO chat/2"

/* set - one key=value of n bytes. */
static void
set(struct chat_hello *h, const char *p, size_t n)
{
	char w[CHAT_NAME_SIZE + 8], *value;
	uint64_t number;

	if (n >= sizeof(w))
		return;
	memcpy(w, p, n);
	w[n] = '\0';
	if ((value = strchr(w, '=')) == NULL)
		return;
	*value++ = '\0';
	if (strcmp(w, "nick") == 0 && strlen(value) < sizeof(h->nick))
		strcpy(h->nick, value);
	else if (strcmp(w, "room") == 0 && strlen(value) < sizeof(h->room))
		strcpy(h->room, value);
	if (decimal(value, &number) == -1)
		return;
	if (strcmp(w, "last") == 0)
		h->last = number;
	else if (strcmp(w, "epoch") == 0)
		h->epoch = number;
	else if (strcmp(w, "history") == 0)
		h->history = (int64_t)number;
}

int
chat_hello_parse(struct chat_hello *h, const char *line)
{
	size_t n = sizeof(HELLO) - 1;

	memset(h, 0, sizeof(*h));
	h->history = -1;
	if (strncmp(line, HELLO, n) != 0 || (line[n] != '\0' &&
	    line[n] != ' '))
		return 0;
	for (line += n; *line != '\0'; line += n) {
		line += strspn(line, " ");
		n = strcspn(line, " ");
		set(h, line, n);
	}
	return 1;
}

void
chat_hello_line(struct text *t, const struct chat_hello *h)
{
	text_adds(t, HELLO);
	if (h->last > 0)
		text_addf(t, " last=%llu epoch=%llu",
		    (unsigned long long)h->last,
		    (unsigned long long)h->epoch);
	if (h->history >= 0)
		text_addf(t, " history=%lld", (long long)h->history);
	if (h->nick[0] != '\0')
		text_addf(t, " nick=%s", h->nick);
	if (h->room[0] != '\0')
		text_addf(t, " room=%s", h->room);
	text_adds(t, "\n");
}
