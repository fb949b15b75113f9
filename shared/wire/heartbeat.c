/*
 * The heartbeat datagram's text and back.  Called for each datagram by
 * heartbeatd, which believes nothing of what it gets, and by heartbeatc.
 */
#include "wire/heartbeat.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

/* What is left of a text. */
struct scan {
	const char	*p, *end;
};

static const char *
name_bad(const char *name, size_t n)
{
	size_t i = 0, len;

	while (i < n) {
		len = utf8_seq(name + i, n - i);
		if (len == 0)
			return "the name is not UTF-8";
		if (name[i] == ' ' || utf8_control(name + i, len))
			return "a blank or control character in the name";
		i += len;
	}
	return NULL;
}

const char *
heartbeat_name_bad(const char *name, size_t n)
{
	if (n == 0)
		return "no name";
	if (n >= HEARTBEAT_NAME_MAX)
		return "the name is too long";
	if (name[0] == '-')
		return "the name begins with a dash";
	return name_bad(name, n);
}

/* word - the next one, after the blanks before it; its length. */
static size_t
word(struct scan *s, const char **at)
{
	while (s->p < s->end && *s->p == ' ')
		s->p++;
	*at = s->p;
	while (s->p < s->end && *s->p != ' ')
		s->p++;
	return (size_t)(s->p - *at);
}

static int
is_word(const char *at, size_t n, const char *text)
{
	return n == strlen(text) && memcmp(at, text, n) == 0;
}

/* number - all n bytes are digits; 0, or -1 where they are not, or too many. */
static int
number(const char *p, size_t n, uint64_t max, uint64_t *out)
{
	uint64_t value = 0, digit;

	if (n == 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		digit = (uint64_t)(p[i] - '0');
		if (value > (max - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	*out = value;
	return 0;
}

/* fraction - digits behind the point as ns; what is finer is dropped. */
static int
fraction(const char *p, size_t n, int64_t *ns)
{
	int64_t unit = NSEC_PER_SEC / 10;

	if (n == 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		*ns += (p[i] - '0') * unit;
		unit /= 10;
	}
	return 0;
}

static int
time_of(const char *p, size_t n, int64_t *time)
{
	const char *point = memchr(p, '.', n);
	size_t whole = point == NULL ? n : (size_t)(point - p);
	uint64_t seconds;

	if (number(p, whole, INT64_MAX / NSEC_PER_SEC - 1, &seconds) == -1)
		return -1;
	*time = (int64_t)seconds * NSEC_PER_SEC;
	return point == NULL ? 0 : fraction(point + 1, n - whole - 1, time);
}

/* ending - what may stand behind TIME. */
static const char *
ending(struct heartbeat *b, struct scan *s)
{
	const char *at;
	uint64_t status;
	size_t n;

	b->down = 0;
	b->status = HEARTBEAT_NO_STATUS;
	n = word(s, &at);
	if (n == 0)
		return NULL;
	if (!is_word(at, n, "down"))
		return "something else than 'down' behind TIME";
	b->down = 1;
	n = word(s, &at);
	if (n == 0)
		return NULL;
	if (number(at, n, 255, &status) == -1)
		return "STATUS is not a number from 0 to 255";
	b->status = (int)status;
	return word(s, &at) == 0 ? NULL : "something behind STATUS";
}

const char *
heartbeat_parse(struct heartbeat *b, const char *text, size_t n)
{
	struct scan s = { text, text + n };
	const char *at, *bad;

	if (n > 0 && s.end[-1] == '\n')
		s.end--;
	if (s.end > s.p && s.end < text + n && s.end[-1] == '\r')
		s.end--;
	n = word(&s, &at);
	if (at != text || !is_word(at, n, "Heartbeat"))
		return "does not begin with 'Heartbeat'";
	n = word(&s, &at);
	if ((bad = heartbeat_name_bad(at, n)) != NULL)
		return bad;
	memcpy(b->name, at, n);
	b->name[n] = '\0';
	n = word(&s, &at);
	if (number(at, n, HEARTBEAT_SEQ_MAX, &b->seq) == -1)
		return "SEQ is not a number";
	n = word(&s, &at);
	if (time_of(at, n, &b->time) == -1)
		return "TIME is not SECONDS.NANOSECONDS";
	return ending(b, &s);
}

size_t
heartbeat_format(char *buf, const struct heartbeat *b)
{
	char status[8] = "";
	int n;

	if (b->down && b->status != HEARTBEAT_NO_STATUS)
		snprintf(status, sizeof(status), " %u",
		    (unsigned)b->status % 256);
	n = snprintf(buf, HEARTBEAT_TEXT_MAX,
	    "Heartbeat %s %llu %llu.%09llu%s%s", b->name,
	    (unsigned long long)b->seq,
	    (unsigned long long)b->time / NSEC_PER_SEC,
	    (unsigned long long)b->time % NSEC_PER_SEC,
	    b->down ? " down" : "", status);
	return (size_t)n;
}
