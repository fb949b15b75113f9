/*
 * What a server has to do beside its connections: a link to another server,
 * say.  Under the models with children it has a child of its own, which the
 * parent starts again where it dies; a process that is alone sees to it before
 * each wait.  Never waits but for what the service has named.
 */
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/core.h"

int
aside_wanted(const struct core *core)
{
	return core->srv->has_aside != NULL &&
	    core->srv->has_aside(core->conf->settings);
}

int
aside_begin(struct core *core)
{
	core->aside = aside_wanted(core);
	if (core->aside &&
	    core->srv->aside_start(core->conf->settings) == -1) {
		core->aside = 0;
		return -1;
	}
	return 0;
}

void
aside_end(struct core *core, int last)
{
	if (core->aside)
		core->srv->aside_stop(core->conf->settings, last);
	core->aside = 0;
}

int
aside_poll(struct core *core, struct pollfd *p, int64_t *until)
{
	int64_t at;
	int n = 0;

	if (!core->aside)
		return 0;
	at = core->srv->aside(core->conf->settings, p, &n);
	if (at < *until)
		*until = at;
	return n;
}

void
model_aside(struct core *core)
{
	struct pollfd p[1 + ASIDE_FDS];
	uint64_t count;
	int64_t until;
	ssize_t r;
	int n;

	if (aside_begin(core) == -1)
		return;
	child_state(core, CHILD_IDLE);
	while (signals_drain(core) == DRAIN_NO) {
		until = CLOCK_NEVER;
		p[0] = (struct pollfd){ .fd = core->wake == NULL ? -1 :
		    core->wake[core->slot], .events = POLLIN };
		n = 1 + aside_poll(core, p + 1, &until);
		if (wait_many(core, p, n, until) > 0 && p[0].revents != 0) {
			r = read(core->wake[core->slot], &count,
			    sizeof(count));
			(void)r;
		}
	}
	child_state(core, CHILD_DRAINING);
	aside_end(core, core->drain >= DRAIN_STOP);
}
