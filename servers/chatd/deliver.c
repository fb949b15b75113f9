/*
 * From the ring to one connection, in the way its peer understands: events for
 * our own client, lines for those who end theirs with a newline, and for the
 * plain clients, which print what one recv(2) returned, a segment for each
 * message.  Called between exchanges and before replies.
 */
#include "batch.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "net/wait.h"

/*
 * A peer without newlines gets its messages this far apart, so that each is
 * what one recv(2) returns; where more than a few are due, what follows them
 * comes as lines, lest a busy room leave him behind.
 */
#define BARE_GAP_MS	30
#define BARE_APART	8

static const char *
newline(const struct person *p)
{
	return p->framing == FRAME_CRLF ? "\r\n" :
	    p->framing == FRAME_BARE ? "" : "\n";
}

/* render - as this person gets it, without the end of a plain line. */
static void
render(struct text *t, const struct person *p, const struct settings *set,
    const struct chat_event *e)
{
	char utf8[CHAT_LINE_MAX];
	struct text plain;
	ssize_t n;

	if (p->framing == FRAME_EVENTS) {
		chat_line(t, e);
	} else if (set->encoder == (iconv_t)-1) {
		chat_plain(t, e);
	} else {
		text_init(&plain, utf8, sizeof(utf8));
		chat_plain(&plain, e);
		n = encode(set, t->p + t->len, t->size - t->len - 1, utf8,
		    plain.len);
		t->len += n > 0 ? (size_t)n : 0;
	}
}

static uint32_t
now_ms(void)
{
	return (uint32_t)(clock_mono() / NSEC_PER_MSEC);
}

/* send_bare - alone, in a segment of its own; nth of those that are due. */
static int
send_bare(struct conn *c, struct person *p, const struct text *t,
    unsigned nth)
{
	uint32_t since = now_ms() - p->bare_at;

	if (p->bare_at != 0 && since < BARE_GAP_MS) {
		if (nth > BARE_APART) {
			conn_put(c, "\n", 1);
			return conn_put(c, t->p, t->len);
		}
		if (conn_flush(c) == -1 ||
		    net_pause(clock_after_ms(BARE_GAP_MS - since)) == -1)
			return -1;
	}
	if (conn_put(c, t->p, t->len) == -1 || conn_flush(c) == -1)
		return -1;
	p->bare_at = now_ms();
	return 0;
}

static int
put_bare(struct conn *c, struct person *p, const struct settings *set,
    const struct chat_event *e, unsigned nth)
{
	char mem[RENDERED_MAX];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	render(&t, p, set, e);
	return send_bare(c, p, &t, nth);
}

/* put - one event; the nth of those that are due. */
static int
put(struct conn *c, struct person *p, const struct settings *set,
    const struct chat_event *e, unsigned nth)
{
	struct text t;
	char *room;

	if (p->framing == FRAME_BARE)
		return put_bare(c, p, set, e, nth);
	/* straight into the connection's buffer, not over this stack */
	room = conn_room(c, RENDERED_MAX);
	if (room == NULL)
		return -1;
	text_init(&t, room, RENDERED_MAX);
	render(&t, p, set, e);
	if (p->framing != FRAME_EVENTS)
		text_adds(&t, newline(p));
	conn_wrote(c, t.len);
	return 0;
}

int
send_event(struct conn *c, struct person *p, const struct settings *set,
    const struct chat_event *e)
{
	return put(c, p, set, e, 0);
}

int
is_for_its_sender(const struct person *p, const struct message *m)
{
	/* one's own coming and one's own name are news, one's words are not */
	return p->framing == FRAME_EVENTS || m->kind == CHAT_JOIN ||
	    m->kind == CHAT_NICK || m->kind == CHAT_TOPIC;
}

/* is_for - does this person see it? */
static int
is_for(const struct person *p, const struct settings *set,
    const struct message *m)
{
	uint32_t id = member_of(set, p)->id;

	if (m->to != 0)
		return m->to == id;
	if (set->p2p && m->kind != CHAT_SERVER)
		return 0;
	if (m->room != 0 && m->room != p->room)
		return 0;
	return m->from != id || is_for_its_sender(p, m);
}

static int
put_missed(struct conn *c, struct person *p, const struct settings *set,
    uint64_t n, unsigned nth)
{
	struct chat_event e = { .kind = CHAT_MISSED, .number = n,
	    .room = "-", .who = "-", .text = "" };

	return put(c, p, set, &e, nth);
}

/* as_event - one of the ring's messages; who is its name's place. */
static struct chat_event
as_event(const struct person *p, const struct settings *set,
    const struct message *m, char who[CHAT_NAME_SIZE])
{
	struct chat_event e = { .kind = (enum chat_kind)m->kind,
	    .number = m->number, .time = m->time, .who = who,
	    .text = m->text, .len = m->len };
	size_t n = m->who_len < CHAT_NAME_SIZE ? m->who_len :
	    CHAT_NAME_SIZE - 1;

	memcpy(who, m->who, n);
	who[n] = '\0';
	e.room = m->to != 0 || m->room == 0 ? "-" :
	    person_room(set, p)->name;
	return e;
}

void
render_message(struct text *t, const struct person *p,
    const struct settings *set, const struct message *m)
{
	char who[CHAT_NAME_SIZE];
	struct chat_event e = as_event(p, set, m, who);

	render(t, p, set, &e);
	if (p->framing != FRAME_EVENTS)
		text_adds(t, newline(p));
}

static int
put_message(struct conn *c, struct person *p, const struct settings *set,
    const struct message *m, unsigned nth)
{
	char who[CHAT_NAME_SIZE];
	struct chat_event e = as_event(p, set, m, who);

	return put(c, p, set, &e, nth);
}

/* drain_each - one message after another, up to end; 0 or -1. */
static int
drain_each(struct conn *c, struct person *p, const struct settings *set,
    uint64_t end)
{
	const struct ring *r = &set->hub->ring;
	uint64_t oldest;
	char copy[RING_COPY];
	struct message m;
	unsigned nth = 0;

	while (p->cursor < end) {
		oldest = ring_oldest(r);
		if (p->cursor < oldest) {
			if (put_missed(c, p, set, oldest - p->cursor,
			    nth++) == -1)
				return -1;
			p->cursor = oldest;
			continue;
		}
		if (!ring_read(r, p->cursor, &m, copy))
			continue;	/* overwritten this moment */
		p->cursor++;
		if (is_for(p, set, &m) &&
		    put_message(c, p, set, &m, nth++) == -1)
			return -1;
	}
	return 0;
}

/* drain_ring - up to what is there now; 0 or -1. */
static int
drain_ring(struct conn *c, struct person *p, const struct settings *set)
{
	uint64_t end = ring_next(&set->hub->ring);
	const struct batch *b;

	while (p->cursor < end) {
		b = batch_get(set, p, end);
		if (b == NULL)
			return drain_each(c, p, set, end);
		if (!batch_fits(b, p, set)) {
			if (drain_each(c, p, set, b->to) == -1)
				return -1;
			continue;
		}
		/* sending may wait, and others make this batch another */
		if (CONN_BUF_SIZE - c->out_len < b->len) {
			if (conn_flush(c) == -1)
				return -1;
			continue;
		}
		p->cursor = b->to;
		if (conn_put(c, b->text, b->len) == -1)
			return -1;
	}
	return 0;
}

/* wait_told - the place in the queue, when it has changed. */
static int
wait_told(struct conn *c, struct person *p, const struct settings *set)
{
	uint32_t moves = (uint32_t)atomic_load(&set->hub->moves);
	struct chat_event e = { .kind = CHAT_WAIT, .room = "-", .who = "-",
	    .text = "" };

	if (moves == p->moves)
		return 0;
	p->moves = moves;
	hub_lock(set->hub);
	e.number = hub_place(set->hub, member_of(set, p));
	hub_unlock(set->hub);
	return put(c, p, set, &e, 0);
}

/* entered - the first look after the queue, or after the door. */
static int
entered(struct conn *c, struct person *p, const struct settings *set)
{
	struct reply r;
	const char *line, *end;
	uint64_t resume = p->cursor;

	p->entered = true;
	p->cursor = atomic_load(&member_of(set, p)->since);
	if (resume != 0 && resume <= ring_next(&set->hub->ring))
		p->cursor = resume;
	else
		rewind_to(p, set, p->rewind);
	if (set->motd == NULL)
		return 0;
	reply_begin(&r, c, p, set);
	for (line = set->motd; *line != '\0'; line = end + (*end == '\n')) {
		end = strchrnul(line, '\n');
		reply_note(&r, "%.*s", (int)(end - line), line);
	}
	return reply_end(&r);
}

void
rewind_to(struct person *p, const struct settings *set, uint64_t n)
{
	const struct ring *r = &set->hub->ring;
	char copy[RING_COPY];
	struct message m;
	uint64_t at = p->cursor;

	while (n > 0 && at > ring_oldest(r) && ring_read(r, at - 1, &m, copy)) {
		at--;
		n -= is_for(p, set, &m) && m.kind <= CHAT_SERVER && m.to == 0;
	}
	p->cursor = at;
}

/* kicked - tell who must go. */
static enum conn_fate
kicked(struct conn *c, struct person *p, const struct settings *set)
{
	struct reply r;

	reply_begin(&r, c, p, set);
	reply_note(&r, "The operator has ended your visit.");
	reply_end(&r);
	return CONN_CLOSE;
}

enum conn_fate
deliver(struct conn *c, struct person *p, const struct settings *set)
{
	struct member *m = member_of(set, p);
	uint32_t flags = atomic_load(&m->flags);
	int bad;

	if (hub_unsettled(set->hub)) {
		enter_hub(set);
		leave_hub(set);
	}
	if (atomic_load(&m->state) == MEMBER_WAITING) {
		bad = wait_told(c, p, set);
	} else {
		p->room = atomic_load(&member_room(set->hub, m)->serial);
		bad = p->entered ? 0 : entered(c, p, set);
		bad |= bad ? 0 : drain_ring(c, p, set);
	}
	if (bad)
		return CONN_CLOSE;
	/* read before: what was said before comes first */
	return flags & MEMBER_KICKED ? kicked(c, p, set) : CONN_KEEP;
}

/* -- Replies -------------------------------------------------------------- */

void
reply_begin(struct reply *r, struct conn *c, struct person *p,
    const struct settings *set)
{
	r->conn = c;
	r->person = p;
	r->set = set;
	text_init(&r->text, r->mem, sizeof(r->mem));
}

void
reply_event(struct reply *r, const struct chat_event *e)
{
	/* lines stand between, and the last ends as the peer ends its own */
	if (r->text.len > 0 && r->person->framing != FRAME_EVENTS)
		text_adds(&r->text, r->person->framing == FRAME_CRLF ?
		    "\r\n" : "\n");
	if (sizeof(r->mem) - r->text.len > CHAT_LINE_MAX)
		render(&r->text, r->person, r->set, e);
	else if (reply_end(r) == 0)
		render(&r->text, r->person, r->set, e);
}

void
reply_note(struct reply *r, const char *fmt, ...)
{
	char line[CHAT_TEXT_MAX];
	struct chat_event e = { .kind = CHAT_NOTE, .room = "-", .who = "-",
	    .text = line };
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	e.len = n < 0 ? 0 : strlen(line);
	e.time = clock_wall() / NSEC_PER_MSEC;
	reply_event(r, &e);
}

int
reply_end(struct reply *r)
{
	int result = 0;

	if (r->text.len == 0)
		return 0;
	if (r->conn == NULL) {
		printf("%.*s\n", (int)r->text.len, r->mem);
		fflush(stdout);
	} else if (r->person->framing == FRAME_BARE) {
		result = send_bare(r->conn, r->person, &r->text, 0);
	} else {
		if (r->person->framing != FRAME_EVENTS)
			text_adds(&r->text, newline(r->person));
		result = conn_put(r->conn, r->mem, r->text.len);
	}
	text_init(&r->text, r->mem, sizeof(r->mem));
	return result;
}
