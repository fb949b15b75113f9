/*
 * The listening sockets: opened and owned by the parent for as long as it
 * lives, so that a child's death or a reload drops no connection that waits.
 * Where children hold many connections each has a socket of its own on the
 * same port (SO_REUSEPORT): the kernel shares connections out, nobody herds.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "net/listen.h"
#include "serve/core.h"
#include "serve/notify.h"

#define ADDRS_MAX	16	/* of one --listen */
#define PORT_TRIES	32	/* for one port that is free for TCP and UDP */

static struct listener *
listener_add(struct core *core, const char *spec, enum listener_kind kind,
    enum child_role role)
{
	struct listener *grown, *l;

	if (core->nlisteners == LISTENERS_MAX) {
		errno = E2BIG;
		return NULL;
	}
	grown = realloc(core->listeners,
	    (core->nlisteners + 1) * sizeof(*grown));
	if (grown == NULL)
		return NULL;
	core->listeners = grown;
	l = &grown[core->nlisteners];
	memset(l, 0, sizeof(*l));
	l->spec = strdup(spec);
	if (l->spec == NULL)
		return NULL;
	l->kind = kind;
	l->role = role;
	l->wanted = 1;
	core->nlisteners++;
	return l;
}

/* listener_drop - close and forget the ith. */
static void
listener_drop(struct core *core, size_t i)
{
	struct listener *l = &core->listeners[i];
	int k;

	for (k = 0; k < l->nfds; k++)
		if (l->fds[k] != -1)
			close(l->fds[k]);
	if (l->addr.sa.sa_family == AF_UNIX && l->addr.un.sun_path[0] != '\0' &&
	    l->nfds > 0 && !core->forked && !l->passed)
		unlink(l->addr.un.sun_path);
	free(l->fds);
	free(l->spec);
	core->nlisteners--;
	memmove(l, l + 1, (core->nlisteners - i) * sizeof(*l));
}

static int
open_one(struct listener *l, int backlog, int flags)
{
	if (l->kind == LISTENER_DGRAM)
		return listen_dgram(&l->addr, flags);
	return listen_stream(&l->addr, backlog, flags);
}

/* open_lanes - n sockets on l->addr (one for UNIX: it cannot be shared out). */
static int
open_lanes(struct listener *l, int backlog, int n)
{
	int fd, *fds, one = 1;

	if (l->addr.sa.sa_family == AF_UNIX)
		n = 1;
	if (n <= l->nfds)
		return 0;
	if (l->nfds == 1)	/* it was alone so far */
		setsockopt(l->fds[0], SOL_SOCKET, SO_REUSEPORT, &one,
		    sizeof(one));
	fds = realloc(l->fds, (size_t)n * sizeof(*fds));
	if (fds == NULL)
		return -1;
	l->fds = fds;
	while (l->nfds < n) {
		fd = open_one(l, backlog, n == 1 ? 0 :
		    l->nfds == 0 ? LISTEN_FIRST : LISTEN_REUSEPORT);
		if (fd == -1)
			return -1;
		l->fds[l->nfds++] = fd;
	}
	return 0;
}

/* listener_find - one that is open already, for the same address. */
static struct listener *
listener_find(struct core *core, const char *spec, enum listener_kind kind,
    enum child_role role, int nth)
{
	struct listener *l;
	size_t i;

	for (i = 0; i < core->nlisteners; i++) {
		l = &core->listeners[i];
		if (!l->passed && l->kind == kind && l->role == role &&
		    strcmp(l->spec, spec) == 0 && nth-- == 0)
			return l;
	}
	return NULL;
}

static int
cannot(char *why, size_t whylen, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	snprintf(why, whylen, "listen on %s: %s",
	    addr_text(a, text, sizeof(text)), strerror(errno));
	return -1;
}

/* open_addr - listen on the nth address of spec, unless that is done. */
static int
open_addr(struct core *core, const char *spec, int nth, const struct addr *a,
    enum listener_kind kind, enum child_role role, int lanes, int backlog,
    char *why, size_t whylen)
{
	struct listener *l = listener_find(core, spec, kind, role, nth);

	if (l != NULL) {
		l->wanted = 1;
		return open_lanes(l, backlog, lanes) == -1 ?
		    cannot(why, whylen, a) : 0;
	}
	l = listener_add(core, spec, kind, role);
	if (l == NULL)
		return cannot(why, whylen, a);
	l->addr = *a;
	if (open_lanes(l, backlog, lanes > 0 ? lanes : 1) == -1) {
		cannot(why, whylen, a);
		listener_drop(core, core->nlisteners - 1);
		return -1;
	}
	return 0;
}

static uint16_t *
port_of(struct addr *a)
{
	if (a->sa.sa_family == AF_INET)
		return &a->in.sin_port;
	return a->sa.sa_family == AF_INET6 ? &a->in6.sin6_port : NULL;
}

/* open_both - TCP and UDP on one port; where it was 0, on one free for both. */
static int
open_both(struct core *core, const struct config *conf, const char *spec,
    int nth, const struct addr *a, char *why, size_t whylen)
{
	const struct common *o = &conf->opt;
	struct addr udp = *a;
	int any = port_of(&udp) != NULL && *port_of(&udp) == 0;
	int tries = any ? PORT_TRIES : 1;
	size_t before;

	while (tries-- > 0) {
		before = core->nlisteners;
		if (o->transport != TRANSPORT_UDP && open_addr(core, spec, nth,
		    a, LISTENER_STREAM, ROLE_WORKER, conf->lanes,
		    (int)o->backlog, why, whylen) == -1)
			return -1;
		if (o->transport == TRANSPORT_TCP || (port_of(&udp) == NULL &&
		    o->transport == TRANSPORT_BOTH))
			return 0;
		if (any && core->nlisteners > before)
			*port_of(&udp) =
			    *port_of(&core->listeners[before].addr);
		if (open_addr(core, spec, nth, &udp, LISTENER_DGRAM,
		    ROLE_DATAGRAM, conf->dgram_lanes, 0, why, whylen) == 0)
			return 0;
		if (core->nlisteners > before)
			listener_drop(core, before);
	}
	return -1;
}

/* open_spec - every address that a --listen stands for.  Of a name or "*" that
 * stands for several, those of a family that the host lacks are left out. */
static int
open_spec(struct core *core, const struct config *conf, const char *spec,
    char *why, size_t whylen)
{
	const char *port = strrchr(core->srv->address, ':');
	struct addr addrs[ADDRS_MAX];
	int i, n, opened = 0;
	uint16_t *p;

	n = addr_resolve(addrs, ADDRS_MAX, spec, port + 1, 1,
	    conf->opt.transport == TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM,
	    why, whylen);
	if (n == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (open_both(core, conf, spec, opened, &addrs[i], why,
		    whylen) == -1) {
			if (n > 1 && errno == EAFNOSUPPORT)
				continue;
			return -1;
		}
		opened++;
		/* the other families on the same port, where 0 picked one */
		p = port_of(&core->listeners[core->nlisteners - 1].addr);
		if (i + 1 < n && p != NULL && port_of(&addrs[i + 1]) != NULL)
			*port_of(&addrs[i + 1]) = *p;
	}
	return opened > 0 ? 0 : -1;
}

/* adopt - the sockets that a supervisor passed in; -1 with why. */
static int
adopt(struct core *core, char *why, size_t whylen)
{
	int i, n = notify_listen_fds(), type;
	socklen_t len;
	struct listener *l;
	const char *name;

	if (n == -1)
		snprintf(why, whylen, "LISTEN_FDS: %s", errno == EBADF ?
		    "fewer descriptors are open" : strerror(errno));
	for (i = 0; i < n; i++) {
		len = sizeof(type);
		if (getsockopt(3 + i, SOL_SOCKET, SO_TYPE, &type, &len) == -1) {
			snprintf(why, whylen,
			    "LISTEN_FDS: descriptor %d is no socket", 3 + i);
			return -1;
		}
		name = notify_fd_name(i);
		l = listener_add(core, name != NULL ? name : "passed",
		    type == SOCK_DGRAM ? LISTENER_DGRAM : LISTENER_STREAM,
		    type == SOCK_DGRAM ? ROLE_DATAGRAM :
		    name != NULL && strcmp(name, "status") == 0 ?
		    ROLE_STATUS : ROLE_WORKER);
		if (l == NULL || (l->fds = malloc(sizeof(int))) == NULL) {
			snprintf(why, whylen, "%s", strerror(errno));
			return -1;
		}
		fcntl(3 + i, F_SETFL, fcntl(3 + i, F_GETFL) | O_NONBLOCK);
		l->fds[0] = 3 + i;
		l->nfds = 1;
		l->passed = 1;
		l->addr.len = sizeof(l->addr.ss);
		getsockname(3 + i, &l->addr.sa, &l->addr.len);
		if (type == SOCK_DGRAM)
			listen_dgram_tells(3 + i);
	}
	return n;
}

/* drop_unwanted - those that the new configuration does not have. */
static void
drop_unwanted(struct core *core)
{
	size_t i = core->nlisteners;

	while (i-- > 0)
		if (!core->listeners[i].wanted && !core->listeners[i].passed)
			listener_drop(core, i);
}

/* tune - what a reload may change of TCP listeners that stay open; those that
 * were passed in are their supervisor's. */
static void
tune(const struct core *core, const struct common *o)
{
	const struct listener *l;
	size_t i;
	int k;

	for (i = 0; i < core->nlisteners; i++) {
		l = &core->listeners[i];
		if (l->kind != LISTENER_STREAM || l->role != ROLE_WORKER ||
		    l->passed)
			continue;
		for (k = 0; k < l->nfds; k++) {
			if (listen(l->fds[k], (int)o->backlog) == -1)
				log_warn("listen");
			if (l->addr.sa.sa_family != AF_UNIX && listen_defer(
			    l->fds[k], o->defer_accept) == -1 &&
			    o->defer_accept)
				log_warn("--defer-accept");
		}
	}
}

/* open_stream_side - of a server whose TCP side has an address of its own. */
static int
open_stream_side(struct core *core, const struct config *conf, char *why,
    size_t whylen)
{
	const char *spec;
	struct addr a;

	if (core->srv->stream_address == NULL)
		return 0;
	spec = core->srv->stream_address(conf->settings);
	if (spec == NULL)
		return 0;
	if (addr_resolve(&a, 1, spec, NULL, 1, SOCK_STREAM, why, whylen) < 1)
		return -1;
	return open_addr(core, spec, 0, &a, LISTENER_STREAM, ROLE_WORKER,
	    conf->lanes, (int)conf->opt.backlog, why, whylen);
}

int
listeners_open(struct core *core, const struct config *conf, char *why,
    size_t whylen)
{
	const struct common *o = &conf->opt;
	struct addr a;
	size_t i, before = core->nlisteners;
	int passed = 0;

	for (i = 0; i < core->nlisteners; i++)
		core->listeners[i].wanted = core->listeners[i].passed;
	if (core->conf == NULL && adopt(core, why, whylen) == -1)
		return -1;
	for (i = 0; i < core->nlisteners; i++)
		passed += core->listeners[i].passed &&
		    core->listeners[i].role != ROLE_STATUS;
	for (i = 0; i < o->listen.n; i++)
		if (open_spec(core, conf, o->listen.v[i], why, whylen) == -1)
			goto fail;
	if (o->listen.n == 0 && !passed &&
	    open_spec(core, conf, core->srv->address, why, whylen) == -1)
		goto fail;
	if (open_stream_side(core, conf, why, whylen) == -1)
		goto fail;
	if (o->status != NULL) {
		if (addr_resolve(&a, 1, o->status, "0", 1, SOCK_STREAM, why,
		    whylen) < 1)
			goto fail;
		if (open_addr(core, o->status, 0, &a, LISTENER_STREAM,
		    ROLE_STATUS, 1, 16, why, whylen) == -1)
			goto fail;
	}
	drop_unwanted(core);
	tune(core, o);
	return 0;
fail:
	while (core->nlisteners > before)
		listener_drop(core, core->nlisteners - 1);
	for (i = 0; i < core->nlisteners; i++)
		core->listeners[i].wanted = 1;
	return -1;
}

/* listeners_announce - the lines that people and tests wait for, each once, and
 * the scoreboard's copy of the addresses. */
void
listeners_announce(const struct core *core)
{
	struct listener *l;
	struct text all;
	char text[ADDR_TEXT_MAX];
	size_t i;

	text_init(&all, core->board->listen, sizeof(core->board->listen));
	for (i = 0; i < core->nlisteners; i++) {
		l = &core->listeners[i];
		if (l->role == ROLE_STATUS || (l->kind == LISTENER_DGRAM &&
		    core->conf->opt.transport == TRANSPORT_BOTH && !l->passed))
			continue;
		addr_text(&l->addr, text, sizeof(text));
		if (!l->announced)
			printf("%s on %s\n", core->srv->stream_address !=
			    NULL && l->kind == LISTENER_STREAM ? "http" :
			    "listening", text);
		l->announced = 1;
		if (all.len > 0)
			text_adds(&all, " ");
		text_adds(&all, text);
	}
	for (i = 0; i < core->nlisteners; i++) {
		l = &core->listeners[i];
		if (l->role == ROLE_STATUS && !l->announced)
			printf("status on %s\n",
			    addr_text(&l->addr, text, sizeof(text)));
		l->announced = 1;
	}
	fflush(stdout);
}

void
listeners_close(struct core *core)
{
	while (core->nlisteners > 0)
		listener_drop(core, core->nlisteners - 1);
	free(core->listeners);
	core->listeners = NULL;
}

/* mine - is socket k of l this process's?  Sockets beyond the lanes (after a
 * reload with fewer) are shared out, so that what waits there is served. */
static int
mine(const struct core *core, const struct listener *l, int k)
{
	int lanes;

	if (l->role != core->role)	/* a process that is alone has all */
		return core->model == MODEL_SINGLE ||
		    core->model == MODEL_INETD;
	if (core->role == ROLE_DATAGRAM)
		lanes = core->conf->dgram_lanes;
	else
		lanes = core->conf->lanes;
	return l->nfds == 1 || lanes == 0 || k % lanes == core->lane;
}

void
listeners_keep(struct core *core, int none)
{
	struct listener *l;
	size_t i;
	int k;

	for (i = 0; i < core->nlisteners; i++) {
		l = &core->listeners[i];
		for (k = 0; k < l->nfds; k++) {
			if (!none && mine(core, l, k))
				continue;
			close(l->fds[k]);
			if (!none || privs_instrumented())
				l->fds[k] = -1;
		}
	}
}

int
listeners_of(const struct core *core, enum listener_kind kind, int *fds,
    int max)
{
	const struct listener *l;
	size_t i;
	int k, n = 0;

	for (i = 0; i < core->nlisteners; i++) {
		l = &core->listeners[i];
		if (l->kind != kind)
			continue;
		for (k = 0; k < l->nfds && n < max; k++)
			if (l->fds[k] != -1 && mine(core, l, k))
				fds[n++] = l->fds[k];
	}
	return n;
}

enum child_role
listener_role(const struct core *core, int fd)
{
	size_t i;

	for (i = 0; i < core->nlisteners; i++)
		if (core->listeners[i].nfds > 0 &&
		    core->listeners[i].fds[0] == fd)
			return core->listeners[i].role;
	return ROLE_WORKER;
}
