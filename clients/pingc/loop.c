/*
 * The loop: waits in ppoll(2) for what is due next or what comes first, for all
 * targets at once.  Signals are let in there and nowhere else.
 */
#include "clients/pingc/pingc.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"

static volatile sig_atomic_t stop, snapshot;

static void
on_signal(int sig)
{
	if (sig == SIGQUIT)
		snapshot = 1;
	else
		stop = 1;
}

/* catch_signals - blocked from here on; waiting gets the mask as it was. */
static void
catch_signals(sigset_t *waiting)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction act = { .sa_handler = on_signal }, old;
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaddset(&set, signals[i]);
		sigaction(signals[i], &act, &old);
		/* nohup(1) means it; a shell's & does not. */
		if (signals[i] == SIGHUP && old.sa_handler == SIG_IGN)
			sigaction(signals[i], &old, NULL);
	}
	sigprocmask(SIG_BLOCK, &set, waiting);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigdelset(waiting, signals[i]);
}

/* tick - what is due now; when something is next, CLOCK_NEVER: all are done. */
static int64_t
tick(struct target *t, int n)
{
	int64_t at = CLOCK_NEVER, now = clock_mono(), next;
	int i;

	for (i = 0; i < n; i++) {
		probe_tick(&t[i], now);
		next = probe_next(&t[i]);
		if (next < at)
			at = next;
	}
	return at;
}

/* round - one wait; 0, 1 where the run is over, -1 and said why. */
static int
one_round(struct target *t, struct pollfd *p, int n, int64_t until,
    const sigset_t *waiting)
{
	int64_t at = tick(t, n);
	struct timespec ts;
	int i, r;

	if (at == CLOCK_NEVER)
		return 1;
	if (at > until)
		at = until;
	ts = clock_timespec(at - clock_mono());
	r = ppoll(p, (nfds_t)n, &ts, waiting);
	if (r == -1 && errno != EINTR) {
		warn("ppoll");
		return -1;
	}
	for (i = 0; i < n && r > 0; i++)
		if (p[i].revents != 0)
			answer_ready(&t[i]);
	if (snapshot) {
		snapshot = 0;
		for (i = 0; i < n; i++)
			report_snapshot(&t[i]);
	}
	return stop || clock_mono() >= until;
}

/* start - the targets' first probes are spread over an interval, so that they
 * do not all go at once, and shorter than that where it is long. */
static void
start(struct target *t, int n, const struct options *opt, int64_t now)
{
	int64_t step = opt->interval / n;
	int i;

	if (step > 10 * NSEC_PER_MSEC)
		step = 10 * NSEC_PER_MSEC;
	for (i = 0; i < n; i++)
		if (!t[i].failed)
			probe_start(&t[i], now + i * step);
}

int
loop_run(struct target *t, int n, const struct options *opt)
{
	struct pollfd *p = calloc((size_t)n, sizeof(*p));
	int64_t now = clock_mono();
	sigset_t waiting;
	int i, r = 0;

	if (p == NULL) {
		warn("memory");
		return -1;
	}
	catch_signals(&waiting);
	for (i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = t[i].fd, .events = POLLIN };
	start(t, n, opt, now);
	while (r == 0)
		r = one_round(t, p, n, opt->until, &waiting);
	free(p);
	now = clock_mono();
	for (i = 0; i < n; i++) {
		counts_settle(&t[i].counts);
		if (t[i].phase != PHASE_DONE)
			t[i].ended = now;
	}
	return r == -1 ? -1 : 0;
}
