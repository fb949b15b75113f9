/*
 * The command of --hook: one process for each event, a few at a time, never two
 * for one name, so that a name's events arrive in order.  Each has a deadline.
 * What waits stands in the shared table, so that it outlives the process that
 * has the datagrams.  Nobody here waits for a command but hook_finish.
 */
#include "heartbeatd.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/wait.h"

#define POLL_NS		(20 * NSEC_PER_MSEC)	/* while one runs */
#define TERM_NS		NSEC_PER_SEC		/* from TERM to KILL */
#define CANNOT_RUN	127
#define LOOK_AHEAD	64	/* past events that have to wait */

void
hook_add(struct heartbeatd *h, const struct event *e)
{
	struct queue *q = &h->table->queue;
	uint64_t kept;

	if (q->n < QUEUE_MAX) {
		q->event[(q->first + q->n++) % QUEUE_MAX] = *e;
		return;
	}
	table_count(&h->table->counts.hooks_dropped);
	if (quiet_ask(&h->dropped, &kept))
		log_warnx("%d events wait for --hook: more are dropped",
		    QUEUE_MAX);
}

/* -- The command ---------------------------------------------------------- */

static void
set_seconds(const char *name, int64_t ns)
{
	char text[64] = "";

	if (ns >= 0)
		snprintf(text, sizeof(text), "%.3f",
		    (double)ns / NSEC_PER_SEC);
	setenv(name, text, 1);
}

static void
set_number(const char *name, uint64_t n)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	setenv(name, text, 1);
}

/* describe - the event, in the environment. */
static void
describe(const struct event *e)
{
	char when[EVENT_TIME_MAX], peer[IPADDR_TEXT_MAX] = "";
	char json[EVENT_JSON_MAX];

	if (e->peer.family != 0)
		ipaddr_text(&e->peer, peer, sizeof(peer));
	json[event_json(e, json) - 1] = '\0';	/* without its newline */
	setenv("HEARTBEAT_EVENT", json, 1);
	setenv("HEARTBEAT_NAME", e->name, 1);
	setenv("HEARTBEAT_STATE", life_name(e->is), 1);
	setenv("HEARTBEAT_WAS", life_name(e->was), 1);
	setenv("HEARTBEAT_TIME", event_time(e->wall, when), 1);
	setenv("HEARTBEAT_ADDRESS", peer, 1);
	set_seconds("HEARTBEAT_LASTED", e->lasted);
	set_seconds("HEARTBEAT_SILENT", e->silent);
	set_number("HEARTBEAT_SEQ", e->seq);
	set_number("HEARTBEAT_LOST", e->lost);
	if (e->status == HEARTBEAT_NO_STATUS)
		setenv("HEARTBEAT_STATUS", "", 1);
	else
		set_number("HEARTBEAT_STATUS", (uint64_t)e->status);
}

/* become_command - in the new process; returns where it cannot be run.  What it
 * prints goes where the log goes: standard output is for events. */
static void
become_command(struct heartbeatd *h, const struct event *e)
{
	char *argv[ROOM_FOR_COMMAND + 4], name[HEARTBEAT_NAME_MAX];
	char was[16], is[16];
	sigset_t none;
	int n = 0, nothing[2];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (pipe2(nothing, O_CLOEXEC) == 0)
		dup2(nothing[0], STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	while (h->command[n] != NULL) {
		argv[n] = h->command[n];
		n++;
	}
	memcpy(name, e->name, sizeof(name));
	snprintf(was, sizeof(was), "%s", life_name(e->was));
	snprintf(is, sizeof(is), "%s", life_name(e->is));
	argv[n++] = name;
	argv[n++] = was;
	argv[n++] = is;
	argv[n] = NULL;
	describe(e);
	execvp(argv[0], argv);
}

/* start - 0, or -1 where there is no process to be had. */
static int
start(struct heartbeatd *h, struct running *slot, const struct event *e,
    int64_t now)
{
	pid_t pid = fork();

	if (pid == 0) {
		become_command(h, e);
		_exit(CANNOT_RUN);
	}
	if (pid == -1) {
		log_warn("--hook: fork");
		return -1;
	}
	setpgid(pid, pid);	/* whoever is first: it may be ended soon */
	table_count(&h->table->counts.hooks);
	slot->pid = pid;
	slot->owner = h->pid;
	slot->deadline = now + h->hook_ms * NSEC_PER_MSEC;
	slot->asked = 0;
	memcpy(slot->name, e->name, sizeof(slot->name));
	return 0;
}

/* -- Those that run ------------------------------------------------------- */

/* settle - one has ended. */
static void
settle(struct heartbeatd *h, struct running *slot, int status)
{
	slot->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	table_count(&h->table->counts.hooks_failed);
	if (WIFSIGNALED(status))
		log_warnx("--hook for %s: killed by signal %d%s", slot->name,
		    WTERMSIG(status), slot->asked ? " (--hook-timeout)" : "");
	else if (WEXITSTATUS(status) == CANNOT_RUN)
		log_warnx("--hook for %s: %s cannot be run", slot->name,
		    h->command[0] != NULL ? h->command[0] : "it");
	else
		log_warnx("--hook for %s: exit status %d", slot->name,
		    WEXITSTATUS(status));
}

/* press - it has had its time. */
static void
press(struct heartbeatd *h, struct running *slot, int64_t now)
{
	if (now < slot->deadline)
		return;
	if (!slot->asked)
		table_count(&h->table->counts.hooks_late);
	kill(-slot->pid, slot->asked ? SIGKILL : SIGTERM);
	slot->asked = 1;
	slot->deadline = now + TERM_NS;
}

/* reap - how many are left.  One of another process that is long past its
 * deadline was killed with it. */
static int
reap(struct heartbeatd *h, int64_t now)
{
	struct running *slot = h->table->queue.running;
	int i, left = 0, status;
	pid_t pid;

	for (i = 0; i < RUNNING_MAX; i++, slot++) {
		if (slot->pid == 0)
			continue;
		if (slot->owner != h->pid) {
			if (now > slot->deadline + 2 * TERM_NS)
				slot->pid = 0;
			continue;
		}
		pid = waitpid(slot->pid, &status, WNOHANG);
		if (pid == slot->pid) {
			settle(h, slot, status);
		} else if (pid == -1 && errno == ECHILD) {
			slot->pid = 0;
		} else {
			press(h, slot, now);
			left++;
		}
	}
	return left;
}

/* -- Those that wait ------------------------------------------------------ */

/* free_slot - a slot for an event of this name; NULL: not now. */
static struct running *
free_slot(struct heartbeatd *h, const char *name)
{
	struct running *slot = h->table->queue.running, *found = NULL;
	int i, n = 0;

	for (i = 0; i < RUNNING_MAX; i++, slot++) {
		if (slot->pid == 0) {
			if (found == NULL)
				found = slot;
			continue;
		}
		n++;
		if (strcmp(slot->name, name) == 0)
			return NULL;
	}
	return n < h->hook_jobs ? found : NULL;
}

/* waits_before - has an earlier event of the same name to wait? */
static int
waits_before(const struct queue *q, uint32_t k)
{
	const char *name = q->event[(q->first + k) % QUEUE_MAX].name;
	uint32_t i;

	for (i = 0; i < k; i++)
		if (strcmp(q->event[(q->first + i) % QUEUE_MAX].name,
		    name) == 0)
			return 1;
	return 0;
}

/* take_out - the kth; those before it move up. */
static void
take_out(struct queue *q, uint32_t k)
{
	for (; k > 0; k--)
		q->event[(q->first + k) % QUEUE_MAX] =
		    q->event[(q->first + k - 1) % QUEUE_MAX];
	q->first = (q->first + 1) % QUEUE_MAX;
	q->n--;
}

/* start_some - of those that wait, in order. */
static int
start_some(struct heartbeatd *h, int running, int64_t now)
{
	struct queue *q = &h->table->queue;
	struct running *slot;
	struct event e;
	uint32_t k = 0;

	while (k < q->n && k < LOOK_AHEAD && running < h->hook_jobs) {
		e = q->event[(q->first + k) % QUEUE_MAX];
		slot = waits_before(q, k) ? NULL : free_slot(h, e.name);
		if (slot == NULL) {
			k++;
			continue;
		}
		if (start(h, slot, &e, now) == -1)
			break;
		take_out(q, k);
		running++;
	}
	return running;
}

int64_t
hook_run(struct heartbeatd *h, int64_t now)
{
	const struct table *t = h->table;
	int running = reap(h, now), waiting;

	waiting = t->writer == h->pid && h->command[0] != NULL;
	if (waiting)
		running = start_some(h, running, now);
	waiting = waiting && t->queue.n > 0;
	return running > 0 || waiting ? now + POLL_NS : CLOCK_NEVER;
}

/* give_up - the process is told to end at once. */
static void
give_up(struct heartbeatd *h)
{
	struct running *slot = h->table->queue.running;
	int i, status;

	for (i = 0; i < RUNNING_MAX; i++, slot++) {
		if (slot->pid == 0 || slot->owner != h->pid)
			continue;
		slot->asked = 1;
		kill(-slot->pid, SIGKILL);
		if (waitpid(slot->pid, &status, 0) == slot->pid)
			settle(h, slot, status);
		slot->pid = 0;
	}
	if (h->table->queue.n > 0)
		log_warnx("--hook: %" PRIu32 " events were not passed on",
		    h->table->queue.n);
}

void
hook_finish(struct heartbeatd *h)
{
	int64_t next;

	do {
		table_lock(h->table);
		next = hook_run(h, clock_mono());
		table_unlock(h->table);
		if (next == CLOCK_NEVER)
			return;
	} while (net_pause(next) != -1);
	table_lock(h->table);
	give_up(h);
	table_unlock(h->table);
}
