/*
 * The status for programs: one JSON object, with an array of all names in the
 * order of their names, one on a line.
 */
#include "page.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

#define SECONDS(ns)	((double)(ns) / NSEC_PER_SEC)

static uint64_t
load(const _Atomic uint64_t *field)
{
	return atomic_load_explicit(field, memory_order_relaxed);
}

static void
add_head(struct buf *b, const struct view *v)
{
	const struct table *t = v->h->table;
	const struct counts *c = &t->counts;
	char now[EVENT_TIME_MAX], then[EVENT_TIME_MAX];

	buf_addf(b, "{\"time\":\"%s\",\"started\":\"%s\",\"names\":%" PRIu32
	    ",\n\"states\":{", event_time(v->wall, now),
	    event_time(t->started, then), v->n);
	for (unsigned int i = 0; i < LIFE_STATES; i++)
		buf_addf(b, "%s\"%s\":%" PRIu32, i > 0 ? "," : "",
		    life_name(i), v->in[i]);
	buf_addf(b, "},\n\"datagrams\":%" PRIu64 ",\"malformed\":%" PRIu64
	    ",\"refused\":%" PRIu64 ",\"no_room\":%" PRIu64 ",\"events\":%"
	    PRIu64 ",\"events_untold\":%" PRIu64 ",\"slept\":%" PRIu64
	    ",\"clock_steps\":%" PRIu64 ",\n\"hooks\":%" PRIu64
	    ",\"hooks_failed\":%" PRIu64 ",\"hooks_late\":%" PRIu64
	    ",\"hooks_dropped\":%" PRIu64 ",\n\"beats\":[",
	    load(&c->datagrams), load(&c->malformed), load(&c->refused),
	    load(&c->full), load(&c->events), load(&c->untold),
	    load(&c->slept), load(&c->clock_steps), load(&c->hooks),
	    load(&c->hooks_failed), load(&c->hooks_late),
	    load(&c->hooks_dropped));
}

/* add_seconds - "key":1.5, or null where it is not known. */
static void
add_seconds(struct buf *b, const char *key, int64_t ns, int known)
{
	if (known)
		buf_addf(b, ",\"%s\":%.6f", key, SECONDS(ns));
	else
		buf_addf(b, ",\"%s\":null", key);
}

static void
add_who(struct buf *b, const struct view *v, const struct row *r)
{
	char time[EVENT_TIME_MAX], peer[IPADDR_TEXT_MAX];
	int64_t silent = view_silent(v, r);

	buf_adds(b, "{\"name\":");
	buf_json(b, r->name, strlen(r->name));
	buf_addf(b, ",\"state\":\"%s\",\"real\":\"%s\",\"since\":\"%s\"",
	    life_name(r->life.shown), life_name(r->life.real),
	    event_time(r->since_wall, time));
	if (r->heard_wall == 0)
		buf_adds(b, ",\"last_seen\":null");
	else
		buf_addf(b, ",\"last_seen\":\"%s\"",
		    event_time(r->heard_wall, time));
	add_seconds(b, "silent_s", silent, silent >= 0);
	add_seconds(b, "period_s", r->life.period, 1);
	add_seconds(b, "grace_s", r->life.grace, 1);
	if (r->peer.family == 0)
		buf_adds(b, ",\"address\":null");
	else
		buf_addf(b, ",\"address\":\"%s\"",
		    ipaddr_text(&r->peer, peer, sizeof(peer)));
	if (r->status == HEARTBEAT_NO_STATUS)
		buf_adds(b, ",\"status\":null");
	else
		buf_addf(b, ",\"status\":%d", r->status);
}

static void
add_numbers(struct buf *b, const struct track *t)
{
	int delays = t->delays > 0;

	buf_addf(b, ",\"seq\":%" PRIu64 ",\"received\":%" PRIu64 ",\"lost\":%"
	    PRIu64 ",\"loss\":%.6f,\"reordered\":%" PRIu64
	    ",\"duplicated\":%" PRIu64 ",\"restarts\":%" PRIu64, t->top,
	    t->received, t->lost, track_loss(t), t->reordered, t->duplicated,
	    t->restarts);
	add_seconds(b, "interval_s", t->interval, t->interval > 0);
	add_seconds(b, "jitter_s", t->jitter, t->interval > 0);
	add_seconds(b, "delay_s", t->delay, delays);
	add_seconds(b, "delay_min_s", t->delay_min, delays);
	add_seconds(b, "delay_avg_s", (int64_t)track_delay_mean(t), delays);
	add_seconds(b, "delay_max_s", t->delay_max, delays);
	buf_addc(b, '}');
}

static int
piece(struct view *v, struct buf *b)
{
	struct row r;

	if (!v->started) {
		v->started = 1;
		view_sort(v, 0);
		add_head(b, v);
		return 1;
	}
	if (!view_next(v, &r)) {
		buf_adds(b, "\n]}\n");
		return 0;
	}
	buf_adds(b, v->stage == 0 ? "\n" : ",\n");
	v->stage = 1;
	add_who(b, v, &r);
	add_numbers(b, &r.track);
	return 1;
}

const struct page page_json = { "/status.json", "application/json", piece };
