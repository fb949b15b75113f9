/*
 * Metrics of a server that speaks HTTP, in Prometheus' text format; all names
 * begin with brood_.
 */
#ifndef SERVE_METRICS_H
#define SERVE_METRICS_H

#include "base/buf.h"
#include "serve/scoreboard.h"

/* scoreboard_uptime - seconds since the start, never 0. */
double	scoreboard_uptime(const struct scoreboard *);
/* metric - one number with its description; metric_head - that alone, before
 * lines with labels.  type: "counter" or "gauge". */
void	metric(struct buf *, const char *name, const char *type,
	    const char *help, double value);
void	metric_head(struct buf *, const char *name, const char *type,
	    const char *help);
/* metrics_common - of requests, connections, bytes and processes. */
void	metrics_common(struct buf *, const struct scoreboard *,
	    const struct score_totals *);

#endif
