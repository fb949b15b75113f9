/*
 * The full-screen face of a chat client: lines with scroll-back and a mark
 * where the unread begin, a list of people, a status line, an input line with
 * editing and history.  It knows nothing of networks.  Texts are UTF-8,
 * whatever the terminal's locale; what could drive a terminal is not shown as
 * such.  Programs that call it link ncursesw.
 */
#ifndef SCREEN_SCREEN_H
#define SCREEN_SCREEN_H

#include <stddef.h>
#include <stdint.h>

enum screen_style {
	SCREEN_SAID,		/* "who: text", who in a colour of his own */
	SCREEN_ACTION,		/* "* who text" */
	SCREEN_PRIVATE,
	SCREEN_SYSTEM,		/* text alone, in the colour of such lines */
	SCREEN_NOTE
};

#define SCREEN_INPUT_MAX	4096	/* bytes of a line typed, with NUL */

/* screen_locale - for main, before anything else: the locale's charset, or
 * UTF-8 where it has none but ASCII. */
void	screen_locale(void);
/* screen_open - take the terminal; 0, or -1: it cannot (TERM is not set, or
 * has no cursor that can be moved). */
int	screen_open(void);
/* screen_close - give it back as it was. */
void	screen_close(void);

/* screen_add - a line; time in ms since the epoch, 0 none.  Copied. */
void	screen_add(enum screen_style, int64_t time, const char *who,
	    const char *text, size_t len);
/* screen_tell - a system line of the program's own, with the time of now. */
void	screen_tell(const char *text);
/* screen_status - what the line above the input says.  Copied. */
void	screen_status(const char *);

/* The list of people: emptied, added to, one taken out, one renamed. */
void	screen_people_clear(void);
void	screen_people_add(const char *);
void	screen_people_remove(const char *);
void	screen_people_rename(const char *, const char *);

/*
 * screen_keys - see to all keys that were typed; each line goes to say, which
 * returns -1 where it could not be sent: it is then put back to be edited, and
 * no more keys are seen to.  0, or -1: the user wants to leave.
 */
int	screen_keys(int (*say)(void *, const char *line), void *ctx);
/* screen_draw - what has changed. */
void	screen_draw(void);

#endif
