/*
 * Sequence numbers and stamps of one name.  A number that is not above the
 * highest was overtaken, is a copy, or comes from a sender that has started
 * anew; TIME, which goes forward in the sender's own clock, tells which.
 */
#include "track.h"

#include <string.h>

#include "base/clock.h"

#define WINDOW		64	/* numbers below top that are told apart */
/* A jump by more is no loss but another sender: 12 days at one a second. */
#define JUMP_MAX	(1ULL << 20)
/* So many in sequence, all below top: a sender whose clock was set back. */
#define ROW_MAX		5
#define GAPS_SHOWN	4	/* of the sparkline, for one loss */

/* remember - for the sparkline. */
static void
remember(struct track *t, int64_t us)
{
	if (us > INT32_MAX)
		us = INT32_MAX;
	if (us < INT32_MIN + 1)
		us = INT32_MIN + 1;
	t->recent[t->nrecent++ % TRACK_DELAYS] = (int32_t)us;
}

/* skipped - n numbers were not there when a later one came. */
static void
skipped(struct track *t, uint64_t n)
{
	t->lost += n;
	for (uint64_t i = 0; i < n && i < GAPS_SHOWN; i++)
		t->recent[t->nrecent++ % TRACK_DELAYS] = TRACK_GAP;
}

static void
measure_delay(struct track *t, int64_t delay)
{
	if (t->delays == 0 || delay < t->delay_min)
		t->delay_min = delay;
	if (t->delays == 0 || delay > t->delay_max)
		t->delay_max = delay;
	t->delay = delay;
	t->delay_sum += (double)delay;
	t->delays++;
	remember(t, delay / NSEC_PER_USEC);
}

/* measure_pace - interval and jitter, from this and the one before it; jitter
 * not across a sender's clock that was set back. */
static void
measure_pace(struct track *t, uint64_t step, int64_t time, int64_t mono)
{
	int64_t gap = mono - t->top_arrived, d;

	if (gap < 0)
		gap = 0;
	if (time >= t->top_time) {
		d = gap - (time - t->top_time);
		t->jitter += ((d < 0 ? -d : d) - t->jitter) / 16;
	}
	gap /= (int64_t)step;
	if (t->interval == 0)
		t->interval = gap;
	else
		t->interval += (gap - t->interval) / 8;
}

static void
set_top(struct track *t, uint64_t seq, int64_t time, int64_t wall,
    int64_t mono)
{
	t->top = seq;
	t->top_time = time;
	t->top_arrived = mono;
	t->in_row = 0;
	t->received++;
	measure_delay(t, wall - time);
}

static enum track_result
newer(struct track *t, uint64_t seq, int64_t time, int64_t wall,
    int64_t mono)
{
	uint64_t step = seq - t->top;

	measure_pace(t, step, time, mono);
	skipped(t, step - 1);
	t->window = step < WINDOW ? t->window << step | 1 : 1;
	set_top(t, seq, time, wall, mono);
	return TRACK_NEWER;
}

static enum track_result
restarted(struct track *t, uint64_t seq, int64_t time, int64_t wall,
    int64_t mono)
{
	t->restarts++;
	t->window = 1;
	set_top(t, seq, time, wall, mono);
	return TRACK_RESTARTED;
}

/* in_sequence - do numbers below top follow one another? */
static int
in_sequence(struct track *t, uint64_t seq)
{
	t->in_row = t->in_row > 0 && seq == t->behind + 1 ? t->in_row + 1 : 1;
	t->behind = seq;
	return t->in_row >= ROW_MAX;
}

/* older - was it missing, or had it come before? */
static enum track_result
older(struct track *t, uint64_t seq)
{
	uint64_t back = t->top - seq;
	int had = back < WINDOW ? (t->window >> back & 1) != 0 : t->lost == 0;

	if (had) {
		t->duplicated++;
		return TRACK_DUPLICATE;
	}
	if (back < WINDOW)
		t->window |= 1ULL << back;
	t->reordered++;
	t->received++;
	if (t->lost > 0)
		t->lost--;
	return TRACK_REORDERED;
}

enum track_result
track_add(struct track *t, uint64_t seq, int64_t time, int64_t wall,
    int64_t mono)
{
	if (!t->started) {
		t->started = 1;
		t->window = 1;
		set_top(t, seq, time, wall, mono);
		return TRACK_NEWER;
	}
	if (seq > t->top && seq - t->top <= JUMP_MAX)
		return newer(t, seq, time, wall, mono);
	if (seq > t->top || time > t->top_time || in_sequence(t, seq))
		return restarted(t, seq, time, wall, mono);
	return older(t, seq);
}

void
track_resume(struct track *t)
{
	t->started = 0;
}

void
track_clock_set(struct track *t)
{
	t->delays = 0;
	t->delay_sum = 0;
	t->delay = t->delay_min = t->delay_max = 0;
	t->nrecent = 0;
	memset(t->recent, 0, sizeof(t->recent));
}

double
track_loss(const struct track *t)
{
	uint64_t all = t->received + t->lost;

	return all == 0 ? 0 : (double)t->lost / (double)all;
}

double
track_delay_mean(const struct track *t)
{
	return t->delays == 0 ? 0 : t->delay_sum / (double)t->delays;
}
