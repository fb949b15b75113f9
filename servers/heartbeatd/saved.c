/*
 * The state file's lines.  Words with one blank between; numbers are decimal.
 * A name has no blanks, so that nothing needs quoting, and a line of a name has
 * more words than the head and the end.
 */
#include "saved.h"

#include <stdio.h>
#include <string.h>

#include "life.h"

#define HEAD	"heartbeatd-state-1"
#define END	"=end"
#define STAMP_MAX	(INT64_MAX / 2)

struct scan {
	const char	*p, *end;
};

/* word - the next one, with one blank before it but at the beginning. */
static int
word(struct scan *s, char *out, size_t size)
{
	const char *p = s->p;
	size_t n;

	while (s->p < s->end && *s->p != ' ')
		s->p++;
	n = (size_t)(s->p - p);
	if (s->p < s->end)
		s->p++;
	if (n == 0 || n >= size)
		return -1;
	memcpy(out, p, n);
	out[n] = '\0';
	return 0;
}

/* number - from 0 up. */
static int
number(struct scan *s, uint64_t *out)
{
	uint64_t value = 0, digit;
	char text[24];

	if (word(s, text, sizeof(text)) == -1)
		return -1;
	for (const char *p = text; *p != '\0'; p++) {
		if (*p < '0' || *p > '9')
			return -1;
		digit = (uint64_t)(*p - '0');
		if (value > (INT64_MAX - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	*out = value;
	return 0;
}

/* stamp - ns since the epoch that can be reckoned with. */
static int
stamp(struct scan *s, int64_t *out)
{
	uint64_t value;

	if (number(s, &value) == -1 || value > STAMP_MAX)
		return -1;
	*out = (int64_t)value;
	return 0;
}

/* status_of - 0 to 255, or -1 for none. */
static int
status_of(struct scan *s, int *out)
{
	uint64_t value;

	*out = HEARTBEAT_NO_STATUS;
	if (s->end - s->p == 2 && memcmp(s->p, "-1", 2) == 0) {
		s->p = s->end;
		return 0;
	}
	if (number(s, &value) == -1 || value > 255)
		return -1;
	*out = (int)value;
	return 0;
}

size_t
saved_head(char *out, int64_t now)
{
	return (size_t)snprintf(out, SAVED_LINE_MAX, HEAD " %lld\n",
	    (long long)now);
}

size_t
saved_line(char *out, const struct saved *s)
{
	return (size_t)snprintf(out, SAVED_LINE_MAX,
	    "%s %s %lld %lld %llu %llu %llu %llu %llu %llu %d\n", s->name,
	    life_name(s->state), (long long)s->since, (long long)s->heard,
	    (unsigned long long)s->seq, (unsigned long long)s->received,
	    (unsigned long long)s->lost,
	    (unsigned long long)s->reordered,
	    (unsigned long long)s->duplicated,
	    (unsigned long long)s->restarts, s->status);
}

size_t
saved_end(char *out, uint64_t count)
{
	return (size_t)snprintf(out, SAVED_LINE_MAX, END " %llu\n",
	    (unsigned long long)count);
}

/* begins - with this word; the rest is then in s. */
static int
begins(struct scan *s, const char *first)
{
	char text[HEARTBEAT_NAME_MAX];

	return word(s, text, sizeof(text)) == 0 && strcmp(text, first) == 0;
}

int
saved_parse_head(const char *line, size_t n, int64_t *now)
{
	struct scan s = { line, line + n };

	return begins(&s, HEAD) && stamp(&s, now) == 0 &&
	    s.p == s.end ? 0 : -1;
}

int
saved_parse_end(const char *line, size_t n, uint64_t *count)
{
	struct scan s = { line, line + n };

	return begins(&s, END) && number(&s, count) == 0 && s.p == s.end ? 0 :
	    -1;
}

int
saved_parse_line(const char *line, size_t n, struct saved *out)
{
	struct scan s = { line, line + n };
	char state[16];

	if (word(&s, out->name, sizeof(out->name)) == -1 ||
	    heartbeat_name_bad(out->name, strlen(out->name)) != NULL ||
	    word(&s, state, sizeof(state)) == -1)
		return -1;
	out->state = life_of_name(state);
	if (out->state >= LIFE_FLAPPING)
		return -1;
	return stamp(&s, &out->since) == 0 && stamp(&s, &out->heard) == 0 &&
	    number(&s, &out->seq) == 0 &&
	    number(&s, &out->received) == 0 && number(&s, &out->lost) == 0 &&
	    number(&s, &out->reordered) == 0 &&
	    number(&s, &out->duplicated) == 0 &&
	    number(&s, &out->restarts) == 0 &&
	    status_of(&s, &out->status) == 0 && s.p == s.end ? 0 : -1;
}
