/*
 * The broadcast ring.  Called under the lock to write and without it to read;
 * never waits, never trusts a length that another process has written.
 */
#include "ring.h"

#include <string.h>

/* A message in the ring; its strings follow it. */
struct record {
	uint64_t	 number;
	int64_t		 time;
	uint32_t	 kind, room, from, to;
	uint16_t	 who_len, len;
	uint32_t	 size;		/* of all of it, with padding */
};

void
ring_init(struct ring *r, uint64_t first)
{
	atomic_store(&r->oldest, first);
	atomic_store(&r->next, first);
}

static struct record *
record(struct ring *r, uint64_t number)
{
	return (struct record *)(void *)(r->bytes +
	    atomic_load_explicit(&r->at[number % RING_INDEX],
	    memory_order_relaxed) % RING_BYTES);
}

/*
 * place - the offset, counted from the start of time, of a new record of size
 * bytes: behind the last one, in one piece.
 */
static uint64_t
place(struct ring *r, uint64_t next, uint32_t size)
{
	uint64_t at = 0, left;

	if (next != ring_oldest(r))
		at = atomic_load(&r->at[(next - 1) % RING_INDEX]) +
		    record(r, next - 1)->size;
	left = RING_BYTES - at % RING_BYTES;
	return left < size ? at + left : at;
}

/* make_room - forget the oldest until nothing that stands there is needed. */
static void
make_room(struct ring *r, uint64_t next, uint64_t end)
{
	uint64_t oldest = ring_oldest(r);

	while (oldest < next && (next - oldest >= RING_INDEX ||
	    atomic_load(&r->at[oldest % RING_INDEX]) + RING_BYTES < end))
		oldest++;
	atomic_store(&r->oldest, oldest);
	/* before a byte of them is overwritten: see ring_read() */
	atomic_thread_fence(memory_order_seq_cst);
}

uint64_t
ring_post(struct ring *r, const struct message *m)
{
	uint64_t next = atomic_load(&r->next), at;
	struct record *rec;
	uint32_t size;

	size = (uint32_t)(sizeof(*rec) + m->who_len + m->len + 7u) & ~7u;
	at = place(r, next, size);
	make_room(r, next, at + size);
	rec = (struct record *)(void *)(r->bytes + at % RING_BYTES);
	*rec = (struct record){ .number = next, .time = m->time,
	    .kind = m->kind, .room = m->room, .from = m->from, .to = m->to,
	    .who_len = m->who_len, .len = m->len, .size = size };
	memcpy(rec + 1, m->who, m->who_len);
	memcpy((char *)(rec + 1) + m->who_len, m->text, m->len);
	atomic_store(&r->at[next % RING_INDEX], at);
	atomic_store_explicit(&r->next, next + 1, memory_order_release);
	return next;
}

/* is_there - has it not been given up while it was copied? */
static int
is_there(const struct ring *r, uint64_t number)
{
	atomic_thread_fence(memory_order_seq_cst);
	return ring_oldest(r) <= number;
}

int
ring_read(const struct ring *r, uint64_t number, struct message *m,
    char copy[RING_COPY])
{
	const char *at = r->bytes + atomic_load_explicit(
	    &r->at[number % RING_INDEX], memory_order_relaxed) % RING_BYTES;
	struct record rec;

	memcpy(&rec, at, sizeof(rec));
	if (!is_there(r, number) || rec.who_len > CHAT_NAME_SIZE ||
	    rec.len > CHAT_TEXT_MAX)
		return 0;
	memcpy(copy, at + sizeof(rec), (size_t)rec.who_len + rec.len);
	if (!is_there(r, number))
		return 0;
	*m = (struct message){ .number = rec.number, .time = rec.time,
	    .kind = rec.kind, .room = rec.room, .from = rec.from,
	    .to = rec.to, .who_len = rec.who_len, .len = rec.len,
	    .who = copy, .text = copy + rec.who_len };
	return 1;
}
