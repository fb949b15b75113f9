/*
 * The screen: what is kept and how it is drawn.  input.c has the line that is
 * typed, people.c who is there.  Called by interactive clients only; everything
 * is drawn anew at each change, and curses sends what differs.
 */
#include "screen/screen.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <time.h>
#include <wchar.h>

#include "base/clock.h"
#include "screen/screen_priv.h"

#define LINES_MAX	2000	/* kept for scrolling back */
#define PEOPLE_WIDTH	20	/* columns, of at least three times it */
#define PAIR_SYSTEM	7
#define PAIR_PRIVATE	8
#define HEAD_MAX	200	/* characters of the time and who it is */
#define TEXT_MAX	4300	/* ... and of the text */

struct line {
	enum screen_style style;
	int64_t		 time;
	char		*who, *text;	/* owned; strings, or NULL */
};

/* A line as it goes to the screen: its characters, and how many of them are
 * in the style of its head. */
struct shown {
	wchar_t	 text[HEAD_MAX + TEXT_MAX];
	size_t	 n, head;
	attr_t	 head_attr, attr;
};

static struct {
	SCREEN		*terminal;
	struct line	 line[LINES_MAX];	/* a ring */
	size_t		 first, n;
	size_t		 unread;	/* lines since the user last looked */
	int		 back;		/* rows scrolled back */
	int		 away;		/* the window is not looked at */
	char		 status[256];
} s;

/* -- The terminal --------------------------------------------------------- */

void
screen_locale(void)
{
	if (setlocale(LC_ALL, "") == NULL ||
	    strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968") == 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

/* modes - bracketed paste, so that a newline in it does not send half of it,
 * and reports of the focus, on or off */
static void
modes(char on)
{
	fprintf(stdout, "\033[?2004%c\033[?1004%c", on, on);
	fflush(stdout);
}

static void
colours(void)
{
	if (!has_colors() || getenv("NO_COLOR") != NULL)
		return;
	start_color();
	use_default_colors();
	for (int i = 1; i < PAIR_SYSTEM; i++)
		init_pair((short)i, (short)i, -1);
	init_pair(PAIR_SYSTEM, COLOR_CYAN, -1);
	init_pair(PAIR_PRIVATE, COLOR_MAGENTA, -1);
}

int
screen_open(void)
{
	/* initscr() would end the process where it cannot */
	if ((s.terminal = newterm(NULL, stdout, stdin)) == NULL)
		return -1;
	if (cursor_address == NULL || clear_screen == NULL) {
		endwin();
		delscreen(s.terminal);
		s.terminal = NULL;
		return -1;
	}
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(50);
	define_key("\033[200~", KEY_PASTE_BEGIN);
	define_key("\033[201~", KEY_PASTE_END);
	define_key("\033[I", KEY_FOCUS_IN);
	define_key("\033[O", KEY_FOCUS_OUT);
	colours();
	modes('h');
	return 0;
}

void
screen_close(void)
{
	if (s.terminal == NULL)
		return;
	modes('l');
	endwin();
	delscreen(s.terminal);
	for (size_t i = 0; i < LINES_MAX; i++) {
		free(s.line[i].who);
		free(s.line[i].text);
	}
	screen_people_clear();
	screen_input_free();
	memset(&s, 0, sizeof(s));
}

/* -- What a line looks like ----------------------------------------------- */

/* head_of - what stands before the text: when, and who */
static size_t
head_of(const struct line *l, wchar_t out[HEAD_MAX])
{
	char head[HEAD_MAX], clock[16] = "";
	time_t t = (time_t)(l->time / 1000);
	const char *who = l->who == NULL ? "" : l->who;
	struct tm tm;

	if (l->time > 0 && localtime_r(&t, &tm) != NULL)
		strftime(clock, sizeof(clock), "%H:%M ", &tm);
	if (l->style == SCREEN_SAID)
		snprintf(head, sizeof(head), "%s%.120s: ", clock, who);
	else if (l->style == SCREEN_ACTION)
		snprintf(head, sizeof(head), "%s* %.120s ", clock, who);
	else if (l->style == SCREEN_PRIVATE)
		snprintf(head, sizeof(head), "%s%.120s (private): ", clock,
		    who);
	else
		snprintf(head, sizeof(head), "%s%s", clock,
		    l->style == SCREEN_SYSTEM ? "-- " : "   ");
	return screen_wide(head, out, HEAD_MAX);
}

static void
show(const struct line *l, struct shown *sh)
{
	sh->n = sh->head = head_of(l, sh->text);
	sh->n += screen_wide(l->text == NULL ? "" : l->text,
	    sh->text + sh->n, TEXT_MAX);
	sh->attr = l->style == SCREEN_SYSTEM ?
	    (attr_t)COLOR_PAIR(PAIR_SYSTEM) : l->style == SCREEN_PRIVATE ?
	    (attr_t)COLOR_PAIR(PAIR_PRIVATE) : A_NORMAL;
	sh->head_attr = l->style < SCREEN_SYSTEM && l->who != NULL ?
	    screen_people_colour(l->who) : sh->attr;
}

/* row_end - where the row that begins at from ends, in width columns: behind a
 * blank that is near, beside a wide character, or else anywhere but before what
 * is combined with the character before it. */
static size_t
row_end(const struct shown *sh, size_t from, int width)
{
	size_t i, good = from;
	int w, col = 0;

	for (i = from; i < sh->n; i++) {
		w = wcwidth(sh->text[i]);
		if (w > 0)
			col += w;
		if (w == 2)
			good = i;
		if (col > width) {
			if (good > from && i - good <= (size_t)width / 2)
				return good;
			return i > from ? i : i + 1;
		}
		if (sh->text[i] == L' ' || w == 2 || (w == 0 && good == i))
			good = i + 1;
	}
	return sh->n;
}

static int
rows_of(const struct shown *sh, int width)
{
	size_t at = 0;
	int rows = 0;

	do {
		at = row_end(sh, at, width);
		rows++;
	} while (at < sh->n);
	return rows;
}

/* people_width - columns that the list of people takes; 0: too narrow a window
 * for it */
static int
people_width(void)
{
	return COLS >= 3 * PEOPLE_WIDTH ? PEOPLE_WIDTH : 0;
}

static int
text_width(void)
{
	int width = people_width();

	return COLS - width - (width > 0);
}

/* -- What is kept --------------------------------------------------------- */

void
screen_add(enum screen_style style, int64_t when, const char *who,
    const char *text, size_t len)
{
	static struct shown sh;
	struct line *l;

	if (s.n == LINES_MAX)
		s.first = (s.first + 1) % LINES_MAX;
	else
		s.n++;
	l = &s.line[(s.first + s.n - 1) % LINES_MAX];
	free(l->who);
	free(l->text);
	*l = (struct line){ .style = style, .time = when, .who = strdup(who),
	    .text = strndup(text, len) };
	if (s.back > 0) {
		/* what is being read stays where it is */
		show(l, &sh);
		s.back += rows_of(&sh, text_width()) + (s.unread == 0);
	}
	if (s.back > 0 || s.away || s.unread > 0)
		s.unread += s.unread < s.n;
}

void
screen_tell(const char *text)
{
	screen_add(SCREEN_SYSTEM, clock_wall() / NSEC_PER_MSEC, "", text,
	    strlen(text));
}

void
screen_status(const char *text)
{
	snprintf(s.status, sizeof(s.status), "%s", text);
}

void
screen_scroll(int rows)
{
	s.back += rows;
	if (s.back < 0)
		s.back = 0;
}

void
screen_seen(void)
{
	if (s.back == 0)
		s.unread = 0;
}

void
screen_focus(int on)
{
	s.away = !on;
}

/* -- Drawing -------------------------------------------------------------- */

/* draw_line - from the row top, which may be above the screen, to above the
 * row end. */
static void
draw_line(const struct shown *sh, int top, int bottom, int width)
{
	size_t at = 0, end, head;
	int row = top;

	do {
		end = row_end(sh, at, width);
		head = sh->head < at ? at : sh->head > end ? end : sh->head;
		if (row >= 0) {
			move(row, 0);
			attrset(sh->head_attr);
			addnwstr(sh->text + at, (int)(head - at));
			attrset(sh->attr);
			addnwstr(sh->text + head, (int)(end - head));
		}
		row++;
		at = end;
	} while (at < sh->n && row < bottom);
	attrset(A_NORMAL);
}

static void
draw_mark(int row, int width)
{
	attrset(A_DIM);
	mvhline(row, 0, '-', width);
	mvaddnstr(row, 2, " unread ", width > 2 ? width - 2 : 0);
	attrset(A_NORMAL);
}

/* draw_lines - the last ones at the bottom, or as far back as was scrolled;
 * how many rows above the first line are empty for having scrolled too far. */
static int
draw_lines(int height, int width)
{
	static struct shown sh;
	int bottom = height + s.back;
	size_t i;

	for (i = s.n; i > 0 && bottom > 0; i--) {
		show(&s.line[(s.first + i - 1) % LINES_MAX], &sh);
		bottom -= rows_of(&sh, width);
		if (bottom < height)
			draw_line(&sh, bottom, height, width);
		if (s.unread > 0 && s.n - i + 1 == s.unread &&
		    --bottom >= 0 && bottom < height)
			draw_mark(bottom, width);
	}
	return i == 0 && bottom > 0 ? bottom : 0;
}

/* draw_text - no farther back than to the first line */
static void
draw_text(int height, int width)
{
	int empty = draw_lines(height, width);

	if (empty == 0 || s.back == 0)
		return;
	s.back = s.back > empty ? s.back - empty : 0;
	erase();
	draw_lines(height, width);
}

static void
draw_status(int row, int cols)
{
	char line[400], right[64] = "";
	wchar_t wide[400];
	size_t n, people = screen_people_count();

	if (people > 0)
		snprintf(right, sizeof(right), "%zu here ", people);
	if (s.back > 0)
		snprintf(line, sizeof(line), " [scrolled back, %zu unread: "
		    "End returns] %s", s.unread, s.status);
	else
		snprintf(line, sizeof(line), " %s", s.status);
	n = screen_wide(line, wide, 400);
	while (n > 0 && wcswidth(wide, n) > cols)
		n--;
	attrset(A_REVERSE);
	mvhline(row, 0, ' ', cols);
	mvaddnwstr(row, 0, wide, (int)n);
	if (wcswidth(wide, n) + (int)strlen(right) < cols)
		mvaddstr(row, cols - (int)strlen(right), right);
	attrset(A_NORMAL);
}

void
screen_draw(void)
{
	int rows = LINES, cols = COLS, people = people_width();

	erase();
	if (rows >= 3) {
		draw_text(rows - 2, text_width());
		if (people > 0)
			screen_people_draw(rows - 2, cols - people, people);
		draw_status(rows - 2, cols);
	}
	screen_input_draw(rows - 1, cols);
	refresh();
}
