/*
 * The server's sentences; see words.h.  Catalogues are found from where the
 * program is: installed, built in its folder, or built elsewhere.
 */
#include "servers/roomd/words.h"

#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

#define DOMAIN	"brood"
#define N_(text)	text

static const char *const english[WORDS] = {
	[WORD_JOINED] = N_("system: %s joined the chat"),
	[WORD_LEFT] = N_("system: %s left the chat"),
	[WORD_STRANGER] = N_("system: you are not in the chat; "
	    "send \"NAME -n\" to join"),
	[WORD_TAKEN] = N_("system: the name %s is taken"),
	[WORD_NAME] = N_("system: that is no name: %s"),
	[WORD_ALREADY] = N_("system: you are in the chat as %s"),
	[WORD_FULL] = N_("system: the chat is full"),
	[WORD_LONG] = N_("system: not delivered: longer than %s bytes"),
	[WORD_FAST] = N_("system: not delivered: too many messages"),
	[WORD_EXPIRED] = N_("system: you were silent for too long and have "
	    "left the chat"),
	[WORD_DIALECT] = N_("system: plain clients are not served here"),
};

/* find_folder - where lang's catalogue lies below */
static int
find_folder(const char *lang, char *folder, size_t size)
{
	static const char *const near[] = { "../share/locale", "../locale",
	    "../../build/locale" };
	char self[512], file[1024];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	if ((slash = strrchr(self, '/')) == NULL || strchr(lang, '/') != NULL)
		return -1;
	*slash = '\0';
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		snprintf(folder, size, "%s/%s", self, near[i]);
		snprintf(file, sizeof(file), "%s/%s/LC_MESSAGES/" DOMAIN ".mo",
		    folder, lang);
		if (access(file, R_OK) == 0)
			return 0;
	}
	return -1;
}

int
words_load(struct words *w, const char *lang)
{
	char folder[600];

	memcpy(w->text, english, sizeof(english));
	memcpy(w->fault, room_faults, sizeof(room_faults));
	if (lang == NULL || strcmp(lang, "en") == 0)
		return 0;
	if (find_folder(lang, folder, sizeof(folder)) == -1)
		return -1;
	/* gettext translates nothing in the locale "C" */
	if (setlocale(LC_MESSAGES, "C.UTF-8") == NULL ||
	    setenv("LANGUAGE", lang, 1) == -1)
		return -1;
	bindtextdomain(DOMAIN, folder);
	bind_textdomain_codeset(DOMAIN, "UTF-8");
	textdomain(DOMAIN);	/* forgets what another reload looked up */
	for (int i = 0; i < WORDS; i++)
		w->text[i] = dgettext(DOMAIN, english[i]);
	for (int i = 0; i < ROOM_FAULTS; i++)
		w->fault[i] = dgettext(DOMAIN, room_faults[i]);
	return 0;
}

const char *
words_fault(const struct words *w, const char *fault)
{
	for (int i = 0; i < ROOM_FAULTS; i++)
		if (fault == room_faults[i])
			return w->fault[i];
	return fault;
}

size_t
words_fill(const struct words *w, enum word word, const char *arg, char *out,
    size_t size)
{
	const char *text = w->text[word], *at = strstr(text, "%s");
	struct text t;

	text_init(&t, out, size);
	if (at == NULL) {
		text_adds(&t, text);
	} else {
		text_add(&t, text, (size_t)(at - text));
		text_adds(&t, arg == NULL ? "" : arg);
		text_adds(&t, at + 2);
	}
	return t.len;
}
