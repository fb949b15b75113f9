/*
 * The loop under the fibers: seats, timers, who waits for what.  fibers.c says
 * what is done with them; loop.c keeps them.
 */
#ifndef SERVE_FIBERS_H
#define SERVE_FIBERS_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "serve/core.h"
#include "serve/poller.h"
#include "serve/seat.h"
#include "serve/timer.h"

struct fiber;

enum { TIMER_SEAT, TIMER_WAITER };	/* timer.kind */

/* A parked fiber; lives on its stack. */
struct waiter {
	struct pollfd	*fds;
	int		 n;
	int		 result;
	int		 error;
	struct timer	 timer;
	struct fiber	*fiber;
	struct waiter	*next_ready;
	uint32_t	 number;	/* among all that are parked, from 1 */
	int		 queued;
};

/* What is known of a descriptor. */
struct watch {
	uint32_t	 seat;		/* its number and 1; 0: nobody's */
	uint32_t	 waiter : 31;	/* its number; 0: nobody */
	uint32_t	 registered : 1;
};

struct loop {
	struct core	*core;
	int		 poller;
	struct watch	*watch;		/* by descriptor; owned */
	size_t		 nwatch;
	struct timers	 timers;
	struct seat	**chunk;	/* owned, SEAT_CHUNK each */
	uint32_t	 nseats, max_seats, taken;
	uint32_t	 beside;	/* fibers without a seat */
	uint32_t	 free_seats;	/* the first's number and 1 */
	uint32_t	 ready_first, ready_last;	/* seats, likewise */
	struct waiter	*ready, **ready_end;
	struct waiter	**parked;	/* owned; [number - 1] */
	uint32_t	 nparked, parked_cap;
	int		 listeners[LISTENERS_MAX];
	int		 nlisteners, listening;
	int		 cancelled;
	int64_t		 pause_until;
	int64_t		 served;
	int64_t		 shown;		/* title, monotonic ns */
	int		 spares;	/* stacks or buffers are kept unused */
	int64_t		 notice_at;	/* monotonic ns; 0: no notice is due */
	int64_t		 notice_after;	/* none before */
};

/* seats.c */
struct seat *loop_new_seat(struct loop *);	/* NULL: all are taken */
void	loop_free_seat(struct loop *, struct seat *);
void	loop_queue(struct loop *, struct seat *);
static inline struct seat *
loop_seat(const struct loop *l, uint32_t number)
{
	return &l->chunk[number / SEAT_CHUNK][number % SEAT_CHUNK];
}

/* loop.c */
struct loop *loop_new(struct core *);
void	loop_free(struct loop *);
struct loop *loop_this(void);

void	loop_rest(struct loop *, struct seat *);
void	loop_close_resting(struct loop *, int64_t at);

/* loop_own - this seat's descriptor's events are the seat's from now on. */
void	loop_own(struct loop *, struct seat *);
void	loop_event(struct loop *, const struct poller_event *);
void	loop_run_ready(struct loop *, void (*)(struct loop *, struct seat *));
int	loop_has_ready(const struct loop *);
void	loop_run_timers(struct loop *);
int64_t	loop_next_timer_ms(const struct loop *);
/* loop_end_waits - whoever waits finds an error: EINTR, as after a signal where
 * a process holds one connection, and can look whether this one is draining; or
 * ECANCELED, and so does every wait to come. */
void	loop_end_waits(struct loop *, int error);

/* loop_listen - on or off; on only where there are seats and no pause. */
void	loop_listen(struct loop *, int on);
void	loop_pause(struct loop *);

#endif
