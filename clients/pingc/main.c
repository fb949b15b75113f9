/*
 * pingc - pings servers over UDP, many at once, and tells what became of each
 * probe.  It speaks to plain servers as well as to pingd's better dialect.
 */
#include "clients/pingc/pingc.h"

#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"

static const char *const protocols[] = { "auto", "plain", "brood", NULL };

/* parse_time - seconds as ping(8) takes them (0.2), or a number with a unit;
 * in ns. */
static int
parse_time(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "", 1e9 }, { "us", 1e3 }, { "ms", 1e6 },
	    { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 }, { "d", 86400e9 } };
	int64_t *ns = dst;
	size_t i;
	double n;
	char *end;

	n = strtod(value, &end);
	/* no hexadecimal, no exponent, no infinity */
	if (strspn(value, "0123456789.") != (size_t)(end - value))
		end = (char *)value;
	for (i = 0; end != value && i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0 &&
		    n * units[i].ns <= 1e17 &&
		    n * units[i].ns >= (double)o->min) {
			*ns = (int64_t)(n * units[i].ns);
			return 0;
		}
	snprintf(why, whylen, "is not a time; allowed: %sseconds, or a number "
	    "with us, ms, s, m, h, d", o->min > 0 ? "more than 0: " : "");
	return -1;
}

#define FIELD(f)	offsetof(struct options, f)

static const struct opt table[] = {
	{ .name = "count", .letter = 'c', .kind = OPT_INT, .min = 1,
	    .offset = FIELD(count), .arg = "N", .help = "stop after N probes" },
	{ .name = "interval", .letter = 'i', .kind = OPT_CALL, .min = 1,
	    .offset = FIELD(interval), .arg = "TIME", .call = parse_time,
	    .help = "between probes: 1s; seconds, or with us, ms, s, m" },
	{ .name = "wait", .letter = 'W', .kind = OPT_CALL, .min = 1,
	    .offset = FIELD(wait), .arg = "TIME", .call = parse_time,
	    .help = "for an answer: 1s" },
	{ .name = "deadline", .letter = 'w', .kind = OPT_CALL, .min = 1,
	    .offset = FIELD(deadline), .arg = "TIME", .call = parse_time,
	    .help = "stop after so long, whatever has come" },
	{ .name = "size", .letter = 's', .kind = OPT_INT, .min = 0,
	    .max = SIZE_MAX_DATA, .offset = FIELD(size), .arg = "BYTES",
	    .help = "of data in each probe" },
	{ .name = "quiet", .letter = 'q', .kind = OPT_FLAG,
	    .offset = FIELD(quiet), .help = "only the summary" },
	{ .name = "timestamps", .letter = 'D', .kind = OPT_FLAG,
	    .offset = FIELD(stamps), .help = "the time before each line" },
	{ .name = "numeric", .letter = 'n', .kind = OPT_FLAG,
	    .offset = FIELD(numeric), .help = "addresses without names" },
	{ .name = "flood", .letter = 'f', .kind = OPT_FLAG,
	    .offset = FIELD(flood),
	    .help = "a probe when a reply comes, or 100 a second" },
	{ .name = "verbose", .letter = 'v', .kind = OPT_FLAG,
	    .offset = FIELD(verbose),
	    .help = "with each reply its time in the server" },
	{ .name = "ipv4", .letter = '4', .kind = OPT_FLAG,
	    .offset = FIELD(ipv4), .help = "use IPv4 only" },
	{ .name = "ipv6", .letter = '6', .kind = OPT_FLAG,
	    .offset = FIELD(ipv6), .help = "use IPv6 only" },
	{ .name = "interface", .letter = 'I', .kind = OPT_STRING,
	    .offset = FIELD(device), .arg = "WHICH",
	    .help = "send from this interface or address" },
	{ .name = "protocol", .letter = 'P', .kind = OPT_ENUM,
	    .offset = FIELD(protocol), .def = "auto", .arg = "WHICH",
	    .choices = protocols, .help = "the dialect to speak" },
	{ .name = "key-file", .kind = OPT_STRING, .offset = FIELD(key_file),
	    .arg = "FILE", .help = "the key that the server has, too" },
	{ .name = "plot", .kind = OPT_FLAG, .offset = FIELD(plot),
	    .help = "a histogram at the end" },
	{ .name = "json", .kind = OPT_FLAG, .offset = FIELD(json),
	    .help = "a JSON object for each probe and each summary" },
};

/* is_port - HOST PORT is two operands; two hosts are not told from it if the
 * second is a number. */
static bool
is_port(const char *text)
{
	return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

static int
read_key(struct options *opt)
{
	char secret[PING_KEY_MAX], why[256];
	ssize_t n;

	if (opt->key_file == NULL)
		return 0;
	n = secret_read(opt->key_file, secret, PING_KEY_MIN, PING_KEY_MAX,
	    why, sizeof(why));
	if (n == -1) {
		warnx("%s", why);
		return -1;
	}
	opt->key = ping_key_new(secret, (size_t)n);
	explicit_bzero(secret, sizeof(secret));
	if (opt->key == NULL)
		warn("%s", opt->key_file);
	return opt->key == NULL ? -1 : 0;
}

/* settle - what follows from the options; 0, or -1 and said why. */
static int
settle(struct options *opt)
{
	if (opt->ipv4 && opt->ipv6) {
		warnx("--ipv4 and --ipv6 exclude each other");
		return -1;
	}
	if (opt->key_file != NULL && opt->protocol == PROTOCOL_PLAIN) {
		warnx("--key-file: 'plain' is a dialect without keys; "
		    "allowed: --protocol auto or brood");
		return -1;
	}
	if (opt->device != NULL && opt->device[0] == '\0') {
		warnx("--interface: '' is empty; allowed: an interface or an "
		    "address of this host");
		return -1;
	}
	opt->until = opt->deadline > 0 ? clock_mono() + opt->deadline :
	    CLOCK_NEVER;
	opt->interval_given = opt->interval > 0;
	if (!opt->interval_given)
		opt->interval = NSEC_PER_SEC;
	if (opt->wait == 0)
		opt->wait = NSEC_PER_SEC;
	return read_key(opt);
}

/* status_of - as ping(8) and, for several targets, fping(8) have it. */
static int
status_of(const struct target *t, int n, const struct options *opt)
{
	int i, status = EXIT_REPLIES;

	for (i = 0; i < n; i++) {
		if (t[i].failed)
			return EXIT_ERROR;
		if (t[i].counts.received == 0 || (opt->count > 0 &&
		    opt->deadline > 0 &&
		    t[i].counts.received < (uint64_t)opt->count))
			status = EXIT_SILENCE;
	}
	return status;
}

/* run - all targets to their end; the exit status. */
static int
run(struct options *opt, struct target *t, int n, char **hosts,
    const char *port)
{
	int i, status = EXIT_ERROR, usable = 0;

	opt->several = n > 1;
	for (i = 0; i < n; i++) {
		t[i].failed = target_open(&t[i], opt, hosts[i], port) == -1;
		if (t[i].failed)
			t[i].phase = PHASE_DONE;
		else
			usable++;
	}
	if (usable > 0 && loop_run(t, n, opt) == 0) {
		for (i = 0; i < n; i++)
			if (t[i].fd != -1 && t[i].counts.sent > 0)
				report_summary(&t[i]);
		status = status_of(t, n, opt);
	}
	for (i = 0; i < n; i++)
		target_close(&t[i]);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		warn("standard output");
		status = EXIT_ERROR;
	}
	return status;
}

/* start - the operands are HOST PORT, or any number of HOST[:PORT]. */
static int
start(struct options *opt, const struct opt_operands *op)
{
	const char *port = NULL;
	struct target *t;
	int n = op->n, status;

	if (n == 2 && is_port(op->v[1])) {
		port = op->v[1];
		n = 1;
	}
	if (settle(opt) == -1)
		return EXIT_ERROR;
	t = calloc((size_t)n, sizeof(*t));
	if (t == NULL) {
		warn("memory");
		return EXIT_ERROR;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	socket_precise();
	status = run(opt, t, n, op->v, port);
	free(t);
	return status;
}

static int
ping(void *options, const struct opt_operands *op)
{
	struct options *opt = options;
	int status = start(opt, op);

	ping_key_free(opt->key);
	return status;
}

static struct opt_group groups[] = { { .opts = table,
    .nopts = sizeof(table) / sizeof(table[0]) } };
static const struct opt_program program = {
	.name = "pingc",
	.synopsis = "[options] HOST PORT\n[options] HOST[:PORT]...",
	.summary = "ping servers over UDP",
	.footer = "Signals: INT stops with the summary; QUIT shows where "
	    "things stand.\n",
	.groups = groups,
	.ngroups = 1,
	.min_operands = 1,
	.max_operands = TARGETS_MAX
};

int
main(int argc, char **argv)
{
	struct options opt = { 0 };

	return opt_main(&program, argc, argv, &opt, ping);
}
