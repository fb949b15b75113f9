/*
 * What the files of heartbeatd share: the settings, and what each part of it
 * offers the others.
 */
#ifndef HEARTBEATD_HEARTBEATD_H
#define HEARTBEATD_HEARTBEATD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/opt.h"
#include "expect.h"
#include "life.h"
#include "serve/serve.h"
#include "table.h"

#define ROOM_FOR_COMMAND	64	/* words of --hook */

enum unknown { UNKNOWN_ACCEPT, UNKNOWN_REFUSE };

/* A line of the log at most once a second; so many were not written. */
struct quiet {
	int64_t		 next;		/* monotonic ns */
	uint64_t	 kept;
};

/* The state file being written, a part at a time. */
struct save {
	int		 fd;		/* 0: none is under way */
	int		 whole;		/* written; is to be synced */
	uint32_t	 row;		/* the next one */
	uint64_t	 count;
	int64_t		 next;		/* monotonic ns */
	struct buf	 buf;
};

struct heartbeatd {
	/* options */
	int64_t		 period_ms, grace_ms, max_names, forget_ms;
	int64_t		 hook_ms, hook_jobs, state_ms;
	struct opt_list	 expect;
	int		 unknown;
	struct life_rules life;
	char		*event_log, *hook, *state, *http;
	/* made by setup */
	struct expects	 expects;
	char		*words;			/* --hook's, and where each */
	char		*command[ROOM_FOR_COMMAND + 1];	/* begins; NULL ends */
	int		 log;			/* the event log; -1: none */
	int		 folder;		/* the state file's; -1: none */
	char		*folder_name;
	const char	*state_name, *state_new;	/* in it */
	char		*state_new_text;
	struct table	*table;
	/* of the process that has the datagrams */
	pid_t		 pid;			/* 0: not this one */
	int64_t		 tick;			/* ns, at most between timers */
	struct quiet	 malformed, refused, full, untold, dropped;
	struct save	 save;
};

/* setup.c - as struct server has them. */
int	heartbeat_setup(void *, const struct opt_operands *,
	    struct serve_needs *, char *why, size_t whylen);
void	heartbeat_teardown(void *);
int	heartbeat_reopen(void *);

/* monitor.c - datagrams and time. */
void	monitor_datagram(struct dgram_port *, struct dgram *, void *);
int64_t	monitor_timer(struct dgram_port *, int64_t now, void *);
void	monitor_stop(void *);
/* quiet_ask - may a line be written now?  kept: so many were not since the last
 * one. */
int	quiet_ask(struct quiet *, uint64_t *kept);

/* hook.c - all with the table locked.  hook_add: an event for the command.
 * hook_run: start, reap and end commands; when to come back (monotonic ns,
 * CLOCK_NEVER). */
void	hook_add(struct heartbeatd *, const struct event *);
int64_t	hook_run(struct heartbeatd *, int64_t now);
/* hook_finish - this process ends: wait for what runs, and unless there is a
 * successor for what waits, or until told to stop at once.  Locks by itself. */
void	hook_finish(struct heartbeatd *);

/* load.c - the state file into the table, once; 0, or -1 with why. */
int	load_state(struct heartbeatd *, char *why, size_t whylen);
/* save.c - with the table locked.  save_step: a part of the work; when to come
 * back.  save_now: all of it.  save_drop: leave it undone. */
int64_t	save_step(struct heartbeatd *, int64_t now);
void	save_now(struct heartbeatd *);
void	save_drop(struct heartbeatd *);

/* web.c - the status over HTTP. */
enum conn_fate web_session(struct conn *, void *);
void	web_refuse(struct conn *, void *, enum serve_refusal);

#endif
