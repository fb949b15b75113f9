/*
 * chatc - the client of chatd: a full screen on a terminal, lines elsewhere.
 * It must never hang on a server that says nothing, nor lose a message that
 * the server still has when the connection breaks.
 */
#include "chatc.h"

#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/opt.h"
#include "net/wait.h"
#include "screen/screen.h"

#define BACKOFF_FIRST	(500 * NSEC_PER_MSEC)
#define BACKOFF_MAX	(30 * NSEC_PER_SEC)
#define QUIT_MS		3000	/* for the server to end it after our end */

#define FIELD(f) offsetof(struct settings, f)

static const struct opt options[] = {
	{ .name = "nick", .letter = 'n', .kind = OPT_STRING,
	    .offset = FIELD(nick), .arg = "NAME", .help = "be called so" },
	{ .name = "room", .letter = 'r', .kind = OPT_STRING,
	    .offset = FIELD(room), .arg = "ROOM", .help = "go there first" },
	{ .name = "history", .kind = OPT_INT, .def = "50",
	    .offset = FIELD(history), .arg = "N", .max = 8192,
	    .help = "messages of before to show" },
	{ .name = "plain", .letter = 'p', .kind = OPT_FLAG,
	    .offset = FIELD(plain),
	    .help = "lines, also on a terminal" },
	{ .name = "json", .kind = OPT_FLAG, .offset = FIELD(json),
	    .help = "print a JSON object for each event" },
	{ .name = "bare", .kind = OPT_FLAG, .offset = FIELD(bare),
	    .help = "the plain dialect, without newlines, for old servers" },
	{ .name = "reconnect", .kind = OPT_FLAG, .offset = FIELD(reconnect),
	    .help = "with --plain: when the connection breaks" },
	{ .name = "stay", .kind = OPT_MSEC, .def = "0",
	    .offset = FIELD(stay_ms), .arg = "TIME",
	    .help = "with --plain: listen on after the input's end" },
	{ .name = "wait", .letter = 'W', .kind = OPT_MSEC, .def = "10s",
	    .offset = FIELD(wait_ms), .arg = "TIME", .min = 1,
	    .help = "how long to wait for a connection" },
	{ .name = "tls", .kind = OPT_FLAG, .offset = FIELD(tls),
	    .help = "speak TLS" },
	{ .name = "cacert", .kind = OPT_STRING, .offset = FIELD(cacert),
	    .arg = "FILE", .help = "trust the certificates in this PEM file" },
	{ .name = "insecure", .letter = 'k', .kind = OPT_FLAG,
	    .offset = FIELD(insecure), .help = "trust any certificate" },
};

/* -- The conversation ----------------------------------------------------- */

/* try_again - connect, or put it off for longer and longer. */
static void
try_again(struct chat *ch)
{
	char why[256], text[320];
	int r;

	if (ch->face->connecting != NULL)
		ch->face->connecting(ch, true);
	r = link_open(ch, why, sizeof(why));
	if (ch->face->connecting != NULL)
		ch->face->connecting(ch, false);
	if (ch->quit)
		return;
	if (r == 0) {
		ch->backoff = 0;
		ch->face->state(ch, "connected");
		return;
	}
	ch->backoff = ch->backoff == 0 ? BACKOFF_FIRST : ch->backoff * 2;
	if (ch->backoff > BACKOFF_MAX)
		ch->backoff = BACKOFF_MAX;
	ch->retry_at = clock_mono() + ch->backoff;
	snprintf(text, sizeof(text), "%s; next try in %.1f s", why,
	    (double)ch->backoff / NSEC_PER_SEC);
	ch->face->state(ch, text);
}

/* lost - the connection has ended; 1 to go on, 0 at the end. */
static int
lost(struct chat *ch)
{
	link_close(ch);
	if (ch->over)
		return 0;
	ch->face->state(ch, "the server has closed the connection");
	if (!ch->set->reconnect)
		return 0;
	ch->retry_at = clock_mono() + BACKOFF_FIRST;
	return 1;
}

/* leave - no more input: say good bye when --stay has passed. */
static void
leave(struct chat *ch)
{
	if (!ch->over && ch->conn.fd != -1) {
		if (ch->set->bare)
			conn_shutdown(&ch->conn);
		else
			link_send(ch, "/quit", 5);
	}
	ch->over = true;
	ch->over_at = clock_after_ms(QUIT_MS);
}

/* may_speak - a script's words wait until the server knows whose they are,
 * and --bare for the pause that ends a message. */
static bool
may_speak(const struct chat *ch)
{
	return ch->face == &screen_face ||
	    (ch->welcomed && clock_mono() >= ch->speak_at);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* hear_user - what he types, or that he is gone */
static void
hear_user(struct chat *ch, int revents, bool *input, int64_t *leave_at)
{
	bool screen = ch->face == &screen_face;

	/* a screen is told of signals, too: its window may have changed */
	if (revents == 0 && !screen && !ch->more)
		return;
	if (ch->face->input(ch) == -1 ||
	    (screen && (revents & (POLLHUP | POLLERR)))) {
		*input = false;
		*leave_at = clock_after_ms(ch->set->stay_ms);
	}
}

/* step - wait for either side and see to it; 1 to go on, 0 at the end. */
static int
step(struct chat *ch, bool *input, int64_t *leave_at)
{
	struct pollfd p[2];
	int64_t until = earlier(*leave_at, ch->over_at);
	int n = 0, in = -1, net = -1, r;

	if (ch->face->waiting != NULL)
		ch->face->waiting(ch);
	if (ch->conn.fd == -1)
		until = earlier(until, ch->retry_at);
	if (ch->conn.fd != -1 && !conn_readable(&ch->conn))
		p[net = n++] = (struct pollfd){ .fd = ch->conn.fd,
		    .events = POLLIN };
	else if (ch->conn.fd != -1)
		return link_take(ch) == -1 ? lost(ch) : 1;
	if (*input && may_speak(ch))
		p[in = n++] = (struct pollfd){ .fd = STDIN_FILENO,
		    .events = POLLIN };
	else if (*input && ch->welcomed)
		until = earlier(until, ch->speak_at);
	if (in != -1 && ch->more)
		until = 0;
	r = n > 0 ? net_wait(p, n, until) : net_pause(until);
	if (r > 0 && net != -1 && p[net].revents != 0 && link_take(ch) == -1)
		return lost(ch);
	if (in != -1)
		hear_user(ch, r > 0 ? p[in].revents : 0, input, leave_at);
	if (clock_mono() >= *leave_at) {
		*leave_at = CLOCK_NEVER;
		leave(ch);
	}
	if (ch->conn.fd == -1 && !ch->over && clock_mono() >= ch->retry_at)
		try_again(ch);
	if (ch->quit && !ch->over)
		leave(ch);
	return !(ch->over && (ch->conn.fd == -1 ||
	    clock_mono() >= ch->over_at));
}

int
converse(struct chat *ch)
{
	bool input = true;
	int64_t leave_at = CLOCK_NEVER;

	while (step(ch, &input, &leave_at))
		continue;
	link_close(ch);
	return !ch->over ? EXIT_LOST : ch->unsaid ? EXIT_ERROR : EXIT_FINE;
}

/* -- main ----------------------------------------------------------------- */

/* names_right - 1, or 0 and a line: blanks in them would end the greeting's
 * words, and newlines be said. */
static int
names_right(const struct settings *set)
{
	const char *const names[] = { set->nick, set->room };
	const char *fault;

	for (int i = 0; i < 2; i++) {
		fault = names[i] == NULL ? NULL : chat_name_fault(names[i]);
		if (fault == NULL)
			continue;
		warnx("--%s: %s", i == 0 ? "nick" : "room", fault);
		return 0;
	}
	if (!set->bare || (!set->json && names[0] == NULL && names[1] == NULL))
		return 1;
	warnx("--%s: does nothing with --bare", set->json ? "json" :
	    names[0] != NULL ? "nick" : "room");
	return 0;
}

static int
run(void *settings, const struct opt_operands *op)
{
	struct settings *set = settings;
	static struct chat ch = { .conn.fd = -1, .over_at = CLOCK_NEVER };
	bool screen = !set->plain && !set->json && !set->bare &&
	    isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	char why[256];
	int status;

	if (!names_right(set))
		return EXIT_ERROR;
	ch.set = set;
	ch.host = op->v[0];
	ch.port = op->n > 1 ? op->v[1] : CHAT_PORT;
	snprintf(ch.nick, sizeof(ch.nick), "%s",
	    set->nick == NULL ? "" : set->nick);
	snprintf(ch.room, sizeof(ch.room), "%s",
	    set->room == NULL ? "" : set->room);
	if (screen && screen_open() == 0) {
		set->reconnect = true;
		set->stay_ms = 0;
		ch.face = &screen_face;
		status = screen_run(&ch);
	} else {
		ch.face = &plain_face;
		if (link_open(&ch, why, sizeof(why)) == -1) {
			warnx("%s", why);
			status = EXIT_LOST;
		} else {
			status = converse(&ch);
		}
	}
	tls_free(ch.tls);
	conn_pool_free();
	return status;
}

static struct opt_group groups[] = { { .opts = options,
    .nopts = sizeof(options) / sizeof(options[0]) } };
static const struct opt_need needs[] = {
	{ "cacert", "tls" }, { "insecure", "tls" }, { NULL, NULL }
};

static const struct opt_program program = {
	.name = "chatc",
	.synopsis = "[options] HOST [PORT]",
	.summary = "chat with the others at a chatd",
	.groups = groups,
	.ngroups = 1,
	.min_operands = 1,
	.max_operands = 2,
	.needs = needs
};

int
main(int argc, char **argv)
{
	struct settings set = { 0 };

	screen_locale();
	return opt_main(&program, argc, argv, &set, run);
}
