/*
 * The status pages, made of the scoreboard and of the proxy's own counters.
 * status_wanted() tells them from what is proxied; nothing here is cached or
 * asks an origin.
 */
#include "status.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include "base/buf.h"
#include "health.h"
#include "http/page.h"
#include "http/status.h"
#include "serve/metrics.h"
#include "store_impl.h"

#define ROWS		64	/* children share one where there are more */
#define CODES		500	/* of 100 to 599 */

/* Tags in the log, those from the store first. */
enum { MEM_HIT, HIT, UNMODIFIED, FAIL, STORED, MISS = STORED, MODIFIED,
    TUNNEL, DENIED, NONE, TAGS };
static const char *const tags[TAGS] = { "TCP_MEM_HIT", "TCP_HIT",
    "TCP_REFRESH_UNMODIFIED", "TCP_REFRESH_FAIL", "TCP_MISS",
    "TCP_REFRESH_MODIFIED", "TCP_TUNNEL", "TCP_DENIED", "NONE" };

struct row {
	_Alignas(64) _Atomic uint64_t tag[TAGS], bytes[TAGS];
	_Atomic uint64_t code[CODES];
};

struct counters {
	struct row	row[ROWS];
};

/* Totals that the pages are made of. */
struct facts {
	const struct proxyd *p;
	const struct scoreboard *board;
	struct score_totals t;
	uint64_t tag[TAGS], bytes[TAGS], code[CODES];
	uint64_t hits, asked;		/* asked of the cache */
	uint64_t saved, sent;		/* their bytes */
	double	 uptime;		/* seconds, never 0 */
};

struct counters *
counters_open(void)
{
	return serve_shared("proxyd counters", sizeof(struct counters));
}

static void
add(_Atomic uint64_t *field, uint64_t n)
{
	atomic_fetch_add_explicit(field, n, memory_order_relaxed);
}

void
counters_add(struct counters *all, const struct exchange *x)
{
	int child = serve_child(), i = 0;
	struct row *r = &all->row[child < 0 ? 0 : child % ROWS];

	if (x->tag == NULL)
		i = MISS;
	else
		while (i < NONE && strcmp(tags[i], x->tag) != 0)
			i++;
	add(&r->tag[i], 1);
	add(&r->bytes[i], x->c->bytes_out + x->c->out_len - x->out_before);
	if (x->status >= 100 && x->status < 100 + CODES)
		add(&r->code[x->status - 100], 1);
}

static uint64_t
load(const _Atomic uint64_t *field)
{
	return atomic_load_explicit(field, memory_order_relaxed);
}

static void
gather(const struct proxyd *p, struct facts *f)
{
	int i, k;

	memset(f, 0, sizeof(*f));
	f->p = p;
	f->board = scoreboard();
	scoreboard_totals(f->board, &f->t);
	for (i = 0; i < ROWS; i++) {
		const struct row *r = &p->counters->row[i];

		for (k = 0; k < TAGS; k++) {
			f->tag[k] += load(&r->tag[k]);
			f->bytes[k] += load(&r->bytes[k]);
		}
		for (k = 0; k < CODES; k++)
			f->code[k] += load(&r->code[k]);
	}
	for (k = 0; k <= MODIFIED; k++) {
		f->asked += f->tag[k];
		f->sent += f->bytes[k];
		f->hits += k < STORED ? f->tag[k] : 0;
		f->saved += k < STORED ? f->bytes[k] : 0;
	}
	f->uptime = scoreboard_uptime(f->board);
}

static double
ratio(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : (double)part / (double)whole;
}

static uint64_t
store_bytes(const struct proxyd *p)
{
	return p->store == NULL ? 0 : index_bytes(p->store->index);
}

static uint64_t
store_limit(const struct proxyd *p)
{
	return p->store == NULL ? 0 : (uint64_t)p->cache_size;
}

static void
metrics_labelled(const struct facts *f, struct buf *b)
{
	size_t i;

	metric_head(b, "http_responses_total", "counter",
	    "Answers, by status.");
	for (i = 0; i < CODES; i++)
		if (f->code[i] > 0)
			buf_addf(b, "brood_http_responses_total{code=\"%zu\"} "
			    "%" PRIu64 "\n", 100 + i, f->code[i]);
	metric_head(b, "proxy_requests_total", "counter",
	    "Requests, by the tag in the log.");
	for (i = 0; i < TAGS; i++)
		buf_addf(b, "brood_proxy_requests_total{tag=\"%s\"} %" PRIu64
		    "\n", tags[i], f->tag[i]);
	if (f->p->norigins > 0)
		metric_head(b, "proxy_origin_up", "gauge",
		    "Whether an origin is well.");
	for (i = 0; i < f->p->norigins; i++)
		buf_addf(b, "brood_proxy_origin_up{origin=\"%s\"} %d\n",
		    f->p->origin.v[i], health_up(f->p->health, i));
}

static void
page_metrics(const struct facts *f, struct buf *b)
{
	metrics_common(b, f->board, &f->t);
	metrics_labelled(f, b);
	metric(b, "proxy_hit_ratio", "gauge", "Of what was asked of the "
	    "cache, the part that it had.", ratio(f->hits, f->asked));
	metric(b, "proxy_saved_bytes_total", "counter",
	    "Bytes to clients that came from the store.", (double)f->saved);
	metric(b, "proxy_store_bytes", "gauge", "Bytes in the store.",
	    (double)store_bytes(f->p));
	metric(b, "proxy_store_limit_bytes", "gauge",
	    "Bytes that the store may have.", (double)store_limit(f->p));
}

/* page_json - the scoreboard's object, and the proxy's own in it. */
static void
page_json(const struct facts *f, struct buf *b)
{
	const char *comma = "";
	size_t i;

	scoreboard_json(f->board, b);
	while (!b->failed && b->len > 0 && b->data[b->len - 1] != '}')
		b->len--;
	b->len -= b->len > 0;
	buf_addf(b, ",\"proxy\":{\"hit_ratio\":%.4f,\"saved_bytes\":%" PRIu64
	    ",\"saved_ratio\":%.4f,\"store_bytes\":%" PRIu64
	    ",\"store_limit\":%" PRIu64 ",\"tags\":{", ratio(f->hits,
	    f->asked), f->saved, ratio(f->saved, f->sent), store_bytes(f->p),
	    store_limit(f->p));
	for (i = 0; i < TAGS; i++)
		buf_addf(b, "%s\"%s\":%" PRIu64, i > 0 ? "," : "", tags[i],
		    f->tag[i]);
	buf_adds(b, "},\"status\":{");
	for (i = 0; i < CODES; i++)
		if (f->code[i] > 0) {
			buf_addf(b, "%s\"%zu\":%" PRIu64, comma, 100 + i,
			    f->code[i]);
			comma = ",";
		}
	buf_adds(b, "},\"origins\":[");
	for (i = 0; i < f->p->norigins; i++) {
		buf_adds(b, i > 0 ? ",{\"url\":" : "{\"url\":");
		buf_json(b, f->p->origin.v[i], strlen(f->p->origin.v[i]));
		buf_addf(b, ",\"up\":%s}", health_up(f->p->health, i) ?
		    "true" : "false");
	}
	buf_adds(b, "]}}\n");
}

static void
html_head(const struct facts *f, struct buf *b)
{
	page_begin(b, "Proxy status", "th{text-align:left}\n");
	buf_adds(b, "<p>");
	page_text(b, f->board->name);
	buf_adds(b, " on ");
	page_text(b, f->board->listen);
	buf_addf(b, ", model %s, parent process %d, up %.0f s, %" PRIu32
	    " children, generation %" PRIu32 ".</p>\n", f->board->model,
	    f->board->parent, f->uptime, f->t.children,
	    atomic_load(&f->board->generation));
}

static void
page_html(const struct facts *f, struct buf *b)
{
	size_t i;

	html_head(f, b);
	buf_addf(b, "<table>\n<tr><th>Requests<td>%" PRIu64 "<td>%.1f a second"
	    "\n<tr><th>From the store<td>%.1f %%<td>%" PRIu64 " of %" PRIu64
	    "\n<tr><th>Bytes saved<td>%" PRIu64 "<td>%.1f %% of what was sent"
	    "\n<tr><th>Store<td>%" PRIu64 "<td>of %" PRIu64 " bytes"
	    "\n<tr><th>Connections<td>%" PRIu64 "<td>%" PRIu32 " now\n",
	    f->t.requests, (double)f->t.requests / f->uptime,
	    100 * ratio(f->hits, f->asked), f->hits, f->asked, f->saved,
	    100 * ratio(f->saved, f->sent), store_bytes(f->p),
	    store_limit(f->p), f->t.connections, f->t.active);
	for (i = 0; i < f->p->norigins; i++) {
		buf_adds(b, "<tr><th>");
		page_text(b, f->p->origin.v[i]);
		buf_addf(b, "<td>%s<td>\n", health_up(f->p->health, i) ?
		    "well" : "down");
	}
	buf_adds(b, "</table>\n<h2>Requests</h2>\n<table>\n"
	    "<tr><th>Tag<th>Requests<th>Bytes\n");
	for (i = 0; i < TAGS; i++)
		buf_addf(b, "<tr><td>%s<td>%" PRIu64 "<td>%" PRIu64 "\n",
		    tags[i], f->tag[i], f->bytes[i]);
	buf_adds(b, "</table>\n<h2>Answers</h2>\n<table>\n");
	for (i = 0; i < CODES; i++)
		if (f->code[i] > 0)
			buf_addf(b, "<tr><th>%zu %s<td>%" PRIu64 "\n", 100 + i,
			    http_phrase((int)i + 100), f->code[i]);
	buf_adds(b, "</table>\n");
	page_end(b);
}

static bool
path_is(const struct exchange *x, const char *path)
{
	return http_eq(http_view(&x->req, x->req.path), http_cstr(path));
}

bool
status_wanted(const struct exchange *x)
{
	return x->p->server_status && x->req.form == HTTP_TARGET_ORIGIN &&
	    (path_is(x, "/server-status") || path_is(x, "/metrics"));
}

/* page - which one, and of what type. */
static const char *
page(const struct exchange *x, const struct facts *f, struct buf *b)
{
	struct http_str query = http_view(&x->req, x->req.query);

	if (path_is(x, "/metrics")) {
		page_metrics(f, b);
		return "text/plain; version=0.0.4; charset=utf-8";
	}
	if (x->req.has_query && http_eq(query, HTTP_STR("json"))) {
		page_json(f, b);
		return "application/json";
	}
	page_html(f, b);
	return "text/html; charset=utf-8";
}

void
status_answer(struct exchange *x)
{
	struct facts f;
	struct buf b = { 0 };
	const char *type;

	x->tag = "NONE";
	x->keep = x->keep && x->req.body == HTTP_BODY_NONE;
	if (!access_status(x)) {
		x->tag = "TCP_DENIED";
		reply_error(x, 403, "--status-allow: this client may not look");
		return;
	}
	if (x->req.method != HTTP_M_GET && x->req.method != HTTP_M_HEAD) {
		reply_error(x, 405, "the status is only read");
		return;
	}
	gather(x->p, &f);
	type = page(x, &f, &b);
	buf_addc(&b, '\0');
	if (b.failed)
		reply_error(x, 503, "there is no memory");
	else
		reply_text(x, 200, "Cache-Control: no-cache\r\n", type,
		    b.data);
	buf_free(&b);
}
