/*
 * What ps(1) shows: "httpd: parent, 2 children", "echod: 127.0.0.1:4711".
 */
#ifndef SERVE_TITLE_H
#define SERVE_TITLE_H

/* title_init - before anything else looks at argv and environ; moves the
 * environment away to make room.  title_free gives the copy back. */
void	title_init(int argc, char **argv);
void	title_free(void);
/* title_set - "NAME: text"; cut to the room there is; no system call. */
void	title_set(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
