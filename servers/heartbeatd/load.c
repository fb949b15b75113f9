/*
 * Reading the state file, once, before anything forks.  What was up then is up
 * now, with a full period and grace from here on: that nobody listened for a
 * while is no outage.  Bad lines are left out and said so; a file that is none
 * is put aside, so that it is not lost.
 */
#include "heartbeatd.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "saved.h"

struct load {
	struct heartbeatd *h;
	int64_t		 now, wall;
	uint64_t	 count, bad;
	int		 ended;
};

/* mono_of - a moment of the wall clock on the other; not in the future. */
static int64_t
mono_of(const struct load *l, int64_t wall)
{
	return wall > l->wall ? l->now : l->now - (l->wall - wall);
}

static void
restore(struct load *l, const struct saved *v)
{
	enum life_state state = (enum life_state)v->state;
	struct heartbeatd *h = l->h;
	struct row *r = table_find(h->table, v->name);

	if (r == NULL)
		r = table_add(h->table, v->name, h->expects.period,
		    h->expects.grace, l->now);
	if (r == NULL) {
		l->bad++;	/* more than --max-names */
		return;
	}
	r->track.top = v->seq;
	r->track.received = v->received;
	r->track.lost = v->lost;
	r->track.reordered = v->reordered;
	r->track.duplicated = v->duplicated;
	r->track.restarts = v->restarts;
	track_resume(&r->track);
	r->heard_wall = v->heard;
	r->since_wall = v->since;
	r->status = v->status;
	if (state == LIFE_LATE)
		state = LIFE_UP;
	life_restore(&r->life, state, mono_of(l, v->since),
	    mono_of(l, v->heard));
	l->count++;
}

static void
take_line(struct load *l, const char *line, size_t n)
{
	struct saved v;
	uint64_t count;

	if (saved_parse_line(line, n, &v) == 0) {
		restore(l, &v);
		return;
	}
	if (saved_parse_end(line, n, &count) == 0)
		l->ended = count == l->count + l->bad;
	else
		l->bad++;
}

/* put_aside - it is no state file: keep it for whoever wants to know why. */
static void
put_aside(struct heartbeatd *h)
{
	char other[NAME_MAX + 16];

	snprintf(other, sizeof(other), "%s.bad", h->state_name);
	if (renameat(h->folder, h->state_name, h->folder, other) == -1)
		log_warn("--state: %s", h->state);
	log_warnx("--state: %s is no state file of ours; it is now %s",
	    h->state, other);
}

static void
take_file(struct heartbeatd *h, const char *text, size_t size)
{
	struct load l = { .h = h, .now = clock_mono(), .wall = clock_wall() };
	const char *end = text + size, *eol;
	int64_t when;

	eol = memchr(text, '\n', size);
	if (eol == NULL || saved_parse_head(text, (size_t)(eol - text),
	    &when) == -1) {
		if (size > 0)
			put_aside(h);
		return;
	}
	for (text = eol + 1; text < end; text = eol + 1) {
		eol = memchr(text, '\n', (size_t)(end - text));
		if (eol == NULL)
			break;
		take_line(&l, text, (size_t)(eol - text));
	}
	if (l.bad > 0 || !l.ended)
		log_warnx("--state: %s: %llu names, %llu lines not "
		    "understood%s", h->state, (unsigned long long)l.count,
		    (unsigned long long)l.bad, l.ended ? "" : ", cut short");
}

/* slurp - the whole of it; NULL with errno. */
static char *
slurp(int fd, size_t max, size_t *size)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return NULL;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > max) {
		errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
		return NULL;
	}
	text = malloc((size_t)st.st_size + 1);
	if (text == NULL)
		return NULL;
	for (*size = 0; *size < (size_t)st.st_size; *size += (size_t)n) {
		n = read(fd, text + *size, (size_t)st.st_size - *size);
		if (n == -1) {
			free(text);
			return NULL;
		}
		if (n == 0)
			break;
	}
	return text;
}

int
load_state(struct heartbeatd *h, char *why, size_t whylen)
{
	size_t size, max = ((size_t)h->table->max + 2) * SAVED_LINE_MAX;
	char *text;
	int fd, saved;

	fd = openat(h->folder, h->state_name, O_RDONLY | O_CLOEXEC |
	    O_NONBLOCK);
	if (fd == -1 && errno == ENOENT)
		return 0;
	text = fd == -1 ? NULL : slurp(fd, max, &size);
	saved = errno;
	if (fd != -1)
		close(fd);
	if (text == NULL) {
		snprintf(why, whylen, "--state: %s: %s", h->state,
		    strerror(saved));
		return -1;
	}
	table_lock(h->table);
	take_file(h, text, size);
	table_unlock(h->table);
	free(text);
	return 0;
}
