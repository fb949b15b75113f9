/*
 * All jobs, one after another or by several workers.  A worker is a process
 * with a connection of its own that takes the next job off a number that all
 * share; it returns from run_jobs() as its parent does, and main ends it.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/clock.h"
#include "filec.h"
#include "link.h"
#include "net/wait.h"
#include "worker.h"

#define JOBS_MAX	64
#define LOOK_MS		100	/* of the parent, at the workers' progress */
#define RETRY_MS	500	/* doubling */
#define RETRY_MOST	30000

void
worse(struct shared *s, enum status status)
{
	int now = atomic_load(&s->status);

	while ((int)status > now && !atomic_compare_exchange_weak(&s->status,
	    &now, (int)status))
		continue;
}

/* once - a job */
static enum status
once(struct work *w, struct link *l, const struct job *j, struct outcome *o)
{
	memset(o, 0, sizeof(*o));
	if (j->declined)
		return fail(o, ST_EXISTS, "left as it is");
	if (w->standard)
		return w->put ? put_standard(w, l, j, o) :
		    get_standard(w, l, j, o);
	return w->put ? put_job(w, l, j, o) : get_job(w, l, j, o);
}

static bool
may_pass(enum status st)
{
	return st == ST_CONNECT || st == ST_CUT || st == ST_UNKNOWN;
}

bool
try_again(const struct settings *set, enum status st, int64_t *tries)
{
	int64_t pause = RETRY_MS;

	if (!may_pass(st) || *tries >= set->retries)
		return false;
	for (int64_t i = 0; i < *tries && pause < RETRY_MOST; i++)
		pause *= 2;
	net_pause(clock_after_ms(pause < RETRY_MOST ? pause : RETRY_MOST));
	(*tries)++;
	return true;
}

/* run_job - as often as --retry allows */
static void
run_job(struct work *w, struct link *l, const struct job *j)
{
	int64_t began = clock_mono(), tries = 0;
	static struct outcome o;
	enum status st;

	do
		st = once(w, l, j, &o);
	while (!w->standard && try_again(w->set, st, &tries));
	o.status = st;
	report(w, j, &o, clock_mono() - began);
	worse(w->shared, st);
	if (st == ST_CONNECT)
		atomic_store(&w->shared->unreachable, true);
}

static void
work_on(struct work *w, struct link *l)
{
	struct outcome o = { 0 };
	size_t i;

	fail(&o, ST_CONNECT, "not tried: there is no connection");
	while ((i = atomic_fetch_add(&w->shared->next, 1)) < w->n) {
		if (w->job[i].folder)
			continue;
		/* one has failed: nor would the others get through */
		if (atomic_load(&w->shared->unreachable))
			report_untried(w, w->put ? w->job[i].local :
			    w->job[i].remote, &o);
		else
			run_job(w, l, &w->job[i]);
	}
}

/* watch - the workers, until the last has ended */
static void
watch(struct work *w, int workers)
{
	int how;

	while (workers > 0) {
		pid_t pid = waitpid(-1, &how, w->bar.on ? WNOHANG : 0);

		if (pid > 0) {
			workers--;
			if (!WIFEXITED(how))
				worse(w->shared, ST_LOCAL);
		} else if (pid == 0) {
			net_pause(clock_after_ms(LOOK_MS));
			progress_update(&w->bar,
			    atomic_load(&w->shared->done));
		} else if (errno != EINTR) {
			break;
		}
	}
}

/* start_workers - in a worker false */
static bool
start_workers(struct work *w, struct link *l, int n)
{
	pid_t self = getpid(), pid;
	int started = 0;

	link_close(l);
	fflush(NULL);
	for (; started < n; started++) {
		pid = fork();
		if (pid == 0) {
			worker_bind(self);
			w->bar.on = 0;
			work_on(w, l);
			return false;
		}
		if (pid == -1)
			break;
	}
	if (started == 0)
		work_on(w, l);
	watch(w, started);
	return true;
}

/* folder_of - the folder that a job's local name is in, and the name there */
static int
folder_of(const struct work *w, const char *local, const char **base)
{
	const char *slash = strrchr(local, '/');
	char folder[FILE_NAME];

	*base = slash != NULL ? slash + 1 : local;
	snprintf(folder, sizeof(folder), "%.*s",
	    slash != NULL ? (int)(slash - local) : 0, local);
	return beneath_name(w->root, folder, 0);
}

/* make_here - a folder; its mode comes when all is in it */
static void
make_here(struct work *w, const struct job *j)
{
	const char *base;
	struct stat st;
	int dir = folder_of(w, j->local, &base), error = 0;

	if (dir == -1 || (mkdirat(dir, base, 0777) == -1 &&
	    (errno != EEXIST || fstatat(dir, base, &st, 0) == -1 ||
	    !S_ISDIR(st.st_mode))))
		error = errno;
	if (dir != -1)
		close(dir);
	if (error == 0)
		return;
	complain(j->local, strerror(error));
	worse(w->shared, ST_LOCAL);
}

/* settle_here - mode and time of a folder, which filling it has changed */
static void
settle_here(struct work *w, const struct job *j)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
	    { .tv_sec = j->mtime / NSEC_PER_SEC,
	    .tv_nsec = j->mtime % NSEC_PER_SEC } };
	int fd = beneath_open(w->root, j->local, 0);

	if (fd == -1)
		return;
	if (times[1].tv_nsec < 0)
		times[1] = (struct timespec){ .tv_sec = times[1].tv_sec };
	if ((j->mode != FILE_NO_MODE &&
	    fchmod(fd, (mode_t)j->mode & 0777) == -1) ||
	    futimens(fd, times) == -1)
		complain(j->local, strerror(errno));
	close(fd);
}

static void
make_folders(struct work *w, struct link *l)
{
	for (size_t i = 0; i < w->n; i++) {
		if (!w->job[i].folder)
			continue;
		if (w->put)
			run_job(w, l, &w->job[i]);
		else
			make_here(w, &w->job[i]);
	}
}

/* measure - how many files, and how much in all */
static size_t
measure(const struct work *w, uint64_t *total, const char **label)
{
	size_t files = 0;

	*total = w->standard ? PROGRESS_UNKNOWN : 0;
	*label = "in all";
	for (size_t i = 0; i < w->n; i++) {
		if (w->job[i].folder)
			continue;
		if (!w->standard)
			*total += w->job[i].size;
		if (files++ == 0)
			*label = w->put ? w->job[i].remote : w->job[i].local;
	}
	if (files > 1)
		*label = "in all";
	return files;
}

enum status
run_jobs(struct work *w, struct link *l)
{
	int64_t jobs = w->set->jobs < JOBS_MAX ? w->set->jobs : JOBS_MAX;
	const char *label;
	uint64_t total;
	size_t files = measure(w, &total, &label);

	make_folders(w, l);
	progress_start(&w->bar, label, 0, total, files > 0 &&
	    !w->set->quiet && !w->set->verbose && !w->set->json);
	if ((size_t)jobs > files)
		jobs = (int64_t)files;
	if (jobs <= 1)
		work_on(w, l);
	else if (!start_workers(w, l, (int)jobs))
		return ST_OK;
	progress_update(&w->bar, atomic_load(&w->shared->done));
	progress_end(&w->bar);
	if (!w->put && w->set->preserve)
		for (size_t i = w->n; i-- > 0;)
			if (w->job[i].folder)
				settle_here(w, &w->job[i]);
	return (enum status)atomic_load(&w->shared->status);
}
