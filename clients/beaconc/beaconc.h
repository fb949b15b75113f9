/*
 * What the files of beaconc share: the settings, whom to ask, and who has
 * answered.  Between the files of beaconc only.
 */
#ifndef BEACONC_BEACONC_H
#define BEACONC_BEACONC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/opt.h"
#include "net/dgram.h"
#include "net/iface.h"
#include "wire/beacon.h"

/* The exit status. */
enum outcome {
	OUTCOME_ANSWERED,
	OUTCOME_TOO_FEW,	/* fewer than expected, or nobody */
	OUTCOME_ERROR		/* anything else */
};

struct settings {
	bool	 ipv4, ipv6, limited, discover, json, verbose;
	int64_t	 interval, count, wait_ms, timeout, expect;
	char	*message, *port;
};

#define TARGETS_MAX	256	/* asked in one round */

struct target {
	struct ipaddr	 to;
	struct ipaddr	 from;		/* family 0: as the kernel has it */
	char		 name[IFACE_NAME_MAX];	/* of its interface, or "" */
};

struct targets {
	struct target	 v[TARGETS_MAX];
	int		 n;
	bool		 fixed;		/* were named by the user */
};

/* targets_named - from the operands; 0, or -1 and the user was told why. */
int	targets_named(struct targets *, const struct settings *,
	    const struct opt_operands *);
/* targets_of_links - from the interfaces as they are now: how many. */
int	targets_of_links(struct targets *, const struct settings *,
	    const struct iface *, int nlinks);

/*
 * Who has answered.  Of what comes after the tables are full nothing is
 * remembered: it is shown again and not counted.
 */
#define HOSTS_MAX	4096
#define FOUND_MAX	16384

struct found {
	uint64_t	 instance;	/* of the host */
	struct beacon_service service;
};

struct answers {
	const struct settings *set;
	const struct iface *links;
	int		 nlinks;
	uint64_t	 id;		/* of our discovery requests */
	int64_t		 asked_at;	/* wall clock, ns: the last round */
	uint64_t	 asked, heard;	/* datagrams */
	struct ipaddr	*hosts;		/* HOSTS_MAX of them; owned */
	int		 nhosts;
	struct found	*found;		/* FOUND_MAX of them; owned */
	int		 nfound;
	bool		 failed;	/* standard output takes no more */
};

/* answers_init - 0, or -1 with errno. */
int	answers_init(struct answers *, const struct settings *);
void	answers_free(struct answers *);
/*
 * answers_take - print what came as an answer, if it is one; the number of the
 * first server that its host has still to tell of, 0: there is none.
 */
uint32_t answers_take(struct answers *, const struct dgram *);
/* answers_count - hosts, or with --discover servers. */
int	answers_count(const struct answers *);
/* answers_summary - printed at the end, but not of a list. */
void	answers_summary(struct answers *);

#endif
