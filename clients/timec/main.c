/*
 * timec - asks a server what time it is: by prompts, as the coursework's client
 * did; once; or several times, to measure how far the clocks are apart.  It
 * reads daytime and time servers too.
 */
#include "timec.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/opt.h"
#include "wire/time.h"

#define HOST_DEFAULT	"127.0.0.1"
#define ASK_DEFAULT	"Time."

#define FIELD(f) offsetof(struct settings, f)

static const char *const protocols[] = { "query", "daytime", "time", NULL };
static const char *const ports[] = { TIME_PORT, TIME_DAYTIME_PORT,
    TIME_SECONDS_PORT };

static const struct opt options[] = {
	{ .name = "interactive", .letter = 'i', .kind = OPT_FLAG,
	    .offset = FIELD(interactive),
	    .help = "prompt for requests until Exit; also without HOST" },
	{ .name = "offset", .letter = 'o', .kind = OPT_FLAG,
	    .offset = FIELD(offset),
	    .help = "measure how far the server's clock is from ours" },
	{ .name = "samples", .letter = 'n', .kind = OPT_INT, .def = "5",
	    .offset = FIELD(samples), .arg = "N", .min = 1,
	    .max = SAMPLES_MAX, .help = "with --offset: from so many" },
	{ .name = "protocol", .letter = 'P', .kind = OPT_ENUM, .def = "query",
	    .offset = FIELD(protocol), .arg = "WHAT", .choices = protocols,
	    .help = "the server is timed, or RFC 867, or RFC 868" },
	{ .name = "udp", .letter = 'u', .kind = OPT_FLAG, .offset = FIELD(udp),
	    .help = "datagrams instead of a connection" },
	{ .name = "wait", .letter = 'W', .kind = OPT_MSEC, .def = "3s",
	    .offset = FIELD(wait_ms), .arg = "TIME", .min = 1,
	    .help = "how long to wait for an answer, and to connect" },
	{ .name = "json", .kind = OPT_FLAG, .offset = FIELD(json),
	    .help = "print a JSON object for each answer" },
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

/* -- Once ----------------------------------------------------------------- */

static enum outcome
once(struct link *l, const char *request)
{
	struct answer a;
	enum outcome o;

	if (l->set->protocol != PROTOCOL_QUERY) {
		request = NULL;
		o = link_listen(l, &a);
	} else {
		o = link_ask(l, request, strlen(request), &a);
	}
	if (o == OUTCOME_ANSWERED && l->set->protocol == PROTOCOL_TIME &&
	    a.len != 4) {
		warnx("%s: an answer of %zu bytes; RFC 868 has 4", l->host,
		    a.len);
		return OUTCOME_ERROR;
	}
	if (o == OUTCOME_ERROR)
		return o;
	return report(l, NULL, request, request == NULL ? 0 : strlen(request),
	    o == OUTCOME_ANSWERED ? &a : NULL) == -1 ? OUTCOME_ERROR : o;
}

/* -- Interactive ---------------------------------------------------------- */

/* read_request - its length, -1 at the end */
static ssize_t
read_request(const struct settings *set, char **line, size_t *size)
{
	ssize_t n;

	if (!set->json) {
		fputs("Send a request: ", stdout);
		if (flushed() == -1)
			return -1;
	}
	n = getline(line, size, stdin);
	if (n == -1 && !set->json)
		putchar('\n');
	if (n > 0 && (*line)[n - 1] == '\n')
		n--;
	return n;
}

/* one_request - ask, and show the answer under the words that the coursework's
 * client used */
static enum outcome
one_request(struct link *l, const char *line, size_t len)
{
	const char *label = "Received a response:";
	struct answer a;
	enum outcome o;

	if (time_request_parse(line, len) == TIME_REQUEST_TIME)
		label = "Received the current system time on the server:";
	o = link_ask(l, line, len, &a);
	if (o != OUTCOME_ERROR && report(l, label, line, len,
	    o == OUTCOME_ANSWERED ? &a : NULL) == -1)
		return OUTCOME_ERROR;
	return o;
}

/* by_prompt - over UDP a request without an answer does not end it: that is how
 * a server says there that it does not understand */
static enum outcome
by_prompt(struct link *l)
{
	enum outcome all = link_open(l), o = all;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while (o == OUTCOME_ANSWERED || (o == OUTCOME_SILENCE &&
	    l->set->udp)) {
		if ((n = read_request(l->set, &line, &size)) == -1)
			break;
		if (n == 0)
			continue;
		o = one_request(l, line, (size_t)n);
		if (o > all)
			all = o;
		if (o == OUTCOME_ANSWERED && time_request_parse(line,
		    (size_t)n) == TIME_REQUEST_EXIT)
			break;
	}
	free(line);
	if (ferror(stdin)) {
		warn("standard input");
		return OUTCOME_ERROR;
	}
	return all;
}

/* -- The program ---------------------------------------------------------- */

/* contradiction - of options and operands; NULL: none */
static const char *
contradiction(const struct settings *set, int operands)
{
	if (set->udp && set->tls)
		return "--udp and --tls exclude each other";
	if (set->ipv4 && set->ipv6)
		return "--ipv4 and --ipv6 exclude each other";
	if (set->interactive && set->offset)
		return "--interactive and --offset exclude each other";
	if (set->protocol != PROTOCOL_QUERY &&
	    (set->interactive || set->offset || operands > 2))
		return "daytime and time servers take no requests";
	if (operands > 2 && (set->interactive || set->offset))
		return "--interactive and --offset take no REQUEST";
	return NULL;
}

static int
run(void *settings, const struct opt_operands *op)
{
	struct settings *set = settings;
	const char *wrong = contradiction(set, op->n);
	const char *host = op->n > 0 ? op->v[0] : HOST_DEFAULT;
	const char *port = op->n > 1 ? op->v[1] : NULL;
	enum outcome o = OUTCOME_ERROR;
	struct link l;

	if (wrong != NULL) {
		warnx("%s (try timec --help)", wrong);
		return OUTCOME_ERROR;
	}
	if (op->n == 0 && !set->offset && set->protocol == PROTOCOL_QUERY)
		set->interactive = true;
	if (link_init(&l, set, host, port, ports[set->protocol]) == 0) {
		if (set->offset)
			o = measure(&l);
		else if (set->interactive)
			o = by_prompt(&l);
		else
			o = once(&l, op->n > 2 ? op->v[2] : ASK_DEFAULT);
	}
	link_free(&l);
	return (int)o;
}

static struct opt_group groups[] = { { .opts = options,
    .nopts = sizeof(options) / sizeof(options[0]) } };
static const struct opt_need needs[] = {
	{ "cacert", "tls" }, { "insecure", "tls" }, { "samples", "offset" },
	{ NULL, NULL }
};

static const struct opt_program program = {
	.name = "timec",
	.synopsis = "[options] [HOST [PORT [REQUEST]]]",
	.summary = "ask a server what time it is",
	.footer = "Requests: Time. Unix. Iso. Exit.",
	.groups = groups,
	.ngroups = 1,
	.min_operands = 0,
	.max_operands = 3,
	.needs = needs
};

int
main(int argc, char **argv)
{
	struct settings set = { 0 };

	return opt_main(&program, argc, argv, &set, run);
}
