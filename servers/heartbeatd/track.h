/*
 * What the sequence numbers and stamps of one name's datagrams tell: lost,
 * reordered, duplicated, a sender that was started anew; the interval, jitter
 * and one-way delay.  Pure: the stamps are the caller's.  Called by monitor.c
 * for each heartbeat.
 */
#ifndef HEARTBEATD_TRACK_H
#define HEARTBEATD_TRACK_H

#include <stdint.h>

#define TRACK_DELAYS	32		/* kept for the sparkline */
#define TRACK_GAP	INT32_MIN	/* ... where one was lost */

struct track {
	uint64_t top;		/* the highest sequence number so far */
	uint64_t window;	/* bit i: top - i has come */
	int64_t	 top_time;	/* its TIME, ns */
	int64_t	 top_arrived;	/* when it came, monotonic ns */
	uint64_t behind;	/* the last one that was not above top, */
	uint32_t in_row;	/* and so many came one after another */
	uint32_t started;	/* top is known */
	uint64_t received;	/* each once */
	uint64_t lost;		/* missing as of now */
	uint64_t reordered, duplicated, restarts;
	int64_t	 interval;	/* between beats, smoothed, ns; 0: unknown */
	int64_t	 jitter;	/* as RFC 3550 section 6.4.1 has it, ns */
	/* One-way delay, ns; meaningful only where the clocks agree. */
	int64_t	 delay, delay_min, delay_max;
	double	 delay_sum;
	uint64_t delays;
	int32_t	 recent[TRACK_DELAYS];	/* us, a ring */
	uint32_t nrecent;		/* ever */
};

enum track_result {
	TRACK_NEWER,		/* a sign of life */
	TRACK_RESTARTED,	/* one too: the sender counts anew */
	TRACK_REORDERED,	/* overtaken by later ones */
	TRACK_DUPLICATE
};

/*
 * track_add - one datagram: its sequence number, its TIME, and when it came by
 * our wall clock and by the one that is never set; all in ns.
 */
enum track_result track_add(struct track *, uint64_t seq, int64_t time,
	    int64_t wall, int64_t mono);

/* track_resume - we have not listened for a while: what the next number skips
 * was not lost. */
void	track_resume(struct track *);
/* track_clock_set - our clock was set: earlier delays tell nothing any more. */
void	track_clock_set(struct track *);

/* track_loss - the share lost, 0 to 1. */
double	track_loss(const struct track *);
/* track_delay_mean - ns; 0 of none. */
double	track_delay_mean(const struct track *);

#endif
