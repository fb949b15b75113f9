/*
 * The line that is typed: editing, what was typed before, names completed,
 * pasting.  Keys are those of readline(3), as far as one line needs them.
 */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "screen/screen.h"
#include "screen/screen_priv.h"

#define TYPED_MAX	(SCREEN_INPUT_MAX - 1)	/* characters, and bytes */
#define BEFORE_MAX	100

#define CTRL(c)		((c) & 0x1f)

static struct {
	wchar_t	 text[TYPED_MAX + 1];
	size_t	 n, at;			/* the cursor is before text[at] */
	size_t	 bytes;			/* that the text takes */
	char	*before[BEFORE_MAX];	/* owned; newest last */
	size_t	 nbefore, recalled;	/* == nbefore: none */
	char	*draft;			/* owned; what recalling put aside */
	int	 pasting;
	/* completing: what was begun, where, and how often it was asked */
	char	 begun[SCREEN_INPUT_MAX];
	size_t	 begun_at, asked;
} in;

void
screen_input_free(void)
{
	while (in.nbefore > 0)
		free(in.before[--in.nbefore]);
	free(in.draft);
	memset(&in, 0, sizeof(in));
}

static size_t
bytes_of(wchar_t c)
{
	char mem[4];

	return screen_narrow(c, mem);
}

static void
insert(wchar_t c)
{
	size_t bytes = bytes_of(c);

	if (in.bytes + bytes > TYPED_MAX) {
		beep();		/* a line that long is not taken */
		return;
	}
	wmemmove(in.text + in.at + 1, in.text + in.at, in.n - in.at);
	in.text[in.at++] = c;
	in.n++;
	in.bytes += bytes;
}

static void
insert_text(const char *text)
{
	wchar_t wide[TYPED_MAX + 1];
	size_t n = screen_wide(text, wide, TYPED_MAX + 1);

	for (size_t i = 0; i < n; i++)
		insert(wide[i]);
}

/* cut - the characters from one place to another. */
static void
cut(size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		in.bytes -= bytes_of(in.text[i]);
	wmemmove(in.text + from, in.text + to, in.n - to);
	in.n -= to - from;
	in.at = from;
}

/* line_of - characters as UTF-8 */
static char *
line_of(size_t from, size_t to, char line[SCREEN_INPUT_MAX])
{
	char *p = line;

	while (from < to)
		p += screen_narrow(in.text[from++], p);
	*p = '\0';
	return line;
}

/* step_back, step_on - over one character and what is combined with it. */
static size_t
step_back(size_t at)
{
	while (at > 0 && wcwidth(in.text[--at]) == 0)
		continue;
	return at;
}

static size_t
step_on(size_t at)
{
	if (at < in.n)
		at++;
	while (at < in.n && wcwidth(in.text[at]) == 0)
		at++;
	return at;
}

static size_t
word_start(void)
{
	size_t at = in.at;

	while (at > 0 && in.text[at - 1] == L' ')
		at--;
	while (at > 0 && in.text[at - 1] != L' ')
		at--;
	return at;
}

static void
restore(const char *line)
{
	cut(0, in.n);
	insert_text(line);
}

/* recall - what was typed before or after; what is being typed is kept */
static void
recall(int by)
{
	char line[SCREEN_INPUT_MAX];
	size_t to = in.recalled + (size_t)by;

	if ((by < 0 && in.recalled == 0) || to > in.nbefore)
		return;
	if (in.recalled == in.nbefore) {
		free(in.draft);
		in.draft = strdup(line_of(0, in.n, line));
	}
	in.recalled = to;
	restore(to < in.nbefore ? in.before[to] : in.draft == NULL ? "" :
	    in.draft);
}

/* remember - a line that was entered. */
static void
remember(const char *line)
{
	char *copy;

	if ((in.nbefore > 0 && strcmp(in.before[in.nbefore - 1], line) == 0) ||
	    (copy = strdup(line)) == NULL)
		return;
	if (in.nbefore == BEFORE_MAX) {
		free(in.before[0]);
		in.nbefore--;
		memmove(in.before, in.before + 1,
		    in.nbefore * sizeof(in.before[0]));
	}
	in.before[in.nbefore++] = copy;
}

/* enter - the line is done; 1, or 2 where it is empty. */
static int
enter(char *line)
{
	line_of(0, in.n, line);
	cut(0, in.n);
	if (line[0] != '\0')
		remember(line);
	in.recalled = in.nbefore;
	return line[0] != '\0' ? 1 : 2;
}

/* complete - the name that is begun before the cursor; the next one that fits,
 * when asked again */
static void
complete(void)
{
	size_t at = word_start();
	const char *name;

	if (in.asked == 0) {
		line_of(at, in.at, in.begun);
		in.begun_at = at;
	}
	if (in.begun[0] == '\0')
		return;
	name = screen_people_match(in.begun, in.asked);
	if (name == NULL && in.asked > 0)
		name = screen_people_match(in.begun, in.asked = 0);
	if (name == NULL)
		return;
	cut(in.begun_at, in.at);
	insert_text(name);
	insert_text(in.begun_at == 0 ? ": " : " ");
	in.asked++;
}

static void
function_key(wint_t key)
{
	int page = LINES > 6 ? LINES - 4 : 1;

	switch (key) {
	case KEY_LEFT:
		in.at = step_back(in.at);
		break;
	case KEY_RIGHT:
		in.at = step_on(in.at);
		break;
	case KEY_UP:
		recall(-1);
		break;
	case KEY_DOWN:
		recall(1);
		break;
	case KEY_HOME:
		in.at = 0;
		break;
	case KEY_END:
		in.at = in.n;
		screen_scroll(-1000000);
		break;
	case KEY_PPAGE:
		screen_scroll(page);
		break;
	case KEY_NPAGE:
		screen_scroll(-page);
		break;
	case KEY_DC:
		cut(in.at, step_on(in.at));
		break;
	case KEY_BACKSPACE:
		cut(step_back(in.at), in.at);
		break;
	case KEY_PASTE_BEGIN:
		in.pasting = 1;
		break;
	case KEY_FOCUS_IN:
	case KEY_FOCUS_OUT:
		screen_focus(key == KEY_FOCUS_IN);
		break;
	default:
		break;
	}
}

/* control - a control character; as screen_key(). */
static int
control(wint_t c, char *line)
{
	switch (c) {
	case CTRL('a'):
		in.at = 0;
		break;
	case CTRL('e'):
		in.at = in.n;
		break;
	case CTRL('b'):
		in.at = step_back(in.at);
		break;
	case CTRL('f'):
		in.at = step_on(in.at);
		break;
	case CTRL('p'):
		recall(-1);
		break;
	case CTRL('n'):
		recall(1);
		break;
	case CTRL('k'):
		cut(in.at, in.n);
		break;
	case CTRL('u'):
		cut(0, in.at);
		break;
	case CTRL('w'):
		cut(word_start(), in.at);
		break;
	case CTRL('h'):
	case 0x7f:
		cut(step_back(in.at), in.at);
		break;
	case CTRL('l'):
		clearok(curscr, TRUE);
		break;
	case CTRL('c'):
		return -1;
	case CTRL('d'):
		if (in.n == 0)
			return -1;
		cut(in.at, step_on(in.at));
		break;
	case '\r':
	case '\n':
		return enter(line);
	default:
		break;
	}
	return 2;
}

/* pasted - a key while a paste lasts: text and nothing else */
static void
pasted(int code, wint_t c)
{
	if (code == KEY_CODE_YES) {
		if (c == KEY_PASTE_END)
			in.pasting = 0;
	} else if (c == '\r' || c == '\n' || c == '\t') {
		if (in.at > 0 && in.text[in.at - 1] != L' ')
			insert(L' ');
	} else if (c == CTRL('c')) {
		in.pasting = 0;		/* its end may have been lost */
	} else if (c >= 0x20 && (c < 0x7f || c > 0x9f)) {
		insert((wchar_t)c);
	}
}

/* one_key - 0: there is none; 1: line is entered; 2: go on; -1: leave. */
static int
one_key(char line[SCREEN_INPUT_MAX])
{
	wint_t c;
	int code = get_wch(&c);

	if (code == ERR)
		return 0;
	if (code == KEY_CODE_YES && (c == KEY_RESIZE || c == KEY_FOCUS_IN ||
	    c == KEY_FOCUS_OUT || c == KEY_PPAGE || c == KEY_NPAGE)) {
		function_key(c);
		return 2;
	}
	screen_seen();
	if (in.pasting) {
		pasted(code, c);
		return 2;
	}
	if (code != KEY_CODE_YES && c == CTRL('i')) {
		complete();
		return 2;
	}
	in.asked = 0;
	if (code == KEY_CODE_YES)
		function_key(c);
	else if (c < 0x20 || c == 0x7f)
		return control(c, line);
	else if (c < 0x80 || c > 0x9f)
		insert((wchar_t)c);
	return 2;
}

int
screen_keys(int (*say)(void *, const char *), void *ctx)
{
	char line[SCREEN_INPUT_MAX];
	int r;

	while ((r = one_key(line)) > 0) {
		if (r == 1 && say(ctx, line) == -1) {
			restore(line);
			return 0;
		}
	}
	return r;
}

/* first_shown - of what is shown, so that the cursor is on the screen. */
static size_t
first_shown(int cols)
{
	size_t first = in.at;
	int w = 0, c;

	while (first > 0) {
		c = wcwidth(in.text[first - 1]);
		w += c > 0 ? c : 0;
		if (w > cols - 4)
			break;
		first--;
	}
	return first;
}

void
screen_input_draw(int row, int cols)
{
	size_t first = first_shown(cols), i;
	int col = 2, w, cursor = 2;

	mvaddstr(row, 0, "> ");
	for (i = first; i < in.n; i++) {
		w = wcwidth(in.text[i]);
		if (i == in.at)
			cursor = col;
		if (w < 0)
			w = 0;
		if (col + w >= cols)
			break;
		addnwstr(&in.text[i], 1);
		col += w;
	}
	if (in.at == i)
		cursor = col;
	move(row, cursor);
}
