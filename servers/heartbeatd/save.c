/*
 * Writing the state file.  A part at a time, between datagrams: rows, some
 * hundred in a turn; then a while in which the kernel writes them out by
 * itself; then the sync, which has little left to do, and the rename.  The file
 * is whole at any moment, whoever is killed.
 */
#include "heartbeatd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "saved.h"

#define ROWS		256		/* in one turn */
#define SETTLE_MS	500		/* for the kernel to write them out */

/* failed - say so, and try again when the next one is due. */
static void
failed(struct heartbeatd *h)
{
	table_count(&h->table->counts.saves_failed);
	log_warn("--state: %s", h->state);
	save_drop(h);
}

void
save_drop(struct heartbeatd *h)
{
	struct save *s = &h->save;

	if (s->fd > 0) {
		close(s->fd);
		unlinkat(h->folder, h->state_new, 0);
	}
	s->fd = 0;
	buf_free(&s->buf);
}

static int
write_out(struct save *s)
{
	size_t done = 0;
	ssize_t n;

	while (done < s->buf.len) {
		n = write(s->fd, s->buf.data + done, s->buf.len - done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	buf_reset(&s->buf);
	return 0;
}

static int
begin(struct heartbeatd *h)
{
	struct save *s = &h->save;
	char line[SAVED_LINE_MAX];

	s->fd = openat(h->folder, h->state_new, O_WRONLY | O_CREAT | O_TRUNC |
	    O_CLOEXEC | O_NOFOLLOW, 0644);
	if (s->fd == -1)
		return -1;
	s->whole = 0;
	s->row = 0;
	s->count = 0;
	buf_add(&s->buf, line, saved_head(line, clock_wall()));
	return 0;
}

static void
add_row(struct save *s, const struct row *r)
{
	char line[SAVED_LINE_MAX];
	struct saved v;

	memcpy(v.name, r->name, sizeof(v.name));
	v.state = r->life.real;
	v.since = r->since_wall;
	v.heard = r->heard_wall;
	v.seq = r->track.top;
	v.received = r->track.received;
	v.lost = r->track.lost;
	v.reordered = r->track.reordered;
	v.duplicated = r->track.duplicated;
	v.restarts = r->track.restarts;
	v.status = r->status;
	buf_add(&s->buf, line, saved_line(line, &v));
	s->count++;
}

/* some_rows - and the end behind the last. */
static int
some_rows(struct heartbeatd *h)
{
	uint32_t top = atomic_load(&h->table->top), n;
	struct save *s = &h->save;
	char line[SAVED_LINE_MAX];

	for (n = 0; n < ROWS && s->row < top; n++, s->row++)
		if (h->table->rows[s->row].used)
			add_row(s, &h->table->rows[s->row]);
	if (s->row == top) {
		buf_add(&s->buf, line, saved_end(line, s->count));
		s->whole = 1;
	}
	if (s->buf.failed) {
		errno = ENOMEM;
		return -1;
	}
	if (write_out(s) == -1)
		return -1;
	if (s->whole)	/* which makes the kernel begin to write */
		posix_fadvise(s->fd, 0, 0, POSIX_FADV_DONTNEED);
	return 0;
}

/* finish - the new one takes the old one's place. */
static int
finish(struct heartbeatd *h)
{
	struct save *s = &h->save;

	if (fdatasync(s->fd) == -1 || renameat(h->folder, h->state_new,
	    h->folder, h->state_name) == -1)
		return -1;
	close(s->fd);
	s->fd = 0;
	buf_free(&s->buf);
	table_count(&h->table->counts.saves);
	return 0;
}

/* settle_ns - how long the kernel has for it. */
static int64_t
settle_ns(const struct heartbeatd *h)
{
	int64_t ms = h->state_ms / 4;

	return (ms < SETTLE_MS ? ms : SETTLE_MS) * NSEC_PER_MSEC;
}

int64_t
save_step(struct heartbeatd *h, int64_t now)
{
	struct save *s = &h->save;
	int64_t interval = h->state_ms * NSEC_PER_MSEC;

	if (h->folder == -1)
		return CLOCK_NEVER;
	if (s->next == 0)
		s->next = now + interval;
	if (now < s->next)
		return s->next;
	if (s->fd == 0 && begin(h) == -1) {
		s->fd = 0;
		goto bad;
	}
	if (!s->whole) {
		if (some_rows(h) == -1)
			goto bad;
		s->next = now + (s->whole ? settle_ns(h) : 1);
		return s->next;
	}
	if (finish(h) == -1)
		goto bad;
	s->whole = 0;
	s->next = now + interval;
	return s->next;
bad:
	failed(h);
	s->whole = 0;
	s->next = now + interval;
	return s->next;
}

void
save_now(struct heartbeatd *h)
{
	if (h->folder == -1)
		return;
	save_drop(h);
	if (begin(h) == -1) {
		h->save.fd = 0;
		failed(h);
		return;
	}
	while (!h->save.whole)
		if (some_rows(h) == -1) {
			failed(h);
			return;
		}
	if (finish(h) == -1)
		failed(h);
}
