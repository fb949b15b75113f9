/*
 * A conversation with an echo server: a TCP connection or a connected UDP
 * socket, and the two ways to hold it.  Between the files of echoc only.
 */
#ifndef ECHOC_TALK_H
#define ECHOC_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "net/conn.h"
#include "net/tls.h"

#define DATAGRAM_MAX	65507	/* what UDP over IPv4 can carry */

enum { EXIT_ANSWERED, EXIT_SILENCE, EXIT_ERROR };

struct settings {
	bool	 udp, verbose, interactive, json, no_answer;
	bool	 tls, insecure, ipv4, ipv6;
	char	*cacert;
	int64_t	 wait_ms;
};

struct talk {
	const struct settings *set;
	const char	*host;		/* as the user named it */
	struct conn	 conn;		/* fd == -1 where it is UDP */
	struct tls_config *tls;
	int		 udp;		/* -1 where it is TCP */
	unsigned long	 sent, answered;	/* messages */
	char		 answer[DATAGRAM_MAX + 1];
};

/* make_contact - with host, on port (NULL: host names it, or 7007); 0, or -1
 * and the user was told why.  leave undoes it, also after -1. */
int	make_contact(struct talk *, const char *port);
void	leave(struct talk *);

/* by_lines - send each line of standard input and print its answer. */
int	by_lines(struct talk *);
/* by_stream - all of standard input one way, all that comes the other. */
int	by_stream(struct talk *);
/* Both return the exit status, having told the user about errors. */

#endif
