/*
 * What screen.c and screen_input.c share.  Nobody else includes this.
 */
#ifndef BASE_SCREEN_PRIV_H
#define BASE_SCREEN_PRIV_H

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <stddef.h>
#include <wchar.h>

#define KEY_PASTE_BEGIN	(KEY_MAX + 1)
#define KEY_PASTE_END	(KEY_MAX + 2)
#define CHAR_COLUMNS	80

/* screen_wide - UTF-8 as at most max - 1 wide characters; how many. */
size_t	screen_wide(const char *, wchar_t *, size_t max);
/* screen_scroll - back by so many rows (forward, if negative). */
void	screen_scroll(int rows);
/* screen_seen - the user has done something: what is shown, he has read. */
void	screen_seen(void);
void	screen_input_draw(int row, int cols);
void	screen_input_free(void);

#endif
