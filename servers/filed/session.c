/*
 * A request comes in: which dialect it is in, who may ask, and replies.  What
 * is asked for is done by the other files.
 */
#include "session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/passwords.h"
#include "base/clock.h"
#include "base/log.h"
#include "filed.h"
#include "net/wait.h"

#define FAILURES_MAX	3
#define FAILURE_MS	1000	/* a wrong password costs so much time */

int
reply(const struct exchange *x, int code, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return conn_printf(x->c, "%03d %s%s", code, text, x->eol);
}

const char *
why_text(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return "no such file or folder";
	case EISDIR:
		return "is a folder";
	case EINVAL:
		return "is no regular file";
	case ENAMETOOLONG:
		return "the name is too long";
	case ENOSPC:
	case EDQUOT:
		return "the disk is full";
	case EFBIG:
		return "the file is larger than the server takes";
	case EACCES:
	case EPERM:
		return "permission denied";
	default:
		return strerror(error);
	}
}

static enum file_code
code_of(int error)
{
	switch (error) {
	case ENAMETOOLONG:
		return FILE_NAME_BAD;
	case ENOSPC:
	case EDQUOT:
		return FILE_FULL;
	case EFBIG:
		return FILE_BIG;
	case EEXIST:
		return FILE_EXISTS;
	case EWOULDBLOCK:
		return FILE_LOCKED;
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case EINVAL:
	case EACCES:
	case EPERM:
	case EROFS:
		return FILE_NONE;
	default:
		return FILE_TROUBLE;
	}
}

int
reply_errno(const struct exchange *x, int error)
{
	return reply(x, code_of(error), "%s", why_text(error));
}

int
tell_working(const void *exchange, uint64_t done)
{
	const struct exchange *x = exchange;

	if (reply(x, FILE_WORKING, "%llu bytes looked at",
	    (unsigned long long)done) == -1)
		return -1;
	return conn_flush(x->c);
}

void
note(const struct conn *c, const char *fmt, ...)
{
	char text[512], peer[IPADDR_TEXT_MAX];
	va_list ap;

	if (!log_wants(LOG_LEVEL_INFO))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_info("%s: %s", conn_peer_text(c, peer, sizeof(peer)), text);
}

struct login *
login_of(struct conn *c)
{
	if (c->state == NULL)
		c->state = calloc(1, sizeof(struct login));
	return c->state;
}

static enum conn_fate
user_command(const struct exchange *x)
{
	struct login *l = login_of(x->c);

	if (l == NULL) {
		reply_errno(x, errno);
		return CONN_CLOSE;
	}
	if (x->f->users == NULL || passwords_check(x->f->users,
	    http_cstr(x->r->name), x->r->password)) {
		l->welcome = true;
		note(x->c, "logged in as '%s'", x->r->name);
		reply(x, FILE_WELCOME, "welcome");
		return CONN_KEEP;
	}
	note(x->c, "wrong password for '%s'", x->r->name);
	net_pause(clock_after_ms(FAILURE_MS));
	reply(x, FILE_LOGIN, "wrong user or password");
	return ++l->failures < FAILURES_MAX ? CONN_KEEP : CONN_CLOSE;
}

/* ack_command - the peer has the file: that is the end of a transfer. */
static enum conn_fate
ack_command(const struct exchange *x)
{
	struct login *l = x->c->state;

	if (l == NULL || l->sent[0] == '\0') {
		reply(x, FILE_ORDER, "nothing was sent");
	} else if (strcmp(l->sent, x->r->sha) != 0) {
		reply(x, FILE_CHANGED, "another digest was sent");
	} else {
		note(x->c, "received and verified: %s", l->sent);
		reply(x, FILE_OK, "%s", l->sent);
	}
	return CONN_KEEP;
}

/* may - whether whoever is there may do that. */
static bool
may(const struct conn *c, const struct filed *f, enum file_verb verb)
{
	const struct login *l = c->state;

	if (f->users == NULL || (l != NULL && l->welcome))
		return true;
	return f->public && verb != FILE_PUT && verb != FILE_MKDIR;
}

static enum conn_fate
command(const struct exchange *x)
{
	switch (x->r->verb) {
	case FILE_QUIT:
		reply(x, FILE_BYE, "bye");
		return CONN_CLOSE;
	case FILE_USER:
		return user_command(x);
	case FILE_ACK:
		return ack_command(x);
	default:
		break;
	}
	if (!may(x->c, x->f, x->r->verb)) {
		reply(x, FILE_LOGIN, "USER NAME PASSWORD first");
		return CONN_KEEP;
	}
	switch (x->r->verb) {
	case FILE_GET:
		return get_command(x);
	case FILE_PUT:
		return put_command(x);
	case FILE_MKDIR:
		return mkdir_command(x);
	default:
		return list_command(x);
	}
}

/* plain - a name, unless names are not for everybody. */
static enum conn_fate
plain(struct conn *c, const struct filed *f, const char *name, const char *eol)
{
	if (may(c, f, FILE_GET))
		return plain_request(c, f, name, eol);
	note(c, "not logged in: '%s'", name);
	conn_printf(c, "-1%s", eol);
	return CONN_KEEP;
}

/*
 * by_line - what was ended by a newline.  A line that begins as a command does
 * and then is none is a file's name where there is such a file.
 */
static enum conn_fate
by_line(struct conn *c, const struct filed *f, const char *eol,
    const char *line, size_t n)
{
	struct file_request r;
	const struct exchange x = { .c = c, .f = f, .r = &r, .eol = eol };
	char why[160];

	switch (file_request_parse(&r, line, n, why, sizeof(why))) {
	case FILE_COMMAND:
		serve_doing(line, r.verb == FILE_USER ? 4 : n);
		return command(&x);
	case FILE_WRONG:
		if (may(c, f, FILE_GET) && plain_exists(f, line))
			break;
		reply(&x, FILE_SYNTAX, "%s", why);
		return CONN_KEEP;
	case FILE_NO_COMMAND:
		break;
	}
	return plain(c, f, line, eol);
}

/* too_long - said in the dialect that the request began in. */
static enum conn_fate
too_long(struct conn *c, bool better)
{
	note(c, "request too long");
	conn_puts(c, better ? "500 the request is too long\r\n" : "-1");
	c->flags |= CONN_LINGER;
	return CONN_CLOSE;
}

enum conn_fate
filed_session(struct conn *c, void *ctx)
{
	const struct filed *f = ctx;
	enum conn_framed framed;
	char line[FILE_LINE];
	bool better;
	ssize_t n;

	if (conn_pending(c) == 0 && conn_fill(c) <= 0)
		return CONN_CLOSE;
	better = file_has_verb(conn_data(c), conn_pending(c));
	n = conn_request(c, line, sizeof(line), 0, CONN_QUIET_MS, &framed);
	if (n == -1)
		return errno == EMSGSIZE ? too_long(c, better) : CONN_CLOSE;
	serve_count_request();
	if (strlen(line) != (size_t)n)
		line[0] = '\0';		/* a NUL: nothing has such a name */
	if (framed == CONN_BARE)
		return plain(c, f, line, "");
	return by_line(c, f, framed == CONN_CRLF ? "\r\n" : "\n", line,
	    strlen(line));
}

void
filed_closed(struct conn *c, void *ctx)
{
	(void)ctx;
	free(c->state);
	c->state = NULL;
}

void
filed_refuse(struct conn *c, void *ctx, enum serve_refusal why)
{
	(void)ctx;
	conn_printf(c, "%d %s\r\n", FILE_BUSY, why == REFUSE_SOURCE ?
	    "too many connections from your address" : "no connection is free");
}
