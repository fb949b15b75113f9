/*
 * What people say, on its way into the ring: charsets, floods, the printed
 * line.  Called by the session and by commands; never waits for a peer.
 */
#include "chatd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/outlet.h"

#define STRIKES_MAX	50	/* messages refused in a row before the end */
#define SHOWN_MAX	64	/* printed at once; a flood need not all be */

/* -- Charsets ------------------------------------------------------------- */

/* convert - by iconv; what does not exist there becomes the mark. */
static ssize_t
convert(iconv_t cd, char *out, size_t size, const char *in, size_t n,
    const char *mark)
{
	char *from = (char *)(uintptr_t)in, *to = out;
	size_t left = n, room = size, skip, len = strlen(mark);

	iconv(cd, NULL, NULL, NULL, NULL);
	while (left > 0 && iconv(cd, &from, &left, &to, &room) ==
	    (size_t)-1) {
		if (errno == E2BIG || room < len)
			return -1;
		memcpy(to, mark, len);
		to += len;
		room -= len;
		skip = 1;
		while (skip < left && len == 1 &&
		    ((unsigned char)from[skip] & 0xc0) == 0x80)
			skip++;		/* the rest of a character */
		from += skip;
		left -= skip;
	}
	return (ssize_t)(size - room);
}

ssize_t
encode(const struct settings *set, char *out, size_t size, const char *in,
    size_t n)
{
	return convert(set->encoder, out, size, in, n, "?");
}

ssize_t
to_utf8(const struct settings *set, char *out, size_t size, const char *in,
    size_t n)
{
	return convert(set->decoder, out, size, in, n, "\xef\xbf\xbd");
}

ssize_t
decode(const struct settings *set, char *out, size_t size, const char *in,
    size_t n)
{
	char utf8[CHAT_TEXT_MAX];
	ssize_t len;

	if (set->decoder == (iconv_t)-1)
		return chat_clean(out, size, in, n);
	len = to_utf8(set, utf8, sizeof(utf8), in, n);
	return len == -1 ? -1 : chat_clean(out, size, utf8, (size_t)len);
}

/* -- The server's own output ---------------------------------------------- */

/* print - a line, if whoever reads them takes it now: nobody waits. */
static void
print(const struct message *m)
{
	char mem[CHAT_LINE_MAX], who[CHAT_NAME_SIZE];
	struct chat_event e = { .kind = (enum chat_kind)m->kind, .room = "-",
	    .who = who, .text = m->text, .len = m->len };
	struct text t;

	memcpy(who, m->who, m->who_len);
	who[m->who_len] = '\0';
	text_init(&t, mem, sizeof(mem));
	chat_plain(&t, &e);
	text_adds(&t, "\n");
	outlet_write(STDOUT_FILENO, 0, mem, t.len);
}

/* print_new - what nobody has printed yet. */
static void
print_new(const struct settings *set)
{
	struct hub *h = set->hub;
	uint64_t from = atomic_load(&h->printed), to = ring_next(&h->ring);
	char copy[RING_COPY];
	struct message m;

	do {
		if (from >= to)
			return;
	} while (!atomic_compare_exchange_weak(&h->printed, &from, to));
	if (from + SHOWN_MAX < to)
		from = to - SHOWN_MAX;
	for (; from < to; from++)
		if (ring_read(&h->ring, from, &m, copy) && m.to == 0 &&
		    m.kind != CHAT_SERVER)
			print(&m);
}

void
enter_hub(const struct settings *set)
{
	hub_lock(set->hub);
}

void
leave_hub(const struct settings *set)
{
	hub_unlock(set->hub);
	tell_all(set);
}

void
tell_all(const struct settings *set)
{
	if (!set->quiet)
		print_new(set);
	serve_notify();
}

/* -- Messages ------------------------------------------------------------- */

void
talk(struct person *p, const struct settings *set, enum chat_kind kind,
    const char *text, size_t len)
{
	struct member *m = member_of(set, p);

	enter_hub(set);
	hub_post(set->hub, kind, atomic_load(&member_room(set->hub,
	    m)->serial), m->id, 0, member_name(set->hub, m), text, len);
	leave_hub(set);
	serve_count_request();
}

/* within - take n from a bucket of the person's; the rate's cost and depth are
 * everybody's. */
static int
within(const struct rate *rate, int64_t *full_at, int64_t n)
{
	struct rate_bucket bucket = { .key = 1, .full_at = *full_at };
	struct rate r = *rate;
	int allowed;

	if (r.cost_ns == 0)
		return 1;
	r.bucket = &bucket;
	r.mask = 0;
	allowed = rate_allow(&r, 1, clock_coarse(), n);
	*full_at = bucket.full_at;
	return allowed;
}

int
flooding(struct reply *r, size_t bytes)
{
	struct person *p = r->person;

	if (within(&r->set->messages, &p->messages_at, 1) &&
	    within(&r->set->bytes, &p->bytes_at, (int64_t)bytes)) {
		p->strikes = 0;
		return 0;
	}
	if (p->strikes == 0)
		reply_note(r, "Slow down: that was too much at once, and has "
		    "not been sent.");
	if (++p->strikes < STRIKES_MAX)
		return 1;
	reply_note(r, "You have not slowed down; good bye.");
	return -1;
}
