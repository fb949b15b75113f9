/*
 * The screen: what is kept and how it is drawn.  screen_input.c has the line
 * that is typed.  Called by interactive clients only; everything is drawn anew
 * at each change, and curses sends what differs.
 */
#include "base/screen.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "base/screen_priv.h"

#define LINES_MAX	2000	/* kept for scrolling back */
#define PEOPLE_MAX	2000
#define PEOPLE_WIDTH	20	/* columns, of at least three times it */
#define COLOURS		6
#define PAIR_SYSTEM	7
#define PAIR_PRIVATE	8

struct line {
	enum screen_style style;
	int64_t		 time;
	char		*who, *text;	/* owned; strings */
};

static struct {
	struct line	 line[LINES_MAX];	/* a ring */
	size_t		 first, n;
	size_t		 unread;	/* lines since the user last looked */
	int		 back;		/* rows scrolled back */
	char		*people[PEOPLE_MAX];
	size_t		 npeople;
	char		 status[256];
} s;

/* -- The terminal --------------------------------------------------------- */

int
screen_open(void)
{
	int i;

	if (initscr() == NULL)
		return -1;
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(50);
	define_key("\033[200~", KEY_PASTE_BEGIN);
	define_key("\033[201~", KEY_PASTE_END);
	/* bracketed paste: so that a newline in it does not send half of it */
	fputs("\033[?2004h", stdout);
	fflush(stdout);
	if (has_colors()) {
		start_color();
		use_default_colors();
		for (i = 1; i <= COLOURS; i++)
			init_pair((short)i, (short)i, -1);
		init_pair(PAIR_SYSTEM, COLOR_CYAN, -1);
		init_pair(PAIR_PRIVATE, COLOR_MAGENTA, -1);
	}
	return 0;
}

void
screen_close(void)
{
	size_t i;

	fputs("\033[?2004l", stdout);
	fflush(stdout);
	endwin();
	for (i = 0; i < LINES_MAX; i++) {
		free(s.line[i].who);
		free(s.line[i].text);
	}
	screen_people_clear();
	screen_input_free();
	memset(&s, 0, sizeof(s));
}

/* -- What is kept --------------------------------------------------------- */

void
screen_add(enum screen_style style, int64_t when, const char *who,
    const char *text, size_t len)
{
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
	if (s.back > 0 || s.unread > 0)
		s.unread++;
}

void
screen_status(const char *text)
{
	snprintf(s.status, sizeof(s.status), "%s", text);
}

static int
person_index(const char *name)
{
	size_t i;

	for (i = 0; i < s.npeople; i++)
		if (strcmp(s.people[i], name) == 0)
			return (int)i;
	return -1;
}

void
screen_people_clear(void)
{
	while (s.npeople > 0)
		free(s.people[--s.npeople]);
}

void
screen_people_add(const char *name)
{
	size_t i = s.npeople;
	char *copy;

	if (s.npeople == PEOPLE_MAX || person_index(name) != -1 ||
	    (copy = strdup(name)) == NULL)
		return;
	for (; i > 0 && strcmp(s.people[i - 1], name) > 0; i--)
		s.people[i] = s.people[i - 1];
	s.people[i] = copy;
	s.npeople++;
}

void
screen_people_remove(const char *name)
{
	int i = person_index(name);

	if (i == -1)
		return;
	free(s.people[i]);
	s.npeople--;
	memmove(s.people + i, s.people + i + 1,
	    (s.npeople - (size_t)i) * sizeof(s.people[0]));
}

void
screen_people_rename(const char *from, const char *to)
{
	if (person_index(from) == -1)
		return;
	screen_people_remove(from);
	screen_people_add(to);
}

/* -- Drawing -------------------------------------------------------------- */

/* person_colour - the same for a name each time. */
static attr_t
person_colour(const char *who)
{
	unsigned h = 5381;

	for (; *who != '\0'; who++)
		h = h * 33 + (unsigned char)*who;
	return (attr_t)COLOR_PAIR(1 + (int)(h % COLOURS)) | A_BOLD;
}

size_t
screen_wide(const char *text, wchar_t *out, size_t max)
{
	mbstate_t state = { 0 };
	size_t n = 0, used, left = strlen(text);

	while (left > 0 && n + 1 < max) {
		used = mbrtowc(&out[n], text, left, &state);
		if (used == (size_t)-1 || used == (size_t)-2 || used == 0) {
			memset(&state, 0, sizeof(state));
			out[n] = L'?';
			used = 1;
		}
		if (out[n] == L'\t')
			out[n] = L' ';
		text += used;
		left -= used;
		n++;
	}
	out[n] = L'\0';
	return n;
}

/* A line as it goes to the screen: its characters, and how many of them are
 * in the style of its head. */
struct shown {
	wchar_t	 text[4600];
	size_t	 n, head;
	attr_t	 head_attr, attr;
};

/* show - what a line looks like. */
static void
show(const struct line *l, struct shown *sh)
{
	static const char *const form[] = { "%s: ", "* %s ", "%s (private): ",
	    "-- ", "   " };
	char head[128], clock[16] = "";
	time_t t = (time_t)(l->time / 1000);
	struct tm tm;

	if (l->time > 0 && localtime_r(&t, &tm) != NULL)
		strftime(clock, sizeof(clock), "%H:%M ", &tm);
	sh->n = screen_wide(clock, sh->text, 16);
	snprintf(head, sizeof(head), l->style == SCREEN_SAID ? "%s: " :
	    l->style == SCREEN_ACTION ? "* %s " :
	    l->style == SCREEN_PRIVATE ? "%s (private): " : "%s",
	    l->style < SCREEN_SYSTEM && l->who != NULL ? l->who :
	    l->style < SCREEN_SYSTEM ? "" : form[l->style]);
	sh->n += screen_wide(head, sh->text + sh->n, 200);
	sh->head = sh->n;
	sh->n += screen_wide(l->text == NULL ? "" : l->text,
	    sh->text + sh->n, 4300);
	sh->attr = l->style == SCREEN_SYSTEM ?
	    (attr_t)COLOR_PAIR(PAIR_SYSTEM) : l->style == SCREEN_PRIVATE ?
	    (attr_t)COLOR_PAIR(PAIR_PRIVATE) : A_NORMAL;
	sh->head_attr = l->style < SCREEN_SYSTEM && l->who != NULL ?
	    person_colour(l->who) : sh->attr;
}

/* row_end - where the row that begins at from ends, in width columns: behind a
 * blank where one is near, and never within a character. */
static size_t
row_end(const struct shown *sh, size_t from, int width)
{
	size_t i, blank = 0;
	int w, col = 0;

	for (i = from; i < sh->n; i++) {
		w = wcwidth(sh->text[i]);
		if (w > 0)
			col += w;
		if (col > width)
			return blank > from ? blank : i > from ? i : i + 1;
		if (sh->text[i] == L' ')
			blank = i + 1;
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

/* draw_line - from the row top, which may be above the screen. */
static void
draw_line(const struct shown *sh, int top, int width)
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
	} while (at < sh->n);
	attrset(A_NORMAL);
}

/* draw_lines - the last ones at the bottom, or as far back as was scrolled. */
static void
draw_lines(int height, int width)
{
	static struct shown sh;
	int bottom = height + s.back;
	size_t i;

	for (i = s.n; i > 0 && bottom > 0; i--) {
		show(&s.line[(s.first + i - 1) % LINES_MAX], &sh);
		bottom -= rows_of(&sh, width);
		if (bottom < height)
			draw_line(&sh, bottom, width);
		if (s.unread > 0 && s.n - i + 1 == s.unread &&
		    --bottom >= 0 && bottom < height) {
			attrset(A_DIM);
			mvhline(bottom, 0, '-', width);
			mvaddstr(bottom, 2, " unread ");
			attrset(A_NORMAL);
		}
	}
	/* no farther back than to the first line */
	if (i == 0 && bottom > 0 && s.back > 0)
		s.back = s.back > bottom ? s.back - bottom : 0;
}

static void
draw_people(int height, int left, int width)
{
	wchar_t wide[CHAR_COLUMNS];
	size_t i, n;
	int w;

	mvvline(0, left, ACS_VLINE, height);
	for (i = 0; i < s.npeople && (int)i < height; i++) {
		n = screen_wide(s.people[i], wide, CHAR_COLUMNS);
		for (w = wcswidth(wide, n); n > 0 && w > width - 2;
		    w = wcswidth(wide, n))
			n--;
		attrset(person_colour(s.people[i]));
		move((int)i, left + 2);
		addnwstr(wide, (int)n);
	}
	attrset(A_NORMAL);
}

void
screen_draw(void)
{
	int rows, cols, people;
	char line[400];

	getmaxyx(stdscr, rows, cols);
	people = cols >= 3 * PEOPLE_WIDTH ? PEOPLE_WIDTH : 0;
	erase();
	if (rows >= 3) {
		draw_lines(rows - 2, cols - people - (people > 0));
		if (people > 0)
			draw_people(rows - 2, cols - people, people);
		snprintf(line, sizeof(line), " %s%s", s.status, s.back > 0 ?
		    "  [scrolled back: End returns]" : "");
		attrset(A_REVERSE);
		mvhline(rows - 2, 0, ' ', cols);
		mvaddnstr(rows - 2, 0, line, (int)sizeof(line));
		attrset(A_NORMAL);
	}
	screen_input_draw(rows - 1, cols);
	refresh();
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
