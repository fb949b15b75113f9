/*
 * What a line of the user's means: leaving, asking who is there, or something
 * to say.  The same for both faces.
 */
#include "roomc.h"

#include <string.h>

/* fits - how much of n bytes is said at once: whole characters */
static size_t
fits(const char *text, size_t n)
{
	size_t max = ROOM_TEXT_MAX;

	if (n <= max)
		return n;
	while (max > ROOM_TEXT_MAX - 4 &&
	    ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

static int
is(const char *text, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(text, word, n) == 0;
}

size_t
say_line(struct room *r, const char *text, size_t n)
{
	size_t len = n;

	if (len > 0 && text[len - 1] == '\r')
		len--;
	if (is(text, len, "exit") || is(text, len, "/quit")) {
		r->dialect->leave(r);
	} else if (is(text, len, "/who") && r->dialect->who != NULL) {
		r->dialect->who(r);
	} else if (len > 0) {
		if (fits(text, len) < len)
			n = len = fits(text, len);
		if (len > 5 && memcmp(text + len - 5, " -all", 5) == 0)
			len -= 5;	/* as plain clients may write it */
		r->dialect->say(r, text, len);
	}
	return n;
}
