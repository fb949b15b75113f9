/*
 * What every server with a page of metrics has in it (Prometheus' text format):
 * the scoreboard's own.  Called by those servers; only reads.
 */
#include "serve/metrics.h"

#include "base/clock.h"

double
scoreboard_uptime(const struct scoreboard *s)
{
	double up = (double)(clock_wall() - atomic_load(&s->started)) /
	    NSEC_PER_SEC;

	return up < 0.001 ? 0.001 : up;
}

void
metric(struct buf *b, const char *name, const char *type, const char *help,
    double value)
{
	metric_head(b, name, type, help);
	buf_addf(b, "brood_%s %.17g\n", name, value);
}

void
metric_head(struct buf *b, const char *name, const char *type,
    const char *help)
{
	buf_addf(b, "# HELP brood_%s %s\n# TYPE brood_%s %s\n", name, help,
	    name, type);
}

void
metrics_common(struct buf *b, const struct scoreboard *s,
    const struct score_totals *t)
{
	metric(b, "http_requests_total", "counter", "Requests answered.",
	    (double)t->requests);
	metric(b, "connections_total", "counter", "Connections accepted.",
	    (double)t->connections);
	metric(b, "connections_active", "gauge", "Connections held now.",
	    t->active);
	metric(b, "connection_places", "gauge",
	    "Connections that may be held at once.", s->places);
	metric(b, "connections_refused_total", "counter",
	    "Connections turned away.", (double)t->refused);
	metric(b, "timeouts_total", "counter",
	    "Connections ended by a deadline.", (double)t->timeouts);
	metric(b, "received_bytes_total", "counter", "Bytes read of clients.",
	    (double)t->bytes_in);
	metric(b, "sent_bytes_total", "counter", "Bytes written to clients.",
	    (double)t->bytes_out);
	metric(b, "children_forked_total", "counter", "Processes started.",
	    (double)atomic_load(&s->forked));
	metric(b, "children_crashed_total", "counter",
	    "Processes ended by a signal.", (double)atomic_load(&s->crashed));
	metric(b, "generation", "gauge", "Reloads since the start.",
	    atomic_load(&s->generation));
	metric(b, "start_time_seconds", "gauge", "When the server started.",
	    (double)atomic_load(&s->started) / NSEC_PER_SEC);
}
