/*
 * One rendering for all who get the same.  Called by deliver() for each
 * connection; a thousand in a row ask for the same range, and the first of them
 * makes it.
 */
#include "batch.h"

#include <stdlib.h>

#define PLACES		8	/* rooms and framings at the same time */

struct batch *
batches_new(void)
{
	return calloc(PLACES, sizeof(struct batch));
}

/* except - this one gets something else; 0 where there are too many. */
static int
except(struct batch *b, uint32_t id)
{
	uint32_t i;

	for (i = 0; i < b->nids; i++)
		if (b->ids[i] == id)
			return 1;
	if (b->nids == BATCH_IDS)
		return 0;
	b->ids[b->nids++] = id;
	return 1;
}

/* add - one message, if it is for the room; 0 where it cannot be added. */
static int
add(struct batch *b, const struct person *p, const struct settings *set,
    const struct message *m)
{
	struct text t;

	if (m->to != 0)
		return except(b, m->to);
	if (m->room != 0 && m->room != b->room)
		return 1;
	if (sizeof(b->text) - b->len < RENDERED_MAX ||
	    (!is_for_its_sender(p, m) && !except(b, m->from)))
		return 0;
	text_init(&t, b->text + b->len, sizeof(b->text) - b->len);
	render_message(&t, p, set, m);
	b->len += (uint32_t)t.len;
	return 1;
}

static void
make(struct batch *b, const struct person *p, const struct settings *set,
    uint64_t end)
{
	const struct ring *r = &set->hub->ring;
	char copy[RING_COPY];
	struct message m;

	b->from = b->to = p->cursor;
	b->room = p->room;
	b->framing = p->framing;
	b->nids = b->len = 0;
	while (b->to < end && b->to >= ring_oldest(r) &&
	    ring_read(r, b->to, &m, copy) && add(b, p, set, &m))
		b->to++;
}

const struct batch *
batch_get(const struct settings *set, const struct person *p, uint64_t end)
{
	struct batch *b;

	if (set->batches == NULL || set->p2p || p->framing == FRAME_BARE)
		return NULL;
	b = &set->batches[(p->room * 4 + p->framing) % PLACES];
	/* one that ends elsewhere is right as well, as far as it goes */
	if (b->from != p->cursor || b->room != p->room ||
	    b->framing != p->framing || b->to > end || b->to == b->from)
		make(b, p, set, end);
	return b->to == b->from ? NULL : b;
}

int
batch_fits(const struct batch *b, const struct person *p,
    const struct settings *set)
{
	uint32_t i, id = member_of(set, p)->id;

	for (i = 0; i < b->nids; i++)
		if (b->ids[i] == id)
			return 0;
	return 1;
}
