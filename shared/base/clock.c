/*
 * Time, from clock_gettime(2), which is no system call here but a read of the
 * vDSO.  Called by everything that waits or measures.
 */
#include "base/clock.h"

#include <limits.h>

static int64_t
get(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

int64_t
clock_mono(void)
{
	return get(CLOCK_MONOTONIC);
}

int64_t
clock_coarse(void)
{
#ifdef CLOCK_MONOTONIC_COARSE
	return get(CLOCK_MONOTONIC_COARSE);
#else
	return get(CLOCK_MONOTONIC);
#endif
}

int64_t
clock_wall(void)
{
	return get(CLOCK_REALTIME);
}

int64_t
clock_after_ms(int64_t ms)
{
	int64_t now = clock_mono();

	if (ms < 0 || ms > (CLOCK_NEVER - now) / NSEC_PER_MSEC)
		return CLOCK_NEVER;
	return now + ms * NSEC_PER_MSEC;
}

int
clock_left_ms(int64_t deadline)
{
	int64_t now, left;

	if (deadline == CLOCK_NEVER)
		return -1;
	now = clock_mono();
	if (deadline <= now)
		return 0;
	/* Rounded up, or the caller would spin through the last millisecond. */
	left = (deadline - now - 1) / NSEC_PER_MSEC + 1;
	return left > INT_MAX ? INT_MAX : (int)left;
}

struct timespec
clock_timespec(int64_t left_ns)
{
	struct timespec ts = { 0, 0 };

	if (left_ns > 0) {
		ts.tv_sec = left_ns / NSEC_PER_SEC;
		ts.tv_nsec = left_ns % NSEC_PER_SEC;
	}
	return ts;
}
