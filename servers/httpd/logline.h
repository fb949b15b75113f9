/*
 * What a line of the access log looks like.  Pure: a request in, text out.
 */
#ifndef HTTPD_LOGLINE_H
#define HTTPD_LOGLINE_H

#include <stdint.h>

struct request;
struct tick;

#define LOGLINE_MAX	(32 * 1024)	/* the longest line, its newline too */

/*
 * Both write a line at p, where LOGLINE_MAX bytes are free, and return the
 * place behind it.  now, in monotonic ns, is when the answer was ready.
 */

/* logline_combined - the combined format of Apache and nginx, then the seconds
 * it took and CONNECTION/REQUEST. */
char	*logline_combined(char *p, const struct request *,
	    const struct tick *, int64_t now);

/* logline_json - the same, and more, as a JSON object. */
char	*logline_json(char *p, const struct request *,
	    const struct tick *, int64_t now);

#endif
