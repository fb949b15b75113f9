/*
 * What the files of pingc share: the options, a target, what was counted.  For
 * pingc only.  Times are ns: "wall" since the epoch, "mono" of the monotonic
 * clock.
 */
#ifndef PINGC_PINGC_H
#define PINGC_PINGC_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/hist.h"
#include "base/opt.h"
#include "net/addr.h"
#include "wire/ping.h"

enum { EXIT_REPLIES, EXIT_SILENCE, EXIT_ERROR };	/* as ping(8) */

#define TARGETS_MAX	1024
#define SIZE_MAX_DATA	65507		/* what UDP over IPv4 can carry */

enum protocol { PROTOCOL_AUTO, PROTOCOL_PLAIN, PROTOCOL_BROOD };

struct options {
	int64_t	 count, size;		/* 0: not given */
	int64_t	 interval, wait, deadline;	/* ns; deadline 0: none */
	bool	 interval_given;
	bool	 quiet, stamps, numeric, flood, ipv4, ipv6, verbose;
	bool	 plot, json;
	bool	 several;		/* targets: lines say whose they are */
	int	 protocol;		/* enum protocol */
	char	*device;		/* interface or address to send from */
	char	*key_file;
	struct ping_key *key;
	int64_t	 until;		/* mono: the deadline, lookups and all */
};

/* -- What has been counted (count.c) -------------------------------------- */

enum fate {
	FATE_NONE,			/* the slot holds no probe */
	FATE_WAITING,
	FATE_REPLY,
	FATE_SILENCE,			/* its time is over */
	FATE_REFUSED,			/* ICMP: nobody listens there */
	FATE_UNREACHABLE		/* ICMP or our own kernel */
};

/* A probe that was sent. */
struct slot {
	uint64_t seq;
	int64_t	 sent;			/* mono */
	int64_t	 left;			/* wall: the kernel's, or ours */
	int64_t	 stamp;			/* wall: in the request itself */
	int	 fate;			/* enum fate */
	bool	 apart;			/* counted in counts.apart */
};

/* What a reply is, once it has been found to be one. */
struct reply {
	uint64_t seq;			/* 0: the text does not say */
	int64_t	 came;			/* wall, from the kernel */
	int64_t	 rtt;			/* ns; -1: the probe is forgotten */
	int64_t	 server;		/* ns spent there; -1 unknown */
	size_t	 bytes;
	int	 ttl;			/* -1 unknown */
	bool	 duplicate, late, altered;
	const char *text;		/* plain dialect; NULL otherwise */
	size_t	 text_len;
};

/* What a server has said of our probes in a session; see counts_server. */
struct heard {
	uint32_t session;		/* 0: none */
	uint64_t received, duplicates, reordered;
	uint64_t replies;		/* to this session, each once */
};
#define HEARD	4			/* sessions that may be mixed up */

struct counts {
	uint64_t sent, received, late, silent, refused, unreachable;
	uint64_t duplicates, altered, reordered;
	uint64_t highest;		/* sequence number that was answered */
	struct hist rtt, jitter, server, net;
	int64_t	 last_rtt;		/* -1: none yet */
	double	 ewma;			/* of rtt, as ping(8) has it */
	/* the better dialect: the sessions, [0] the newest; older ones added
	 * up; the highest number that has reached any */
	struct heard heard[HEARD], before;
	uint64_t reached;
	/* Probes that cannot reach a session (plain ones, hellos in their
	 * place, refused ones), now and when reached was told. */
	uint64_t apart, apart_reached;
	/* a reply whose time in the server may be known better by the next */
	struct {
		uint64_t seq;		/* 0: none */
		int64_t	 rtt, got, replied;
	} pending;
	int64_t	 first_stamp, last_stamp;	/* ms; -1: none */
};

void	counts_init(struct counts *);
/* counts_rtt - of a reply in time. */
void	counts_rtt(struct counts *, int64_t rtt);
/* counts_server - what a reply of the better dialect says beside. */
void	counts_server(struct counts *, const struct ping_msg *, int64_t rtt,
	    bool first);
/* counts_settle - the last reply's time in the server, at the end. */
void	counts_settle(struct counts *);
/* counts_heard - of all sessions together. */
struct heard counts_heard(const struct counts *);
/* Probes lost on the way there and back, of those of which it is known. */
uint64_t counts_lost_up(const struct counts *);
uint64_t counts_lost_down(const struct counts *);

/* -- Targets -------------------------------------------------------------- */

#define TXIDS	64	/* transmit stamps that may be under way */

enum phase { PHASE_GREETING, PHASE_RUNNING, PHASE_WAITING, PHASE_DONE };
enum known { KNOWN_NOT, KNOWN_PLAIN, KNOWN_BROOD };

struct target {
	const struct options *opt;
	char	*name;			/* as the user wrote it; owned */
	struct addr addr;
	char	 host[IPADDR_TEXT_MAX];	/* the address alone */
	int	 fd;
	enum phase phase;
	enum known known;		/* what the server speaks */
	int	 failed;		/* the user was told */
	int64_t	 next;			/* mono: when to send */
	/* the greeting */
	uint64_t nonce;
	uint64_t hellos, hellos_heard;	/* said; answered by another text */
	int64_t	 hello_at;		/* mono */
	uint8_t	 cookie[PING_COOKIE];
	bool	 cookie_good;
	bool	 stand_in;		/* a hello went for the last probe */
	uint64_t last_plain;		/* the last probe in that dialect */
	/* probes that were sent, by sequence number */
	uint64_t seq;			/* the last one sent */
	uint64_t oldest;		/* no older one waits */
	struct slot *slots;		/* owned; nslots is a power of two */
	size_t	 nslots;
	/* the kernel's transmit stamps */
	bool	 txstamps;
	uint32_t txid;			/* what the next one will have */
	uint64_t ids[TXIDS];		/* id: the probe's number; 0 a hello */
	struct counts counts;
	int64_t	 began, ended;		/* mono; of the probes */
};

/* target.c: 0, or -1 and the user was told. */
int	target_open(struct target *, const struct options *, const char *host,
	    const char *port);
void	target_close(struct target *);
struct slot *target_slot(struct target *, uint64_t seq);

/* socket_linux.c: what came to a target's socket. */
struct arrival {
	uint8_t	*data;
	size_t	 len;
	int64_t	 came;			/* wall */
	int	 ttl;			/* -1 unknown */
};
struct icmp {
	int	 error;			/* errno */
	int	 origin;		/* 0: our own kernel */
	struct ipaddr from;		/* who said so; family 0: unknown */
	const uint8_t *data;		/* what is left of the probe */
	size_t	 len;
};
enum { SOCKET_NOTHING, SOCKET_DATA, SOCKET_ICMP, SOCKET_LEFT };

/* socket_open - connected; -1 with errno and what failed in *what. */
int	socket_open(const struct addr *, const char *device, bool *txstamps,
	    const char **what);
/* socket_receive, socket_errors - the next datagram, or the next from the error
 * queue: an ICMP error or a transmit stamp (*id, *left).  Never wait. */
int	socket_receive(int fd, struct arrival *);
int	socket_errors(int fd, struct icmp *, uint32_t *id, int64_t *left);
/* socket_precise - this process is woken when it asked to be. */
void	socket_precise(void);
/* socket_recount - the transmit stamps' numbers begin at 0 again. */
void	socket_recount(int fd);

/* probe.c: what is sent, and when. */
void	probe_start(struct target *, int64_t now);
void	probe_tick(struct target *, int64_t now);	/* whatever is due */
int64_t	probe_next(const struct target *);	/* mono, CLOCK_NEVER */
void	probe_hello(struct target *);
/* probe_again - the last one, which got nowhere, if it still waits. */
void	probe_again(struct target *);

/* answer.c: what came, told apart. */
void	answer_ready(struct target *);	/* the socket has something */
void	answer_errors(struct target *);	/* its error queue may have */
/* answer_fate - what became of probe seq; e is NULL for silence. */
void	answer_fate(struct target *, uint64_t seq, enum fate,
	    const struct icmp *);
/* probe_request - the plain request of a slot, in out; its length. */
#define REQUEST_MAX	65536
size_t	probe_request(const struct target *, const struct slot *, char *out);

/* loop.c: until all are done or a signal; 0, or -1 and the user was told. */
int	loop_run(struct target *, int n, const struct options *);

/* report.c and json.c: for people, and for programs with --json. */
void	report_start(const struct target *);
void	report_sent(const struct target *);
void	report_reply(const struct target *, const struct reply *);
void	report_silence(const struct target *, uint64_t seq);
void	report_error(const struct target *, uint64_t seq,
	    const struct icmp *, enum fate);
void	report_snapshot(const struct target *);
void	report_summary(const struct target *);
void	json_reply(const struct target *, const struct reply *);
void	json_silence(const struct target *, uint64_t seq);
void	json_error(const struct target *, uint64_t seq, const struct icmp *,
	    enum fate);
void	json_summary(const struct target *);
const char *icmp_text(const struct icmp *, enum fate);
uint64_t lost_of(const struct counts *);

/* plot.c */
void	plot(const struct hist *);

#endif
