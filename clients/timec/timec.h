/*
 * What the files of timec share: the settings, the link to a server, and an
 * answer of it.  Between the files of timec only.
 */
#ifndef TIMEC_TIMEC_H
#define TIMEC_TIMEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"
#include "net/conn.h"
#include "net/tls.h"

/* What became of it; the exit status too. */
enum outcome {
	OUTCOME_ANSWERED,
	OUTCOME_SILENCE,	/* nobody is there, or nobody answered */
	OUTCOME_ERROR,		/* anything else */
	OUTCOME_STALE		/* inside link_ask: ask again, anew */
};

enum protocol { PROTOCOL_QUERY, PROTOCOL_DAYTIME, PROTOCOL_TIME };

#define SAMPLES_MAX	1000

struct settings {
	bool	 interactive, offset, udp, json, verbose;
	bool	 ipv4, ipv6, tls, insecure;
	char	*cacert;
	int	 protocol;
	int64_t	 samples, wait_ms;
};

#define ANSWER_MAX	1024	/* bytes */
#define LINK_ADDRS	16

struct answer {
	char	 text[ANSWER_MAX + 1];	/* without its newline; a string */
	size_t	 len;
	int64_t	 sent;		/* by the wall clock, ns */
	int64_t	 rtt;		/* until its last byte came, ns */
};

struct link {
	const struct settings *set;
	const char	*host;		/* as the user named it */
	struct addr	 addrs[LINK_ADDRS];
	int		 naddrs;
	struct conn	 conn;		/* fd == -1: none now */
	bool		 answered;	/* ... over this very connection */
	int		 udp;		/* -1: none now */
	struct ipaddr	 peer;		/* who answers */
	struct tls_config *tls;
};

/*
 * All of these tell the user about what fails.  link_init finds the addresses
 * of host (port NULL: host names it, or it is defport); 0 or -1.  link_free
 * undoes it, also after -1.
 */
int	link_init(struct link *, const struct settings *, const char *host,
	    const char *port, const char *defport);
void	link_free(struct link *);
/* link_open - connect, unless that is done; nothing for UDP. */
enum outcome	link_open(struct link *);
void	link_close(struct link *);

/* link_ask - send request as it is and take the answer. */
enum outcome	link_ask(struct link *, const char *request, size_t len,
		    struct answer *);
/* link_listen - what a server says by itself (daytime, time): all until it
 * closes, or the datagram that answers an empty one. */
enum outcome	link_listen(struct link *, struct answer *);

/* link_say_ends - for --verbose, the socket's ends on standard error. */
void	link_say_ends(const struct link *, int fd);

/* udp_ask - the UDP side of link_ask and link_listen; udp.c */
enum outcome	udp_ask(struct link *, const char *request, size_t len,
		    struct answer *);

/* measure - -o: the offset between the clocks, printed. */
enum outcome	measure(struct link *);

/* report - print an answer (NULL: none came) to request (NULL: it was unasked)
 * after label (NULL: nothing); 0, or -1 and the user was told why. */
int	report(const struct link *, const char *label, const char *request,
	    size_t len, const struct answer *);
/* server_asked - for output: the address, or the path as the user wrote it; mem
 * has IPADDR_TEXT_MAX bytes. */
const char	*server_asked(const struct link *, char *mem);
/* flushed - 0, or -1 where standard output could not be written. */
int	flushed(void);

#endif
