/*
 * The status in the text format that Prometheus reads: a family at a time, each
 * with a sample for every name, since the samples of a family must stand
 * together.
 */
#include "page.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

static uint64_t
load(const _Atomic uint64_t *field)
{
	return atomic_load_explicit(field, memory_order_relaxed);
}

static void
describe(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_addf(b, "# HELP heartbeat_%s %s\n# TYPE heartbeat_%s %s\n", name,
	    help, name, type);
}

/* -- Of the server -------------------------------------------------------- */

static void
server(struct buf *b, const char *name, const char *help, uint64_t value)
{
	describe(b, name, "counter", help);
	buf_addf(b, "heartbeat_%s %" PRIu64 "\n", name, value);
}

static void
add_server(struct buf *b, const struct view *v)
{
	const struct counts *c = &v->h->table->counts;

	server(b, "datagrams_total", "Datagrams received.",
	    load(&c->datagrams));
	server(b, "malformed_total", "Datagrams that were no heartbeats.",
	    load(&c->malformed));
	server(b, "refused_total", "Heartbeats of names not expected.",
	    load(&c->refused));
	server(b, "no_room_total", "Heartbeats of names beyond the limit.",
	    load(&c->full));
	server(b, "events_total", "Changes of state.", load(&c->events));
	server(b, "events_untold_total", "Events that nobody took.",
	    load(&c->untold));
	server(b, "hooks_total", "Commands started.", load(&c->hooks));
	server(b, "hooks_failed_total", "Commands that failed.",
	    load(&c->hooks_failed));
	server(b, "hooks_late_total", "Commands ended for their deadline.",
	    load(&c->hooks_late));
	server(b, "hooks_dropped_total", "Events that found the queue full.",
	    load(&c->hooks_dropped));
	server(b, "slept_total", "Times that the monitor itself was away.",
	    load(&c->slept));
	server(b, "clock_steps_total", "Times that the clock was set.",
	    load(&c->clock_steps));
	server(b, "forgotten_total", "Names that were forgotten.",
	    load(&c->forgotten));
	server(b, "state_saves_total", "State files written.",
	    load(&c->saves));
	server(b, "state_saves_failed_total", "State files not written.",
	    load(&c->saves_failed));
	describe(b, "names", "gauge", "Names, by state.");
	for (unsigned int i = 0; i < LIFE_STATES; i++)
		buf_addf(b, "heartbeat_names{state=\"%s\"} %" PRIu32 "\n",
		    life_name(i), v->in[i]);
	describe(b, "start_time_seconds", "gauge", "When the server started.");
	buf_addf(b, "heartbeat_start_time_seconds %.3f\n",
	    (double)v->h->table->started / NSEC_PER_SEC);
}

/* -- Of each name --------------------------------------------------------- */

enum family { ALIVE, STATE, SEEN, RECEIVED, LOST, REORDERED, DUPLICATED,
	RESTARTS, INTERVAL, JITTER, DELAY, DELAY_MIN, FAMILIES };

static const struct {
	const char	*name, *type, *help;
} families[FAMILIES] = {
	[ALIVE] = { "up", "gauge", "1 where the name is up or late." },
	[STATE] = { "state", "gauge", "The state it is in." },
	[SEEN] = { "last_seen_timestamp_seconds", "gauge",
	    "When the last beat came." },
	[RECEIVED] = { "received_total", "counter", "Beats received." },
	[LOST] = { "lost", "gauge", "Beats that are missing." },
	[REORDERED] = { "reordered_total", "counter",
	    "Beats that others have overtaken." },
	[DUPLICATED] = { "duplicated_total", "counter",
	    "Beats that came twice." },
	[RESTARTS] = { "restarts_total", "counter",
	    "Times that the sender has started anew." },
	[INTERVAL] = { "interval_seconds", "gauge", "Between beats." },
	[JITTER] = { "jitter_seconds", "gauge", "As RFC 3550 has it." },
	[DELAY] = { "delay_seconds", "gauge",
	    "One way, last; meaningful only where clocks agree." },
	[DELAY_MIN] = { "delay_min_seconds", "gauge", "One way, least." },
};

/* add_label - the name, escaped as the format has it. */
static void
add_label(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\\' || *s == '"')
			buf_addc(b, '\\');
		buf_addc(b, *s);
	}
}

static double
value(const struct row *r, enum family f)
{
	const struct track *t = &r->track;

	switch (f) {
	case ALIVE:
		return r->life.real == LIFE_UP || r->life.real == LIFE_LATE;
	case SEEN:
		return (double)r->heard_wall / NSEC_PER_SEC;
	case RECEIVED:
		return (double)t->received;
	case LOST:
		return (double)t->lost;
	case REORDERED:
		return (double)t->reordered;
	case DUPLICATED:
		return (double)t->duplicated;
	case RESTARTS:
		return (double)t->restarts;
	case INTERVAL:
		return (double)t->interval / NSEC_PER_SEC;
	case JITTER:
		return (double)t->jitter / NSEC_PER_SEC;
	case DELAY:
		return (double)t->delay / NSEC_PER_SEC;
	case DELAY_MIN:
		return (double)t->delay_min / NSEC_PER_SEC;
	default:
		return 1;
	}
}

/* known - what was never measured has no sample. */
static int
known(const struct row *r, enum family f)
{
	switch (f) {
	case SEEN:
		return r->heard_wall != 0;
	case INTERVAL:
	case JITTER:
		return r->track.interval > 0;
	case DELAY:
	case DELAY_MIN:
		return r->track.delays > 0;
	default:
		return 1;
	}
}

static void
add_sample(struct buf *b, const struct row *r, enum family f)
{
	if (!known(r, f))
		return;
	buf_addf(b, "heartbeat_%s{name=\"", families[f].name);
	add_label(b, r->name);
	if (f == STATE)
		buf_addf(b, "\",state=\"%s", life_name(r->life.shown));
	buf_addf(b, "\"} %.15g\n", value(r, f));
}

static int
piece(struct view *v, struct buf *b)
{
	struct row r;

	if (!v->started) {
		v->started = 1;
		view_sort(v, 0);
		add_server(b, v);
	} else if (view_next(v, &r)) {
		add_sample(b, &r, (enum family)v->stage);
		return 1;
	} else if (++v->stage == FAMILIES) {
		return 0;
	}
	v->next = 0;
	describe(b, families[v->stage].name, families[v->stage].type,
	    families[v->stage].help);
	return 1;
}

const struct page page_metrics = { "/metrics",
    "text/plain; version=0.0.4; charset=utf-8", piece };
