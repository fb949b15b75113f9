/*
 * What the files of pingd share: the settings, and the better dialect's part
 * of them.  For pingd only.
 */
#ifndef PINGD_PINGD_H
#define PINGD_PINGD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rate.h"
#include "net/dgram.h"
#include "servers/pingd/clients.h"
#include "servers/pingd/faults.h"
#include "wire/ping.h"

enum dialect { DIALECT_BOTH, DIALECT_PLAIN, DIALECT_BROOD };

/* The reply of which the kernel was asked when it left. */
struct asked {
	struct dgram_port *port;	/* NULL: none */
	struct client	*client;
	uint32_t	 session;	/* the client may be another by now */
	uint64_t	 seq;
	int64_t		 when;		/* monotonic ns */
};

struct settings {
	/* as given */
	struct faults_conf faults_conf;
	bool		 stamp;
	int		 dialect;	/* enum dialect */
	char		*key_file;
	int64_t		 quota;		/* a second of one client; 0 any */
	int64_t		 source_quota;	/* of all clients of an address */
	int64_t		 max_clients;
	/* made by setup */
	struct faults	*faults;	/* NULL: the network is as it is */
	struct ping_key	*key;		/* shared with clients, or NULL */
	struct ping_key	*cookies;	/* made up at the start */
	struct clients	*clients;
	struct rate	 client_rate, source_rate;
	char		*scratch;	/* DGRAM_MAX bytes */
	struct asked	 asked;
	int64_t		 now;		/* monotonic ns, to a tick */
	int64_t		 complained;	/* when the log last told of bad ... */
	uint64_t	 unsaid;	/* ... datagrams, and how many since */
};

/* pingd_answer - to whom d came from, through the faults if there are any;
 * data may be changed. */
void	pingd_answer(struct settings *, struct dgram_port *,
	    const struct dgram *, char *data, size_t len);
/* pingd_complain - a datagram that makes no sense; at most a line a second. */
void	pingd_complain(struct settings *, const struct dgram *,
	    const char *why);

/* brood.c: the better dialect */
void	brood_hello(struct settings *, struct dgram_port *, struct dgram *,
	    uint64_t nonce);
void	brood_message(struct settings *, struct dgram_port *, struct dgram *);

#endif
