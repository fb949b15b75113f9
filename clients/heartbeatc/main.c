/*
 * heartbeatc - the client of heartbeatd: beats until it is told to stop and
 * says so then, or for as long as a command lives.  Whatever becomes of the
 * monitor or the network, it goes on.
 */
#include "heartbeatc.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/opt.h"
#include "wire/heartbeat.h"

#define FIELD(f) offsetof(struct settings, f)

static const struct opt options[] = {
	{ .name = "interval", .letter = 'i', .kind = OPT_MSEC,
	    .def = HEARTBEAT_PERIOD, .offset = FIELD(interval_ms),
	    .arg = "TIME", .min = 10, .max = 365 * 86400 * 1000LL,
	    .help = "between beats" },
	{ .name = "count", .letter = 'c', .kind = OPT_INT, .def = "0",
	    .offset = FIELD(count), .arg = "N",
	    .help = "end after so many, without a goodbye; 0 never" },
	{ .name = "run", .kind = OPT_FLAG, .offset = FIELD(run),
	    .help = "the rest is a command: beat while it lives" },
	{ .name = "resolve", .kind = OPT_MSEC, .def = "60s",
	    .offset = FIELD(resolve_ms), .arg = "TIME",
	    .help = "how often HOST is looked up again; 0 never" },
	{ .name = "json", .kind = OPT_FLAG, .offset = FIELD(json),
	    .help = "print a JSON object for each datagram" },
	{ .name = "verbose", .letter = 'v', .kind = OPT_FLAG,
	    .offset = FIELD(verbose), .help = "print each datagram" },
	{ .name = "ipv4", .letter = '4', .kind = OPT_FLAG,
	    .offset = FIELD(ipv4), .help = "use IPv4 only" },
	{ .name = "ipv6", .letter = '6', .kind = OPT_FLAG,
	    .offset = FIELD(ipv6), .help = "use IPv6 only" },
};

struct heart {
	const struct settings *set;
	struct sender	 sender;
	struct heartbeat beat;
	pid_t		 command;	/* 0: none */
	int		 status;	/* its, once it has ended */
};

/* -- Beats ---------------------------------------------------------------- */

/* add_json - the datagram, and what is known of those before it. */
static void
add_json(struct buf *b, const struct heart *h, const char *peer)
{
	const char *error = strerror(h->sender.trouble);

	buf_adds(b, "{\"name\":");
	buf_json(b, h->beat.name, strlen(h->beat.name));
	buf_addf(b, ",\"seq\":%" PRIu64 ",\"time\":%lld.%09lld,\"down\":%s",
	    h->beat.seq, (long long)h->beat.time / NSEC_PER_SEC,
	    (long long)h->beat.time % NSEC_PER_SEC,
	    h->beat.down ? "true" : "false");
	if (h->beat.status == HEARTBEAT_NO_STATUS)
		buf_adds(b, ",\"status\":null,\"to\":");
	else
		buf_addf(b, ",\"status\":%d,\"to\":", h->beat.status);
	buf_json(b, peer, strlen(peer));
	buf_adds(b, ",\"error\":");
	if (h->sender.trouble == 0)
		buf_adds(b, "null");
	else
		buf_json(b, error, strlen(error));
	buf_adds(b, "}\n");
}

static void
show(const struct heart *h, const char *text)
{
	char peer[SENDER_WHERE];
	struct buf b = { 0 };

	sender_peer(&h->sender, peer, sizeof(peer));
	if (h->set->json)
		add_json(&b, h, peer);
	else
		buf_addf(&b, "%s: %s\n", peer, text);
	if (!b.failed)
		fwrite(b.data, 1, b.len, stdout);
	fflush(stdout);
	buf_free(&b);
}

/* send_one - the next number. */
static void
send_one(struct heart *h)
{
	char text[HEARTBEAT_TEXT_MAX];
	size_t n;

	h->beat.seq++;
	h->beat.time = clock_wall();
	if (h->beat.time < 0)
		h->beat.time = 0;
	n = heartbeat_format(text, &h->beat);
	sender_send(&h->sender, text, n);
	if (h->set->verbose || h->set->json)
		show(h, text);
}

/*
 * say_down - twice, since one may be lost; the second in the plain dialect, for
 * a monitor that does not know what a status is.
 */
static void
say_down(struct heart *h)
{
	h->beat.down = 1;
	h->beat.status = h->command != 0 ? h->status : HEARTBEAT_NO_STATUS;
	send_one(h);
	h->beat.status = HEARTBEAT_NO_STATUS;
	send_one(h);
}

/* is_over - is there a reason to end? */
static bool
is_over(struct heart *h)
{
	if (h->command == 0)
		return signals_stop();
	signals_forward(h->command);
	return command_ended(h->command, &h->status);
}

/* beat - until there is; false where count beats were sent. */
static bool
beat(struct heart *h)
{
	int64_t interval = h->set->interval_ms * NSEC_PER_MSEC;
	int64_t next = clock_mono(), now, left = h->set->count;

	while (!is_over(h)) {
		now = clock_mono();
		if (now < next) {
			sender_wait(&h->sender, next);
			continue;
		}
		send_one(h);
		if (h->set->count > 0 && --left == 0)
			return false;
		next += interval;
		if (next <= now)	/* we were asleep: do not catch up */
			next = now + interval;
	}
	return true;
}

static int
live(struct heart *h, char *const command[])
{
	if (h->set->run) {
		h->command = command_start(command);
		if (h->command == -1)
			return STATUS_ERROR;
	}
	if (beat(h))
		say_down(h);
	for (int i = 0; i < h->sender.naddrs; i++)	/* was that refused? */
		sender_wait(&h->sender, clock_mono());
	if (h->command != 0)
		return h->status;
	return h->sender.trouble == 0 ? STATUS_OK : STATUS_REFUSED;
}

/* -- The program ---------------------------------------------------------- */

/* cut_command - what stands behind --run; argc is then what stands before. */
static char **
cut_command(int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			return NULL;
		if (strcmp(argv[i], "--run") != 0)
			continue;
		*argc = i;
		return &argv[i + 1];
	}
	return NULL;
}

/* contradiction - of options and operands; NULL: none. */
static const char *
contradiction(const struct settings *set, char *const command[])
{
	if (set->ipv4 && set->ipv6)
		return "--ipv4 and --ipv6 exclude each other";
	if (set->run && (command == NULL || command[0] == NULL))
		return "--run: no command";
	if (set->run && set->count > 0)
		return "--run and --count exclude each other";
	return NULL;
}

static int
run(struct settings *set, const struct opt_operands *op, char **command)
{
	const char *wrong = contradiction(set, command);
	const char *name = op->v[0];
	struct heart h = { .set = set, .beat.status = HEARTBEAT_NO_STATUS };
	int status = STATUS_ERROR;

	if (wrong == NULL)
		wrong = heartbeat_name_bad(name, strlen(name));
	if (wrong != NULL) {
		warnx("%s (try heartbeatc --help)", wrong);
		return STATUS_ERROR;
	}
	memcpy(h.beat.name, name, strlen(name) + 1);
	signals_init(set->run);
	/* a command is run though its monitor is not found */
	if (sender_open(&h.sender, set, op->v[1], op->n > 2 ? op->v[2] :
	    NULL) == 0 || set->run)
		status = live(&h, command);
	else if (signals_stop())
		status = STATUS_REFUSED;
	sender_close(&h.sender);
	return status;
}

static struct opt_group groups[] = { { .opts = options,
    .nopts = sizeof(options) / sizeof(options[0]) } };
static const struct opt_program program = {
	.name = "heartbeatc",
	.synopsis = "[options] NAME HOST [PORT] [--run COMMAND [ARG ...]]",
	.summary = "tell heartbeatd that something is alive",
	.groups = groups,
	.ngroups = 1,
	.min_operands = 2,
	.max_operands = 3
};

int
main(int argc, char **argv)
{
	char **command = cut_command(&argc, argv);
	struct settings set = { 0 };
	struct opt_operands operands;
	enum opt_result parsed;
	int status;

	groups[0].settings = &set;
	parsed = opt_parse(&program, argc, argv, &operands, NULL, 0);
	if (parsed != OPT_OK)
		return parsed == OPT_EXIT_OK ? STATUS_OK : STATUS_ERROR;
	set.run = set.run || command != NULL;
	status = run(&set, &operands, command);
	opt_release(&program);
	return status;
}
