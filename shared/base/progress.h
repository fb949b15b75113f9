/*
 * A progress bar on standard error for clients that move many bytes: share,
 * rate and time left on one line that is drawn over.  Silent where standard
 * error is no terminal.  Called by httpc, filec and urlget; it knows nothing of
 * the network and never fails.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/* The total where nobody knows it. */
#define PROGRESS_UNKNOWN	UINT64_MAX

struct progress {
	const char	*label;		/* the caller's; shown in front */
	uint64_t	 first;		/* bytes that were there at the start */
	uint64_t	 done;		/* bytes there now, first included */
	uint64_t	 total;		/* or PROGRESS_UNKNOWN */
	int64_t		 began;		/* monotonic ns */
	int64_t		 drawn;		/* when the line was drawn; 0: never */
	int64_t		 mark;		/* start of the sample below */
	uint64_t	 mark_done;
	double		 rate;		/* bytes a second, smoothed; 0: none */
	int		 on;
};

/*
 * progress_start - begin at first bytes of total.  label is kept, not copied.
 * Nothing will be drawn unless wanted is set and standard error is a terminal.
 */
void	progress_start(struct progress *, const char *label, uint64_t first,
	    uint64_t total, int wanted);
/* progress_update - done bytes are there now; draws ten times a second. */
void	progress_update(struct progress *, uint64_t done);
/* progress_end - draw it a last time and leave the line. */
void	progress_end(struct progress *);

/*
 * progress_sample - take done at the time now into the smoothed rate.  For
 * progress_update and for tests.
 */
void	progress_sample(struct progress *, uint64_t done, int64_t now);
/* progress_render - the line as it is drawn at now, at most width columns. */
void	progress_render(const struct progress *, int64_t now, size_t width,
	    char *line, size_t size);

/* A number of bytes for people, in at most six columns: "999", "1.5K", "23M"
 * (powers of 1024). */
#define PROGRESS_BYTES_MAX	16
const char *progress_bytes(uint64_t n, char buf[PROGRESS_BYTES_MAX]);
/* A duration in seconds for people: "0:07", "12:34", "3:05:00", "4d 02h". */
#define PROGRESS_TIME_MAX	32
const char *progress_time(uint64_t seconds, char buf[PROGRESS_TIME_MAX]);

#endif
