/*
 * The texts that change once a second: Date and the times of the access log.
 * Each process has its own, made when a request first needs the new second.
 */
#ifndef HTTPD_TICK_H
#define HTTPD_TICK_H

#include <stdint.h>
#include <time.h>

#define TICK_DATE_LEN	29	/* Sun, 06 Nov 1994 08:49:37 GMT */

struct tick {
	int64_t	until;			/* monotonic ns when it is stale */
	time_t	second;
	char	date[32];		/* RFC 9110 section 5.6.7 */
	char	common[32];		/* 06/Nov/1994:08:49:37 +0000 */
	char	iso[32];		/* 1994-11-06T08:49:37+00:00 */
	unsigned common_len, iso_len;
};

/* tick_renew - the texts for the second that it is now. */
void	tick_renew(struct tick *, int64_t now);

/* tick_at - the texts at now, in monotonic ns. */
static inline const struct tick *
tick_at(struct tick *t, int64_t now)
{
	if (now >= t->until)
		tick_renew(t, now);
	return t;
}

#endif
