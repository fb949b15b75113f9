/*
 * Changing the configuration of a running server: the new one is validated
 * whole before anything changes; where it is bad, the old one stays.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "serve/core.h"
#include "serve/notify.h"
#include "serve/parent.h"

#define WHY_MAX	512

/* fits - what cannot change while the server runs. */
static int
fits(const struct core *core, const struct config *conf, char *why,
    size_t whylen)
{
	int many = conf->opt.model == MODEL_PREFORK &&
	    conf->opt.connections > 1 && core->srv->session != NULL;

	if ((enum serve_model)conf->opt.model != core->model ||
	    many != core->holds_many) {
		snprintf(why, whylen,
		    "--model cannot change while the server runs");
		return 0;
	}
	if (core->model != MODEL_SINGLE &&
	    conf->opt.children.max > core->nslots) {
		snprintf(why, whylen, "--children: at most %d while the "
		    "server runs", core->nslots);
		return 0;
	}
	return 1;
}

/* take - load, check, listen; 0, or -1 with a log line and all as before. */
static int
take(struct core *core)
{
	struct config *conf, *old = core->conf;
	enum opt_result result;
	char why[WHY_MAX];

	conf = config_load(core, why, sizeof(why), &result);
	if (conf == NULL)
		goto bad;
	if (!fits(core, conf, why, sizeof(why)) ||
	    listeners_open(core, conf, why, sizeof(why)) == -1) {
		config_free(core->srv, conf);
		goto bad;
	}
	core->conf = conf;
	config_free(core->srv, old);
	log_level_set((enum log_level)conf->opt.log_level);
	listeners_announce(core);
	return 0;
bad:
	log_errx("reload: %s; the old configuration stays", why);
	return -1;
}

/* roll - children of the new generation, then the old ones leave. */
static void
roll(struct core *core)
{
	core->generation++;
	core->maintain_due = 1;
	atomic_store(&core->board->generation, core->generation);
	atomic_store(&core->board->reloaded, clock_wall());
}

/* has_rows - enough for a whole new generation beside what drains. */
static int
has_rows(const struct core *core)
{
	int64_t want = core->conf->lanes + core->conf->dgram_lanes + 2;

	if (core->model == MODEL_PREFORK && !core->holds_many)
		want += core->conf->opt.children.min;
	return core->nslots - parent_children(core) > want;
}

/* take_told - take, with word of it to the supervisor and the log. */
static int
take_told(struct core *core)
{
	int result;

	notify_send("RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)(clock_mono() / NSEC_PER_USEC));
	result = take(core);
	if (result == 0)
		log_info("configuration reloaded");
	notify_send("READY=1");
	return result;
}

void
parent_reload(struct core *core)
{
	if (!has_rows(core))
		return;		/* still due: children must end first */
	core->reload_due = 0;
	if (take_told(core) == 0)
		roll(core);
}

static void
reopen(struct core *core)
{
	if (log_reopen() == -1)
		log_warn("reopen log");
	if (core->srv->reopen != NULL &&
	    core->srv->reopen(core->conf->settings) == -1)
		log_warn("reopen logs");
}

void
parent_reopen(struct core *core)
{
	reopen(core);
	roll(core);
}

int
single_reload(struct core *core)
{
	int done;

	if (signals_take(SIGUSR1))
		reopen(core);
	if (!signals_take(SIGHUP))
		return 0;
	aside_end(core, 0);
	if (core->srv->child_stop != NULL)
		core->srv->child_stop(core->conf->settings);
	done = take_told(core) == 0;
	if (core->srv->child_start != NULL)
		core->srv->child_start(core->conf->settings);
	aside_begin(core);
	return done;
}
