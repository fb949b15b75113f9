/*
 * beaconc - asks everybody on each network of this host who is there, again and
 * again, and prints who answers; or lists the servers that the beacons of those
 * networks announce.
 */
#include "beaconc.h"

#include <sys/random.h>
#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/listen.h"
#include "net/wait.h"

#define MESSAGE_MAX	8192	/* bytes; so many a beacond takes */
#define ANSWER_MAX	8192

/* What --discover and --expect have for --interval and --timeout, ms. */
#define INTERVAL_MS		2000
#define DISCOVER_INTERVAL_MS	500
#define DISCOVER_TIMEOUT_MS	2000
#define EXPECT_TIMEOUT_MS	10000
/* When enough are found, the rest of the list may still be under way. */
#define SETTLE_MS		200

#define FIELD(f) offsetof(struct settings, f)

static const struct opt options[] = {
	{ .name = "discover", .letter = 'd', .kind = OPT_FLAG,
	    .offset = FIELD(discover),
	    .help = "list the servers that are announced" },
	{ .name = "interval", .letter = 'i', .kind = OPT_MSEC,
	    .offset = FIELD(interval), .arg = "TIME", .min = 10,
	    .help = "between rounds (default 2s; of --discover 500ms)" },
	{ .name = "count", .letter = 'c', .kind = OPT_INT,
	    .offset = FIELD(count), .arg = "N",
	    .help = "rounds (default: until stopped)" },
	{ .name = "wait", .letter = 'W', .kind = OPT_MSEC, .def = "1s",
	    .offset = FIELD(wait_ms), .arg = "TIME",
	    .help = "for answers to the last round" },
	{ .name = "timeout", .letter = 't', .kind = OPT_MSEC,
	    .offset = FIELD(timeout), .arg = "TIME",
	    .help = "stop after so long (of --discover 2s, --expect 10s)" },
	{ .name = "expect", .letter = 'n', .kind = OPT_INT,
	    .offset = FIELD(expect), .arg = "N", .max = FOUND_MAX,
	    .help = "stop when N have answered (of --discover: N servers); "
	    "exit 1 if fewer do" },
	{ .name = "message", .letter = 'm', .kind = OPT_STRING,
	    .offset = FIELD(message), .def = BEACON_ASK, .arg = "TEXT",
	    .help = "what is sent" },
	{ .name = "port", .letter = 'p', .kind = OPT_STRING,
	    .offset = FIELD(port), .def = BEACON_PORT, .arg = "N",
	    .help = "the beacons' port" },
	{ .name = "ipv4", .letter = '4', .kind = OPT_FLAG,
	    .offset = FIELD(ipv4), .help = "IPv4 broadcasts (the default)" },
	{ .name = "ipv6", .letter = '6', .kind = OPT_FLAG,
	    .offset = FIELD(ipv6), .help = "IPv6 multicast" },
	{ .name = "limited", .letter = 'l', .kind = OPT_FLAG,
	    .offset = FIELD(limited),
	    .help = "ask 255.255.255.255 on each interface" },
	{ .name = "json", .kind = OPT_FLAG, .offset = FIELD(json),
	    .help = "print a JSON object for each answer, or server" },
	{ .name = "verbose", .letter = 'v', .kind = OPT_FLAG,
	    .offset = FIELD(verbose),
	    .help = "say whom is asked, on which interface" },
};

/* A run: its sockets, whom it asks and who has answered. */
struct run {
	const struct settings *set;
	struct dgram_port *port[2];	/* IPv4, IPv6; NULL: not used */
	struct targets	 targets;
	struct iface	 links[IFACES_MAX];
	struct answers	 answers;
	int64_t		 next, stop;	/* monotonic ns */
	int64_t		 rounds;	/* that were asked */
	bool		 enough;	/* have answered */
};

static volatile sig_atomic_t interrupted;

static void
interrupt(int sig)
{
	interrupted = sig;
}

/* take_signals - they are let in while waiting, and nowhere else. */
static void
take_signals(void)
{
	static sigset_t none;
	struct sigaction sa = { .sa_handler = interrupt };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &none);
	sigdelset(&none, SIGINT);
	sigdelset(&none, SIGTERM);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	net_wait_set_mask(&none);
}

/* -- Asking --------------------------------------------------------------- */

/* port_of - the socket for that family, opened when it is first needed. */
static struct dgram_port *
port_of(struct run *r, const struct ipaddr *to)
{
	struct dgram_port **port = &r->port[to->family == AF_INET6];
	struct ipaddr any = { .family = to->family };
	struct addr a;
	int error, fd, one = 1;

	if (*port != NULL)
		return *port;
	addr_from_ip(&a, &any);
	if ((fd = listen_dgram(&a, 0)) == -1)
		return NULL;
	if (setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one)) == 0)
		*port = dgram_port_new(fd, ANSWER_MAX);
	if (*port == NULL) {
		error = errno;
		close(fd);
		errno = error;
	}
	return *port;
}

/* ask - one datagram; 0, or -1 with errno. */
static int
ask(struct run *r, const struct target *x, uint32_t from)
{
	struct beacon_request request = { r->answers.id, from };
	char page[BEACON_REQUEST_LEN];
	const char *data = r->set->message;
	size_t n = strlen(data);
	struct dgram_port *port = port_of(r, &x->to);
	uint64_t dropped;

	if (port == NULL)
		return -1;
	if (r->set->discover) {
		beacon_request_put(page, sizeof(page), &request);
		data = page;
		n = sizeof(page);
	}
	dropped = dgram_dropped(port);
	if (dgram_send(port, &x->to, x->from.family != 0 ? &x->from : NULL,
	    data, n) == -1)
		return -1;
	dgram_flush(port);
	return dgram_dropped(port) == dropped ? 0 : -1;
}

/* ask_all - a round; how many could be asked. */
static int
ask_all(struct run *r)
{
	char text[IPADDR_TEXT_MAX];
	struct target *x;
	int asked = 0;

	r->answers.asked_at = clock_wall();
	for (int i = 0; i < r->targets.n; i++) {
		x = &r->targets.v[i];
		ipaddr_text(&x->to, text, sizeof(text));
		if (ask(r, x, 0) == -1) {
			warn("%s%s%s", text, x->name[0] != '\0' ? " on " : "",
			    x->name);
			continue;
		}
		if (r->set->verbose)
			fprintf(stderr, "asked %s%s%s\n", text,
			    x->name[0] != '\0' ? " on " : "", x->name);
		asked++;
	}
	r->answers.asked += (uint64_t)asked;
	return asked;
}

/* next_round - the interfaces as they are now; 0, or -1 and said why. */
static int
next_round(struct run *r)
{
	int n = iface_list(r->links, IFACES_MAX);

	r->answers.links = r->links;
	r->answers.nlinks = n > 0 ? n : 0;
	if (!r->targets.fixed && targets_of_links(&r->targets, r->set,
	    r->links, r->answers.nlinks) == 0 && r->rounds == 0) {
		warnx("no interface here has %s: name an address",
		    r->set->ipv6 ? "IPv6 with multicast" :
		    "a broadcast address");
		return -1;
	}
	/* Later there may be no network for a while. */
	if (ask_all(r) == 0 && r->rounds == 0)
		return -1;
	r->rounds++;
	r->next += r->set->interval * NSEC_PER_MSEC;
	if (r->set->count > 0 && r->rounds == r->set->count) {
		r->next = CLOCK_NEVER;
		if (clock_after_ms(r->set->wait_ms) < r->stop)
			r->stop = clock_after_ms(r->set->wait_ms);
	}
	return 0;
}

/* -- Answers -------------------------------------------------------------- */

static void
take_answers(struct run *r, struct dgram_port *port)
{
	struct target x = { 0 };
	struct dgram *d;
	uint32_t from;
	int n;

	do {
		n = dgram_recv(port);
		for (int i = 0; i < n; i++) {
			d = dgram_at(port, i);
			from = answers_take(&r->answers, d);
			x.to = d->peer;
			if (from > 0 && ask(r, &x, from) == -1)
				warn("asking for more");
		}
	} while (n == DGRAM_BATCH);
}

/* wait_answers - until a signal, an answer or the next round. */
static void
wait_answers(struct run *r)
{
	int64_t until = r->next < r->stop ? r->next : r->stop;
	struct pollfd p[2];
	struct dgram_port *port[2];
	int n = 0;

	for (int i = 0; i < 2; i++)
		if (r->port[i] != NULL) {
			port[n] = r->port[i];
			p[n++] = (struct pollfd){ .events = POLLIN,
			    .fd = dgram_port_fd(r->port[i]) };
		}
	if (net_wait(p, n, until) <= 0)
		return;
	for (int i = 0; i < n; i++)
		if (p[i].revents != 0)
			take_answers(r, port[i]);
}

/* look_if_enough - have as many answered as are expected?  Then the end comes
 * soon. */
static void
look_if_enough(struct run *r)
{
	int64_t settled = clock_after_ms(r->set->discover ? SETTLE_MS : 0);

	if (r->enough || r->set->expect == 0 ||
	    answers_count(&r->answers) < r->set->expect)
		return;
	r->enough = true;
	r->next = CLOCK_NEVER;
	if (settled < r->stop)
		r->stop = settled;
}

static enum outcome
converse(struct run *r)
{
	int64_t least = r->set->expect > 0 ? r->set->expect : 1;

	r->next = clock_mono();
	r->stop = r->set->timeout > 0 ? clock_after_ms(r->set->timeout) :
	    CLOCK_NEVER;
	while (!interrupted && !r->answers.failed && clock_mono() < r->stop) {
		if (clock_mono() >= r->next && next_round(r) == -1)
			return OUTCOME_ERROR;
		wait_answers(r);
		look_if_enough(r);
	}
	answers_summary(&r->answers);
	if (r->answers.failed) {
		warn("standard output");
		return OUTCOME_ERROR;
	}
	return answers_count(&r->answers) >= least ? OUTCOME_ANSWERED :
	    OUTCOME_TOO_FEW;
}

/* -- The program ---------------------------------------------------------- */

/* complete - what was not given follows from what was; 0, or -1 and said why */
static int
complete(struct settings *set)
{
	int64_t n;

	if (opt_number(set->port, &n) == -1 || n < 1 || n > UINT16_MAX) {
		warnx("--port: '%s' is not a port; allowed: 1 to 65535 "
		    "(try beaconc --help)", set->port);
		return -1;
	}
	if (strlen(set->message) > MESSAGE_MAX) {
		warnx("--message: longer than %d bytes", MESSAGE_MAX);
		return -1;
	}
	if (set->interval == 0)
		set->interval = set->discover ? DISCOVER_INTERVAL_MS :
		    INTERVAL_MS;
	if (set->timeout == 0 && set->count == 0)
		set->timeout = set->expect > 0 ? EXPECT_TIMEOUT_MS :
		    set->discover ? DISCOVER_TIMEOUT_MS : 0;
	return 0;
}

static int
run(void *settings, const struct opt_operands *op)
{
	struct settings *set = settings;
	static struct run r;
	enum outcome o = OUTCOME_ERROR;

	if (complete(set) == -1 ||
	    (op->n > 0 && targets_named(&r.targets, set, op) == -1))
		return OUTCOME_ERROR;
	r.set = set;
	if (answers_init(&r.answers, set) == -1) {
		warn(NULL);
		return OUTCOME_ERROR;
	}
	if (getrandom(&r.answers.id, sizeof(r.answers.id), 0) == -1)
		warn("random numbers");
	else {
		take_signals();
		o = converse(&r);
	}
	dgram_port_free(r.port[0]);
	dgram_port_free(r.port[1]);
	answers_free(&r.answers);
	return (int)o;
}

static struct opt_group groups[] = { { .opts = options,
    .nopts = sizeof(options) / sizeof(options[0]) } };
static const struct opt_program program = {
	.name = "beaconc",
	.synopsis = "[options] [ADDRESS[:PORT]...]\n[options] HOST PORT",
	.summary = "ask who is there, on every network of this host",
	.footer = "Without ADDRESS: the broadcast address of each interface.",
	.groups = groups,
	.ngroups = 1,
	.min_operands = 0,
	.max_operands = TARGETS_MAX
};

int
main(int argc, char **argv)
{
	struct settings set = { 0 };

	return opt_main(&program, argc, argv, &set, run);
}
