/*
 * What ps(1) shows: "httpd: parent, 2 children", "echod: 127.0.0.1:4711".
 */
#ifndef SERVE_TITLE_H
#define SERVE_TITLE_H

#include <stddef.h>

/*
 * title_init - before anything else looks at argv and environ: their strings
 * are copied, argv, environ and program_invocation_name are pointed at the
 * copies, and the place where they stood is the title's from now on.  Does
 * nothing where memory is short.
 */
void	title_init(int argc, char **argv);

/*
 * title_free - put the strings back where they stood and point everything at
 * them again; what getenv(3) has returned meanwhile is no longer valid.
 */
void	title_free(void);

/* title_set - "NAME: text"; cut to the room there is; no system call. */
void	title_set(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* title_text - the same for text that is there: a child that holds one
 * connection does not even pay for printf(3), whose pages it would map. */
void	title_text(const char *, size_t);

#endif
