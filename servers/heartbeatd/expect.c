/*
 * The names that are expected.  A text is taken apart at its last "=", since
 * names may have one in them and times never do.
 */
#include "expect.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/opt.h"
#include "wire/heartbeat.h"

#define TIME_MAX_MS	(365 * 86400 * 1000LL)
#define TIME_TEXT	32

/* time_of - n bytes of a time; nothing leaves *ns as it is. */
static int
time_of(const char *text, size_t n, int64_t least_ms, int64_t *ns)
{
	char copy[TIME_TEXT];
	int64_t ms;

	if (n == 0)
		return 0;
	if (n >= sizeof(copy))
		return -1;
	memcpy(copy, text, n);
	copy[n] = '\0';
	if (opt_msec(copy, &ms) == -1 || ms < least_ms || ms > TIME_MAX_MS)
		return -1;
	*ns = ms * NSEC_PER_MSEC;
	return 0;
}

/* name_len - of a text, which is taken apart at its last "=". */
static size_t
name_len(const char *text)
{
	const char *times = strrchr(text, '=');

	return times == NULL ? strlen(text) : (size_t)(times - text);
}

static int
is_pattern(const char *text)
{
	return strcspn(text, "*?[") < name_len(text);
}

/* parse_one - 0, or -1 with what is wrong or allowed in why. */
static int
parse_one(struct expect *x, const char *text, const char **why)
{
	size_t n = name_len(text);
	const char *times = text + n, *grace;

	*why = heartbeat_name_bad(text, n);
	if (*why != NULL)
		return -1;
	*why = "allowed: NAME=PERIOD+GRACE, as in web1=10s+5s";
	if (*times++ == '=') {
		grace = strchr(times, '+');
		if (*times == '\0' ||
		    time_of(times, strcspn(times, "+"), 1, &x->period) == -1)
			return -1;
		if (grace != NULL && (grace[1] == '\0' || time_of(grace + 1,
		    strlen(grace + 1), 0, &x->grace) == -1))
			return -1;
	}
	*why = "no memory";
	x->name = strndup(text, n);
	return x->name == NULL ? -1 : 0;
}

/* parse_all - the names, or the patterns, of the texts. */
static int
parse_all(struct expects *e, char *const *texts, size_t n, int patterns,
    char *why, size_t whylen)
{
	const char *wrong;
	struct expect *x;

	for (size_t i = 0; i < n; i++) {
		if (is_pattern(texts[i]) != patterns)
			continue;
		x = &e->v[e->n];
		x->period = e->period;
		x->grace = e->grace;
		if (parse_one(x, texts[i], &wrong) == -1) {
			snprintf(why, whylen, "--expect: '%.100s': %s",
			    texts[i], wrong);
			return -1;
		}
		e->n++;
	}
	return 0;
}

int
expects_parse(struct expects *e, char *const *texts, size_t n, char *why,
    size_t whylen)
{
	e->n = e->names = 0;
	e->v = calloc(n + 1, sizeof(*e->v));
	if (e->v == NULL) {
		snprintf(why, whylen, "no memory");
		return -1;
	}
	if (parse_all(e, texts, n, 0, why, whylen) == 0) {
		e->names = e->n;
		if (parse_all(e, texts, n, 1, why, whylen) == 0)
			return 0;
	}
	expects_free(e);
	return -1;
}

void
expects_free(struct expects *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->v[i].name);
	free(e->v);
	e->v = NULL;
	e->n = e->names = 0;
}

const struct expect *
expects_pattern(const struct expects *e, const char *name)
{
	for (size_t i = e->names; i < e->n; i++)
		if (fnmatch(e->v[i].name, name, 0) == 0)
			return &e->v[i];
	return NULL;
}
