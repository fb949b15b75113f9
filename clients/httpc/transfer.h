/*
 * One transfer: a URL, with its redirects and retries.  Everything that httpc
 * knows while it is at it stands here, and its files hand it to one another.
 */
#ifndef HTTPC_TRANSFER_H
#define HTTPC_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/progress.h"
#include "http/message.h"
#include "link.h"
#include "options.h"
#include "status.h"
#include "target.h"

/* What --write-out and --json can tell; times in ns from the start. */
struct result {
	uint32_t	 http_code, http_connect, num_redirects, num_connects;
	uint32_t	 num_retries, num_headers, exitcode, urlnum;
	uint32_t	 remote_port, local_port;
	uint64_t	 size_download, size_upload, size_header, size_request;
	uint64_t	 speed_download, speed_upload;	/* bytes a second */
	int64_t		 time_namelookup, time_connect, time_appconnect;
	int64_t		 time_pretransfer, time_starttransfer, time_redirect;
	int64_t		 time_total;
	char		 remote_ip[IPADDR_TEXT_MAX], local_ip[IPADDR_TEXT_MAX];
	char		 http_version[4];
	const char	*url, *scheme, *filename;	/* others' */
	char		*url_effective, *method;	/* owned */
	char		*content_type, *redirect_url;	/* owned */
	char		 errormsg[512];
};

/* The body that is sent. */
struct upload {
	enum { UPLOAD_NONE, UPLOAD_DATA, UPLOAD_FILE } kind;
	int		 fd;		/* of UPLOAD_FILE; -1 */
	bool		 chunked;
	bool		 expect;	/* wait for 100 Continue */
	bool		 no_expect;	/* ... not: the server said 417 */
	bool		 started;	/* bytes were taken from fd */
	bool		 complete;	/* all of it was sent */
	uint64_t	 size;		/* where it is not chunked */
};

/* The response that is being read. */
struct response {
	struct http_msg	 msg;
	struct buf	 head;		/* its bytes as they came */
	struct buf	 before;	/* --include: heads before this one,
					   trailers after it */
	bool		 final;		/* it is the answer, not a 1xx */
	uint64_t	 heads;		/* bytes of all heads so far */
};

/* Where the body goes. */
struct output {
	const char	*path;		/* NULL: standard output */
	char		*name;		/* owned; of --remote-name */
	int		 fd;		/* -1: not opened */
	bool		 regular;
	uint64_t	 from;		/* --continue-at: asked for from here */
	bool		 apart;		/* ... and nothing is there before it */
	char		 validator[512]; /* of these bytes; empty: none */
	char		*held;		/* small pieces, until a wait */
	size_t		 held_len;
	struct progress	 progress;
};

struct transfer {
	const struct settings *set;
	const struct target *proxy;	/* NULL: none */
	struct link	*link;
	struct target	 first, at;	/* as asked; after redirects */
	const char	*upload;	/* --upload-file of this URL, or NULL */
	const char	*method;	/* of the request under way */
	bool		 bodyless;	/* a redirect has made it a GET */
	int64_t		 began, deadline; /* monotonic ns */
	int64_t		 wait_ms;	/* with ST_AGAIN */
	int64_t		 retries_left;
	struct upload	 up;
	struct response	 response;
	struct output	 out;
	struct result	 result;
};

/*
 * transfer_run - all of it; the exit status, which is in the result too.
 * link outlives it, so that the next URL may use the connection.  proxy may be
 * NULL.  transfer_free after the report.
 */
int	transfer_run(struct transfer *, const struct settings *,
	    const struct target *proxy, struct link *);
void	transfer_free(struct transfer *);
/* transfer_refuse - instead of transfer_run where text is no URL that can be
 * asked: for the report. */
void	transfer_refuse(struct transfer *, const struct settings *, int status,
	    const char *text, const char *why);

/* fail - keep the reason for the user; returns status. */
int	fail(struct transfer *, int status, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* since - ns since the transfer began. */
int64_t	since(const struct transfer *);

/* request.c: the method, and the head of the request, to be sent as it is. */
const char *request_method(const struct transfer *);
int	request_head(struct transfer *, struct buf *);
/* ... what CONNECT asks of the proxy. */
int	request_connect(struct transfer *, struct buf *);
/* ... the --header that names this field, or NULL. */
const char *request_user_field(const struct settings *, const char *name);

/*
 * upload.c.  upload_prepare opens what is to be sent; upload_rewind makes
 * ready to send it (again), ST_REWIND where that cannot be; upload_body sends
 * it, or as much of it as the server will have.  upload_free ends it.
 */
int	upload_prepare(struct transfer *);
int	upload_rewind(struct transfer *);
int	upload_body(struct transfer *);
void	upload_free(struct transfer *);

/*
 * response.c.  response_begin forgets the last one.  response_head reads one
 * head, be it of a 1xx.  response_final reads on to the head of the real answer
 * (it may have been read already).
 * response_body hands the body to output_write; response_drop reads as much of
 * it as is worth the connection and throws it away.
 */
void	response_begin(struct transfer *);
int	response_head(struct transfer *, enum http_method);
int	response_final(struct transfer *, enum http_method);
int	response_body(struct transfer *);
void	response_drop(struct transfer *);

/*
 * answer.c.  answer_keep: the head that was read is shown before the next one.
 * answer_head: it goes to the output, with those that were kept; answer_refused
 * does that where there will be no body, so that it makes no file.
 * answer_deliver: the whole answer to where it goes.
 */
void	answer_keep(struct transfer *);
int	answer_head(struct transfer *);
int	answer_refused(struct transfer *);
int	answer_deliver(struct transfer *);

/*
 * output.c.  output_name chooses the place of the nth URL's body;
 * output_resume finds out how much is there.  output_open makes the file (or
 * goes on with it at out.from), total is the body's length or
 * PROGRESS_UNKNOWN.  output_flush before every wait.  output_close reports
 * late errors, and whether the body was complete is for the next --continue-at.
 */
int	output_name(struct transfer *, size_t nth);
int	output_resume(struct transfer *);
int	output_open(struct transfer *, uint64_t total);
int	output_write(struct transfer *, const char *, size_t);
int	output_flush(struct transfer *);
int	output_close(struct transfer *, bool complete);
void	output_free(struct transfer *);

/* trace.c: lines on stderr with --verbose; '*' ours, '>' sent, '<' got. */
void	trace(const struct transfer *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	trace_head(const struct transfer *, char mark, const char *, size_t);

#endif
