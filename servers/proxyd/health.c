/*
 * Looks at the origins: a GET of --health-path to each, at --health-interval.
 * Whichever process comes first when it is time makes the round and the others
 * wait for the next, so that there is one round however many processes there
 * are, and no process that all depend on.  In a child that holds many
 * connections each look has a fiber; elsewhere the process waits for it.
 */
#include "health.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "proxyd.h"

#define LOOK_MS	2000	/* the most that one look may take */

struct condition {
	_Atomic bool	 down;
	_Atomic int32_t	 passed, failed;	/* in a row */
	_Atomic int64_t	 until;		/* a look is under way; monotonic ns */
};

struct health {
	_Atomic int64_t	 next;		/* monotonic ns */
	struct condition of[ORIGINS_MAX];
};

/* One look, for a fiber. */
struct look {
	struct proxyd	*p;
	size_t		 i;
};

struct health *
health_open(void)
{
	return serve_shared("proxyd health", sizeof(struct health));
}

bool
health_up(const struct health *h, size_t i)
{
	return !atomic_load_explicit(&h->of[i].down, memory_order_relaxed);
}

/* ask - for the path; NULL where the answer is one of success, or why not. */
static const char *
ask(struct proxyd *p, const struct target *t, struct conn *up)
{
	char authority[HOST_MAX + 16];
	struct http_msg res;

	target_authority(t, authority, sizeof(authority));
	conn_puts(up, "GET ");
	if (p->has_parent && !t->tls)
		conn_printf(up, "http://%s", authority);
	conn_printf(up, "%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n"
	    "Connection: close\r\n\r\n", p->health_path, authority, p->name);
	if (conn_flush(up) == -1)
		return "it closed the connection";
	http_msg_init(&res, NULL);
	for (;;) {
		if (conn_pending(up) > 0)
			switch (http_parse_response(&res, conn_data(up),
			    conn_pending(up), HTTP_M_GET)) {
			case HTTP_OK:
				return res.code >= 200 && res.code <= 399 ?
				    NULL : "its answer is no success";
			case HTTP_BAD:
				return res.reason;
			default:
				break;
			}
		if (conn_fill(up) <= 0)
			return up->flags & CONN_TIMEDOUT ?
			    "it does not answer in time" :
			    "it closed the connection";
	}
}

/* passed - one look more at which it was well. */
static void
passed(struct proxyd *p, size_t i)
{
	struct condition *c = &p->health->of[i];

	c->failed = 0;
	if (++c->passed < p->health_rise)
		return;
	p->down_until[i] = 0;
	if (atomic_exchange(&c->down, false))
		log_info("origin %s: is well again", p->origin.v[i]);
}

static void
failed(struct proxyd *p, size_t i, const char *why)
{
	struct condition *c = &p->health->of[i];

	c->passed = 0;
	log_debug("origin %s: %s", p->origin.v[i], why);
	if (++c->failed >= p->health_fall && !atomic_exchange(&c->down, true))
		log_warnx("origin %s: is taken for down: %s", p->origin.v[i],
		    why);
}

static void
look(void *arg)
{
	struct look *l = arg;
	struct proxyd *p = l->p;
	const struct target *t = &p->origins[l->i];
	struct conn up;
	enum dialled d = upstream_probe(p, t, LOOK_MS, &up);
	const char *why;
	int status;

	if (d == DIALLED) {
		why = ask(p, t, &up);
		upstream_close(&up);
	} else {
		why = dialled_text(d, &status);
	}
	if (why == NULL)
		passed(p, l->i);
	else if (!serve_draining())
		failed(p, l->i, why);
	p->health->of[l->i].until = 0;
	free(l);
}

/* round - a look at each, beside the sessions where that can be. */
static void
make_round(struct proxyd *p)
{
	int64_t now = clock_mono();
	struct look *l;
	size_t i;

	for (i = 0; i < p->norigins; i++) {
		if (p->health->of[i].until > now)
			continue;	/* the last is not over */
		p->health->of[i].until = now + LOOK_MS * NSEC_PER_MSEC;
		l = malloc(sizeof(*l));
		if (l == NULL)
			return;
		*l = (struct look){ .p = p, .i = i };
		if (serve_beside(look, l) == -1)
			look(l);
	}
}

/* left - until it is time, ns; 0: it is, and this process's turn. */
static int64_t
left(struct proxyd *p)
{
	int64_t now = clock_mono(), next = p->health->next;

	if (next > now)
		return next - now;
	if (serve_draining() || !atomic_compare_exchange_strong(
	    &p->health->next, &next, now + p->health_ms * NSEC_PER_MSEC))
		return p->health_ms * NSEC_PER_MSEC;
	return 0;
}

int64_t
health_idle(struct proxyd *p)
{
	int64_t ns;

	if (p->health_path == NULL || p->norigins == 0 ||
	    serve_model_running() == MODEL_FORK)
		return -1;
	ns = left(p);
	if (ns == 0) {
		make_round(p);
		ns = p->health_ms * NSEC_PER_MSEC;
	}
	return ns / NSEC_PER_MSEC + 1;
}

void
health_leave(struct proxyd *p)
{
	if (p->health_path != NULL && p->norigins > 0 &&
	    (serve_model_running() == MODEL_FORK ||
	    serve_model_running() == MODEL_INETD) && left(p) == 0)
		make_round(p);
}
