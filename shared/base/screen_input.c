/*
 * The line that is typed: editing, what was typed before, pasting.  Keys are
 * those of readline(3), as far as one line needs them.
 */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/screen.h"
#include "base/screen_priv.h"

#define TYPED_MAX	(SCREEN_INPUT_MAX / 4 - 1)	/* characters */
#define BEFORE_MAX	100

#define CTRL(c)		((c) & 0x1f)

static struct {
	wchar_t	 text[TYPED_MAX + 1];
	size_t	 n, at;			/* the cursor is before text[at] */
	char	*before[BEFORE_MAX];	/* owned; newest last */
	size_t	 nbefore, recalled;	/* == nbefore: none */
	int	 pasting;
} in;

void
screen_input_free(void)
{
	while (in.nbefore > 0)
		free(in.before[--in.nbefore]);
	memset(&in, 0, sizeof(in));
}

static void
insert(wchar_t c)
{
	if (in.n == TYPED_MAX)
		return;
	wmemmove(in.text + in.at + 1, in.text + in.at, in.n - in.at);
	in.text[in.at++] = c;
	in.n++;
}

/* cut - the characters from one place to another. */
static void
cut(size_t from, size_t to)
{
	wmemmove(in.text + from, in.text + to, in.n - to);
	in.n -= to - from;
	in.at = from;
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

void
screen_restore(const char *line)
{
	in.n = in.at = screen_wide(line, in.text, TYPED_MAX + 1);
}

static void
recall(int by)
{
	size_t to = in.recalled + (size_t)by;

	if ((by < 0 && in.recalled == 0) || to > in.nbefore)
		return;
	in.recalled = to;
	screen_restore(to == in.nbefore ? "" : in.before[to]);
}

/* remember - a line that was entered. */
static void
remember(const char *line)
{
	char *copy = strdup(line);

	if (copy == NULL)
		return;
	if (in.nbefore == BEFORE_MAX) {
		free(in.before[0]);
		in.nbefore--;
		memmove(in.before, in.before + 1,
		    in.nbefore * sizeof(in.before[0]));
	}
	in.before[in.nbefore++] = copy;
	in.recalled = in.nbefore;
}

/* enter - the line is done; 1, or 2 where it is empty. */
static int
enter(char *line)
{
	size_t n;

	in.text[in.n] = L'\0';
	n = wcstombs(line, in.text, SCREEN_INPUT_MAX);
	in.n = in.at = 0;
	in.recalled = in.nbefore;
	if (n == (size_t)-1 || n == 0 || n >= SCREEN_INPUT_MAX)
		return 2;
	remember(line);
	return 1;
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
	case KEY_PASTE_END:
		in.pasting = 0;
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

int
screen_key(char line[SCREEN_INPUT_MAX])
{
	wint_t c;
	int r = get_wch(&c);

	if (r == ERR)
		return 0;
	if (r == KEY_CODE_YES) {
		function_key(c);
		if (c != KEY_PPAGE && c != KEY_NPAGE && c != KEY_RESIZE)
			screen_seen();
		return 2;
	}
	screen_seen();
	if (in.pasting && (c == '\r' || c == '\n' || c == '\t'))
		insert(L' ');
	else if (c < 0x20 || c == 0x7f)
		return in.pasting ? 2 : control(c, line);
	else if (c != 0xfffd && (c < 0x80 || c > 0x9f))
		insert((wchar_t)c);
	return 2;
}

/* start_column - of what is shown, so that the cursor is on the screen. */
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
