/*
 * serve_main: from the command line to the end of a server.  Everything that
 * can be wrong with what the user asked for is found before anything forks.
 */
#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/outlet.h"
#include "net/conn_io.h"
#include "serve/core.h"
#include "serve/notify.h"
#include "serve/title.h"

#define WHY_MAX		512
#define FD_RESERVE	64	/* descriptors that are not connections */

/* raise_descriptors - as many as the connections need, or as there may be. */
static void
raise_descriptors(struct core *core)
{
	struct common *o = &core->conf->opt;
	rlim_t want = (rlim_t)o->connections + FD_RESERVE;
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return;
	if (rl.rlim_max < want && geteuid() == 0) {
		rl.rlim_cur = rl.rlim_max = want;
		if (setrlimit(RLIMIT_NOFILE, &rl) == 0)
			return;
		getrlimit(RLIMIT_NOFILE, &rl);
	}
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	if (rl.rlim_cur >= want || o->connections <= 1)
		return;
	o->connections = rl.rlim_cur > 2 * FD_RESERVE ?
	    (int64_t)(rl.rlim_cur - FD_RESERVE) : FD_RESERVE;
	log_info("--connections is %lld: there are no more descriptors",
	    (long long)o->connections);
}

/* write_pid - atomically, so that nobody reads half a number. */
static int
write_pid(struct core *core, pid_t pid, char *why, size_t whylen)
{
	const char *path = core->conf->opt.pid_file;
	char temporary[4096], number[32];
	int fd, n;

	if (path == NULL)
		return 0;
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	n = snprintf(number, sizeof(number), "%d\n", (int)pid);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd == -1 || write(fd, number, (size_t)n) != n ||
	    rename(temporary, path) == -1) {
		snprintf(why, whylen, "%s: %s", path, strerror(errno));
		if (fd != -1)
			close(fd);
		return -1;
	}
	close(fd);
	core->pid_written = 1;
	return 0;
}

/* hand_over - the process that was started ends when the pid file tells of the
 * one that goes on. */
static int
hand_over(struct core *core, pid_t pid, char *why, size_t whylen)
{
	if (write_pid(core, pid, why, whylen) == -1) {
		kill(pid, SIGKILL);
		return -1;
	}
	core->forked = 1;	/* the sockets are the other's now */
	child_release(core);
	exit(0);
}

/* to_background - 0 in the process that goes on, or -1 with why. */
static int
to_background(struct core *core, char *why, size_t whylen)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = null == -1 ? -1 : fork();

	if (pid == -1) {
		snprintf(why, whylen, "daemon: %s", strerror(errno));
		return -1;
	}
	if (pid > 0) {
		close(null);
		return hand_over(core, pid, why, whylen);
	}
	core->pid_written = core->conf->opt.pid_file != NULL;
	core->board->parent = getpid();
	setsid();
	dup2(null, 0);
	dup2(null, 1);
	if (strcmp(core->conf->opt.log, "stderr") != 0)
		dup2(null, 2);
	close(null);
	return 0;
}

/* open_log - as the options say; 0 or -1 with why. */
static int
open_log(struct core *core, char *why, size_t whylen)
{
	const struct common *o = &core->conf->opt;

	if (log_open(o->log, core->srv->name) == -1) {
		snprintf(why, whylen, "%s: %s", o->log, strerror(errno));
		return -1;
	}
	log_level_set((enum log_level)o->log_level);
	return 0;
}

/* prepare - everything but serving; 0 or -1 with why. */
static int
prepare(struct core *core, char *why, size_t whylen)
{
	struct config *conf = core->conf;

	core->model = (enum serve_model)conf->opt.model;
	if (open_log(core, why, whylen) == -1)
		return -1;
	raise_descriptors(core);
	if (board_new(core) == -1) {
		snprintf(why, whylen, "shared memory: %s", strerror(errno));
		return -1;
	}
	if (core->model == MODEL_INETD) {
		signals_init(core);
		return 0;
	}
	core->conf = NULL;	/* so that the first sockets may be adopted */
	if (listeners_open(core, conf, why, whylen) == -1) {
		core->conf = conf;
		return -1;
	}
	core->conf = conf;
	/* whoever reads that we listen may send a signal at once */
	signals_init(core);
	outlet_share();
	if (!conf->opt.daemon && write_pid(core, getpid(), why, whylen) == -1)
		return -1;
	listeners_announce(core);
	return conf->opt.daemon ? to_background(core, why, whylen) : 0;
}

static int
run(struct core *core)
{
	if (core->model == MODEL_INETD)
		return model_inetd(core);
	title_set(core->model == MODEL_SINGLE ? "single" : "parent");
	notify_send("READY=1\nMAINPID=%d", (int)getpid());
	if (core->model == MODEL_SINGLE)
		return model_single(core);
	/* a child for each connection does not rename itself */
	if (core->model != MODEL_FORK)
		log_role("parent");
	return parent_run(core);
}

/* finish - the last process of the server ends. */
static int
finish(struct core *core, int status)
{
	if (core->pid_written)
		unlink(core->conf->opt.pid_file);
	core->slot = -1;	/* socket files go too */
	child_release(core);
	return status;
}

/* start - options and setup; -1: go on, else the exit status. */
static int
start(struct core *core, char *why, size_t whylen)
{
	enum opt_result result;

	core->conf = config_load(core, why, whylen, &result);
	if (result == OPT_EXIT_OK)
		return 0;
	if (core->conf == NULL) {
		if (why[0] != '\0')
			fprintf(stderr, "%s: %s\n", core->srv->name, why);
		return result == OPT_USAGE ? 2 : 1;
	}
	if (core->conf->opt.check) {
		printf("%s: the configuration is good\n", core->srv->name);
		return 0;
	}
	return -1;
}

int
serve_main(const struct server *srv, int argc, char **argv)
{
	struct core core = { .srv = srv, .argc = argc,
	    .argv = argv, .slot = 0, .lane = -1,
	    .wake_parent = -1, .timer_at = CLOCK_NEVER };
	char why[WHY_MAX] = "";
	int status;

	serve_core_set(&core);
	title_init(argc, argv);	/* argv's strings are copies from now on */
	notify_init();
	status = start(&core, why, sizeof(why));
	if (status == -1 && prepare(&core, why, sizeof(why)) == -1) {
		fprintf(stderr, "%s: %s\n", srv->name, why);
		status = 1;
	}
	if (status == -1)
		status = run(&core);
	return finish(&core, status);
}
