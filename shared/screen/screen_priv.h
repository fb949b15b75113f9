/*
 * What the files of screen/ share.  Nobody else includes this.
 */
#ifndef SCREEN_PRIV_H
#define SCREEN_PRIV_H

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <stddef.h>
#include <wchar.h>

#define KEY_PASTE_BEGIN	(KEY_MAX + 1)
#define KEY_PASTE_END	(KEY_MAX + 2)
#define KEY_FOCUS_IN	(KEY_MAX + 3)
#define KEY_FOCUS_OUT	(KEY_MAX + 4)

/* text.c - screen_wide: UTF-8 as at most max - 1 wide characters, all of which
 * can be shown; how many. */
size_t	screen_wide(const char *, wchar_t *, size_t max);
/* screen_narrow - one as UTF-8; 1 to 4 bytes. */
size_t	screen_narrow(wchar_t, char out[4]);

/* people.c - screen_people_colour: the same for a name each time. */
attr_t	screen_people_colour(const char *who);
void	screen_people_draw(int height, int left, int width);
size_t	screen_people_count(void);
/* screen_people_match - the nth (from 0) whose name begins so; or NULL. */
const char *screen_people_match(const char *prefix, size_t nth);

/* screen_scroll - back by so many rows (forward, if negative). */
void	screen_scroll(int rows);
/* screen_seen - the user has done something: what is shown, he has read. */
void	screen_seen(void);
/* screen_focus - the terminal's window is looked at, or not any more. */
void	screen_focus(int on);
void	screen_input_draw(int row, int cols);
void	screen_input_free(void);

#endif
