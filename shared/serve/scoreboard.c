/*
 * Totals of the scoreboard, and its two renderings.  Called by the status
 * session and by servers that show their own status; only reads.
 */
#include "serve/scoreboard.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

static const char *const states[] = { "none", "starting", "idle", "busy",
    "draining" };
static const char *const roles[] = { "worker", "datagram", "status",
    "aside" };

static const char *
name_of(const char *const *names, size_t n, int i)
{
	return i >= 0 && (size_t)i < n ? names[i] : "?";
}

#define STATE(s)	name_of(states, sizeof(states) / sizeof(states[0]), s)
#define ROLE(r)		name_of(roles, sizeof(roles) / sizeof(roles[0]), r)

/* add_child - one row into the totals. */
static void
add_child(struct score_totals *t, const struct score *s)
{
	int state = atomic_load(&s->state);

	if (state == CHILD_NONE)
		return;
	t->connections += atomic_load(&s->connections);
	t->requests += atomic_load(&s->requests);
	t->bytes_in += atomic_load(&s->bytes_in);
	t->bytes_out += atomic_load(&s->bytes_out);
	t->refused += atomic_load(&s->refused);
	t->timeouts += atomic_load(&s->timeouts);
	t->datagrams += atomic_load(&s->datagrams);
	t->active += atomic_load(&s->active);
	if (atomic_load(&s->role) >= ROLE_STATUS)
		return;
	t->children++;
	t->idle += state == CHILD_IDLE;
	t->busy += state == CHILD_BUSY;
	t->draining += state == CHILD_DRAINING;
}

void
scoreboard_totals(const struct scoreboard *b, struct score_totals *t)
{
	uint32_t i;

	memset(t, 0, sizeof(*t));
	t->connections = atomic_load(&b->connections);
	t->requests = atomic_load(&b->requests);
	t->bytes_in = atomic_load(&b->bytes_in);
	t->bytes_out = atomic_load(&b->bytes_out);
	t->refused = atomic_load(&b->refused);
	t->timeouts = atomic_load(&b->timeouts);
	t->datagrams = atomic_load(&b->datagrams);
	for (i = 0; i < b->nslots; i++)
		add_child(t, &b->slot[i]);
}

static long long
seconds_since(int64_t wall)
{
	return wall == 0 ? 0 : (clock_wall() - wall) / NSEC_PER_SEC;
}

/* doing_of - a copy that ends: the child may be writing it just now. */
static void
doing_of(const struct score *s, char out[SCORE_DOING])
{
	memcpy(out, s->doing, SCORE_DOING);
	out[SCORE_DOING - 1] = '\0';
}

static void
child_text(const struct scoreboard *b, uint32_t i, struct buf *out)
{
	const struct score *s = &b->slot[i];
	char doing[SCORE_DOING];
	char *p;

	doing_of(s, doing);
	for (p = doing; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	buf_addf(out, "child slot=%" PRIu32 " pid=%d role=%s state=%s "
	    "generation=%" PRIu32 " uptime=%lld active=%" PRIu32
	    " connections=%" PRIu64 " requests=%" PRIu64 " bytes_in=%" PRIu64
	    " bytes_out=%" PRIu64 " doing=%s\n", i, atomic_load(&s->pid),
	    ROLE(atomic_load(&s->role)), STATE(atomic_load(&s->state)),
	    atomic_load(&s->generation),
	    seconds_since(atomic_load(&s->started)), atomic_load(&s->active),
	    atomic_load(&s->connections), atomic_load(&s->requests),
	    atomic_load(&s->bytes_in), atomic_load(&s->bytes_out), doing);
}

void
scoreboard_text(const struct scoreboard *b, struct buf *out)
{
	struct score_totals t;
	uint32_t i;

	scoreboard_totals(b, &t);
	buf_addf(out, "name: %s\nmodel: %s\nlisten: %s\npid: %d\n"
	    "uptime: %lld\ngeneration: %" PRIu32 "\n", b->name, b->model,
	    b->listen, b->parent, seconds_since(atomic_load(&b->started)),
	    atomic_load(&b->generation));
	buf_addf(out, "connections: %" PRIu64 "\nrequests: %" PRIu64
	    "\nbytes_in: %" PRIu64 "\nbytes_out: %" PRIu64 "\nrefused: %"
	    PRIu64 "\ntimeouts: %" PRIu64 "\ndatagrams: %" PRIu64 "\n",
	    t.connections, t.requests, t.bytes_in, t.bytes_out, t.refused,
	    t.timeouts, t.datagrams);
	buf_addf(out, "active: %" PRIu32 "\nplaces: %" PRIu32
	    "\nchildren: %" PRIu32 "\nidle: %" PRIu32 "\nbusy: %" PRIu32
	    "\ndraining: %" PRIu32 "\ncrashed: %" PRIu64 "\nforked: %"
	    PRIu64 "\n", t.active, b->places, t.children, t.idle, t.busy,
	    t.draining, atomic_load(&b->crashed), atomic_load(&b->forked));
	for (i = 0; i < b->nslots; i++)
		if (atomic_load(&b->slot[i].state) != CHILD_NONE)
			child_text(b, i, out);
}

static void
child_json(const struct scoreboard *b, uint32_t i, struct buf *out)
{
	const struct score *s = &b->slot[i];
	char doing[SCORE_DOING];

	doing_of(s, doing);
	buf_addf(out, "{\"slot\":%" PRIu32 ",\"pid\":%d,\"role\":\"%s\","
	    "\"state\":\"%s\",\"generation\":%" PRIu32 ",\"uptime\":%lld,"
	    "\"active\":%" PRIu32 ",\"connections\":%" PRIu64
	    ",\"requests\":%" PRIu64 ",\"bytes_in\":%" PRIu64
	    ",\"bytes_out\":%" PRIu64 ",\"doing\":", i, atomic_load(&s->pid),
	    ROLE(atomic_load(&s->role)), STATE(atomic_load(&s->state)),
	    atomic_load(&s->generation),
	    seconds_since(atomic_load(&s->started)), atomic_load(&s->active),
	    atomic_load(&s->connections), atomic_load(&s->requests),
	    atomic_load(&s->bytes_in), atomic_load(&s->bytes_out));
	buf_json(out, doing, strlen(doing));
	buf_addc(out, '}');
}

void
scoreboard_json(const struct scoreboard *b, struct buf *out)
{
	struct score_totals t;
	uint32_t i, n = 0;

	scoreboard_totals(b, &t);
	buf_addf(out, "{\"name\":\"%s\",\"model\":\"%s\",\"listen\":",
	    b->name, b->model);
	buf_json(out, b->listen, strlen(b->listen));
	buf_addf(out, ",\"pid\":%d,\"uptime\":%lld,\"generation\":%" PRIu32
	    ",\"connections\":%" PRIu64 ",\"requests\":%" PRIu64
	    ",\"bytes_in\":%" PRIu64 ",\"bytes_out\":%" PRIu64
	    ",\"refused\":%" PRIu64 ",\"timeouts\":%" PRIu64
	    ",\"datagrams\":%" PRIu64, b->parent,
	    seconds_since(atomic_load(&b->started)),
	    atomic_load(&b->generation), t.connections, t.requests,
	    t.bytes_in, t.bytes_out, t.refused, t.timeouts, t.datagrams);
	buf_addf(out, ",\"active\":%" PRIu32 ",\"places\":%" PRIu32
	    ",\"idle\":%" PRIu32 ",\"busy\":%" PRIu32 ",\"draining\":%"
	    PRIu32 ",\"crashed\":%" PRIu64 ",\"forked\":%" PRIu64
	    ",\"children\":[", t.active, b->places, t.idle, t.busy,
	    t.draining, atomic_load(&b->crashed), atomic_load(&b->forked));
	for (i = 0; i < b->nslots; i++) {
		if (atomic_load(&b->slot[i].state) == CHILD_NONE)
			continue;
		if (n++ > 0)
			buf_addc(out, ',');
		child_json(b, i, out);
	}
	buf_adds(out, "]}\n");
}
