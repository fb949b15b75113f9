/*
 * The status pages, made of the scoreboard and of httpd's own counters.  Called
 * by the router; reads what other processes write and never writes itself.
 */
#include "status.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "http/page.h"
#include "http/uri.h"
#include "serve/metrics.h"

static const char page_path[] = "/server-status";
static const char metrics_path[] = "/metrics";

/* Totals that the pages are made of. */
struct facts {
	const struct scoreboard *board;
	struct score_totals t;
	uint64_t by_class[6], hits, misses, dropped;
	double	 uptime;		/* seconds, never 0 */
};

static uint64_t
load(const _Atomic uint64_t *field)
{
	return atomic_load_explicit(field, memory_order_relaxed);
}

/* own_state - what this process is said to be doing */
static int
own_state(const struct scoreboard *board)
{
	int n = serve_child();

	return n < 0 || (uint32_t)n >= board->nslots ? CHILD_NONE :
	    atomic_load(&board->slot[n].state);
}

static void
gather(const struct httpd *h, struct facts *f)
{
	memset(f, 0, sizeof(*f));
	f->board = scoreboard();
	scoreboard_totals(f->board, &f->t);
	for (int i = 0; h->counters != NULL && i < COUNTER_ROWS; i++) {
		const struct counter *row = &h->counters->row[i];

		for (int k = 0; k < 6; k++)
			f->by_class[k] += load(&row->by_class[k]);
		f->hits += load(&row->cache_hits);
		f->misses += load(&row->cache_misses);
		f->dropped += load(&row->log_dropped);
	}
	/* A child that holds many connections counts as idle between events,
	 * but the one that makes this page is at work. */
	if (own_state(f->board) == CHILD_IDLE && f->t.idle > 0) {
		f->t.idle--;
		f->t.busy++;
	}
	f->uptime = scoreboard_uptime(f->board);
}

/* letter - of Apache's scoreboard. */
static char
letter(int state)
{
	switch (state) {
	case CHILD_STARTING:
		return 'S';
	case CHILD_IDLE:
		return '_';
	case CHILD_BUSY:
		return 'W';
	case CHILD_DRAINING:
		return 'G';
	default:
		return '.';
	}
}

/* page_auto - the lines that tools for Apache's mod_status read. */
static void
page_auto(const struct facts *f, struct buf *b)
{
	double bytes = (double)f->t.bytes_out;

	buf_addf(b, "ServerVersion: brood\nServerMPM: %s\n"
	    "ServerUptimeSeconds: %.0f\nTotal Accesses: %" PRIu64
	    "\nTotal kBytes: %" PRIu64 "\nUptime: %.0f\nReqPerSec: %.6g\n"
	    "BytesPerSec: %.6g\nBytesPerReq: %.6g\n", f->board->model,
	    f->uptime, f->t.requests, f->t.bytes_out / 1024, f->uptime,
	    (double)f->t.requests / f->uptime, bytes / f->uptime,
	    f->t.requests == 0 ? 0.0 : bytes / (double)f->t.requests);
	buf_addf(b, "BusyWorkers: %" PRIu32 "\nIdleWorkers: %" PRIu32
	    "\nConnsTotal: %" PRIu32 "\nScoreboard: ",
	    f->t.busy + f->t.draining, f->t.idle, f->t.active);
	for (uint32_t i = 0; i < f->board->nslots; i++)
		buf_addc(b, (int)i == serve_child() ? 'W' :
		    letter(atomic_load(&f->board->slot[i].state)));
	buf_addc(b, '\n');
}

static void
metrics_labelled(const struct facts *f, struct buf *b)
{
	metric_head(b, "http_responses_total", "counter",
	    "Answers, by class.");
	for (int i = 2; i < 6; i++)
		buf_addf(b, "brood_http_responses_total{class=\"%dxx\"} %"
		    PRIu64 "\n", i, f->by_class[i]);
	metric_head(b, "children", "gauge", "Processes that serve, by state.");
	buf_addf(b, "brood_children{state=\"idle\"} %" PRIu32 "\n"
	    "brood_children{state=\"busy\"} %" PRIu32 "\n"
	    "brood_children{state=\"draining\"} %" PRIu32 "\n",
	    f->t.idle, f->t.busy, f->t.draining);
}

static void
page_metrics(const struct facts *f, struct buf *b)
{
	metrics_common(b, f->board, &f->t);
	metrics_labelled(f, b);
	metric(b, "cache_hits_total", "counter",
	    "Files answered from memory or an open descriptor.",
	    (double)f->hits);
	metric(b, "cache_misses_total", "counter", "Files looked up anew.",
	    (double)f->misses);
	metric(b, "access_log_dropped_total", "counter",
	    "Lines that the access log had no room for.", (double)f->dropped);
}

static void
html_row(struct buf *b, const struct score *s, uint32_t slot)
{
	static const char *const states[] = { "none", "starting", "idle",
	    "busy", "draining" };
	int state = atomic_load(&s->state);
	char doing[SCORE_DOING];

	if (state <= CHILD_NONE || state > CHILD_DRAINING)
		return;
	memcpy(doing, s->doing, sizeof(doing));	/* its child may be writing */
	doing[sizeof(doing) - 1] = '\0';
	buf_addf(b, "<tr><td>%" PRIu32 "<td>%d<td>%s<td>%" PRIu32 "<td>%"
	    PRIu32 "<td>%" PRIu64 "<td>%" PRIu64 "<td>%" PRIu64
	    "<td class=\"text\">", slot, atomic_load(&s->pid), states[state],
	    atomic_load(&s->generation), atomic_load(&s->active),
	    load(&s->connections), load(&s->requests), load(&s->bytes_out));
	page_text(b, doing);
	buf_addc(b, '\n');
}

static void
html_head(const struct facts *f, struct buf *b)
{
	page_begin(b, "Server status", ".wide{overflow-x:auto}\n"
	    "th,td{white-space:nowrap}\n"
	    "th:first-child,.text{text-align:left}\n");
	buf_adds(b, "<p>");
	page_text(b, f->board->name);
	buf_adds(b, " on ");
	page_text(b, f->board->listen);
	buf_addf(b, ", model %s, parent process %d, up %.0f s, generation %"
	    PRIu32 ".</p>\n", f->board->model, f->board->parent, f->uptime,
	    atomic_load(&f->board->generation));
}

static void
page_html(const struct facts *f, struct buf *b)
{
	const struct score_totals *t = &f->t;

	html_head(f, b);
	buf_addf(b, "<table>\n<tr><th>Requests<td>%" PRIu64 "<td>%.1f a second"
	    "\n<tr><th>Bytes sent<td>%" PRIu64 "<td>%.0f a second\n"
	    "<tr><th>Connections<td>%" PRIu64 "<td>%" PRIu32 " of %" PRIu32
	    " places taken\n<tr><th>Refused<td>%" PRIu64 "<td>\n"
	    "<tr><th>Timed out<td>%" PRIu64 "<td>\n", t->requests,
	    (double)t->requests / f->uptime, t->bytes_out,
	    (double)t->bytes_out / f->uptime, t->connections, t->active,
	    f->board->places, t->refused, t->timeouts);
	for (int i = 2; i < 6; i++)
		buf_addf(b, "<tr><th>%dxx<td>%" PRIu64 "<td>\n", i,
		    f->by_class[i]);
	buf_addf(b, "<tr><th>Cache<td>%" PRIu64 "<td>%" PRIu64 " missed\n"
	    "<tr><th>Log lines lost<td>%" PRIu64 "<td>\n</table>\n"
	    "<h2>Children</h2>\n<div class=\"wide\"><table>\n"
	    "<tr><th>Slot<th>PID<th>State<th>Generation<th>Connections"
	    "<th>Accepted<th>Requests<th>Bytes<th class=\"text\">Doing\n",
	    f->hits, f->misses, f->dropped);
	for (uint32_t i = 0; i < f->board->nslots; i++)
		html_row(b, &f->board->slot[i], i);
	buf_adds(b, "</table></div>\n");
	page_end(b);
}

/* asks - whether the query has this name in it. */
static bool
asks(const struct request *r, struct http_str what)
{
	struct http_str rest = http_view(&r->msg, r->msg.query), name, value;

	while (r->msg.has_query && http_query_next(&rest, &name, &value))
		if (http_eq(name, what))
			return true;
	return false;
}

/* page_json - the scoreboard, and where bridges lead from. */
static void
page_json(const struct request *r, const struct facts *f, struct buf *b)
{
	const struct bridges *list = &r->h->bridges;

	scoreboard_json(f->board, b);
	if (b->failed)
		return;
	b->len -= strlen("}\n");
	buf_adds(b, ",\"bridges\":[");
	for (size_t i = 0; i < list->n; i++) {
		if (i > 0)
			buf_addc(b, ',');
		buf_json(b, list->v[i].path, strlen(list->v[i].path));
	}
	buf_adds(b, "]}\n");
}

bool
status_wanted(const struct request *r)
{
	return r->h->server_status && (strcmp(r->path, page_path) == 0 ||
	    strcmp(r->path, metrics_path) == 0);
}

/* may_watch - whether this client is shown the pages. */
static bool
may_watch(const struct request *r)
{
	if (r->client.family == AF_UNIX)
		return r->h->watch_unix;
	return network_has(&r->h->watchers, &r->client);
}

void
status_answer(struct request *r)
{
	const char *type = "text/html; charset=utf-8";
	struct buf b = { 0 };
	struct facts f;

	if (!may_watch(r)) {
		reply_error(r, 403, NULL);
		return;
	}
	gather(r->h, &f);
	if (strcmp(r->path, metrics_path) == 0) {
		type = "text/plain; version=0.0.4; charset=utf-8";
		page_metrics(&f, &b);
	} else if (asks(r, HTTP_STR("json"))) {
		type = "application/json";
		page_json(r, &f, &b);
	} else if (asks(r, HTTP_STR("auto"))) {
		type = "text/plain; charset=utf-8";
		page_auto(&f, &b);
	} else {
		page_html(&f, &b);
	}
	if (b.failed)
		reply_error(r, 503, NULL);
	else
		reply_page(r, type, NULL, b.data, b.len);
	buf_free(&b);
}
