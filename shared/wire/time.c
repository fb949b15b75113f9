/*
 * The time protocols' texts and numbers, for timed, timec and their tests.
 * Pure functions of their arguments; nothing here allocates or reads a clock.
 */
#include "wire/time.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* From 1900-01-01 to 1970-01-01 (RFC 868). */
#define SECONDS_1900_TO_1970	2208988800LL

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static const struct {
	const char		*word;
	enum time_request	 request;
} words[] = {
	{ "Time", TIME_REQUEST_TIME },
	{ "Exit", TIME_REQUEST_EXIT },
	{ "Unix", TIME_REQUEST_UNIX },
	{ "Iso", TIME_REQUEST_ISO },
};

enum time_request
time_request_parse(const char *text, size_t n)
{
	if (n > 0 && text[n - 1] == TIME_STOP)
		n--;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == n &&
		    memcmp(words[i].word, text, n) == 0)
			return words[i].request;
	return TIME_REQUEST_UNKNOWN;
}

/* -- Formats -------------------------------------------------------------- */

/* name - the ith of n names of three letters. */
static const char *
name(const char *names, int i, int n)
{
	return i >= 0 && i < n ? names + (ptrdiff_t)i * 3 : "???";
}

/* asctime_r(3) is undefined for years past 9999 and members out of range. */
size_t
time_plain(char *buf, const struct tm *tm)
{
	int n = snprintf(buf, TIME_TEXT_MAX, "%.3s %.3s%3d %.2d:%.2d:%.2d %lld",
	    name(days, tm->tm_wday, 7), name(months, tm->tm_mon, 12),
	    tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec,
	    tm->tm_year + 1900LL);

	return (size_t)n < TIME_TEXT_MAX ? (size_t)n : TIME_TEXT_MAX - 1;
}

/* split - into seconds, rounded down, and what is left; never negative. */
static int64_t
split(int64_t ns, long *rest)
{
	int64_t seconds = ns / NSEC_PER_SEC;

	*rest = (long)(ns % NSEC_PER_SEC);
	if (*rest < 0) {
		*rest += NSEC_PER_SEC;
		seconds--;
	}
	return seconds;
}

/* Of a time before the epoch sign and fraction are those of the decimal
 * number: -0.5 is half a second before it. */
size_t
time_unix(char *buf, int64_t ns)
{
	uint64_t abs = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;

	return (size_t)snprintf(buf, TIME_TEXT_MAX, "%s%llu.%09llu",
	    ns < 0 ? "-" : "",
	    (unsigned long long)(abs / NSEC_PER_SEC),
	    (unsigned long long)(abs % NSEC_PER_SEC));
}

size_t
time_iso(char *buf, int64_t ns)
{
	struct tm tm;
	time_t seconds;
	long rest;

	seconds = (time_t)split(ns, &rest);
	if (gmtime_r(&seconds, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	return (size_t)snprintf(buf, TIME_TEXT_MAX,
	    "%.4d-%.2d-%.2dT%.2d:%.2d:%.2d.%.9ldZ", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, rest);
}

/* -- Parsers -------------------------------------------------------------- */

/* What is left of a text. */
struct scan {
	const char	*p, *end;
};

/* digits - exactly n of them, a number from min to max. */
static int
digits(struct scan *s, int n, int min, int max, int *out)
{
	int value = 0;

	while (n-- > 0) {
		if (s->p == s->end || *s->p < '0' || *s->p > '9')
			return -1;
		value = value * 10 + (*s->p++ - '0');
	}
	*out = value;
	return value >= min && value <= max ? 0 : -1;
}

static int
literal(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return -1;
	s->p++;
	return 0;
}

/* word - which of n names of three letters comes next. */
static int
word(struct scan *s, const char *names, int n, int *out)
{
	for (int i = 0; s->end - s->p >= 3 && i < n; i++) {
		if (memcmp(s->p, name(names, i, n), 3) == 0) {
			*out = i;
			s->p += 3;
			return 0;
		}
	}
	return -1;
}

/* day - of the month, in three places: " 19", "  5" (" 05" on some systems) */
static int
day(struct scan *s, int *out)
{
	if (literal(s, ' ') == -1)
		return -1;
	if (s->p < s->end && *s->p == ' ') {
		s->p++;
		return digits(s, 1, 1, 9, out);
	}
	return digits(s, 2, 1, 31, out);
}

/* year - of four digits: a longer one is not told from a reply that is still
 * coming in. */
int
time_plain_parse(const char *text, size_t n, struct tm *tm)
{
	struct scan s = { text, text + n };
	int year;

	memset(tm, 0, sizeof(*tm));
	tm->tm_isdst = -1;
	if (word(&s, days, 7, &tm->tm_wday) == -1 || literal(&s, ' ') == -1 ||
	    word(&s, months, 12, &tm->tm_mon) == -1 ||
	    day(&s, &tm->tm_mday) == -1 || literal(&s, ' ') == -1 ||
	    digits(&s, 2, 0, 23, &tm->tm_hour) == -1 ||
	    literal(&s, ':') == -1 ||
	    digits(&s, 2, 0, 59, &tm->tm_min) == -1 ||
	    literal(&s, ':') == -1 ||
	    digits(&s, 2, 0, 60, &tm->tm_sec) == -1 ||
	    literal(&s, ' ') == -1 || digits(&s, 4, 0, 9999, &year) == -1 ||
	    s.p != s.end)
		return -1;
	tm->tm_year = year - 1900;
	return 0;
}

/* seconds - at least one digit, up to the full stop; no more than fit into
 * nanoseconds. */
static int
seconds(struct scan *s, int64_t *out)
{
	const char *begin = s->p;

	*out = 0;
	while (s->p < s->end && *s->p >= '0' && *s->p <= '9') {
		*out = *out * 10 + (*s->p++ - '0');
		if (*out >= INT64_MAX / NSEC_PER_SEC)
			return -1;
	}
	return s->p > begin ? 0 : -1;
}

int
time_unix_parse(const char *text, size_t n, int64_t *ns)
{
	struct scan s = { text, text + n };
	int negative = literal(&s, '-') == 0, rest;
	int64_t whole;

	if (seconds(&s, &whole) == -1 || literal(&s, '.') == -1 ||
	    digits(&s, 9, 0, 999999999, &rest) == -1 || s.p != s.end)
		return -1;
	*ns = whole * NSEC_PER_SEC + rest;
	if (negative)
		*ns = -*ns;
	return 0;
}

/* iso - the shape only: this is for knowing where it ends. */
static int
iso(const char *text, size_t n)
{
	static const char shape[] = "0000-00-00T00:00:00.000000000Z";

	if (n != sizeof(shape) - 1)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' :
		    text[i] != shape[i])
			return 0;
	}
	return 1;
}

int
time_reply_whole(const char *text, size_t n)
{
	static const char *const fixed[] = { TIME_REPLY_BYE,
	    TIME_REPLY_UNKNOWN, TIME_REPLY_LONG, TIME_REPLY_BUSY };
	struct tm tm;
	int64_t ns;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (strlen(fixed[i]) == n && memcmp(fixed[i], text, n) == 0)
			return 1;
	return time_plain_parse(text, n, &tm) == 0 ||
	    time_unix_parse(text, n, &ns) == 0 || iso(text, n);
}

/* -- RFC 868 -------------------------------------------------------------- */

void
time_868_put(uint8_t wire[4], int64_t at)
{
	uint32_t v = (uint32_t)((uint64_t)at + SECONDS_1900_TO_1970);

	for (int i = 3; i >= 0; i--) {
		wire[i] = (uint8_t)v;
		v >>= 8;
	}
}

int64_t
time_868_get(const uint8_t wire[4], int64_t near)
{
	uint32_t v = (uint32_t)wire[0] << 24 | (uint32_t)wire[1] << 16 |
	    (uint32_t)wire[2] << 8 | wire[3];
	uint32_t here = (uint32_t)((uint64_t)near + SECONDS_1900_TO_1970);

	/* The distance as a signed number of 32 bits is the shorter way. */
	return (int64_t)((uint64_t)near + (uint64_t)(int32_t)(v - here));
}

/* -- Samples -------------------------------------------------------------- */

int64_t
time_delay(const struct time_sample *s)
{
	int64_t delay;

	if (__builtin_sub_overflow(s->got, s->sent, &delay))
		return INT64_MAX;
	return delay;
}

int64_t
time_offset(const struct time_sample *s)
{
	int64_t middle, offset;

	if (__builtin_add_overflow(s->sent, time_delay(s) / 2, &middle))
		middle = s->got;
	if (__builtin_sub_overflow(s->server, middle, &offset))
		return s->server < middle ? INT64_MIN : INT64_MAX;
	return offset;
}

const struct time_sample *
time_best(const struct time_sample *s, size_t n)
{
	const struct time_sample *best = s;

	for (size_t i = 1; i < n; i++)
		if (time_delay(&s[i]) < time_delay(best))
			best = &s[i];
	return best;
}
