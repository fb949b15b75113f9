/*
 * What --verbose shows.  Bytes from the peer may hold anything: what a
 * terminal would obey is shown as \xHH.
 */
#include "transfer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_SHOWN	4096

/* put_line - one line with its mark, in one write */
static void
put_line(char mark, const char *p, size_t n)
{
	char line[LINE_MAX_SHOWN];
	struct text t;

	text_init(&t, line, sizeof(line) - 1);
	text_addf(&t, "%c ", mark);
	text_addesc(&t, p, n);
	t.size++;
	t.cut = 0;
	text_adds(&t, "\n");
	fwrite(line, 1, t.len, stderr);
}

void
trace(const struct transfer *t, const char *fmt, ...)
{
	char line[LINE_MAX_SHOWN];
	va_list ap;

	if (!t->set->verbose)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	put_line('*', line, strlen(line));
}

void
trace_head(const struct transfer *t, char mark, const char *head, size_t n)
{
	const char *end;
	size_t len;

	if (!t->set->verbose)
		return;
	while (n > 0) {
		end = memchr(head, '\n', n);
		len = end != NULL ? (size_t)(end - head) : n;
		put_line(mark, head, len > 0 && head[len - 1] == '\r' ?
		    len - 1 : len);
		if (end == NULL)
			break;
		n -= len + 1;
		head = end + 1;
	}
}
