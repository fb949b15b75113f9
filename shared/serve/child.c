/*
 * A child's life but for its model's loop: a row of the scoreboard, a fork,
 * fewer descriptors and privileges, and at the end nothing left behind.
 */
#include <sys/prctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/conn_io.h"
#include "net/wait.h"
#include "serve/core.h"
#include "serve/notify.h"
#include "serve/title.h"

/* poke_parent - there is news in the scoreboard. */
static void
poke_parent(struct core *core)
{
	uint64_t one = 1;
	ssize_t r;

	r = write(core->wake_parent, &one, sizeof(one));
	(void)r;	/* full means that it is awake anyway */
}

/*
 * child_state - into the row; the parent is told where it may have to act: a
 * child is ready, one is leaving, or the pool has few idle children left.
 */
void
child_state(struct core *core, enum child_state state)
{
	struct score *s;
	int old;

	if (core->slot < 0)
		return;
	s = &core->board->slot[core->slot];
	old = atomic_exchange(&s->state, state);
	if (old == (int)state)
		return;
	if (old == CHILD_IDLE)
		atomic_fetch_sub(&core->board->idle, 1);
	if (state == CHILD_IDLE)
		atomic_fetch_add(&core->board->idle, 1);
	if (core->one_connection)
		return;		/* the parent will hear of its end */
	if (old == CHILD_STARTING || state == CHILD_DRAINING ||
	    (state == CHILD_BUSY && !core->holds_many &&
	    atomic_load(&core->board->may_grow) &&
	    atomic_load(&core->board->idle) < core->conf->opt.spare.min))
		poke_parent(core);
}

/*
 * child_accept - one connection from a listener: 1, or 0 where none waits (or
 * was gone already), or -1 with errno where this process has run out of
 * something and should pause.
 */
int
child_accept(struct core *core, int listener, struct conn *c, int place)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct ipaddr peer;
	char text[IPADDR_TEXT_MAX];
	int fd;

	fd = accept4(listener, (struct sockaddr *)&ss, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			return -1;
		return 0;	/* EAGAIN, or a connection's own error */
	}
	ipaddr_from(&peer, (struct sockaddr *)&ss, len);
	conn_accepted(c, fd, &peer);
	c->slot = (uint32_t)place;
	seat_begin(core, c);
	if (core->role == ROLE_WORKER && source_limit_hit(core, c, place)) {
		child_count(&core->board->slot[core->slot < 0 ? 0 :
		    core->slot].refused, 1);
		log_info("%s: refused: too many connections from this address",
		    ipaddr_text(&peer, text, sizeof(text)));
		if (core->srv->refuse != NULL && core->conf->tls == NULL)
			core->srv->refuse(c, core->conf->settings,
			    REFUSE_SOURCE);
		seat_end(core, c);
		return 0;
	}
	return 1;
}

static void
set_title(struct core *core)
{
	static const char *const what[] = { "child", "datagrams", "status",
	    "aside" };

	if (core->lane >= 0)
		title_set("%s %d", what[core->role], core->lane);
	else
		title_set("%s", what[core->role]);
}

/* name_role - what log lines say in brackets. */
static void
name_role(struct core *core)
{
	char role[32];

	snprintf(role, sizeof(role), "child %d", core->slot);
	log_role(role);
}

/*
 * child_enter - become what reads clients' bytes.  0, or -1 after a log line.
 */
int
child_enter(struct core *core)
{
	char why[256];

	if (privs_drop(&core->conf->privs, why, sizeof(why)) == -1) {
		log_errx("%s", why);
		return -1;
	}
	if (core->forked) {
		/* after the change of user, which makes the kernel forget it */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != core->board->parent)
			return -1;
	}
	if (core->srv->child_start != NULL && core->role < ROLE_STATUS &&
	    core->srv->child_start(core->conf->settings) == -1)
		return -1;
	return core->forked ? 0 : aside_begin(core);
}

void
child_leave(struct core *core)
{
	aside_end(core, 1);
	if (core->srv->child_stop != NULL && core->role < ROLE_STATUS)
		core->srv->child_stop(core->conf->settings);
}

void
child_release(struct core *core)
{
	int i;

	listeners_close(core);
	config_free(core->srv, core->conf);
	core->conf = NULL;
	conn_pool_free();
	if (core->wake != NULL)
		for (i = 0; i < core->nslots; i++)
			close(core->wake[i]);
	free(core->wake);
	if (core->wake_parent != -1)
		close(core->wake_parent);
	free(core->children);
	sources_free(core->sources);
	serve_shared_free();
	board_free(core);
	notify_free();
	title_free();
	log_close();
}

/* run_model - what this child was forked for. */
static void
run_model(struct core *core, struct conn *c)
{
	if (c != NULL)
		model_fork_connection(core, c);
	else if (core->role == ROLE_DATAGRAM)
		model_datagram(core);
	else if (core->role == ROLE_ASIDE)
		model_aside(core);
	else if (core->role == ROLE_WORKER && core->holds_many)
		model_fibers(core);
	else
		model_pool(core);
}

/* child_run - from the fork to the end of the process. */
static _Noreturn void
child_run(struct core *core, struct conn *c)
{
	int status = 1;

	signals_child(core);
	core->drain = DRAIN_NO;
	listeners_keep(core, c != NULL);
	if (c != NULL)
		seat_begin(core, c);
	if (c == NULL)
		name_role(core);
	if (child_enter(core) == 0) {
		if (c == NULL)
			set_title(core);
		run_model(core, c);
		child_leave(core);
		status = 0;
	}
	/*
	 * Freeing writes to pages that are still the parent's, and exit(3) runs
	 * what libraries have registered: for a child that held one connection
	 * that is a third of its cost, and only a leak checker wants it.
	 */
	if (c != NULL && !privs_instrumented())
		_exit(status);
	child_release(core);
	exit(status);
}

int
child_free_slot(const struct core *core)
{
	int i;

	for (i = 0; i < core->nslots; i++)
		if (core->children[i].pid == 0)
			return i;
	return -1;
}

/*
 * child_fork - a child for this role and lane, or for a connection.  Its pid,
 * or -1 with errno (EAGAIN: no row is free).
 */
pid_t
child_fork(struct core *core, enum child_role role, int lane, struct conn *c)
{
	int i = child_free_slot(core);
	struct score *s;
	pid_t pid;

	if (i == -1) {
		errno = EAGAIN;
		return -1;
	}
	s = &core->board->slot[i];
	if (c == NULL)
		memset(s->doing, 0, sizeof(s->doing));
	atomic_store(&s->state, CHILD_STARTING);
	atomic_store(&s->role, role);
	atomic_store(&s->generation, core->generation);
	atomic_store(&s->started, clock_wall());
	pid = fork();
	if (pid == 0) {
		core->forked = 1;
		core->one_connection = c != NULL;
		core->slot = i;
		core->lane = lane;
		core->role = role;
		core->holds_many = core->holds_many && role == ROLE_WORKER;
		atomic_store(&s->pid, getpid());
		child_run(core, c);
	}
	if (pid == -1) {
		atomic_store(&s->state, CHILD_NONE);
		return -1;
	}
	atomic_store(&s->pid, pid);
	atomic_fetch_add_explicit(&core->board->forked, 1,
	    memory_order_relaxed);
	core->children[i] = (struct child){ .pid = pid,
	    .generation = core->generation, .role = role, .lane = lane,
	    .kill_at = CLOCK_NEVER };
	return pid;
}
