/*
 * The UDP side of a server: batches in, the service, batches out.  Sources that
 * would answer anything are not answered, so that two servers cannot be set
 * upon each other.
 */
#include "serve/datagram.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/wait.h"
#include "serve/core.h"

#define RATE_SOURCES	16384	/* told apart by --max-rate */
#define TURN	8	/* batches from one socket before the others' turn */

/* own_ports - ours: a datagram from there is one of us, set upon itself. */
static size_t
own_ports(const struct core *core, uint16_t *ports, size_t max)
{
	struct ipaddr ip;
	size_t i, n = 0;

	for (i = 0; i < core->nlisteners && n < max; i++) {
		if (core->listeners[i].kind != LISTENER_DGRAM)
			continue;
		ipaddr_from(&ip, &core->listeners[i].addr.sa,
		    core->listeners[i].addr.len);
		ports[n++] = ip.port;
	}
	return n;
}

int
datagrams_open(struct core *core)
{
	int fds[LISTENERS_MAX], i, n;
	size_t max = core->srv->dgram_max;

	n = listeners_of(core, LISTENER_DGRAM, fds, LISTENERS_MAX);
	core->ports = calloc((size_t)n + 1, sizeof(*core->ports));
	if (core->ports == NULL) {
		log_err("datagrams");
		return -1;
	}
	for (i = 0; i < n; i++) {
		/* a process that is alone needs the socket after a reload */
		if (!core->forked)
			fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
		core->ports[i] = fds[i] == -1 ? NULL :
		    dgram_port_new(fds[i], max > 0 ? max : DGRAM_MAX);
		if (core->ports[i] == NULL) {
			log_err("datagrams");
			return -1;
		}
		core->nports++;
	}
	if (core->conf->opt.max_rate > 0 && rate_init(&core->rate,
	    (double)core->conf->opt.max_rate,
	    (double)core->conf->opt.max_rate, RATE_SOURCES) == -1) {
		log_err("datagrams");
		return -1;
	}
	core->timer_at = n > 0 && core->srv->timer != NULL ? 0 : CLOCK_NEVER;
	return 0;
}

void
datagrams_close(struct core *core)
{
	int i;
	size_t k;

	/* a port owns its descriptor, which the listener must not close too */
	for (k = 0; k < core->nlisteners && core->forked; k++)
		if (core->listeners[k].kind == LISTENER_DGRAM)
			for (i = 0; i < core->listeners[k].nfds; i++)
				core->listeners[k].fds[i] = -1;
	for (i = 0; i < core->nports; i++)
		dgram_port_free(core->ports[i]);
	free(core->ports);
	core->ports = NULL;
	core->nports = 0;
	rate_free(&core->rate);
}

int
datagrams_poll(const struct core *core, struct pollfd *p, int max)
{
	int i;

	for (i = 0; i < core->nports && i < max; i++)
		p[i] = (struct pollfd){ .fd = dgram_port_fd(core->ports[i]),
		    .events = POLLIN };
	return i;
}

/* may_serve - is this source one that is answered, and not too often? */
static int
may_serve(struct core *core, const struct dgram *d, const uint16_t *ports,
    size_t nports, int64_t now)
{
	if (dgram_bad_source(&d->peer, ports, nports))
		return 0;
	return core->rate.bucket == NULL ||
	    rate_allow(&core->rate, ipaddr_source(&d->peer), now, 1);
}

void
datagrams_ready(struct core *core, int i)
{
	struct dgram_port *port = core->ports[i];
	struct score *s = &core->board->slot[core->slot];
	uint16_t ports[LISTENERS_MAX];
	size_t nports = own_ports(core, ports, LISTENERS_MAX);
	int64_t now = core->rate.bucket == NULL ? 0 : clock_coarse();
	struct dgram *d;
	int k, n, turn;

	for (turn = 0; turn < TURN; turn++) {
		n = dgram_recv(port);
		if (n <= 0)
			break;
		child_count(&s->datagrams, (uint64_t)n);
		for (k = 0; k < n; k++) {
			d = dgram_at(port, k);
			child_count(&s->bytes_in, d->len);
			if (!may_serve(core, d, ports, nports, now)) {
				child_count(&s->refused, 1);
				continue;
			}
			core->srv->datagram(port, d, core->conf->settings);
		}
		dgram_flush(port);
		if (n < DGRAM_BATCH)
			break;
	}
}

void
serve_timer_at(int64_t at)
{
	struct core *core = serve_core();

	if (at < core->timer_at)
		core->timer_at = at;
}

int64_t
datagrams_timer(struct core *core)
{
	int64_t now;

	if (core->timer_at == CLOCK_NEVER)
		return CLOCK_NEVER;
	now = clock_mono();
	if (now >= core->timer_at) {
		core->timer_at = core->srv->timer(core->ports[0], now,
		    core->conf->settings);
		dgram_flush(core->ports[0]);
	}
	return core->timer_at;
}

/* settle - after a reload: nothing new is read, that is the successor's, but
 * what was promised for later is still sent. */
static void
settle(struct core *core)
{
	if (core->srv->dgram_owes == NULL)
		return;
	while (signals_drain(core) == DRAIN_RELOAD &&
	    core->srv->dgram_owes(core->conf->settings))
		wait_many(core, NULL, 0, datagrams_timer(core));
}

void
model_datagram(struct core *core)
{
	struct pollfd p[LISTENERS_MAX];
	int i, n, r;
	int64_t wake;

	if (datagrams_open(core) == -1)
		return;
	n = datagrams_poll(core, p, LISTENERS_MAX);
	child_state(core, CHILD_IDLE);
	while (signals_drain(core) == DRAIN_NO) {
		wake = datagrams_timer(core);
		if (core->srv->idle != NULL)
			core->srv->idle(core->conf->settings);
		r = wait_many(core, p, n, wake);
		for (i = 0; i < n && r > 0; i++)
			if (p[i].revents != 0)
				datagrams_ready(core, i);
	}
	child_state(core, CHILD_DRAINING);
	settle(core);
	datagrams_close(core);
}
