/*
 * What a server is to the core: a table of functions and options.  A server's
 * main is one call of serve_main().  The core does the rest: options, sockets,
 * processes, signals, limits, privileges, reload, status.
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/opt.h"
#include "net/conn.h"
#include "net/dgram.h"

enum serve_model {
	MODEL_SINGLE,
	MODEL_FORK,
	MODEL_PREFORK,
	MODEL_INETD
};

/* Why a connection is turned away; see struct server.refuse. */
enum serve_refusal {
	REFUSE_SOURCE,		/* too many from one address */
	REFUSE_PROXY,		/* no valid PROXY header */
	REFUSE_PLAIN,		/* no TLS where TLS is spoken (see alpn) */
	REFUSE_BUSY		/* no place, and none will be soon */
};

#define SETUP_USAGE	(-2)

/* What setup() may say about what the sandbox must leave open. */
struct serve_needs {
	const char	*read_dirs[8];	/* beneath these: read */
	const char	*write_dirs[4];	/* beneath these: read, write, create */
	int		 connect;	/* sessions connect elsewhere */
	int		 exec;		/* sessions' process runs commands */
	int		 threads;	/* sessions' process makes threads */
};

struct server {
	const char	*name;
	const char	*summary;	/* one line, for --help */
	const char	*synopsis;	/* "[options] DIR" */
	const char	*footer;	/* more for --help, or NULL */
	const char	*address;	/* default of --listen: "*:7007" */
	enum serve_model model;		/* default of --model */
	int		 connections;	/* default of --connections; 0: 1 */
	int		 keepalive_idle; /* default --idle-timeout, s; 0 none */
	int		 exchange_limit; /* default --request-timeout, s; 0 */
	/*
	 * A connection that rests between exchanges may be ended where others
	 * wait and no process is free for them: peers come again by themselves,
	 * as HTTP's do.  Models single and prefork.
	 */
	int		 yields;
	/* What is spoken within TLS, for who asks by ALPN: "http/1.1"; NULL:
	 * nothing is said.  Where it is HTTP, refuse() tells clients that
	 * spoke HTTP without TLS. */
	const char	*alpn;

	const struct opt *opts;		/* its own options */
	size_t		 nopts;
	size_t		 settings_size;	/* bytes; zeroed before parsing */
	int		 min_operands, max_operands;

	/*
	 * setup - validate the settings and open what they name; called at
	 * start and at each reload, before anything forks, as the user who
	 * started the server.  0, or with one line in why and everything
	 * released again -1 (exit status 1) or SETUP_USAGE (a bad option or
	 * operand: exit status 2).  teardown releases what setup made, but not
	 * what the option table owns.
	 */
	int	(*setup)(void *settings, const struct opt_operands *,
		    struct serve_needs *, char *why, size_t whylen);
	void	(*teardown)(void *settings);
	/* reopen - USR1: logs of its own are opened anew, in place; children
	 * are then replaced.  0, or -1 with errno and the old ones kept. */
	int	(*reopen)(void *settings);

	/* session - one exchange; called when the peer has spoken: bytes may
	 * be pending (look at them before conn_fill, which waits for more), or
	 * it has ended its side, and conn_fill returns 0. */
	enum conn_fate (*session)(struct conn *, void *settings);
	/* opened - a new connection, before the peer has spoken; NULL: none.
	 * closed - whatever way it ended, before it is freed. */
	enum conn_fate (*opened)(struct conn *, void *settings);
	void	(*closed)(struct conn *, void *settings);
	/* notice - serve_notify() was called somewhere, or a child has crashed;
	 * for each connection, between exchanges.  It may set CONN_NOTICE in
	 * flags to be called again when pending input has been seen to.  Where
	 * there is one, session is called at the peer's end too: something may
	 * be due to a peer that has ended its side and reads on. */
	enum conn_fate (*notice)(struct conn *, void *settings);
	/* console - a line of the operator's, from the server's own standard
	 * input, in the parent (or the single process), where it must not
	 * wait for anybody.  Only where has_console says so. */
	bool	(*has_console)(const void *settings);
	void	(*console)(char *line, size_t len, void *settings);
	/*
	 * aside - beside the connections, a link to another server, say; only
	 * where has_aside says so.  It has a child of its own under models fork
	 * and prefork, which is started again where it dies; else it is the
	 * process itself.  aside does all there is to do without waiting for
	 * anybody, names in p how many (*n) descriptors are to be polled, and
	 * returns the monotonic ns at which it wants to be called in any case
	 * (CLOCK_NEVER); it is called after serve_notify() too.  aside_stop:
	 * last where the server ends, else another process takes over.
	 */
#define ASIDE_FDS	2
	bool	(*has_aside)(const void *settings);
	int	(*aside_start)(void *settings);
	int64_t	(*aside)(void *settings, struct pollfd *p, int *n);
	void	(*aside_stop)(void *settings, bool last);
	/* refuse - say in the protocol's terms why; the core closes.  May run
	 * in the parent (model fork), where child_start has not. */
	void	(*refuse)(struct conn *, void *settings, enum serve_refusal);

	/* Where the TCP side listens, if not where the UDP side does: after
	 * setup, ADDR:PORT of the settings', or NULL for not at all. */
	const char *(*stream_address)(const void *settings);

	/* The UDP side; NULL: none.  timer is called at start and then at the
	 * monotonic ns that it returned (CLOCK_NEVER: no more). */
	void	(*datagram)(struct dgram_port *, struct dgram *,
		    void *settings);
	int64_t	(*timer)(struct dgram_port *, int64_t now, void *settings);
	/* Whether timer has still to send what was asked for: a process that a
	 * reload replaces reads no more, but stays for that.  NULL: never. */
	bool	(*dgram_owes)(const void *settings);
	size_t	 dgram_max;		/* bytes; 0: DGRAM_MAX */
	int	 dgram_rate;		/* default --max-rate a second; 0 any */
	int	 dgram_stateful;	/* one process must see all of them */

	/* In each process that runs sessions, before its first and after its
	 * last; idle: when it is about to wait, returns ms it may wait (-1). */
	int	(*child_start)(void *settings);
	void	(*child_stop)(void *settings);
	int64_t	(*idle)(void *settings);
};

/* serve_main - all of a server; its main returns what this returns. */
int	serve_main(const struct server *, int argc, char **argv);

/* For sessions. */

/* serve_draining - this process takes no more connections: do not offer to
 * keep this one (also as CONN_DRAIN in conn.flags). */
int	serve_draining(void);
/* serve_count_request - one more request answered, for the scoreboard. */
void	serve_count_request(void);
/* serve_doing - what this process is at, for --status and its title; cheap, and
 * ignored in a child that holds many connections. */
void	serve_doing(const char *text, size_t len);
/* serve_beside - run fn(arg) on a fiber of its own beside the sessions, in a
 * child that holds many connections; it ends early (ECANCELED) when the child
 * does.  0, or -1: it was not run, for this process would have to wait. */
int	serve_beside(void (*fn)(void *), void *arg);
/* serve_now - monotonic ns, read once for each round of the loop. */
int64_t	serve_now(void);
/* serve_timer_at - for datagram(): have timer() called no later than at. */
void	serve_timer_at(int64_t at);
/* serve_notify - have notice() called for every connection in every child:
 * soon, and where a round of them takes long up to 15 ms later, once for all
 * that has come meanwhile. */
void	serve_notify(void);
/* serve_child - this process's number in the scoreboard, from 0. */
int	serve_child(void);
/* serve_child_pid - who has that number now; 0: nobody. */
int	serve_child_pid(int child);
/* serve_crashes - how many children have ended by a signal. */
uint64_t serve_crashes(void);
/* serve_model_running - for protocols that word it (httpd's status page). */
enum serve_model serve_model_running(void);
/* serve_shared - zeroed memory of size bytes, shared by all processes of the
 * server, for setup() to ask for once (later calls with the same key return the
 * same memory); NULL with errno. */
void	*serve_shared(const char *key, size_t size);

#endif
