/*
 * What the files of serve/ share with one another.  Servers include serve.h
 * only; nothing here is for sessions.
 */
#ifndef SERVE_CORE_H
#define SERVE_CORE_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/opt.h"
#include "base/rate.h"
#include "net/addr.h"
#include "net/conn.h"
#include "serve/privs.h"
#include "serve/scoreboard.h"
#include "serve/serve.h"

struct tls_config;
struct sources;

#define CONNECTIONS_MAX	1000000	/* of a child */

/* MIN:MAX, as --children and --spare take it. */
struct minmax {
	int64_t		min, max;
};

/* The options that every server has. */
struct common {
	struct opt_list	listen;
	int		transport;	/* enum transport */
	int		model;		/* enum serve_model */
	struct minmax	children, spare;
	int64_t		connections;
	int64_t		max_served;	/* connections a child serves; 0 any */
	int64_t		max_per_source;	/* 0: the default */
	int64_t		max_rate;	/* datagrams a second of a source */
	int64_t		backlog;
	bool		defer_accept;
	int64_t		idle_ms, request_ms, lifetime_ms, stall_ms, drain_ms;
	char		*user, *group, *chroot;
	int		sandbox;	/* enum sandbox_mode */
	int64_t		memory;
	char		*log;
	int		log_level;	/* enum log_level */
	int		verbose, quiet;
	char		*pid_file;
	int		daemon, check, inetd;
	char		*status;
	struct opt_list	proxy_from;
	char		*tls_cert, *tls_key;
};

enum transport { TRANSPORT_BOTH, TRANSPORT_TCP, TRANSPORT_UDP };
enum sandbox_mode { CONFINE_AUTO, CONFINE_ON, CONFINE_OFF };

/* One configuration, whole and validated; a reload makes another. */
struct config {
	struct common	 opt;
	void		*settings;	/* the server's own */
	struct opt_operands operands;
	struct privs	 privs;
	struct tls_config *tls;
	struct cidr	*proxy_from;
	size_t		 nproxy_from;
	int		 lanes;		/* children that hold connections */
	int		 dgram_lanes;
	int		 ready;		/* setup() was done */
};

enum listener_kind { LISTENER_STREAM, LISTENER_DGRAM };

/* An address that is listened on; lane i of a model with lanes has fds[i]. */
struct listener {
	struct addr	 addr;
	char		*spec;		/* as it was asked for; owned */
	enum listener_kind kind;
	enum child_role	 role;		/* whose it is */
	int		*fds;		/* owned */
	int		 nfds;
	int		 passed;	/* came from the supervisor */
	int		 wanted;	/* by the configuration being loaded */
	int		 announced;	/* its line was printed */
};

/* What the parent knows of a child and nobody else needs. */
struct child {
	pid_t		 pid;		/* 0: free */
	uint32_t	 generation;
	enum child_role	 role;
	int		 lane;		/* -1: none */
	int		 ready, retired;
	int64_t		 kill_at;	/* monotonic ns; CLOCK_NEVER */
};

enum drain { DRAIN_NO, DRAIN_RELOAD, DRAIN_STOP, DRAIN_NOW };

struct core {
	const struct server *srv;
	int		 argc;
	char		**argv;
	struct config	*conf;
	struct listener	*listeners;
	size_t		 nlisteners;
	struct scoreboard *board;
	size_t		 board_size;
	struct sources	*sources;
	int		 nslots;
	int		 wake_parent;	/* eventfd: a child has news */
	int		*wake;		/* eventfd of each slot, or NULL */
	struct child	*children;	/* nslots of them */
	/* this process */
	int		 slot;		/* -1: the parent */
	int		 lane;
	enum child_role	 role;
	enum serve_model model;		/* fixed at start */
	int		 forked;	/* a child, neither parent nor single */
	int		 one_connection; /* of model fork's children */
	int		 holds_many;	/* fibers */
	int		 aside;		/* this process sees to srv->aside */
	struct dgram_port **ports;	/* the UDP side's; owned */
	int		 nports;
	struct rate	 rate;		/* of their sources */
	int64_t		 timer_at;	/* the service's timer, monotonic ns */
	enum drain	 drain;
	int64_t		 drain_since;	/* monotonic ns */
	int64_t		 now;		/* monotonic ns of this round */
	sigset_t	 waiting;	/* mask while waiting */
	sigset_t	 child_waiting;	/* ... of children */
	/* the parent */
	uint32_t	 generation;
	int64_t		 backoff_until, backoff_ns;
	int64_t		 watchdog_at, maintain_at, stop_next;
	int		 reload_due, maintain_due;
	int		 pid_written;
};

/* config.c */
struct config *config_load(struct core *, char *why, size_t whylen,
	    enum opt_result *);
void	config_free(const struct server *, struct config *);

/* listener.c - 0, or -1 with why. */
int	listeners_open(struct core *, const struct config *, char *why,
	    size_t whylen);
void	listeners_announce(const struct core *);
void	listeners_close(struct core *);
/* listeners_keep - in a child: close what is not of this role and lane, or all
 * of it (in a child that has its connection, and touches no memory for it). */
void	listeners_keep(struct core *, int none);
/* listeners_of - this process's descriptors of a kind; how many. */
int	listeners_of(const struct core *, enum listener_kind, int *fds,
	    int max);
#define LISTENERS_MAX	64
enum child_role listener_role(const struct core *, int fd);
/* drain_until - how long a connection that rests since then (monotonic ns) is
 * waited for when stopping: a while after the stop began, and a moment after
 * each exchange, so that what is on its way is not cut off. */
#define DRAIN_IDLE_NS	(250 * 1000000LL)
#define DRAIN_REST_NS	(50 * 1000000LL)
static inline int64_t
drain_until(const struct core *core, int64_t since)
{
	int64_t idle = core->drain_since + DRAIN_IDLE_NS;

	since += DRAIN_REST_NS;
	return since > idle ? since : idle;
}

/* signals.c */
void	signals_init(struct core *);
void	signals_child(struct core *);
int	signals_take(int sig);		/* came since the last call? */
/* signals_drain - fold the signals of a child into core->drain. */
enum drain signals_drain(struct core *);

/* source.c - connections for each source address, over all children. */
struct sources *sources_new(int nslots, int per_slot);
void	sources_free(struct sources *);
/* source_enter - 0, or -1 where limit is reached. place: 0..per_slot-1. */
int	source_enter(struct sources *, int slot, int place, uint64_t source,
	    int64_t limit);
void	source_leave(struct sources *, int slot, int place);
void	source_reset_slot(struct sources *, int slot);

/* session.c - what all drivers do around a session. */
void	seat_begin(struct core *, struct conn *);	/* after accept */
/* seat_prologue - PROXY header, TLS, opened(); CONN_CLOSE: not let in. */
enum conn_fate seat_prologue(struct core *, struct conn *);
enum conn_fate seat_exchange(struct core *, struct conn *);
enum conn_fate seat_notice(struct core *, struct conn *);
void	seat_end(struct core *, struct conn *);		/* closes */
/* wait_many - as net_wait, for any number and in the process itself. */
int	wait_many(struct core *, struct pollfd *, int n, int64_t deadline);
int	seat_must_run_now(const struct core *, struct conn *);
int	source_limit_hit(struct core *, struct conn *, int place);

/* child.c */
void	child_state(struct core *, enum child_state);
int	child_accept(struct core *, int listener, struct conn *, int place);
void	child_count(_Atomic uint64_t *, uint64_t);
pid_t	child_fork(struct core *, enum child_role, int lane, struct conn *);
int	child_free_slot(const struct core *);	/* a row, or -1 */
void	child_release(struct core *);	/* all memory and descriptors */
int	child_enter(struct core *);	/* privileges, child_start */
void	child_leave(struct core *);

int	board_new(struct core *);	/* scoreboard, eventfds; 0 or -1 */
void	board_free(struct core *);

/* the models' loops; each returns when the process should end */
int	model_single(struct core *);
int	model_inetd(struct core *);
/* inetd_until - when silence ends a process that was given a listener. */
int64_t	inetd_until(const struct core *);
void	model_fork_connection(struct core *, struct conn *);
void	model_pool(struct core *);
void	model_fibers(struct core *);
void	model_datagram(struct core *);
void	blocking_connection(struct core *, struct conn *);
int	parent_run(struct core *);

/* aside.c: the process that has it begins and ends it; aside_poll - do what is
 * to be done and say what to poll for, until when at most; how many of p. */
int	aside_wanted(const struct core *);
int	aside_begin(struct core *);
void	aside_end(struct core *, int last);
int	aside_poll(struct core *, struct pollfd *p, int64_t *until);
void	model_aside(struct core *);

/* console.c - the operator's terminal: -1, or the descriptor to poll. */
int	console_fd(const struct core *);
void	console_ready(struct core *);

/* status.c */
enum conn_fate status_session(struct conn *);

/* serve_core - for the calls that sessions make. */
struct core *serve_core(void);
void	serve_core_set(struct core *);
void	serve_shared_free(void);

#endif
