/*
 * The access log of one process: lines are collected and written many at a
 * time, and never is a request made to wait for it.  What a pipe or terminal
 * will not take now is dropped and counted.
 */
#ifndef HTTPD_ACCESSLOG_H
#define HTTPD_ACCESSLOG_H

#include <stdint.h>

struct accesslog;
struct request;

#define LOG_FLUSH_MS	50	/* a line waits no longer than this */

/*
 * accesslog_open - the file that setup() opens for all processes ("-" is
 * standard output): a descriptor, or -1 with errno.
 */
int	accesslog_open(const char *path);

/* accesslog_new - writes to fd, which stays its owner's; NULL with errno.
 * path is for messages. */
struct accesslog *accesslog_new(int fd, const char *path, int format);
/* accesslog_free - write what is left. */
void	accesslog_free(struct accesslog *);

/* accesslog_add - a line for an answered request. */
void	accesslog_add(struct accesslog *, struct request *);

/* accesslog_idle - write if it is time to; ms until it will be, -1: nothing
 * is waiting. */
int64_t	accesslog_idle(struct accesslog *, int64_t now);

/* accesslog_dropped - lines lost so far. */
uint64_t accesslog_dropped(const struct accesslog *);

#endif
