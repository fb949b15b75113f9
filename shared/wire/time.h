/*
 * What timed and timec say to each other: the query protocol with its plain
 * and its better requests, daytime (RFC 867) and time (RFC 868), and what is
 * made of four stamps.  Pure: reads no clock, does no input or output.
 */
#ifndef WIRE_TIME_H
#define WIRE_TIME_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define TIME_PORT		"12000"		/* of the query protocol */
#define TIME_DAYTIME_PORT	"13"		/* RFC 867 */
#define TIME_SECONDS_PORT	"37"		/* RFC 868 */
#define TIME_STOP		'.'		/* ends a request */

/* Bytes that any of the texts below takes, with its NUL. */
#define TIME_TEXT_MAX		64

enum time_request {
	TIME_REQUEST_TIME,
	TIME_REQUEST_EXIT,
	TIME_REQUEST_UNIX,
	TIME_REQUEST_ISO,
	TIME_REQUEST_UNKNOWN
};

#define TIME_REPLY_BYE		"Bye."
#define TIME_REPLY_UNKNOWN	"Unknown meaning."
#define TIME_REPLY_LONG		"Request too long."
#define TIME_REPLY_BUSY		"Too many connections."

/* time_request_parse - what text of n bytes asks for, with or without its full
 * stop. */
enum time_request time_request_parse(const char *text, size_t n);

/*
 * Formats.  buf holds TIME_TEXT_MAX bytes and is always a string; the length
 * is returned.  ns is since the epoch and may be negative.
 * time_plain: as asctime(3), without its newline; any year, and members out of
 * range are shown as asctime shows them.
 * time_unix: SECONDS.NANOSECONDS.  time_iso: RFC 3339 in UTC.
 */
size_t	time_plain(char *buf, const struct tm *);
size_t	time_unix(char *buf, int64_t ns);
size_t	time_iso(char *buf, int64_t ns);

/*
 * Parsers.  They take text of n bytes and nothing around it; 0, or -1 where it
 * is anything else.
 * time_plain_parse fills the members that are in the text (tm_isdst is -1) and
 * checks each against its range.
 */
int	time_plain_parse(const char *text, size_t n, struct tm *);
int	time_unix_parse(const char *text, size_t n, int64_t *ns);

/*
 * time_reply_whole - whether text is a reply as timed gives it without a
 * newline, so that nobody need wait for the silence after it.
 */
int	time_reply_whole(const char *text, size_t n);

/*
 * RFC 868: seconds since 1900 in 32 bits, which overflow in 2036 and every 136
 * years.  time_868_get takes the second that is nearest to near (seconds since
 * the epoch).
 */
void	time_868_put(uint8_t wire[4], int64_t seconds);
int64_t	time_868_get(const uint8_t wire[4], int64_t near);

/*
 * A sample: when the request left and the answer came by our clock, and what
 * the server's clock said in between (ns since the epoch).  The offset is what
 * must be added to our clock, half of the way each assumed (RFC 5905, 8, with
 * both of the server's stamps the same).
 */
struct time_sample {
	int64_t		sent, got;
	int64_t		server;
};

/* time_delay - there and back, ns. */
int64_t	time_delay(const struct time_sample *);
/* time_offset - ns, kept within what fits. */
int64_t	time_offset(const struct time_sample *);
/* time_best - the one of n (at least 1) with the least delay. */
const struct time_sample *time_best(const struct time_sample *, size_t n);

#endif
