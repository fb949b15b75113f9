/*
 * echoc - the client of echod and its relatives, over TCP and UDP.  It sends
 * what it is given, a line at a time or as a stream, and prints what comes
 * back.  It must never hang on a server that says nothing.
 */
#include "talk.h"

#include <err.h>
#include <stddef.h>
#include <unistd.h>

#include "base/opt.h"

#define FIELD(f) offsetof(struct settings, f)

static const struct opt options[] = {
	{ .name = "udp", .letter = 'u', .kind = OPT_FLAG, .offset = FIELD(udp),
	    .help = "datagrams, one for each line, instead of a connection" },
	{ .name = "wait", .letter = 'W', .kind = OPT_MSEC, .def = "1s",
	    .offset = FIELD(wait_ms), .arg = "TIME",
	    .help = "how long to wait for an answer" },
	{ .name = "interactive", .letter = 'i', .kind = OPT_FLAG,
	    .offset = FIELD(interactive),
	    .help = "prompt for each message, though this be no terminal" },
	{ .name = "no-answer", .letter = 'n', .kind = OPT_FLAG,
	    .offset = FIELD(no_answer),
	    .help = "expect no answers: the server discards" },
	{ .name = "json", .kind = OPT_FLAG, .offset = FIELD(json),
	    .help = "print a JSON object for each message" },
	{ .name = "verbose", .letter = 'v', .kind = OPT_FLAG,
	    .offset = FIELD(verbose),
	    .help = "say which addresses and what socket are used" },
	{ .name = "ipv4", .letter = '4', .kind = OPT_FLAG,
	    .offset = FIELD(ipv4), .help = "use IPv4 only" },
	{ .name = "ipv6", .letter = '6', .kind = OPT_FLAG,
	    .offset = FIELD(ipv6), .help = "use IPv6 only" },
	{ .name = "tls", .kind = OPT_FLAG, .offset = FIELD(tls),
	    .help = "speak TLS" },
	{ .name = "cacert", .kind = OPT_STRING, .offset = FIELD(cacert),
	    .arg = "FILE", .help = "trust the certificates in this PEM file" },
	{ .name = "insecure", .letter = 'k', .kind = OPT_FLAG,
	    .offset = FIELD(insecure), .help = "trust any certificate" },
};

static int
run(void *settings, const struct opt_operands *operands)
{
	struct settings *set = settings;
	static struct talk t = { .udp = -1, .conn.fd = -1 };
	int status = EXIT_ERROR;

	if (set->udp && set->tls) {
		warnx("--udp and --tls exclude each other");
		return EXIT_ERROR;
	}
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		set->interactive = true;
	t.set = set;
	t.host = operands->v[0];
	if (make_contact(&t, operands->n > 1 ? operands->v[1] : NULL) == 0)
		status = set->udp || set->interactive || set->json ?
		    by_lines(&t) : by_stream(&t);
	leave(&t);
	return status;
}

static struct opt_group groups[] = { { .opts = options,
    .nopts = sizeof(options) / sizeof(options[0]) } };
static const struct opt_need needs[] = {
	{ "cacert", "tls" }, { "insecure", "tls" }, { NULL, NULL }
};

static const struct opt_program program = {
	.name = "echoc",
	.synopsis = "[options] HOST [PORT]",
	.summary = "send messages to an echo server, print its answers",
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

	return opt_main(&program, argc, argv, &set, run);
}
