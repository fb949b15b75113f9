/*
 * What every model does around a session, so that the session cannot tell them
 * apart: the PROXY header, TLS, deadlines, limits, counting, the gentle end.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/proxyproto.h"
#include "net/tls.h"
#include "net/wait.h"
#include "serve/core.h"
#include "serve/title.h"

#define SOURCE_LIMIT	256	/* --max-per-source, where nobody said */
#define LINGER_MS	2000
#define LINGER_BYTES	(256 * 1024)
#define STATUS_NS	NSEC_PER_SEC	/* of who asks for the status */

static struct core *self;

struct core *
serve_core(void)
{
	return self;
}

void
serve_core_set(struct core *core)
{
	self = core;
}

struct scoreboard *
scoreboard(void)
{
	return self == NULL ? NULL : self->board;
}

int
serve_draining(void)
{
	return self->drain != DRAIN_NO;
}

int64_t
serve_now(void)
{
	return self->holds_many ? self->now : clock_mono();
}

int
serve_child(void)
{
	return self->slot;
}

enum serve_model
serve_model_running(void)
{
	return self->model;
}

/* own - this process's row of the scoreboard. */
static struct score *
own(const struct core *core)
{
	return &core->board->slot[core->slot < 0 ? 0 : core->slot];
}

/* child_count - add to a field that only this process writes. */
void
child_count(_Atomic uint64_t *field, uint64_t n)
{
	atomic_store_explicit(field,
	    atomic_load_explicit(field, memory_order_relaxed) + n,
	    memory_order_relaxed);
}

void
serve_count_request(void)
{
	child_count(&own(self)->requests, 1);
}

int
serve_child_pid(int child)
{
	if (child < 0 || child >= self->nslots)
		return 0;
	if (self->model == MODEL_SINGLE || self->model == MODEL_INETD)
		return getpid();
	return atomic_load(&self->board->slot[child].pid);
}

uint64_t
serve_crashes(void)
{
	return atomic_load_explicit(&self->board->crashed,
	    memory_order_relaxed);
}

void
serve_doing(const char *text, size_t len)
{
	struct score *s = own(self);

	if (self->holds_many)
		return;
	if (len >= sizeof(s->doing))
		len = sizeof(s->doing) - 1;
	memcpy(s->doing, text, len);
	s->doing[len] = '\0';
	title_text(s->doing, len);
}

/* count_bytes - what has come and gone since it was in and out. */
static void
count_bytes(struct core *core, const struct conn *c, uint64_t in,
    uint64_t out)
{
	if (core->role == ROLE_STATUS)
		return;
	child_count(&own(core)->bytes_in, c->bytes_in - in);
	child_count(&own(core)->bytes_out, c->bytes_out - out);
}

/* is_proxy - does this peer send a PROXY header? */
static int
is_proxy(const struct config *conf, const struct ipaddr *peer)
{
	size_t i;

	for (i = 0; i < conf->nproxy_from; i++)
		if (cidr_has(&conf->proxy_from[i], peer))
			return 1;
	return 0;
}

/* is_loopback - the machine itself, or a UNIX socket. */
static int
is_loopback(const struct ipaddr *ip)
{
	static const uint8_t six[16] = { [15] = 1 };

	if (ip->family == AF_INET)
		return ip->ip[0] == 127;
	if (ip->family == AF_INET6)
		return memcmp(ip->ip, six, 16) == 0;
	return 1;
}

/*
 * source_limit_hit - count the connection against its source at this place;
 * 1 where that source has too many.  A connection that a balancer carries is
 * counted once its PROXY header has said whose it is.
 */
int
source_limit_hit(struct core *core, struct conn *c, int place)
{
	int64_t limit = core->conf->opt.max_per_source;

	c->slot = (uint32_t)place;
	if ((c->flags & (CONN_PROLOGUE | CONN_PROXIED)) == CONN_PROLOGUE &&
	    core->conf->nproxy_from > 0 && is_proxy(core->conf, &c->peer))
		return 0;
	if (limit == 0) {
		if (is_loopback(&c->peer))
			return 0;
		limit = SOURCE_LIMIT;
	}
	return source_enter(core->sources, core->slot, place,
	    ipaddr_source(&c->peer), limit) == -1;
}

void
seat_begin(struct core *core, struct conn *c)
{
	const struct common *o = &core->conf->opt;
	struct score *s = own(core);

	if (o->lifetime_ms > 0)
		c->expires = core->now + o->lifetime_ms * NSEC_PER_MSEC;
	if (core->role == ROLE_STATUS)	/* one after another */
		c->expires = core->now + STATUS_NS;
	conn_stall(c, o->stall_ms);
	if (core->conf->tls != NULL || core->conf->nproxy_from > 0 ||
	    core->srv->opened != NULL)
		c->flags |= CONN_PROLOGUE;
	/* who asks for the status is not counted among those it tells of */
	child_count(&s->connections, core->role != ROLE_STATUS);
	atomic_store_explicit(&s->active, atomic_load_explicit(&s->active,
	    memory_order_relaxed) + (core->role != ROLE_STATUS),
	    memory_order_relaxed);
	c->id = (uint64_t)(core->slot + 1) << 40 |
	    (atomic_load_explicit(&s->connections, memory_order_relaxed) &
	    0xffffffffffULL);
}

/* read_proxy_header - who is behind the balancer; 0 or -1. */
static int
read_proxy_header(struct conn *c)
{
	struct ipaddr peer = c->peer;
	ssize_t n;
	int known = 0;

	for (;;) {
		n = c->in_len == 0 ? 0 : proxyproto_parse(conn_data(c),
		    conn_pending(c), &peer, &known);
		if (n > 0) {
			conn_consume(c, (size_t)n);
			if (known)
				c->peer = peer;
			c->flags |= CONN_PROXIED;
			return 0;
		}
		if (n == -1 || conn_fill(c) <= 0)
			return -1;
	}
}

/* refused - count it, log it, and let the service say why. */
static enum conn_fate
refused(struct core *core, struct conn *c, enum serve_refusal why,
    const char *text)
{
	char peer[IPADDR_TEXT_MAX];

	child_count(&own(core)->refused, 1);
	log_info("%s: refused: %s", conn_peer_text(c, peer, sizeof(peer)),
	    text);
	if (core->srv->refuse != NULL && core->role == ROLE_WORKER) {
		core->srv->refuse(c, core->conf->settings, why);
		c->flags |= CONN_LINGER;
	}
	return CONN_CLOSE;
}

/* prologue_tls - shake hands; what failed is logged. */
static enum conn_fate
prologue_tls(struct core *core, struct conn *c)
{
	char why[256], peer[IPADDR_TEXT_MAX];

	if (tls_accept(c, core->conf->tls, why, sizeof(why)) == 0)
		return CONN_KEEP;
	if (errno == EPROTOTYPE && core->srv->alpn != NULL)
		return refused(core, c, REFUSE_PLAIN, why);
	log_info("%s: %s", conn_peer_text(c, peer, sizeof(peer)), why);
	return CONN_CLOSE;
}

enum conn_fate
seat_prologue(struct core *core, struct conn *c)
{
	const struct server *srv = core->srv;
	enum conn_fate fate = CONN_KEEP;
	int64_t ms = core->conf->opt.request_ms;
	uint64_t in = c->bytes_in, out = c->bytes_out;
	char peer[IPADDR_TEXT_MAX];

	if ((c->flags & CONN_PROLOGUE) == 0 || core->role == ROLE_STATUS)
		return CONN_KEEP;
	conn_deadline(c, ms > 0 ? ms : 30000);
	if (core->conf->nproxy_from > 0 && is_proxy(core->conf, &c->peer)) {
		if (read_proxy_header(c) == -1)
			return refused(core, c, REFUSE_PROXY,
			    "no PROXY header");
		conn_peer_text(c, peer, sizeof(peer));
		serve_doing(peer, strlen(peer));
		if (source_limit_hit(core, c, (int)c->slot))
			return refused(core, c, REFUSE_SOURCE,
			    "too many connections from this address");
	}
	if (core->conf->tls != NULL)
		fate = prologue_tls(core, c);
	c->flags &= ~CONN_PROLOGUE;
	c->deadline = CLOCK_NEVER;
	if (fate == CONN_KEEP && srv->opened != NULL) {
		fate = srv->opened(c, core->conf->settings);
		if (conn_flush(c) == -1)
			fate = CONN_CLOSE;
	}
	count_bytes(core, c, in, out);
	return fate;
}

enum conn_fate
seat_exchange(struct core *core, struct conn *c)
{
	int64_t ms = core->conf->opt.request_ms;
	uint64_t in = c->bytes_in, out = c->bytes_out;
	char peer[IPADDR_TEXT_MAX];
	enum conn_fate fate;

	if (core->drain != DRAIN_NO)
		c->flags |= CONN_DRAIN;
	c->deadline = ms <= 0 ? CLOCK_NEVER :
	    (core->holds_many ? core->now : clock_coarse()) +
	    ms * NSEC_PER_MSEC;
	if (core->role == ROLE_STATUS)
		fate = status_session(c);
	else
		fate = core->srv->session(c, core->conf->settings);
	c->exchanges++;
	if (c->flags & CONN_BROKEN)
		fate = CONN_CLOSE;
	/* answers to pipelined requests go out together */
	if ((fate == CONN_CLOSE || c->in_len == 0) && c->out_len > 0 &&
	    conn_flush(c) == -1)
		fate = CONN_CLOSE;
	if ((c->flags & (CONN_TIMEDOUT | CONN_CUT)) && fate == CONN_CLOSE)
		log_info("%s: %s", conn_peer_text(c, peer, sizeof(peer)),
		    c->flags & CONN_CUT ? "cut off: the server stops" :
		    "timed out");
	count_bytes(core, c, in, out);
	return fate;
}

enum conn_fate
seat_notice(struct core *core, struct conn *c)
{
	uint64_t in = c->bytes_in, out = c->bytes_out;
	enum conn_fate fate;

	c->flags &= ~CONN_NOTICE;
	c->deadline = CLOCK_NEVER;
	fate = core->srv->notice(c, core->conf->settings);
	if (conn_flush(c) == -1)
		fate = CONN_CLOSE;
	count_bytes(core, c, in, out);
	return fate;
}

/* seat_must_run_now - may input be there that no event will tell of? */
int
seat_must_run_now(const struct core *core, struct conn *c)
{
	(void)core;
	if (c->in_len > 0)
		return 1;
	if (c->tls == NULL && (c->flags & (CONN_MORE | CONN_HUP)) == 0)
		return 0;
	/* a hang-up is told once, and its end of file comes behind the data */
	c->flags &= ~CONN_MORE;
	return conn_readable(c);
}

void
seat_end(struct core *core, struct conn *c)
{
	struct score *s = own(core);

	if ((c->flags & CONN_BROKEN) == 0) {
		if (c->out_len > 0)
			conn_flush(c);
		if (c->flags & CONN_LINGER)
			conn_linger(c, LINGER_MS, LINGER_BYTES);
	}
	if (core->role != ROLE_STATUS && core->srv->closed != NULL)
		core->srv->closed(c, core->conf->settings);
	source_leave(core->sources, core->slot, (int)c->slot);
	if (c->flags & CONN_TIMEDOUT)
		child_count(&s->timeouts, 1);
	atomic_store_explicit(&s->active, atomic_load_explicit(&s->active,
	    memory_order_relaxed) - (core->role != ROLE_STATUS),
	    memory_order_relaxed);
	conn_close(c);
}
