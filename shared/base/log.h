/*
 * Messages for the people who run a program: one line, one write(2), to
 * standard error, a file or syslog(3).  Everybody calls it.  It never ends the
 * process and never allocates, so that it can be called when memory or
 * descriptors have run out.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>

enum log_level {
	LOG_LEVEL_ERROR,	/* something the operator must see to */
	LOG_LEVEL_WARN,		/* served on, but not as asked */
	LOG_LEVEL_INFO,		/* starts, stops, refusals: the default */
	LOG_LEVEL_DEBUG		/* each connection and exchange */
};

/*
 * log_open - where messages go from now on.
 * target is "stderr", "syslog" or a file's name (opened for appending, mode
 * 0640).  progname is kept, not copied; target is copied, and made absolute for
 * log_reopen.  Lines in a file begin with the local time (RFC 3339).  Returns
 * 0, or -1 with errno set and the earlier target still in use.
 */
int	log_open(const char *target, const char *progname);

/*
 * log_reopen - open the file anew, after rotation (nothing to do for other
 * targets); 0, or -1 with errno set and the earlier file still in use.
 */
int	log_reopen(void);

/* log_close - close what log_open opened; messages go to stderr again. */
void	log_close(void);

/* log_level_set - drop what is less important than level. */
void	log_level_set(enum log_level level);
int	log_wants(enum log_level level);

/*
 * log_role - what stands behind the name and the process: "parent", "child 3"
 * ("httpd[1234]: child 3: message").  Copied; NULL or "": nothing.
 */
void	log_role(const char *role);

/*
 * Messages.  log_warn and log_err add strerror(errno); the x forms do not.
 * A line is cut at LOG_LINE_MAX bytes, with its newline; control bytes and what
 * is not UTF-8 are written as \xHH, so text from a peer can be passed as it
 * came.  errno is kept.
 */
#define LOG_LINE_MAX	1024

void	log_err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_errx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
