/*
 * The page for people: a table of all names, the worst first, that comes again
 * by itself.  No script, no picture from elsewhere; states are words, colours
 * only help.
 */
#include "page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "http/escape.h"

#define REFRESH		"5"		/* seconds */
#define SPARK_WIDTH	96		/* pixels */
#define SPARK_HEIGHT	20

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"refresh\" content=\"" REFRESH "\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, "
    "initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n";

static const char style[] =
    "<style>\n"
    ":root{--bad:#b00020;--odd:#8a5300;--good:#1b6e2f;--calm:#595959;"
    "--line:#8888}\n"
    "@media(prefers-color-scheme:dark){:root{--bad:#ff8a94;--odd:#ffc266;"
    "--good:#85d996;--calm:#b0b0b0}}\n"
    "body{font-family:system-ui,sans-serif;margin:2rem auto;"
    "max-width:76rem;padding:0 1rem;line-height:1.4}\n"
    "h1{margin:0}\n.wide{overflow-x:auto}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "caption{text-align:left;padding:.5rem 0}\n"
    "th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);"
    "text-align:right;white-space:nowrap;"
    "font-variant-numeric:tabular-nums}\n"
    "th[scope=row],td.l,th.l{text-align:left}\n"
    "th[scope=row]{font-weight:600}\n"
    "td.l{font-weight:600}\n.down,.flapping{color:var(--bad)}\n"
    ".late{color:var(--odd)}\n.up{color:var(--good)}\n"
    ".new,.stopped{color:var(--calm)}\n"
    "svg{display:block;margin-left:auto}\n"
    "polyline{fill:none;stroke:currentColor;stroke-width:1.5}\n"
    "</style>\n</head>\n<body>\n<main>\n";

static const char columns[] =
    "<thead>\n<tr><th scope=\"col\" class=\"l\">Name</th>"
    "<th scope=\"col\" class=\"l\">State</th>"
    "<th scope=\"col\">for</th>"
    "<th scope=\"col\">Last seen</th><th scope=\"col\">Received</th>"
    "<th scope=\"col\">Loss</th><th scope=\"col\">Reordered</th>"
    "<th scope=\"col\">Twice</th><th scope=\"col\">Interval</th>"
    "<th scope=\"col\">Jitter</th>"
    "<th scope=\"col\">Delay, mean</th><th scope=\"col\">Delays</th>"
    "</tr>\n</thead>\n<tbody>\n";

static void
add_html(struct buf *b, const char *s)
{
	char out[HEARTBEAT_NAME_MAX * HTTP_ESCAPE_MAX];
	struct http_str in = http_cstr(s);

	buf_add(b, out, http_escape_html(&in, out, sizeof(out)));
}

/* add_span - a duration in the unit that suits it. */
static void
add_span(struct buf *b, int64_t ns)
{
	double s = (double)ns / NSEC_PER_SEC, abs = s < 0 ? -s : s;

	if (abs < 0.001)
		buf_addf(b, "%.0f &micro;s", s * 1e6);
	else if (abs < 1)
		buf_addf(b, "%.1f ms", s * 1e3);
	else if (abs < 120)
		buf_addf(b, "%.1f s", s);
	else if (abs < 2 * 3600)
		buf_addf(b, "%.0f min", s / 60);
	else if (abs < 2 * 86400)
		buf_addf(b, "%.1f h", s / 3600);
	else
		buf_addf(b, "%.1f d", s / 86400);
}

/* -- The sparkline -------------------------------------------------------- */

/* recent - the ith of those that are kept, oldest first. */
static int32_t
recent(const struct track *t, uint32_t i, uint32_t n)
{
	return t->recent[(t->nrecent - n + i) % TRACK_DELAYS];
}

/* bounds - the least and the most; 0 where there are no two. */
static int
bounds(const struct track *t, uint32_t n, int32_t *low, int32_t *high)
{
	int32_t d;
	int found = 0;

	for (uint32_t i = 0; i < n; i++) {
		d = recent(t, i, n);
		if (d == TRACK_GAP)
			continue;
		if (found == 0 || d < *low)
			*low = d;
		if (found == 0 || d > *high)
			*high = d;
		found++;
	}
	return found > 1;
}

/* add_line - the delays, broken where one was lost. */
static void
add_line(struct buf *b, const struct track *t, uint32_t n, int32_t low,
    int32_t high)
{
	double step = (double)SPARK_WIDTH / (TRACK_DELAYS - 1);
	double scale = high > low ? (SPARK_HEIGHT - 4) /
	    ((double)high - low) : 0;
	int open = 0;

	for (uint32_t i = 0; i < n; i++) {
		int32_t d = recent(t, i, n);

		if (d == TRACK_GAP) {
			buf_adds(b, open ? "\"/>" : "");
			open = 0;
			continue;
		}
		buf_adds(b, open ? " " : "<polyline points=\"");
		buf_addf(b, "%.0f,%.1f", step * i,
		    SPARK_HEIGHT - 2 - ((double)d - low) * scale);
		open = 1;
	}
	buf_adds(b, open ? "\"/>" : "");
}

static void
add_spark(struct buf *b, const struct track *t)
{
	uint32_t n = t->nrecent < TRACK_DELAYS ? t->nrecent : TRACK_DELAYS;
	int32_t low = 0, high = 0;

	if (!bounds(t, n, &low, &high))
		return;
	buf_addf(b, "<svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
	    "role=\"img\" aria-label=\"the last delays, from ", SPARK_WIDTH,
	    SPARK_HEIGHT, SPARK_WIDTH, SPARK_HEIGHT);
	add_span(b, low * NSEC_PER_USEC);
	buf_adds(b, " to ");
	add_span(b, high * NSEC_PER_USEC);
	buf_adds(b, "\">");
	add_line(b, t, n, low, high);
	buf_adds(b, "</svg>");
}

/* -- The table ------------------------------------------------------------ */

static void
add_state(struct buf *b, const struct view *v, const struct row *r)
{
	const char *state = life_name(r->life.shown);
	int64_t lasted = v->mono - r->life.since;

	buf_addf(b, "<td class=\"l %s\">%s", state, state);
	if (r->life.shown == LIFE_FLAPPING)
		buf_addf(b, " (%s)", life_name(r->life.real));
	if (r->life.shown == LIFE_STOPPED && r->status != HEARTBEAT_NO_STATUS)
		buf_addf(b, " (status %d)", r->status);
	buf_adds(b, "</td><td>");
	add_span(b, lasted < 0 ? 0 : lasted);
	buf_adds(b, "</td>");
}

static void
add_row(struct buf *b, const struct view *v, const struct row *r)
{
	const struct track *t = &r->track;

	buf_adds(b, "<tr><th scope=\"row\">");
	add_html(b, r->name);
	buf_adds(b, "</th>");
	add_state(b, v, r);
	if (view_silent(v, r) < 0) {
		buf_adds(b, "<td>never</td>");
	} else {
		buf_adds(b, "<td>");
		add_span(b, view_silent(v, r));
		buf_adds(b, " ago</td>");
	}
	buf_addf(b, "<td>%" PRIu64 "</td><td>%.2f&nbsp;%%</td><td>%" PRIu64
	    "</td><td>%" PRIu64 "</td><td>", t->received,
	    100 * track_loss(t), t->reordered, t->duplicated);
	if (t->interval > 0)
		add_span(b, t->interval);
	buf_adds(b, "</td><td>");
	if (t->interval > 0)
		add_span(b, t->jitter);
	buf_adds(b, "</td><td>");
	if (t->delays > 0)
		add_span(b, (int64_t)track_delay_mean(t));
	buf_adds(b, "</td><td>");
	add_spark(b, t);
	buf_adds(b, "</td></tr>\n");
}

/* add_title - so that a tab tells how things are. */
static void
add_title(struct buf *b, const struct view *v)
{
	uint32_t bad = v->in[LIFE_DOWN] + v->in[LIFE_FLAPPING];

	buf_adds(b, head);
	if (bad > 0)
		buf_addf(b, "<title>%" PRIu32 " down or flapping &ndash; "
		    "heartbeatd</title>\n", bad);
	else
		buf_adds(b, "<title>nobody is down &ndash; heartbeatd"
		    "</title>\n");
	buf_adds(b, style);
}

static void
add_top(struct buf *b, struct view *v)
{
	static const uint8_t order[] = { LIFE_DOWN, LIFE_FLAPPING, LIFE_LATE,
	    LIFE_NEW, LIFE_STOPPED, LIFE_UP };
	const char *sep = ":";
	char when[EVENT_TIME_MAX];

	add_title(b, v);
	buf_addf(b, "<h1>Heartbeats</h1>\n<p>%" PRIu32 " name%s", v->n,
	    v->n == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof(order); i++) {
		const char *state = life_name(order[i]);

		if (v->in[order[i]] == 0)
			continue;
		buf_addf(b, "%s <span class=\"%s\">%" PRIu32 " %s</span>", sep,
		    state, v->in[order[i]], state);
		sep = ",";
	}
	event_time(v->wall, when);
	buf_addf(b, ".</p>\n<div class=\"wide\" tabindex=\"0\" role=\"region\""
	    " aria-label=\"All names\">\n<table>\n<caption>As of <time "
	    "datetime=\"%s\">%s</time>; this page comes again every " REFRESH
	    " seconds. One-way delays mean something only where clocks agree."
	    "</caption>\n%s", when, when, columns);
}

static int
piece(struct view *v, struct buf *b)
{
	struct row r;

	if (!v->started) {
		v->started = 1;
		view_sort(v, 1);
		add_top(b, v);
		return 1;
	}
	if (view_next(v, &r)) {
		add_row(b, v, &r);
		return 1;
	}
	buf_adds(b, "</tbody>\n</table>\n</div>\n<p>The same for programs: "
	    "<a href=\"status.json\">status.json</a>, "
	    "<a href=\"metrics\">metrics</a>.</p>\n</main>\n</body>\n"
	    "</html>\n");
	return 0;
}

const struct page page_html = { "/", "text/html; charset=utf-8", piece };
