/*
 * The connection to a server or a proxy, kept from one exchange to the next
 * where both lead to the same place.
 */
#ifndef HTTPC_LINK_H
#define HTTPC_LINK_H

#include <stdbool.h>

#include "net/conn.h"
#include "net/tls.h"

struct transfer;

struct link {
	struct conn	 conn;		/* fd == -1: there is none */
	struct tls_config *tls;		/* made for the first https URL */
	char		*key;		/* where it leads; owned */
	bool		 reused;	/* it has served before */
};

void	link_init(struct link *);
/* link_open - a connection for the transfer's URL; an exit status. */
int	link_open(struct transfer *);
void	link_close(struct link *);
void	link_free(struct link *);

/* link_error - the exit status and message for errno of conn_*(): what is the
 * status where it is no timeout, doing what was being done. */
int	link_error(struct transfer *, int status, const char *doing);

#endif
