/*
 * The process title, written over the memory in which the kernel handed over
 * the arguments and the environment (proc(5), /proc/PID/cmdline: where the
 * arguments no longer end in NUL, the kernel shows what stands there up to the
 * first NUL, environment included).  Called by the parent and by children;
 * after title_init it must neither allocate nor make a system call.
 */
#include "serve/title.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TITLE_MAX	256	/* bytes of a title; more is of no use in ps */

static struct {
	char	*area;		/* where the strings stood */
	char	*copy;		/* owned: the same bytes, at the same offsets */
	size_t	 size;		/* of both */
	size_t	 room;		/* of area, for a title with its NUL */
	size_t	 used;		/* of area, by the present title */
	char	**argv;
	int	 argc;
	char	**environ_was;	/* the array that the kernel made */
	char	**environ_copy;	/* owned */
	const char *name;
} title;

/* contiguous_end - where the last string ends that follows the one before */
static char *
contiguous_end(int argc, char **argv)
{
	char *end = argv[0];

	for (int i = 0; i < argc; i++)
		if (argv[i] == end)
			end += strlen(end) + 1;
	for (char **e = environ; e != NULL && *e != NULL; e++)
		if (*e == end)
			end += strlen(end) + 1;
	return end;
}

/* moved - s as it stands in to, where it stands in from now */
static char *
moved(char *s, char *from, char *to)
{
	uintptr_t at = (uintptr_t)s, start = (uintptr_t)from;

	if (at < start || at - start >= title.size)
		return s;
	return to + (at - start);
}

/* move_all - everything that points into from, into to */
static void
move_all(char *from, char *to)
{
	for (int i = 0; i < title.argc; i++)
		title.argv[i] = moved(title.argv[i], from, to);
	for (char **e = environ; e != NULL && *e != NULL; e++)
		*e = moved(*e, from, to);
	program_invocation_name = moved(program_invocation_name, from, to);
	program_invocation_short_name = moved(program_invocation_short_name,
	    from, to);
}

void
title_init(int argc, char **argv)
{
	size_t n = 0;

	if (title.copy != NULL || argc < 1 || argv[0] == NULL)
		return;
	title.area = argv[0];
	title.size = (size_t)(contiguous_end(argc, argv) - argv[0]);
	while (environ != NULL && environ[n] != NULL)
		n++;
	title.copy = malloc(title.size);
	title.environ_copy = calloc(n + 1, sizeof(*title.environ_copy));
	if (title.copy == NULL || title.environ_copy == NULL) {
		free(title.copy);
		free(title.environ_copy);
		title.copy = NULL;
		return;
	}
	memcpy(title.copy, title.area, title.size);
	if (n > 0)
		memcpy(title.environ_copy, environ, n * sizeof(*environ));
	title.environ_was = environ;
	environ = title.environ_copy;
	title.argc = argc;
	title.argv = argv;
	title.room = title.size < TITLE_MAX ? title.size : TITLE_MAX;
	title.used = title.size;	/* so that the first one clears all */
	move_all(title.area, title.copy);
	title.name = program_invocation_short_name;
}

void
title_free(void)
{
	if (title.copy == NULL)
		return;
	memcpy(title.area, title.copy, title.size);
	move_all(title.copy, title.area);
	if (environ == title.environ_copy) {
		size_t n = 0;

		/* Never longer than it was: setenv(3) makes another array. */
		do
			title.environ_was[n] = environ[n];
		while (environ[n++] != NULL);
		environ = title.environ_was;
	}
	free(title.environ_copy);
	free(title.copy);
	memset(&title, 0, sizeof(title));
}

/* finish - len bytes were written: nothing of a longer title stays behind. */
static void
finish(size_t len)
{
	if (len >= title.room)
		len = title.room - 1;
	if (len < title.used)
		memset(title.area + len, '\0', title.used - len);
	title.used = len;
}

void
title_set(const char *fmt, ...)
{
	char text[TITLE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	title_text(text, strlen(text));
}

void
title_text(const char *text, size_t n)
{
	size_t len;

	if (title.copy == NULL || title.room < 2)
		return;
	len = strnlen(title.name, title.room - 1);
	memcpy(title.area, title.name, len);
	if (title.room - len > 3) {
		memcpy(title.area + len, ": ", 2);
		len += 2;
		if (n > title.room - len - 1)
			n = title.room - len - 1;
		memcpy(title.area + len, text, n);
		len += n;
	}
	finish(len);
}
