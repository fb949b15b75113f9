/*
 * The operator's terminal: lines of the server's own standard input, handed to
 * services that have a use for them.  Read by the parent, or by the process
 * that is alone; a line is never waited for.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "serve/core.h"

#define CONSOLE_MAX	4096	/* bytes of a line; what is longer is cut */

static struct {
	char	line[CONSOLE_MAX + 1];
	size_t	len;
	int	over;		/* no more lines will come */
} console;

int
console_fd(const struct core *core)
{
	if (console.over || core->forked || core->srv->has_console == NULL ||
	    core->model == MODEL_INETD || core->drain != DRAIN_NO ||
	    !core->srv->has_console(core->conf->settings))
		return -1;
	return STDIN_FILENO;
}

/* in_foreground - another job's terminal must not be read: the kernel would
 * stop us. */
static int
in_foreground(void)
{
	return !isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) == getpgrp();
}

static void
hand_on(struct core *core)
{
	size_t n = console.len;

	if (n > 0 && console.line[n - 1] == '\r')
		n--;
	console.line[n] = '\0';
	console.len = 0;
	core->srv->console(console.line, n, core->conf->settings);
}

void
console_ready(struct core *core)
{
	char piece[1024];
	ssize_t i, n;

	n = in_foreground() ? read(STDIN_FILENO, piece, sizeof(piece)) : 0;
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	for (i = 0; i < n; i++) {
		if (piece[i] == '\n')
			hand_on(core);
		else if (console.len < CONSOLE_MAX)
			console.line[console.len++] = piece[i];
	}
	if (n > 0)
		return;
	if (console.len > 0)
		hand_on(core);
	console.over = 1;
}
