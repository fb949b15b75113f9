/*
 * Messages for the operator.  Called by everybody, also when memory or
 * descriptors are used up: so nothing is opened or allocated after log_open,
 * a line is built on the stack and leaves in one write(2), and a line that
 * cannot be written is dropped rather than waited for.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* program_invocation_short_name, dup3 */
#endif
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/outlet.h"

enum sink_kind {
	SINK_STDERR,
	SINK_FILE,
	SINK_SYSLOG
};

static struct {
	enum sink_kind	 kind;
	int		 fd;
	enum log_level	 level;
	const char	*progname;
	char		 role[32];
	char		 path[PATH_MAX];	/* absolute; of SINK_FILE */
} sink = { .fd = STDERR_FILENO, .level = LOG_LEVEL_INFO };

/* absolute - the name that still leads to the file after a chdir(2) */
static int
absolute(const char *name, char *path, size_t size)
{
	size_t len = 0, n = strlen(name);

	if (name[0] != '/') {
		if (getcwd(path, size - 1) == NULL)
			return -1;
		len = strlen(path);
		path[len++] = '/';
	}
	if (n >= size - len) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(path + len, name, n + 1);
	return 0;
}

/*
 * open_file - the file, on a descriptor that is none of the standard three,
 * even where the program was started with those closed
 */
static int
open_file(const char *path)
{
	int fd, high, saved;

	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY,
	    0640);
	if (fd == -1 || fd > STDERR_FILENO)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	saved = errno;
	close(fd);
	errno = saved;
	return high;
}

/* leave - let go of the present target */
static void
leave(void)
{
	if (sink.kind == SINK_FILE)
		close(sink.fd);
	else if (sink.kind == SINK_SYSLOG)
		closelog();
	sink.kind = SINK_STDERR;
	sink.fd = STDERR_FILENO;
}

int
log_open(const char *target, const char *progname)
{
	char path[PATH_MAX];
	int fd;

	/* Now, as it opens a file the first time and when TZ has changed. */
	tzset();
	sink.progname = progname;
	if (strcmp(target, "stderr") == 0)
		leave();
	else if (strcmp(target, "syslog") == 0) {
		leave();
		openlog(progname, LOG_PID | LOG_NDELAY, LOG_DAEMON);
		sink.kind = SINK_SYSLOG;
	} else {
		if (absolute(target, path, sizeof(path)) == -1 ||
		    (fd = open_file(path)) == -1)
			return -1;
		leave();
		sink.kind = SINK_FILE;
		sink.fd = fd;
		memcpy(sink.path, path, sizeof(path));
	}
	return 0;
}

int
log_reopen(void)
{
	int fd, result, saved;

	if (sink.kind != SINK_FILE)
		return 0;
	if ((fd = open_file(sink.path)) == -1)
		return -1;
	/* In its place, so that nobody who knows its number is misled. */
	result = dup3(fd, sink.fd, O_CLOEXEC);
	saved = errno;
	close(fd);
	errno = saved;
	return result == -1 ? -1 : 0;
}

void
log_close(void)
{
	leave();
}

void
log_level_set(enum log_level level)
{
	sink.level = level;
}

int
log_wants(enum log_level level)
{
	return level <= sink.level;
}

void
log_role(const char *role)
{
	struct text t;

	text_init(&t, sink.role, sizeof(sink.role));
	if (role != NULL)
		text_adds(&t, role);
}

/* add_time - local time with milliseconds and the offset (RFC 3339, 5.6) */
static void
add_time(struct text *t)
{
	struct timespec now;
	struct tm tm;
	char date[32];
	long off;

	clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&now.tv_sec, &tm) == NULL)
		return;
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	off = tm.tm_gmtoff / 60;
	text_addf(t, "%s.%03ld%c%02ld:%02ld ", date, now.tv_nsec / 1000000,
	    off < 0 ? '-' : '+', (off < 0 ? -off : off) / 60,
	    (off < 0 ? -off : off) % 60);
}

/* add_prefix - what stands before the message; syslog(3) adds name and time */
static void
add_prefix(struct text *t, enum log_level level)
{
	if (sink.kind == SINK_FILE)
		add_time(t);
	if (sink.kind != SINK_SYSLOG)
		text_addf(t, "%s[%ld]: ", sink.progname != NULL ?
		    sink.progname : program_invocation_short_name,
		    (long)getpid());
	if (sink.role[0] != '\0')
		text_addf(t, "%s: ", sink.role);
	if (level == LOG_LEVEL_ERROR)
		text_adds(t, "error: ");
	else if (level == LOG_LEVEL_WARN)
		text_adds(t, "warning: ");
}

/*
 * add_message - the message, escaped; where it is too long for what the tail
 * leaves free, dots say that it was cut
 */
__attribute__((format(printf, 3, 0))) static void
add_message(struct text *t, const char *tail, const char *fmt, va_list ap)
{
	char raw[LOG_LINE_MAX];
	struct text message;
	size_t whole = t->size, keep = strlen(tail) + strlen("...");

	text_init(&message, raw, sizeof(raw));
	text_addv(&message, fmt, ap);
	t->size = whole - keep;
	text_addesc(t, message.p, message.len);
	t->size = whole;
	if (t->cut || message.cut) {
		t->cut = 0;
		text_adds(t, "...");
	}
	text_adds(t, tail);
}

static void
send_line(enum log_level level, const char *line, size_t len)
{
	static const int priority[] = { LOG_ERR, LOG_WARNING, LOG_INFO,
	    LOG_DEBUG };

	if (sink.kind == SINK_SYSLOG) {
		syslog(priority[level], "%.*s", (int)len - 1, line);
		return;
	}
	outlet_write(sink.fd, OUTLET_PATIENCE_MS, line, len);
}

/* put - one line; err is an errno to be named, or 0 */
__attribute__((format(printf, 3, 0))) static void
put(enum log_level level, int err, const char *fmt, va_list ap)
{
	char line[LOG_LINE_MAX], why[128], tail[sizeof(why) + 4];
	struct text t, end;
	int saved = errno;

	text_init(&end, tail, sizeof(tail));
	if (err != 0)
		text_addf(&end, ": %s", strerror_r(err, why, sizeof(why)));
	text_adds(&end, "\n");
	text_init(&t, line, sizeof(line));
	add_prefix(&t, level);
	add_message(&t, tail, fmt, ap);
	send_line(level, t.p, t.len);
	errno = saved;
}

#define PUT(level, err, fmt) do {					\
	va_list ap;							\
									\
	if (!log_wants(level))						\
		return;							\
	va_start(ap, fmt);						\
	put((level), (err), (fmt), ap);					\
	va_end(ap);							\
} while (0)

void
log_err(const char *fmt, ...)
{
	PUT(LOG_LEVEL_ERROR, errno, fmt);
}

void
log_errx(const char *fmt, ...)
{
	PUT(LOG_LEVEL_ERROR, 0, fmt);
}

void
log_warn(const char *fmt, ...)
{
	PUT(LOG_LEVEL_WARN, errno, fmt);
}

void
log_warnx(const char *fmt, ...)
{
	PUT(LOG_LEVEL_WARN, 0, fmt);
}

void
log_info(const char *fmt, ...)
{
	PUT(LOG_LEVEL_INFO, 0, fmt);
}

void
log_debug(const char *fmt, ...)
{
	PUT(LOG_LEVEL_DEBUG, 0, fmt);
}
