/*
 * The full-screen face of a chat client: lines with scroll-back and a mark
 * where the unread begin, a list of people, a status line, an input line with
 * editing and history.  It knows nothing of networks.  Texts are UTF-8 that
 * has been made harmless.  Programs that call it link ncursesw.
 */
#ifndef BASE_SCREEN_H
#define BASE_SCREEN_H

#include <stddef.h>
#include <stdint.h>

enum screen_style {
	SCREEN_SAID,		/* "who: text", who in a colour of his own */
	SCREEN_ACTION,		/* "* who text" */
	SCREEN_PRIVATE,
	SCREEN_SYSTEM,		/* text alone, in the colour of such lines */
	SCREEN_NOTE
};

#define SCREEN_INPUT_MAX	2048	/* bytes of a line that was typed */

/* screen_open - take the terminal; 0, or -1: it cannot. */
int	screen_open(void);
/* screen_close - give it back as it was. */
void	screen_close(void);

/* screen_add - a line; time in ms since the epoch, 0 none.  Copied. */
void	screen_add(enum screen_style, int64_t time, const char *who,
	    const char *text, size_t len);
/* screen_status - what the line above the input says.  Copied. */
void	screen_status(const char *);

/* The list of people: emptied, added to, one taken out, one renamed. */
void	screen_people_clear(void);
void	screen_people_add(const char *);
void	screen_people_remove(const char *);
void	screen_people_rename(const char *, const char *);

/*
 * screen_key - one key of those that were typed: 1 a line is in line (and no
 * longer on the screen), 0 no more keys, 2 there may be more, -1 the user wants
 * to leave.
 */
int	screen_key(char line[SCREEN_INPUT_MAX]);
/* screen_restore - put a line back that could not be sent. */
void	screen_restore(const char *line);
/* screen_draw - what has changed. */
void	screen_draw(void);

#endif
