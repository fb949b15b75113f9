/*
 * WebSocket connections that are carried to a server behind: --bridge and its
 * kin, the handshake, and the way between.
 */
#ifndef HTTPD_BRIDGE_H
#define HTTPD_BRIDGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/opt.h"
#include "net/addr.h"
#include "net/conn.h"

struct httpd;
struct request;

#define BRIDGE_ADDRS	4	/* of one name */
#define BRIDGE_ROWS	4096	/* children that are counted for */

/* Where a path leads. */
struct bridge_to {
	char		*path;		/* decoded */
	char		*where;		/* HOST:PORT */
	bool		 udp;
	bool		 binary;	/* bytes, and not lines */
	bool		 proxy;		/* say whose connection it is */
	struct addr	 addrs[BRIDGE_ADDRS];
	int		 naddrs;
};
struct bridges {
	struct bridge_to *v;
	size_t		 n;
};

/* How many each child carries; shared.  A row counts while its process is the
 * child of that number: who was killed carries nothing any more. */
struct bridge_count {
	struct {
		_Atomic int	pid;
		_Atomic uint32_t n;
	} row[BRIDGE_ROWS];
};

/* The server behind. */
struct backend {
	bool		 is_udp;
	struct conn	 tcp;
	int		 udp;		/* connected; non-blocking */
};

opt_call rule_bridge;			/* struct bridges */
opt_call rule_origin;			/* struct names */
void	rule_bridge_free(void *);

/* bridges_open - at setup: look up where they lead.  0, or -1 with why. */
int	bridges_open(struct httpd *, char *why, size_t whylen);
/* bridges_start - in a child that begins to serve. */
void	bridges_start(struct httpd *);

/* bridge_for - where the request's path leads, or NULL. */
const struct bridge_to *bridge_for(const struct request *);
/* bridge_answer - the handshake and all that comes after, to the end of the
 * connection; or why not. */
void	bridge_answer(struct request *, const struct bridge_to *);

/* bridge_carry - from the handshake to the last Close.  The backend is closed
 * by the caller.  binary: what it says are bytes, not lines. */
void	bridge_carry(struct request *, struct backend *, bool binary);

#endif
