/*
 * Signals: blocked everywhere but where the process waits; handlers only set
 * flags.  The parent and its children take the same ones.
 */
#include <sys/time.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "net/wait.h"
#include "serve/core.h"

static volatile sig_atomic_t came[NSIG];

static void
note(int sig)
{
	came[sig] = 1;
}

int
signals_take(int sig)
{
	if (!came[sig])
		return 0;
	came[sig] = 0;
	return 1;
}

/* look - a wait in ppoll(2) was interrupted: is it time to give up? */
static void
look(void)
{
	signals_drain(serve_core());
}

static void
handle(int sig, void (*fn)(int))
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = fn;
	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

/*
 * signals_init - all are blocked but while waiting.  A child waits with a mask
 * of its own, made here, so that it need not change a handler: what the
 * terminal sends, and news of children and logs, are the parent's business.
 */
void
signals_init(struct core *core)
{
	static const int ours[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1,
	    SIGCHLD, SIGALRM };
	sigset_t block;
	size_t i;

	sigemptyset(&block);
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigaddset(&block, ours[i]);
	sigprocmask(SIG_BLOCK, &block, &core->waiting);
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		sigdelset(&core->waiting, ours[i]);
		handle(ours[i], note);
	}
	handle(SIGPIPE, SIG_IGN);
	core->child_waiting = core->waiting;
	sigaddset(&core->child_waiting, SIGINT);
	sigaddset(&core->child_waiting, SIGCHLD);
	sigaddset(&core->child_waiting, SIGUSR1);
	net_wait_set_mask(&core->waiting);
	if (core->model == MODEL_SINGLE || core->model == MODEL_INETD)
		net_wait_set_interrupt(look);
}

/* signals_child - in a new child; writes no more than it must. */
void
signals_child(struct core *core)
{
	int i;

	for (i = 1; i < NSIG; i++)
		if (came[i])
			came[i] = 0;
	core->waiting = core->child_waiting;
	net_wait_set_interrupt(look);
}

/* begin - a stop outranks a reload, and now outranks both. */
static void
begin(struct core *core, enum drain drain)
{
	struct itimerval alarm = { 0 };
	int64_t ms = core->conf->opt.drain_ms;

	if (core->drain >= drain)
		return;
	if (core->drain == DRAIN_NO || drain == DRAIN_STOP)
		core->drain_since = clock_mono();
	core->drain = drain;
	if (drain == DRAIN_STOP) {
		/* so that a wait ends at the deadline, whoever waits */
		alarm.it_value.tv_sec = ms / 1000;
		alarm.it_value.tv_usec = ms % 1000 * 1000 + 1000;
		setitimer(ITIMER_REAL, &alarm, NULL);
	}
}

/* alone - the signals of a process that has no parent to read them. */
static void
alone(struct core *core)
{
	if (signals_take(SIGINT))
		begin(core, core->drain == DRAIN_NO ? DRAIN_STOP : DRAIN_NOW);
}

enum drain
signals_drain(struct core *core)
{
	signals_take(SIGALRM);
	if (!core->forked)
		alone(core);
	else if (signals_take(SIGHUP))
		begin(core, DRAIN_RELOAD);
	if (signals_take(SIGTERM))
		begin(core, DRAIN_STOP);
	if (signals_take(SIGQUIT))
		begin(core, DRAIN_NOW);
	if (core->drain == DRAIN_STOP &&
	    clock_mono() - core->drain_since >=
	    core->conf->opt.drain_ms * NSEC_PER_MSEC)
		begin(core, DRAIN_NOW);
	if (core->drain == DRAIN_NOW)
		net_wait_cancel(1);
	return core->drain;
}
