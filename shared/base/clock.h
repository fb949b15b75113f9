/*
 * Time.  Durations and deadlines are int64_t nanoseconds of the monotonic
 * clock, so that a wall clock that is set does no harm.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NSEC_PER_SEC	1000000000LL
#define NSEC_PER_MSEC	1000000LL
#define NSEC_PER_USEC	1000LL

/* A deadline that never comes. */
#define CLOCK_NEVER	INT64_MAX

/* clock_mono - now, on the monotonic clock (exact). */
int64_t	clock_mono(void);

/* clock_coarse - the same clock to a tick (1 to 4 ms), for a fifth the cost */
int64_t	clock_coarse(void);

/* clock_wall - now, in nanoseconds since the epoch. */
int64_t	clock_wall(void);

/* clock_after_ms - the deadline ms from now; CLOCK_NEVER where ms is < 0. */
int64_t	clock_after_ms(int64_t ms);

/* clock_left_ms - for poll(2): -1 for CLOCK_NEVER, 0 when past, rounded up. */
int	clock_left_ms(int64_t deadline);

/* clock_timespec - the time left, for ppoll(2); negative is taken as 0. */
struct timespec clock_timespec(int64_t left_ns);

#endif
