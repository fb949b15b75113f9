/*
 * Redis publish/subscribe, over two lanes that do not block.  Called by the
 * relay; tells it what happens.  What comes from the server is bounded before
 * it is looked at.
 */
#include "link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "lane.h"

#define CONNECT_NS	(5 * NSEC_PER_SEC)	/* to be up */
#define RETRY_MIN_NS	(100 * NSEC_PER_MSEC)
#define RETRY_MAX_NS	(10 * NSEC_PER_SEC)
#define INPUT_MAX	(256 * 1024)	/* bytes that are not parsed yet */
#define STEP_MAX	256		/* messages in a row */

struct link {
	const struct link_target *to;
	struct link_events tell;
	void		*owner;
	struct lane	 hear, say;	/* both open, or none */
	int		 subscribed, answered;
	int		 complained;	/* down() was called */
	unsigned	 unanswered;	/* PUBLISHes */
	int		 turn;		/* of the addresses */
	int64_t		 retry_at, retry_ns;	/* monotonic */
	int64_t		 give_up;	/* ... of a try */
};

struct link *
link_new(const struct link_target *to, const struct link_events *tell,
    void *owner)
{
	struct link *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->to = to;
	l->tell = *tell;
	l->owner = owner;
	l->retry_ns = RETRY_MIN_NS;
	return l;
}

static void
hang_up(struct link *l)
{
	lane_close(&l->hear);
	lane_close(&l->say);
	l->subscribed = l->answered = 0;
	l->unanswered = 0;
}

void
link_free(struct link *l)
{
	if (l == NULL)
		return;
	hang_up(l);
	free(l);
}

int
link_is_up(const struct link *l)
{
	return l->subscribed && l->answered;
}

/* link_break - hang up and try again later, each time a bit more. */
void
link_break(struct link *l, const char *why, int64_t now)
{
	char text[256];

	/* the lane may have another text soon */
	snprintf(text, sizeof(text), "%s", why);
	hang_up(l);
	l->retry_at = now + l->retry_ns;
	l->retry_ns *= 2;
	if (l->retry_ns > RETRY_MAX_NS)
		l->retry_ns = RETRY_MAX_NS;
	if (!l->complained)
		l->tell.down(l->owner, text);
	l->complained = 1;
}

/* greet - the first commands of both. */
static void
greet(struct link *l)
{
	const char *auth[3] = { "AUTH", l->to->user, l->to->password };
	const char *subscribe[2] = { "SUBSCRIBE", l->to->channel };
	const char *ping[1] = { "PING" };

	if (l->to->password[0] != '\0') {
		if (l->to->user[0] == '\0')
			auth[1] = l->to->password;
		lane_put(&l->hear, l->to->user[0] == '\0' ? 2 : 3, auth, NULL);
		lane_put(&l->say, l->to->user[0] == '\0' ? 2 : 3, auth, NULL);
	}
	lane_put(&l->hear, 2, subscribe, NULL);
	lane_put(&l->say, 1, ping, NULL);
}

static void
dial_out(struct link *l, int64_t now)
{
	const struct addr *a = &l->to->addr[l->turn++ % l->to->naddr];

	l->give_up = now + CONNECT_NS;
	if (lane_open(&l->hear, a, l->to->tls, l->to->name) == -1)
		link_break(l, l->hear.why, now);
	else if (lane_open(&l->say, a, l->to->tls, l->to->name) == -1)
		link_break(l, l->say.why, now);
	else
		greet(l);
}

/* came_up - both connections have been answered. */
static void
came_up(struct link *l)
{
	if (!link_is_up(l))
		return;
	l->retry_ns = RETRY_MIN_NS;
	l->complained = 0;
	l->tell.up(l->owner);
}

/* is_text - a string of the reply's. */
static int
is_text(const redisReply *r, const char *text)
{
	return r->type == REDIS_REPLY_STRING &&
	    strcasecmp(r->str, text) == 0;
}

/* take_heard - a reply on the connection that listens. */
static void
take_heard(struct link *l, redisReply *r)
{
	if (r->type != REDIS_REPLY_ARRAY || r->elements != 3)
		return;
	if (is_text(r->element[0], "subscribe")) {
		l->subscribed = 1;
		came_up(l);
	} else if (is_text(r->element[0], "message") && link_is_up(l) &&
	    r->element[2]->type == REDIS_REPLY_STRING) {
		l->tell.heard(l->owner, r->element[2]->str,
		    (size_t)r->element[2]->len);
	}
}

/* take_answer - a reply on the one that speaks. */
static void
take_answer(struct link *l, redisReply *r)
{
	if (r->type == REDIS_REPLY_STATUS && !l->answered &&
	    strcmp(r->str, "PONG") == 0) {
		l->answered = 1;
		came_up(l);
	} else if (r->type == REDIS_REPLY_INTEGER && l->unanswered > 0) {
		l->unanswered--;
		l->tell.done(l->owner);
	}
}

/* take - replies that are there; 1 where there may be more, -1: lost. */
static int
take(struct link *l, struct lane *c, void (*each)(struct link *,
    redisReply *), int64_t now)
{
	char why[256];
	redisReply *reply;
	int n, error;

	for (n = 0; n < STEP_MAX; n++) {
		if (lane_reply(c, &reply) == -1) {
			link_break(l, c->why, now);
			return -1;
		}
		if (reply == NULL)
			return 0;
		error = reply->type == REDIS_REPLY_ERROR;
		if (error)
			snprintf(why, sizeof(why), "%s", reply->str);
		else
			each(l, reply);
		freeReplyObject(reply);
		if (error) {
			link_break(l, why, now);
			return -1;
		}
	}
	return 1;
}

/* exchange - what can be written and read now; as take(). */
static int
exchange(struct link *l, struct lane *c, void (*each)(struct link *,
    redisReply *), int64_t now)
{
	int more, there;

	if (lane_flush(c) == -1 || (there = lane_read(c)) == -1) {
		link_break(l, c->why, now);
		return -1;
	}
	more = take(l, c, each, now);
	if (more != -1 && lane_held(c) > INPUT_MAX) {
		link_break(l, "a message without end", now);
		return -1;
	}
	return more == -1 ? -1 : more | there;
}

int
link_step(struct link *l, int64_t now)
{
	int more, more_said;

	if (!l->hear.open) {
		if (now < l->retry_at)
			return 0;
		dial_out(l, now);
		if (!l->hear.open)
			return 0;
	}
	if (!link_is_up(l) && now >= l->give_up) {
		link_break(l, strerror(ETIMEDOUT), now);
		return 0;
	}
	more = exchange(l, &l->hear, take_heard, now);
	if (more == -1 || !l->say.open)
		return 0;
	more_said = exchange(l, &l->say, take_answer, now);
	return more_said == -1 ? 0 : more | more_said;
}

int
link_poll(const struct link *l, struct pollfd *p, int64_t *until)
{
	int64_t at = !l->hear.open ? l->retry_at :
	    link_is_up(l) ? CLOCK_NEVER : l->give_up;

	if (at < *until)
		*until = at;
	if (!l->hear.open)
		return 0;
	lane_poll(&l->hear, &p[0]);
	lane_poll(&l->say, &p[1]);
	return 2;
}

unsigned
link_room(const struct link *l)
{
	return link_is_up(l) ? LINK_WINDOW - l->unanswered : 0;
}

int
link_say(struct link *l, const char *data, size_t n)
{
	const char *words[3] = { "PUBLISH", l->to->channel, data };
	size_t lens[3] = { 7, strlen(l->to->channel), n };

	if (link_room(l) == 0)
		return -1;
	if (lane_put(&l->say, 3, words, lens) == -1)
		return -1;
	l->unanswered++;
	return 0;
}

void
link_flush(struct link *l, int64_t until)
{
	struct pollfd p;

	while (link_is_up(l) && !lane_empty(&l->say)) {
		if (lane_flush(&l->say) == -1 || lane_empty(&l->say) ||
		    clock_mono() >= until)
			return;	/* what failed, the next step finds out */
		lane_poll(&l->say, &p);
		poll(&p, 1, clock_left_ms(until));
	}
}
