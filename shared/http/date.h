/*
 * Dates as HTTP writes them (RFC 9110 section 5.6.7), always in GMT and
 * English whatever the locale and the zone are.  For every program that
 * sends Date or Last-Modified or reads a date of its peer.
 */

#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include <time.h>

#include "http/str.h"

#define HTTP_DATE_LEN	29	/* Sun, 06 Nov 1994 08:49:37 GMT */
#define HTTP_CLF_LEN	26	/* 06/Nov/1994:08:49:37 +0000 */

/*
 * Writes t, seconds since the epoch, as an IMF-fixdate with a NUL behind it.
 * Times before the year 0 or after 9999 become the nearest that has a form.
 */
void	http_date_format(time_t t, char out[HTTP_DATE_LEN + 1]);

/*
 * Writes t as the common log format has it (without the brackets), in the
 * zone that is offset seconds east of GMT.
 */
void	http_date_clf(time_t t, long offset, char out[HTTP_CLF_LEN + 1]);

/*
 * Reads any of the three forms: IMF-fixdate, RFC 850 with its two-digit
 * year, which is taken for the last such year that is not more than 50 years
 * after now, and asctime.  Strict in blanks and ranges, not in case, as caches
 * should not be (RFC 9111 section 4.2); that the day of the week is the right
 * one is not asked.  Returns 0 or -1.
 */
int	http_date_parse(struct http_str s, time_t now, time_t *t);

#endif
