/*
 * What the files of filed share: its settings, what it keeps of a connection,
 * and an exchange under way.  Nobody else includes it.
 */
#ifndef FILED_FILED_H
#define FILED_FILED_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/opt.h"
#include "net/conn.h"
#include "wire/file.h"

struct digests;
struct passwords;

struct filed {
	char		*users_file;
	bool		 writable, verbose, public;
	int64_t		 chunk;		/* bytes, of the plain dialect */
	int64_t		 max_size;	/* of what is put there; 0: any */

	char		*dir;		/* its real path; owned */
	int		 root;
	struct passwords *users;	/* NULL: everybody is welcome */
	struct digests	*digests;	/* all processes' */
};

/* Kept between exchanges, once there is something to be kept. */
struct login {
	bool		 welcome;
	unsigned	 failures;
	char		 sent[FILE_SHA];	/* of the last GET, for ACK */
};

/* An exchange in the better dialect. */
struct exchange {
	struct conn		*c;
	const struct filed	*f;
	const struct file_request *r;
	const char		*eol;	/* as the request had it */
};

#define TRANSFER_BUF	(256 * 1024)	/* bytes read and hashed at once */
#define TURN		(1024 * 1024)	/* bytes until others have theirs */

/* session.c */

/* reply - a line; 0, or -1 where the connection is gone. */
int	reply(const struct exchange *, int code, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* reply_errno - what error means for the peer, in a code and words. */
int	reply_errno(const struct exchange *, int error);
/* why_text - the words alone. */
const char *why_text(int error);
/* tell_working - while files are hashed: the peer sees that there is somebody.
 * The first is a struct exchange. */
int	tell_working(const void *exchange, uint64_t done);
/* note - a line of the log with the peer in front. */
void	note(const struct conn *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* login_of - the connection's, made if need be; NULL with errno. */
struct login *login_of(struct conn *);

/* The verbs; each replies, and says what becomes of the connection. */
enum conn_fate	list_command(const struct exchange *);	/* LIST, STAT */
enum conn_fate	get_command(const struct exchange *);
enum conn_fate	put_command(const struct exchange *);
enum conn_fate	mkdir_command(const struct exchange *);

/* plain_request - a bare name, or one ended by eol. */
enum conn_fate	plain_request(struct conn *, const struct filed *,
	    const char *name, const char *eol);
/* plain_exists - whether a plain request for it would be granted. */
bool	plain_exists(const struct filed *, const char *name);

/* open_file - a regular file that may be had; -1 with errno (EISDIR). */
int	open_file(const struct filed *, const char *name, struct stat *);
/* mtime_ns - of st, in what the protocol can say. */
int64_t	mtime_ns(const struct stat *);

#endif
