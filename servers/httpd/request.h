/*
 * One request on its way through the server, from its first byte to its line
 * in the access log.  It lives on the session's stack.
 */
#ifndef HTTPD_REQUEST_H
#define HTTPD_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/message.h"
#include "httpd.h"
#include "net/conn.h"
#include "worker.h"

#define PATH_SIZE	8192	/* of a decoded path with its NUL: a line's */
#define USER_SIZE	64	/* of a user's name, cut, with its NUL */

struct request {
	struct conn	*c;
	const struct httpd *h;
	struct worker	*w;
	const struct site *site;
	int64_t		 began;		/* monotonic ns */
	uint64_t	 sent;		/* bytes of the answer's body */
	unsigned	 status;	/* of the answer; 0: none was begun */
	bool		 head_only;	/* HEAD: no body, but all else */
	bool		 keep;		/* the connection stays after this */
	bool		 failed;	/* it cannot stay: writing failed */
	const char	*reason;	/* of a refusal, for the log; or NULL */
	char		*copy;		/* head, where more came behind it */
	struct ipaddr	 client;	/* as --trust-forwarded has it */
	size_t		 path_len;
	char		 path[PATH_SIZE]; /* decoded, from '/', with a NUL */
	char		 user[USER_SIZE]; /* who has logged in, or "" */
	struct http_msg	 msg;
};

/* route_request - find out what is asked for, and answer it. */
void	route_request(struct request *);

/*
 * body_drop - read the request's body and throw it away, sending 100 Continue
 * where the client waits for it.  Answers what goes wrong itself (400, 408,
 * 413) and returns -1 then.
 */
int	body_drop(struct request *);

/*
 * request_keep_head - move the head out of the input buffer, which what comes
 * behind it needs; the access log will still want it.  0, or -1: answered.
 */
int	request_keep_head(struct request *);

/*
 * Answers that are built field by field.  reply_begin writes the status line
 * and what every answer has; reply_end ends the head.  A failure to write shows
 * in failed, and no call after it does harm.
 */
void	reply_begin(struct request *, unsigned status);
void	reply_text(struct request *, const char *);
void	reply_mem(struct request *, const void *, size_t);
void	reply_field(struct request *, const char *name, struct http_str value);
void	reply_length(struct request *, uint64_t);
void	reply_end(struct request *);
/* reply_body - after reply_end; nothing for HEAD. */
void	reply_body(struct request *, const void *, size_t);
/* reply_path - a decoded path, escaped for a URL. */
void	reply_path(struct request *, struct http_str path);

/* reply_page - a whole answer 200 with a page that is made for each request;
 * fields as below. */
void	reply_page(struct request *, const char *type, const char *fields,
	    const void *body, size_t n);
/* reply_not_modified - a whole answer 304 instead of such a page. */
void	reply_not_modified(struct request *, const char *etag);

/* reply_error - a whole answer with an error's page, the user's or our own;
 * fields are whole lines more for its head, or NULL. */
void	reply_error(struct request *, unsigned status, const char *fields);
/* reply_refuse - the same and the end of the connection, with a log line. */
void	reply_refuse(struct request *, unsigned status, const char *reason);
/*
 * reply_redirect - to base (as in a URL), then path (decoded), then the query
 * of the request unless base has one.
 */
void	reply_redirect(struct request *, unsigned status, struct http_str base,
	    struct http_str path);

#endif
