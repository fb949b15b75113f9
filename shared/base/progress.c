/*
 * The progress bar.  Drawing goes to standard error only, one write(2) a
 * line; what is drawn is made by progress_render(), which a test can call.
 */

#include "base/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

#define DRAW_NS		(100 * NSEC_PER_MSEC)
#define SAMPLE_NS	(500 * NSEC_PER_MSEC)
#define WIDTH_MAX	160	/* a longer bar says no more */
#define BAR_MIN		8
#define LABEL_MAX	24

const char *
progress_bytes(uint64_t n, char buf[PROGRESS_BYTES_MAX])
{
	static const char units[] = "KMGTPE";
	double v = (double)n;
	size_t u = 0;

	if (n < 1024) {
		snprintf(buf, PROGRESS_BYTES_MAX, "%d", (int)n);
		return buf;
	}
	/* 999.5 would be printed as 1000: go on to the next unit. */
	for (v /= 1024; v >= 999.5 && units[u + 1] != '\0'; u++)
		v /= 1024;
	snprintf(buf, PROGRESS_BYTES_MAX, v < 9.95 ? "%.1f%c" : "%.0f%c", v,
	    units[u]);
	return buf;
}

const char *
progress_time(uint64_t s, char buf[PROGRESS_TIME_MAX])
{
	unsigned long long days = s / 86400;
	int hours = (int)(s / 3600 % 24), minutes = (int)(s / 60 % 60);
	int seconds = (int)(s % 60);

	if (days > 0)
		snprintf(buf, PROGRESS_TIME_MAX, "%llud %02dh", days, hours);
	else if (hours > 0)
		snprintf(buf, PROGRESS_TIME_MAX, "%d:%02d:%02d", hours,
		    minutes, seconds);
	else
		snprintf(buf, PROGRESS_TIME_MAX, "%d:%02d", minutes, seconds);
	return buf;
}

void
progress_sample(struct progress *p, uint64_t done, int64_t now)
{
	int64_t ns = now - p->mark;
	double rate;

	p->done = done;
	if (ns < SAMPLE_NS || done < p->mark_done)
		return;
	rate = (double)(done - p->mark_done) * NSEC_PER_SEC / (double)ns;
	/* A third of the new sample: steady to look at, gone in seconds. */
	p->rate = p->rate == 0 ? rate : p->rate + (rate - p->rate) / 3;
	p->mark = now;
	p->mark_done = done;
}

/* rate_at - the smoothed rate, or before there is one the mean */
static double
rate_at(const struct progress *p, int64_t now)
{
	double ns = (double)(now - p->began);

	if (p->rate > 0 || ns <= 0 || p->done < p->first)
		return p->rate;
	return (double)(p->done - p->first) * NSEC_PER_SEC / ns;
}

/* time_left - ", 0:12 left"; at the end the time it took */
static void
time_left(const struct progress *p, int64_t now, char *buf, size_t size)
{
	double rate = rate_at(p, now), left;
	char t[PROGRESS_TIME_MAX];

	buf[0] = '\0';
	if (p->total == PROGRESS_UNKNOWN || p->done >= p->total) {
		progress_time((uint64_t)((now - p->began) / NSEC_PER_SEC), t);
		snprintf(buf, size, "  %s", t);
		return;
	}
	if (rate < 1)
		return;
	left = (double)(p->total - p->done) / rate;
	if (left < 100.0 * 86400)
		snprintf(buf, size, "  %s left",
		    progress_time((uint64_t)left, t));
}

/* bar - "[#####.....]" of the columns that are left */
static void
bar(char *buf, size_t size, size_t columns, double share)
{
	size_t full;

	buf[0] = '\0';
	if (columns < BAR_MIN + 3 || columns + 1 > size)
		return;
	full = (size_t)(share * (double)(columns - 3));
	buf[0] = '[';
	memset(buf + 1, '#', full);
	memset(buf + 1 + full, '.', columns - 3 - full);
	memcpy(buf + columns - 2, "] ", 3);
}

/* label - the caller's, cut between characters and safe for a terminal */
static void
label(const char *from, char *buf)
{
	size_t n = from != NULL ? strlen(from) : 0;

	if (n > LABEL_MAX) {
		for (n = LABEL_MAX; n > 0 && (from[n] & 0xc0) == 0x80; n--)
			;
	}
	for (size_t i = 0; i < n; i++)
		buf[i] = (unsigned char)from[i] < 0x20 || from[i] == 0x7f ?
		    '?' : from[i];
	memcpy(buf + n, " ", 2);
}

void
progress_render(const struct progress *p, int64_t now, size_t width, char *line,
    size_t size)
{
	char head[LABEL_MAX + 2], tail[96], left[PROGRESS_TIME_MAX + 16];
	char mid[WIDTH_MAX + 1];
	char done[PROGRESS_BYTES_MAX], rate[PROGRESS_BYTES_MAX];
	double share = 0;
	size_t used;

	if (p->total != PROGRESS_UNKNOWN)
		share = p->total == 0 || p->done >= p->total ? 1 :
		    (double)p->done / (double)p->total;
	label(p->label, head);
	time_left(p, now, left, sizeof(left));
	progress_bytes(p->done, done);
	progress_bytes((uint64_t)rate_at(p, now), rate);
	if (p->total == PROGRESS_UNKNOWN)
		snprintf(tail, sizeof(tail), "%s  %s/s%s", done, rate, left);
	else
		snprintf(tail, sizeof(tail), "%3d%%  %s  %s/s%s",
		    (int)(share * 100), done, rate, left);
	used = strlen(head) + strlen(tail);
	mid[0] = '\0';
	if (p->total != PROGRESS_UNKNOWN && used < width)
		bar(mid, sizeof(mid), width - used, share);
	snprintf(line, size < width + 1 ? size : width + 1, "%s%s%s", head, mid,
	    tail);
}

/* columns - of the terminal, one less so that no terminal wraps the line */
static size_t
columns(void)
{
	struct winsize w;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == -1 || w.ws_col < 2)
		return 79;
	return w.ws_col - 1 < WIDTH_MAX ? w.ws_col - 1u : WIDTH_MAX;
}

/* draw - over the line that is there; ESC [K clears what is left of it */
static void
draw(struct progress *p, int64_t now, const char *end)
{
	char line[WIDTH_MAX + 1], out[WIDTH_MAX + 16];
	ssize_t unused;
	int n;

	progress_render(p, now, columns(), line, sizeof(line));
	n = snprintf(out, sizeof(out), "\r%s\033[K%s", line, end);
	unused = write(STDERR_FILENO, out, (size_t)n);
	(void)unused;
	p->drawn = now;
}

void
progress_start(struct progress *p, const char *label, uint64_t first,
    uint64_t total, int wanted)
{
	memset(p, 0, sizeof(*p));
	p->label = label;
	p->first = p->done = p->mark_done = first;
	p->total = total;
	p->began = p->mark = clock_mono();
	p->on = wanted && isatty(STDERR_FILENO);
}

void
progress_update(struct progress *p, uint64_t done)
{
	int64_t now;

	p->done = done;
	if (!p->on)
		return;
	now = clock_coarse();
	if (p->drawn != 0 && now - p->drawn < DRAW_NS)
		return;
	progress_sample(p, done, now);
	draw(p, now, "");
}

void
progress_end(struct progress *p)
{
	if (!p->on)
		return;
	p->rate = 0;		/* at the end people want the mean */
	draw(p, clock_mono(), "\n");
	p->on = 0;
}
