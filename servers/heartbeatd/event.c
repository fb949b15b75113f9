/*
 * Events as text.  Called by monitor.c, in the process that has the datagrams,
 * which must not wait for anybody who reads what it says.
 */
#include "event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/outlet.h"
#include "http/escape.h"
#include "life.h"

#define SECONDS(ns)	((double)(ns) / NSEC_PER_SEC)

const char *
event_time(int64_t wall, char buf[EVENT_TIME_MAX])
{
	time_t seconds = (time_t)(wall / NSEC_PER_SEC);
	int ms = (int)(wall % NSEC_PER_SEC / NSEC_PER_MSEC);
	struct tm tm;

	if (wall < 0 || gmtime_r(&seconds, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	snprintf(buf, EVENT_TIME_MAX, "%.4u-%.2u-%.2uT%.2u:%.2u:%.2u.%.3uZ",
	    (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_mon + 1,
	    (unsigned)tm.tm_mday, (unsigned)tm.tm_hour, (unsigned)tm.tm_min,
	    (unsigned)tm.tm_sec, (unsigned)ms % 1000);
	return buf;
}

/* because - what stands in the brackets. */
static void
because(const struct event *e, struct text *t)
{
	switch (e->is) {
	case LIFE_LATE:
	case LIFE_DOWN:
		if (e->silent < 0)
			text_addf(t, "not heard for %.3f s",
			    SECONDS(e->lasted));
		else
			text_addf(t, "silent for %.3f s", SECONDS(e->silent));
		break;
	case LIFE_STOPPED:
		text_adds(t, "on purpose");
		if (e->status != HEARTBEAT_NO_STATUS)
			text_addf(t, ", exit status %d", e->status);
		break;
	case LIFE_FLAPPING:
		text_adds(t, "changes too often");
		break;
	default:
		if (e->was == LIFE_NEW)
			text_adds(t, "first beat");
		else
			text_addf(t, "after %.3f s",
			    SECONDS(e->lasted));
	}
}

size_t
event_line(const struct event *e, char buf[EVENT_LINE_MAX])
{
	char when[EVENT_TIME_MAX];
	struct text t;

	text_init(&t, buf, EVENT_LINE_MAX);
	text_addf(&t, "%s ", event_time(e->wall, when));
	text_addesc(&t, e->name, strlen(e->name));
	text_addf(&t, " %s -> %s (", life_name(e->was), life_name(e->is));
	because(e, &t);
	text_adds(&t, ")\n");
	return t.len;
}

void
event_add_json(struct text *t, const char *s)
{
	char escaped[HEARTBEAT_NAME_MAX * HTTP_ESCAPE_MAX];
	struct http_str in = http_cstr(s);
	size_t n = http_escape_json(&in, escaped, sizeof(escaped));

	text_adds(t, "\"");
	text_add(t, escaped, n);
	text_adds(t, "\"");
}

size_t
event_json(const struct event *e, char buf[EVENT_JSON_MAX])
{
	char when[EVENT_TIME_MAX], peer[IPADDR_TEXT_MAX];
	struct text t;

	text_init(&t, buf, EVENT_JSON_MAX);
	text_addf(&t, "{\"time\":\"%s\",\"name\":", event_time(e->wall, when));
	event_add_json(&t, e->name);
	text_addf(&t, ",\"was\":\"%s\",\"state\":\"%s\",\"lasted_s\":%.3f",
	    life_name(e->was), life_name(e->is), SECONDS(e->lasted));
	if (e->silent < 0)
		text_adds(&t, ",\"silent_s\":null");
	else
		text_addf(&t, ",\"silent_s\":%.3f", SECONDS(e->silent));
	text_addf(&t, ",\"seq\":%" PRIu64 ",\"lost\":%" PRIu64, e->seq,
	    e->lost);
	if (e->peer.family == 0)
		text_adds(&t, ",\"address\":null");
	else
		text_addf(&t, ",\"address\":\"%s\"",
		    ipaddr_text(&e->peer, peer, sizeof(peer)));
	if (e->status == HEARTBEAT_NO_STATUS)
		text_adds(&t, ",\"status\":null}\n");
	else
		text_addf(&t, ",\"status\":%d}\n", e->status);
	return t.len;
}

int
event_tell(const struct event *e, int log)
{
	char json[EVENT_JSON_MAX], line[EVENT_LINE_MAX];
	int result;

	/* nobody is waited for: there are clocks to keep */
	result = outlet_write(STDOUT_FILENO, 0, line, event_line(e, line));
	if (log != -1 && outlet_write(log, 0, json, event_json(e, json)) == -1)
		result = -1;
	return result;
}
