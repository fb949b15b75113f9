/*
 * The memory of one process that serves: made after it was forked, freed
 * before it ends.  Called by the core.
 */
#include "worker.h"

#include <stdlib.h>
#include <string.h>

#include "auth/logins.h"
#include "base/clock.h"
#include "base/linelog.h"
#include "base/log.h"
#include "cache.h"
#include "httpd.h"
#include "status.h"

/* keeps_files - where a process serves one connection, it is not worth it. */
static bool
keeps_files(void)
{
	switch (serve_model_running()) {
	case MODEL_FORK:
	case MODEL_INETD:
		return false;
	default:
		return true;
	}
}

int
httpd_start(void *settings)
{
	struct httpd *h = settings;
	struct worker *w = calloc(1, sizeof(*w));
	int number = serve_child();

	h->worker = w;
	if (w == NULL)
		goto fail;
	bridges_start(h);
	w->count = &h->counters->row[number < 0 ? 0 : number % COUNTER_ROWS];
	w->cache = cache_new(h, keeps_files());
	if (w->cache == NULL)
		goto fail;
	if (h->log_fd != -1 && (w->log = linelog_new(h->log_fd,
	    h->log_path)) == NULL)
		goto fail;
	if (h->passwords != NULL && (w->logins = logins_new()) == NULL)
		goto fail;
	return 0;
fail:
	log_err("cannot start serving");
	httpd_stop(settings);
	return -1;
}

/* report - add to the shared counters what is counted here first. */
static void
report(struct worker *w)
{
	struct cache_counts now;
	uint64_t dropped;

	cache_count(w->cache, &now);
	if (now.hits != w->hits || now.misses != w->misses) {
		counter_add(&w->count->cache_hits, now.hits - w->hits);
		counter_add(&w->count->cache_misses, now.misses - w->misses);
		w->hits = now.hits;
		w->misses = now.misses;
	}
	dropped = w->log == NULL ? 0 : linelog_dropped(w->log);
	if (dropped != w->log_dropped) {
		counter_add(&w->count->log_dropped, dropped - w->log_dropped);
		w->log_dropped = dropped;
	}
}

void
httpd_stop(void *settings)
{
	struct httpd *h = settings;
	struct worker *w = h->worker;

	if (w == NULL)
		return;
	if (w->cache != NULL)
		report(w);
	linelog_free(w->log);
	cache_free(w->cache);
	logins_free(w->logins);
	free(w);
	h->worker = NULL;
}

int64_t
httpd_idle(void *settings)
{
	struct httpd *h = settings;
	struct worker *w = h->worker;
	int64_t now = serve_now(), log_ms = -1, cache_ms;

	report(w);
	cache_ms = cache_idle(w->cache, now);
	if (w->log != NULL)
		log_ms = linelog_idle(w->log, now);
	if (log_ms < 0 || (cache_ms >= 0 && cache_ms < log_ms))
		return cache_ms;
	return log_ms;
}
