/*
 * Beats come in, time passes, events go out.  Runs in the process that has the
 * datagrams, and must never wait: neither for a disk, nor for a command, nor
 * for whoever reads the events.
 */
#include "heartbeatd.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "wire/heartbeat.h"

/* More than this beyond the time that was meant: we were stopped or starved,
 * and have not heard what we would have heard. */
#define ASLEEP_NS	(300 * NSEC_PER_MSEC)
/* The wall clock was set, not slewed. */
#define STEP_NS		(100 * NSEC_PER_MSEC)
#define TICK_NS		NSEC_PER_SEC
#define HOOK_TICK_NS	(50 * NSEC_PER_MSEC)
#define COALESCE_NS	(5 * NSEC_PER_MSEC)
#define TURN		256	/* rows looked at before datagrams again */
#define LAG_MAX		NSEC_PER_SEC	/* of the kernel's stamp behind us */

/* -- The log -------------------------------------------------------------- */

int
quiet_ask(struct quiet *q, uint64_t *kept)
{
	int64_t now = clock_coarse();

	if (now < q->next) {
		q->kept++;
		return 0;
	}
	*kept = q->kept;
	q->kept = 0;
	q->next = now + NSEC_PER_SEC;
	return 1;
}

/* complain - of a datagram, with the sender's address and what it says. */
static void
complain(struct quiet *q, const struct dgram *d, const char *what)
{
	char peer[IPADDR_TEXT_MAX];
	uint64_t kept;

	if (!quiet_ask(q, &kept))
		return;
	log_info("%s: %s: '%.*s'%s", ipaddr_text(&d->peer, peer, sizeof(peer)),
	    what, d->len > 100 ? 100 : (int)d->len, d->data,
	    kept > 0 ? " (and others)" : "");
}

/* -- Events --------------------------------------------------------------- */

static void
tell(struct heartbeatd *h, struct row *r, const struct life_change *change,
    int64_t now)
{
	struct table *t = h->table;
	struct event e;
	uint64_t kept;

	memset(&e, 0, sizeof(e));
	memcpy(e.name, r->name, sizeof(e.name));
	e.was = change->was;
	e.is = change->is;
	e.wall = r->since_wall;
	e.lasted = change->lasted;
	e.silent = r->heard_wall == 0 ? -1 : now - r->life.heard;
	e.seq = r->track.top;
	e.lost = r->track.lost;
	e.peer = r->peer;
	e.status = change->is == LIFE_STOPPED ? r->status :
	    HEARTBEAT_NO_STATUS;
	table_count(&t->counts.events);
	if (event_tell(&e, h->log) == -1) {
		table_count(&t->counts.untold);
		if (quiet_ask(&h->untold, &kept))
			log_warnx("nobody takes the events: some are not "
			    "printed or logged");
	}
	if (h->command[0] != NULL)
		hook_add(h, &e);
}

/* due_at - when this row must be looked at: its life, or forgetting it. */
static int64_t
due_at(const struct heartbeatd *h, const struct row *r)
{
	int64_t at = life_due(&r->life, &h->life, h->table->clocks.awake);

	if (at == CLOCK_NEVER && !r->named && h->forget_ms > 0)
		at = r->life.since + h->forget_ms * NSEC_PER_MSEC;
	return at;
}

/* -- Datagrams ------------------------------------------------------------ */

/* admit - a row for a name that has none; NULL where it gets none. */
static struct row *
admit(struct heartbeatd *h, const struct heartbeat *b, const struct dgram *d,
    int64_t now)
{
	const struct expect *x = expects_pattern(&h->expects, b->name);
	struct table *t = h->table;
	struct row *r;

	if (x == NULL && h->unknown == UNKNOWN_REFUSE) {
		table_count(&t->counts.refused);
		complain(&h->refused, d, "this name is not expected");
		return NULL;
	}
	r = table_add(t, b->name, x != NULL ? x->period : h->expects.period,
	    x != NULL ? x->grace : h->expects.grace, now);
	if (r == NULL) {
		table_count(&t->counts.full);
		complain(&h->full, d, "no room for more names (--max-names)");
		return NULL;
	}
	r->accepted = 1;
	return r;
}

/* lag_of - how long it has lain in the kernel, by its stamp. */
static int64_t
lag_of(const struct dgram *d, int64_t wall)
{
	int64_t lag = d->stamp > 0 ? wall - d->stamp : 0;

	return lag > 0 && lag < LAG_MAX ? lag : 0;
}

/* hear - what the row learns from it; 1 where its state has changed. */
static int
hear(struct heartbeatd *h, struct row *r, const struct heartbeat *b,
    const struct dgram *d, int64_t now, struct life_change *change)
{
	int64_t wall = clock_wall(), lag = lag_of(d, wall);
	enum track_result result;
	int changed;

	if (r->clock != h->table->clocks.steps)
		track_clock_set(&r->track);
	r->clock = h->table->clocks.steps;
	wall -= lag;
	result = track_add(&r->track, b->seq, b->time, wall, now - lag);
	if (result != TRACK_NEWER && result != TRACK_RESTARTED)
		return 0;	/* it tells what was, not what is */
	r->peer = d->peer;
	r->heard_wall = wall;
	if (b->down) {
		/* one that repeats it need not have the status */
		if (b->status != HEARTBEAT_NO_STATUS ||
		    r->life.real != LIFE_STOPPED)
			r->status = b->status;
		changed = life_stop(&r->life, &h->life, now, change);
	} else {
		changed = life_beat(&r->life, &h->life, now, change);
	}
	if (changed)
		r->since_wall = wall;
	return changed;
}

static void
beat(struct heartbeatd *h, const struct heartbeat *b, const struct dgram *d)
{
	struct row *r = table_find(h->table, b->name);
	int64_t now = clock_mono();
	struct life_change change;
	int changed;

	if (r == NULL && (r = admit(h, b, d, now)) == NULL)
		return;
	if (!r->accepted) {
		table_count(&h->table->counts.refused);
		complain(&h->refused, d, "this name is not expected any more");
		return;
	}
	table_begin(r);
	changed = hear(h, r, b, d, now, &change);
	table_end(r);
	table_plan(h->table, r, due_at(h, r));
	if (!changed)
		return;
	tell(h, r, &change, now);
	hook_run(h, now);
}

void
monitor_datagram(struct dgram_port *port, struct dgram *d, void *ctx)
{
	struct heartbeatd *h = ctx;
	struct heartbeat b;
	const char *wrong;

	(void)port;
	serve_count_request();
	table_count(&h->table->counts.datagrams);
	wrong = d->cut ? "too long" : heartbeat_parse(&b, d->data, d->len);
	if (wrong != NULL) {
		table_count(&h->table->counts.malformed);
		complain(&h->malformed, d, wrong);
		return;
	}
	table_lock(h->table);
	beat(h, &b, d);
	table_unlock(h->table);
}

/* -- Clocks --------------------------------------------------------------- */

static int64_t
boottime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/*
 * look_at_clocks - were we away, or the machine, or was the wall clock set?
 * Silence does not count from before we were awake.
 */
static void
look_at_clocks(struct table *t, int64_t now)
{
	struct clocks *c = &t->clocks;
	int64_t asleep = boottime() - clock_mono(), away = now - c->planned;
	int64_t wall = clock_wall() - clock_mono(), step = wall - c->wall;

	if (asleep - c->asleep > ASLEEP_NS && away < asleep - c->asleep)
		away = asleep - c->asleep;
	if (c->planned != 0 && away > ASLEEP_NS) {
		log_warnx("was away for %.1f s: everybody has a full period "
		    "and grace from now on", (double)away / NSEC_PER_SEC);
		table_count(&t->counts.slept);
		c->awake = now;
	}
	if (c->planned != 0 && (step > STEP_NS || step < -STEP_NS) &&
	    asleep - c->asleep <= ASLEEP_NS) {
		log_info("the clock was set by %+.3f s: delays are measured "
		    "anew", (double)step / NSEC_PER_SEC);
		table_count(&t->counts.clock_steps);
		c->steps++;
	}
	if (c->planned == 0)
		c->awake = now;
	c->planned = now;
	c->asleep = asleep;
	c->wall = wall;
}

/* -- Time ----------------------------------------------------------------- */

/* look_at - a row whose time has come; when it comes again. */
static int64_t
look_at(struct heartbeatd *h, struct row *r, int64_t now)
{
	struct life_change change;
	int changed;

	table_begin(r);
	changed = life_check(&r->life, &h->life, now, h->table->clocks.awake,
	    &change);
	if (changed)
		r->since_wall = clock_wall();
	table_end(r);
	if (changed)
		tell(h, r, &change, now);
	return due_at(h, r);
}

static void
forget(struct table *t, struct row *r)
{
	log_info("%s: %s for so long that it is forgotten", r->name,
	    life_name(r->life.shown));
	table_count(&t->counts.forgotten);
	table_remove(t, r);
}

/* look_around - at the rows that are due; when the next one is. */
static int64_t
look_around(struct heartbeatd *h, int64_t now)
{
	struct table *t = h->table;
	struct row *r;
	int64_t at, next;
	int n;

	for (n = 0; (r = table_next(t, &at)) != NULL && at <= now; n++) {
		if (n == TURN)
			return now;
		next = look_at(h, r, now);
		if (next <= now && life_due(&r->life, &h->life,
		    t->clocks.awake) == CLOCK_NEVER)
			forget(t, r);
		else
			table_replan(t, next > now ? next : now + 1);
	}
	if (r == NULL)
		return CLOCK_NEVER;
	return at > now + COALESCE_NS ? at : now + COALESCE_NS;
}

/* apply - the configuration, which may be new, to a row; those that are listed
 * by their names are seen to by expect_one. */
static void
apply(struct heartbeatd *h, struct row *r)
{
	const struct expect *x = expects_pattern(&h->expects, r->name);

	table_begin(r);
	r->life.period = x != NULL ? x->period : h->expects.period;
	r->life.grace = x != NULL ? x->grace : h->expects.grace;
	r->accepted = x != NULL || h->unknown == UNKNOWN_ACCEPT;
	r->named = 0;
	table_end(r);
	table_plan(h->table, r, due_at(h, r));
}

/* expect_one - a row for a name that is listed. */
static void
expect_one(struct heartbeatd *h, const struct expect *x, int64_t now)
{
	struct row *r = table_find(h->table, x->name);

	if (r == NULL)
		r = table_add(h->table, x->name, x->period, x->grace, now);
	if (r == NULL) {
		log_warnx("%s: no room for more names (--max-names)", x->name);
		return;
	}
	table_begin(r);
	r->life.period = x->period;
	r->life.grace = x->grace;
	r->named = r->accepted = 1;
	table_end(r);
	table_plan(h->table, r, due_at(h, r));
}

static void
no_more(int64_t *ns, int64_t limit)
{
	if (limit < *ns)
		*ns = limit;
}

/*
 * tick - how often to look at the heap though nothing in it is due: a beat does
 * not wake the timer, and must not make anything due before it comes again.
 */
static int64_t
tick(const struct heartbeatd *h)
{
	const struct expects *e = &h->expects;
	int64_t ns = h->command[0] != NULL ? HOOK_TICK_NS : TICK_NS;

	no_more(&ns, e->period + e->grace / 2);
	for (size_t i = 0; i < e->n; i++)
		no_more(&ns, e->v[i].period + e->v[i].grace / 2);
	if (h->life.flap_changes > 0)
		no_more(&ns, h->life.flap_ns);
	return ns;
}

/* claim - from now on this process looks at the time. */
static void
claim(struct heartbeatd *h, int64_t now)
{
	struct table *t = h->table;
	uint32_t i, top;

	h->pid = t->writer = getpid();
	h->tick = tick(h);
	look_at_clocks(t, now);
	top = atomic_load(&t->top);
	for (i = 0; i < top; i++)
		if (t->rows[i].used)
			apply(h, &t->rows[i]);
	for (size_t k = 0; k < h->expects.names; k++)
		expect_one(h, &h->expects.v[k], now);
}

int64_t
monitor_timer(struct dgram_port *port, int64_t now, void *ctx)
{
	struct heartbeatd *h = ctx;
	struct table *t = h->table;
	int64_t next, at;

	(void)port;
	table_lock(t);
	if (h->pid == 0)
		claim(h, now);
	next = now + h->tick;
	if (t->writer == h->pid) {
		look_at_clocks(t, now);
		if ((at = look_around(h, now)) < next)
			next = at;
		if ((at = save_step(h, now)) < next)
			next = at;
	} else {
		save_drop(h);	/* a successor does it */
	}
	if ((at = hook_run(h, now)) < next)
		next = at;
	if (t->writer == h->pid)
		t->clocks.planned = next;
	table_unlock(t);
	return next;
}

void
monitor_stop(void *ctx)
{
	struct heartbeatd *h = ctx;
	bool last;

	if (h->pid == 0)
		return;		/* it answered HTTP */
	table_lock(h->table);
	last = h->table->writer == h->pid;
	if (last)
		save_now(h);
	else
		save_drop(h);
	table_unlock(h->table);
	if (serve_draining())
		hook_finish(h);
}
