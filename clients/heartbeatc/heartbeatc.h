/*
 * What the files of heartbeatc share: the settings, the way to the monitor, the
 * command that is watched over, and the signals.
 */
#ifndef HEARTBEATC_HEARTBEATC_H
#define HEARTBEATC_HEARTBEATC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/addr.h"

#define STATUS_OK	0
#define STATUS_REFUSED	1	/* at the end nobody took the beats */
#define STATUS_ERROR	2

struct settings {
	int64_t	 interval_ms, count, resolve_ms;
	bool	 verbose, json, ipv4, ipv6, run;
};

/* -- sender.c: datagrams to wherever the monitor is now ------------------- */

#define SENDER_ADDRS	16
#define SENDER_WHERE	512	/* bytes */

struct lookup;

struct sender {
	const struct settings *set;
	char		 where[SENDER_WHERE];	/* HOST:PORT */
	bool		 numeric;	/* which need not be done again */
	struct addr	 addrs[SENDER_ADDRS];
	int		 naddrs, at;
	int		 fd;		/* connected to addrs[at]; -1 */
	int		 tried;		/* addresses, for this datagram */
	int		 trouble;	/* errno of the last one; 0: it went */
	int		 told;		/* the trouble that the user knows */
	char		 text[256];	/* the datagram, to be sent again */
	size_t		 len;
	int64_t		 lookup_at;	/* monotonic ns */
	int64_t		 looked;	/* when it was done last */
	struct lookup	*lookup;	/* under way, or NULL */
};

/* sender_open - find the monitor; 0, or -1 and the user was told why (sending
 * may be tried all the same: it will be looked for again), or it was told to
 * end while it waited for a name server. */
int	sender_open(struct sender *, const struct settings *,
	    const char *host, const char *port);
void	sender_close(struct sender *);
/* sender_send - one datagram, to the next address where one is refused.  What
 * goes wrong is said once, and sending goes on. */
void	sender_send(struct sender *, const char *text, size_t len);
/* sender_wait - until deadline (monotonic ns) or a signal; news from the
 * network and the resolver are seen to. */
void	sender_wait(struct sender *, int64_t deadline);
/* sender_peer - where the last one went, as text. */
const char *sender_peer(const struct sender *, char *buf, size_t size);

/* -- lookup.c: a name looked up aside, for that may take seconds ---------- */

struct lookup *lookup_start(const char *where);
/* lookup_fd - readable when it is done. */
int	lookup_fd(const struct lookup *);
/* lookup_take - the addresses (at most SENDER_ADDRS; -1: none were found) and
 * the end of it; waits if it is not done. */
int	lookup_take(struct lookup *, struct addr *out);

/* -- signals.c ------------------------------------------------------------ */

/* signals_init - blocked but while waiting. */
void	signals_init(bool command);
/* signals_stop - was this process told to end? */
bool	signals_stop(void);
/* signals_forward - send on to the command what has come for it. */
void	signals_forward(pid_t);
/* signals_child - in the command's process: as if we had not been. */
void	signals_child(void);

/* -- command.c ------------------------------------------------------------ */

/* command_start - its pid, or -1 and the user was told. */
pid_t	command_start(char *const argv[]);
/* command_ended - has it?  Then with the exit status as a shell has it. */
bool	command_ended(pid_t, int *status);

#endif
