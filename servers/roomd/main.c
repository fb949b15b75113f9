/*
 * roomd: a chat room over UDP.  Plain clients send and see text, as the
 * coursework's did; roomc's datagrams are numbered, acknowledged and bound to
 * an address that has proved itself.  The room is in shared memory and outlives
 * the process that serves it.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "serve/serve.h"
#include "servers/roomd/roomd.h"

#define TICK	(20 * NSEC_PER_MSEC)	/* the timer's least pause */

static void
room_datagram(struct dgram_port *port, struct dgram *d, void *ctx)
{
	struct roomd *set = ctx;

	table_lock(&set->table);
	post_now(set, port, clock_mono());
	if (room_is_binary(d->data, d->len))
		brood_datagram(set, port, d);
	else
		plain_datagram(set, port, d);
	post_done(set);
	table_unlock(&set->table);
	serve_count_request();
}

/* overdue - when m will have been silent for too long; told so if that is now,
 * and put out */
static int64_t
overdue(struct roomd *set, struct member *m)
{
	int plain = m->kind == MEMBER_PLAIN;
	int64_t at = m->heard + NSEC_PER_MSEC *
	    (plain ? set->expire_ms : set->timeout_ms);

	if (at > set->now)
		return at;
	if (plain)
		post_notice_to(set, m, WORD_EXPIRED, NULL);
	else
		brood_bye(set, m, ROOM_REASON_EXPIRED);
	leave(set, m);
	return CLOCK_NEVER;
}

static int64_t
room_timer(struct dgram_port *port, int64_t now, void *ctx)
{
	struct roomd *set = ctx;
	struct shared_room *room = set->table.room;
	int64_t next = CLOCK_NEVER, at;
	struct member *m;

	table_lock(&set->table);
	post_now(set, port, now);
	for (m = room->members; m < room->members + set->table.top; m++) {
		if (m->kind == MEMBER_FREE)
			continue;
		at = overdue(set, m);
		next = at < next ? at : next;
		if (m->kind != MEMBER_BROOD)
			continue;
		at = brood_timer(set, m);
		next = at < next ? at : next;
	}
	/* who was dealt with may have been sent something since */
	for (m = room->members; m < room->members + set->table.top; m++)
		if (m->kind == MEMBER_BROOD && m->due < next)
			next = m->due;
	post_done(set);
	table_unlock(&set->table);
	return next < now + TICK ? now + TICK : next;
}

/* -- Setting up ----------------------------------------------------------- */

static void
room_teardown(void *ctx)
{
	struct roomd *set = ctx;

	charset_close(&set->charset);
	buf_free(&set->shown);
	free(set->told);
	set->told = NULL;
}

static int
room_setup(void *ctx, const struct opt_operands *op, struct serve_needs *needs,
    char *why, size_t whylen)
{
	struct roomd *set = ctx;

	(void)op;
	(void)needs;
	tzset();	/* reads the zone, which a sandboxed child cannot */
	if (charset_open(&set->charset, set->charset_name) == -1) {
		snprintf(why, whylen, "--charset: '%.100s' is not a character "
		    "set; allowed: what iconv -l lists", set->charset_name);
		return SETUP_USAGE;
	}
	if (words_load(&set->words, set->lang) == -1) {
		snprintf(why, whylen, "--lang: there is no catalogue for "
		    "'%.100s'; allowed: en, zh", set->lang);
		charset_close(&set->charset);
		return SETUP_USAGE;
	}
	set->told = calloc(TOLD_MAX, sizeof(*set->told));
	if (set->told == NULL || table_init(&set->table) == -1) {
		snprintf(why, whylen, "no memory for the room");
		room_teardown(set);
		return -1;
	}
	return 0;
}

#define FIELD(f) offsetof(struct roomd, f)

static const char *const dialects[] = { "both", "plain", "brood", NULL };

static const struct opt options[] = {
	{ .name = "charset", .kind = OPT_STRING, .offset = FIELD(charset_name),
	    .arg = "NAME", .help = "plain clients' text is in it, e.g. GB2312; "
	    "default UTF-8" },
	{ .name = "lang", .kind = OPT_STRING, .offset = FIELD(lang),
	    .arg = "LANG", .help = "system lines in this language: en or zh" },
	{ .name = "expire", .kind = OPT_MSEC, .offset = FIELD(expire_ms),
	    .def = "30m", .arg = "TIME", .min = 1,
	    .help = "a plain client may be silent for so long" },
	{ .name = "timeout", .kind = OPT_MSEC, .offset = FIELD(timeout_ms),
	    .def = "35s", .arg = "TIME", .min = 1,
	    .help = "roomc, which sends keep-alives, may for so long" },
	{ .name = "max-members", .kind = OPT_INT, .offset = FIELD(max_members),
	    .def = "1000", .arg = "N", .min = 1, .max = MEMBERS_MAX,
	    .help = "so many are in the room at most" },
	{ .name = "per-source", .kind = OPT_INT, .offset = FIELD(per_source),
	    .def = "64", .arg = "N", .min = 0, .max = MEMBERS_MAX,
	    .help = "of them from one address; 0: any number" },
	{ .name = "rate", .kind = OPT_DOUBLE, .offset = FIELD(rate),
	    .def = "5", .arg = "N", .min = 0, .max = 1000000,
	    .help = "messages a second of one member; 0: any number" },
	{ .name = "dialect", .kind = OPT_ENUM, .offset = FIELD(dialect),
	    .def = "both", .arg = "WHICH", .choices = dialects,
	    .help = "serve plain clients, roomc, or both" },
	{ .name = "quiet", .letter = 'q', .kind = OPT_FLAG,
	    .offset = FIELD(quiet),
	    .help = "do not print what is received and sent" },
};

static const struct server roomd = {
	.name = "roomd",
	.summary = "a chat room over UDP",
	.synopsis = "[options]",
	.address = "*:" ROOM_PORT,
	.model = MODEL_FORK,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.settings_size = sizeof(struct roomd),
	.setup = room_setup,
	.teardown = room_teardown,
	.datagram = room_datagram,
	.timer = room_timer,
	.dgram_max = ROOM_WIRE_MAX * 2,
	.dgram_rate = 1000,
	.dgram_stateful = 1,
};

int
main(int argc, char **argv)
{
	return serve_main(&roomd, argc, argv);
}
