/*
 * The number and kind of children: who is missing, who is too many, who is of
 * an old configuration, and what to make of one that has died.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/conn_io.h"
#include "net/wait.h"
#include "serve/core.h"
#include "serve/parent.h"
#include "serve/title.h"

#define BACKOFF_FIRST_NS	(100 * NSEC_PER_MSEC)
#define BACKOFF_MAX_NS		(60 * NSEC_PER_SEC)
#define FORK_BURST		32	/* new pool children in one round */

static struct score *
row(const struct core *core, int i)
{
	return &core->board->slot[i];
}

/* keep_counts - what the dead child had counted goes to the totals. */
static void
keep_counts(struct core *core, struct score *s)
{
	struct scoreboard *b = core->board;

#define KEEP(f)	child_count(&b->f, atomic_exchange(&s->f, 0))
	KEEP(connections);
	KEEP(requests);
	KEEP(bytes_in);
	KEEP(bytes_out);
	KEEP(refused);
	KEEP(timeouts);
	KEEP(datagrams);
#undef KEEP
	atomic_store(&s->active, 0);
}

/* back_off - only for a child that died before it was ready: one that a
 * client's bytes have crashed must not keep others waiting. */
static void
back_off(struct core *core)
{
	core->backoff_ns = core->backoff_ns == 0 ? BACKOFF_FIRST_NS :
	    core->backoff_ns * 2;
	if (core->backoff_ns > BACKOFF_MAX_NS)
		core->backoff_ns = BACKOFF_MAX_NS;
	core->backoff_until = clock_mono() + core->backoff_ns;
	log_warnx("a child died before it was ready; next try in %.1f s",
	    (double)core->backoff_ns / NSEC_PER_SEC);
}

static void
log_death(struct core *core, int i, int status, int state)
{
	const struct score *s = row(core, i);
	int pid = (int)core->children[i].pid;

	if (WIFSIGNALED(status)) {
		child_count(&core->board->crashed, 1);
		log_warnx("child %d (pid %d) killed by signal %d%s%.*s", i,
		    pid, WTERMSIG(status), s->doing[0] != '\0' ?
		    " while serving " : "", SCORE_DOING, s->doing);
	} else if (WEXITSTATUS(status) != 0 && state != CHILD_STARTING) {
		log_warnx("child %d (pid %d) exited with status %d", i, pid,
		    WEXITSTATUS(status));
	}
}

static void
bury(struct core *core, int i, int status)
{
	struct score *s = row(core, i);
	int state = atomic_load(&s->state);
	int failed = status != 0 && core->drain == DRAIN_NO;

	atomic_store(&s->pid, 0);	/* before its crash is counted */
	if (status != 0)
		log_death(core, i, status, state);
	if (state == CHILD_IDLE)
		atomic_fetch_sub(&core->board->idle, 1);
	if (state == CHILD_STARTING && failed)
		back_off(core);
	keep_counts(core, s);
	source_reset_slot(core->sources, i);
	atomic_store(&s->state, CHILD_NONE);
	if (failed)
		serve_notify();	/* what it shared with others is theirs now */
	if (core->model != MODEL_FORK ||
	    core->children[i].role != ROLE_WORKER)
		core->maintain_due = 1;
	core->children[i].pid = 0;
}

void
parent_reap(struct core *core)
{
	int i, status;
	pid_t pid;

	if (!signals_take(SIGCHLD))
		return;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < core->nslots; i++)
			if (core->children[i].pid == pid) {
				bury(core, i, status);
				break;
			}
}

int
parent_children(const struct core *core)
{
	int i, n = 0;

	for (i = 0; i < core->nslots; i++)
		n += core->children[i].pid != 0;
	return n;
}

/* is_live - of the present configuration, and not on its way out. */
static int
is_live(const struct core *core, int i)
{
	const struct child *ch = &core->children[i];

	return ch->pid != 0 && !ch->retired &&
	    ch->generation == core->generation &&
	    atomic_load(&row(core, i)->state) != CHILD_DRAINING;
}

static int
is_ready(const struct core *core, int i)
{
	return is_live(core, i) &&
	    atomic_load(&row(core, i)->state) != CHILD_STARTING;
}

/* retire - no more connections for this one; those it has, it ends well. */
static void
retire(struct core *core, int i)
{
	if (core->children[i].retired)
		return;
	core->children[i].retired = 1;
	kill(core->children[i].pid, SIGHUP);
}

static int
may_fork(struct core *core)
{
	if (core->backoff_until == 0)
		return 1;
	if (clock_mono() < core->backoff_until)
		return 0;
	core->backoff_until = 0;
	return 1;
}

/* start - one child more; 0 where it has to wait. */
static int
start(struct core *core, enum child_role role, int lane)
{
	if (!may_fork(core))
		return 0;
	if (child_fork(core, role, lane, NULL) != -1)
		return 1;
	log_warn("fork");
	core->backoff_until = clock_mono() + NSEC_PER_SEC;
	return 0;
}

/* keep_lane - exactly one live child here; once it is ready, those of old
 * configurations leave. */
static void
keep_lane(struct core *core, enum child_role role, int lane)
{
	int i, live = 0, ready = 0;

	for (i = 0; i < core->nslots; i++) {
		if (core->children[i].role != role ||
		    core->children[i].lane != lane || !is_live(core, i))
			continue;
		live = 1;
		ready |= is_ready(core, i);
	}
	if (!live) {
		start(core, role, lane);
		return;
	}
	for (i = 0; i < core->nslots && ready; i++)
		if (core->children[i].pid != 0 &&
		    core->children[i].role == role &&
		    core->children[i].lane == lane &&
		    core->children[i].generation != core->generation)
			retire(core, i);
	if (ready && core->backoff_until == 0)
		core->backoff_ns = 0;
}

/* retire_lanes - beyond the first n of this role: a reload has fewer. */
static void
retire_lanes(struct core *core, enum child_role role, int n)
{
	int i;

	for (i = 0; i < core->nslots; i++)
		if (core->children[i].pid != 0 &&
		    core->children[i].role == role &&
		    core->children[i].lane >= n)
			retire(core, i);
}

static int
has_listener(const struct core *core, enum listener_kind kind,
    enum child_role role)
{
	size_t i;

	for (i = 0; i < core->nlisteners; i++)
		if (core->listeners[i].kind == kind &&
		    core->listeners[i].role == role)
			return 1;
	return 0;
}

/* grow_pool - more children until spare.min are idle, or there are max. */
static void
grow_pool(struct core *core, int live, int idle)
{
	const struct common *o = &core->conf->opt;
	int64_t want = o->children.min, busy = live - idle;
	int n = 0;

	if (busy + o->spare.min > want)
		want = busy + o->spare.min;
	if (want > o->children.max)
		want = o->children.max;
	while (live < want && n++ < FORK_BURST && start(core, ROLE_WORKER, -1))
		live++;
	atomic_store(&core->board->may_grow, live < o->children.max);
}

/* keep_pool - the classic pool: enough idle children, not too many. */
static void
keep_pool(struct core *core, int second)
{
	const struct common *o = &core->conf->opt;
	int i, live = 0, idle = 0, ready = 0, last = -1, old = 0, waiting = 0;

	for (i = 0; i < core->nslots; i++) {
		if (core->children[i].role != ROLE_WORKER ||
		    core->children[i].pid == 0)
			continue;
		if (is_live(core, i)) {
			int state = atomic_load(&row(core, i)->state);

			live++;
			ready += state != CHILD_STARTING;
			/* one that starts will be idle in a moment */
			idle += state != CHILD_BUSY;
			waiting += state == CHILD_IDLE;
			if (state == CHILD_IDLE)
				last = i;
		}
	}
	grow_pool(core, live, idle);
	/* as many old ones leave as new ones are ready; at last all */
	for (i = 0; i < core->nslots && ready > 0; i++)
		if (core->children[i].pid != 0 &&
		    core->children[i].role == ROLE_WORKER &&
		    core->children[i].generation != core->generation &&
		    (old++ < ready || ready >= o->children.min))
			retire(core, i);
	if (ready > 0 && core->backoff_until == 0)
		core->backoff_ns = 0;
	if (second)	/* children that were killed have not counted down */
		atomic_store(&core->board->idle, waiting);
	if (second && idle > o->spare.max && live > o->children.min &&
	    last != -1)
		retire(core, last);
}

void
parent_maintain(struct core *core, int second)
{
	int i, dgrams;

	dgrams = has_listener(core, LISTENER_DGRAM, ROLE_DATAGRAM) ?
	    core->conf->dgram_lanes : 0;
	for (i = 0; i < dgrams; i++)
		keep_lane(core, ROLE_DATAGRAM, i);
	retire_lanes(core, ROLE_DATAGRAM, dgrams);
	i = has_listener(core, LISTENER_STREAM, ROLE_STATUS);
	if (i)
		keep_lane(core, ROLE_STATUS, 0);
	retire_lanes(core, ROLE_STATUS, i);
	i = aside_wanted(core);
	if (i)
		keep_lane(core, ROLE_ASIDE, 0);
	retire_lanes(core, ROLE_ASIDE, i);
	if (core->srv->session != NULL && core->model == MODEL_PREFORK &&
	    has_listener(core, LISTENER_STREAM, ROLE_WORKER)) {
		if (core->holds_many) {
			for (i = 0; i < core->conf->lanes; i++)
				keep_lane(core, ROLE_WORKER, i);
			retire_lanes(core, ROLE_WORKER, core->conf->lanes);
		} else {
			keep_pool(core, second);
		}
	}
	if (second)
		title_set("parent, %d children", parent_children(core));
}

/* places - how many more connections the fork model may hold. */
static int
places(const struct core *core)
{
	int64_t n = 0;
	int i, empty = 0;

	for (i = 0; i < core->nslots; i++) {
		if (core->children[i].pid == 0)
			empty++;
		else if (core->children[i].role == ROLE_WORKER)
			n++;
	}
	n = core->conf->opt.children.max - n;
	return n < empty ? (int)n : empty;
}

int
parent_listeners(struct core *core, struct pollfd *p)
{
	const struct listener *l;
	size_t i;
	int n = 0;

	if (core->model != MODEL_FORK || core->drain != DRAIN_NO ||
	    clock_mono() < core->backoff_until || places(core) <= 0)
		return 0;
	for (i = 0; i < core->nlisteners; i++) {
		l = &core->listeners[i];
		if (l->kind == LISTENER_STREAM && l->role == ROLE_WORKER)
			p[n++] = (struct pollfd){ .fd = l->fds[0],
			    .events = POLLIN };
	}
	return n;
}

/* accept_pause - out of something: let children end before the next try. */
static void
accept_pause(struct core *core, const char *what)
{
	log_warn("%s", what);
	core->backoff_until = clock_mono() + 100 * NSEC_PER_MSEC;
}

/* turn_away - too many from this source: say so without forking. */
static void
turn_away(struct core *core, struct conn *c)
{
	char text[IPADDR_TEXT_MAX];

	log_info("%s: refused: too many connections from this address",
	    conn_peer_text(c, text, sizeof(text)));
	child_count(&core->board->refused, 1);
	if (core->srv->refuse != NULL && core->conf->tls == NULL)
		core->srv->refuse(c, core->conf->settings, REFUSE_SOURCE);
	conn_flush(c);
}

/* fork_for - a child for this connection; whose it is stands in its row. */
static pid_t
fork_for(struct core *core, struct conn *c)
{
	core->now = clock_coarse();
	if (core->slot >= 0)
		ipaddr_text(&c->peer, row(core, core->slot)->doing,
		    SCORE_DOING);
	return child_fork(core, ROLE_WORKER, -1, c);
}

void
parent_accept(struct core *core, int listener)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct ipaddr peer;
	struct conn c;
	int fd;

	fd = accept4(listener, (struct sockaddr *)&ss, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			accept_pause(core, "accept");
		return;
	}
	ipaddr_from(&peer, (struct sockaddr *)&ss, len);
	conn_accepted(&c, fd, &peer);
	if (core->conf->nproxy_from > 0)
		c.flags |= CONN_PROLOGUE;
	/* counted at the row that the child will have */
	core->slot = child_free_slot(core);
	if (source_limit_hit(core, &c, 0))
		turn_away(core, &c);
	else if (fork_for(core, &c) == -1) {
		source_leave(core->sources, core->slot, 0);
		accept_pause(core, "fork");
	}
	core->slot = -1;
	conn_close(&c);
}
