/*
 * pingd: answers pings over UDP, in the plain lab protocol and in a better
 * dialect, and makes a bad network where one is wanted.
 */
#include <sys/random.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/secret.h"
#include "serve/serve.h"
#include "servers/pingd/cookie.h"
#include "servers/pingd/pingd.h"

#define RATE_CLIENTS	65536	/* told apart by the quotas */

void
pingd_answer(struct settings *set, struct dgram_port *port,
    const struct dgram *d, char *data, size_t len)
{
	if (set->faults == NULL)
		dgram_reply(port, d, data, len);
	else if (faults_answer(set->faults, port, d, data, len))
		serve_timer_at(faults_due(set->faults));
}

void
pingd_complain(struct settings *set, const struct dgram *d, const char *why)
{
	char peer[IPADDR_TEXT_MAX];

	if (set->now - set->complained < NSEC_PER_SEC &&
	    set->complained != 0) {
		set->unsaid++;
		return;
	}
	log_info("%s: %zu bytes refused: %s (%llu more since the last such "
	    "line)", ipaddr_text(&d->peer, peer, sizeof(peer)), d->len, why,
	    (unsigned long long)set->unsaid);
	set->complained = set->now;
	set->unsaid = 0;
}

static void
stamped(struct settings *set, struct dgram_port *port, const struct dgram *d)
{
	size_t len = d->len + PING_STAMP_LEN;

	if (len > DGRAM_MAX)
		return;
	ping_stamp_put(set->scratch, clock_wall());
	memcpy(set->scratch + PING_STAMP_LEN, d->data, d->len);
	pingd_answer(set, port, d, set->scratch, len);
}

static void
plain(struct settings *set, struct dgram_port *port, struct dgram *d)
{
	if (set->dialect == DIALECT_BROOD) {
		pingd_complain(set, d, "not of the better dialect");
		return;
	}
	if (set->stamp) {
		stamped(set, port, d);
	} else {
		ping_upper(d->data, d->len);
		pingd_answer(set, port, d, d->data, d->len);
	}
	serve_count_request();
}

/*
 * within_quota - the client's own is asked first, so that what one client has
 * too much does not use up what its neighbours at that address may have.
 */
static int
within_quota(struct settings *set, const struct ipaddr *peer)
{
	if (set->quota > 0 && !rate_allow(&set->client_rate,
	    clients_hash(set->clients, peer), set->now, 1))
		return 0;
	return set->source_quota == 0 || rate_allow(&set->source_rate,
	    ipaddr_source(peer), set->now, 1);
}

static void
ping_datagram(struct dgram_port *port, struct dgram *d, void *ctx)
{
	struct settings *set = ctx;
	uint64_t nonce;

	set->now = clock_coarse();
	if (!within_quota(set, &d->peer) ||
	    (set->faults != NULL && faults_lose(set->faults)))
		return;
	if (set->dialect == DIALECT_PLAIN)
		plain(set, port, d);
	else if (ping_is_binary((const uint8_t *)d->data, d->len))
		brood_message(set, port, d);
	else if (ping_hello_get(d->data, d->len, &nonce) == 0)
		brood_hello(set, port, d, nonce);
	else
		plain(set, port, d);
}

static int64_t
ping_timer(struct dgram_port *port, int64_t now, void *ctx)
{
	struct settings *set = ctx;

	(void)port;		/* an answer leaves by the port it came in */
	return set->faults != NULL ? faults_timer(set->faults, now) :
	    CLOCK_NEVER;
}

static bool
ping_owes(const void *ctx)
{
	const struct settings *set = ctx;

	return set->faults != NULL && faults_due(set->faults) != CLOCK_NEVER;
}

static int
ping_child_start(void *ctx)
{
	struct settings *set = ctx;

	clients_start(set->clients);
	if (set->faults != NULL)
		faults_start(set->faults, serve_child());
	return 0;
}

/* -- Settings ------------------------------------------------------------- */

static void
ping_teardown(void *ctx)
{
	struct settings *set = ctx;

	faults_free(set->faults);
	ping_key_free(set->key);
	ping_key_free(set->cookies);
	clients_free(set->clients);
	rate_free(&set->client_rate);
	rate_free(&set->source_rate);
	free(set->scratch);
}

static int
read_key(struct settings *set, char *why, size_t whylen)
{
	char secret[PING_KEY_MAX];
	ssize_t n;

	if (set->key_file == NULL)
		return 0;
	n = secret_read(set->key_file, secret, PING_KEY_MIN, PING_KEY_MAX, why,
	    whylen);
	if (n == -1)
		return -1;
	set->key = ping_key_new(secret, (size_t)n);
	explicit_bzero(secret, sizeof(secret));
	if (set->key == NULL)
		snprintf(why, whylen, "%s: %s", set->key_file,
		    strerror(errno));
	return set->key == NULL ? -1 : 0;
}

/* seed_of - as given, or of the kernel's; 0, or -1 where it is no number. */
static int
seed_of(const struct settings *set, uint64_t *seed)
{
	int64_t n;

	if (set->faults_conf.seed == NULL)
		return getrandom(seed, sizeof(*seed), 0) == sizeof(*seed) ?
		    0 : -1;
	if (opt_number(set->faults_conf.seed, &n) == -1 || n < 0)
		return -1;
	*seed = (uint64_t)n;
	return 0;
}

/* rates - a quota may be used up in a quarter of a second. */
static int
rates(struct settings *set)
{
	if (set->quota > 0 && rate_init(&set->client_rate,
	    (double)set->quota, (double)set->quota / 4, RATE_CLIENTS) == -1)
		return -1;
	if (set->source_quota > 0 && rate_init(&set->source_rate,
	    (double)set->source_quota, (double)set->source_quota / 4,
	    RATE_CLIENTS) == -1)
		return -1;
	return 0;
}

static int
make_parts(struct settings *set, uint64_t seed)
{
	if (faults_wanted(&set->faults_conf)) {
		set->faults = faults_new(&set->faults_conf, seed);
		if (set->faults == NULL)
			return -1;
	}
	set->cookies = cookie_key();
	set->clients = clients_new((size_t)set->max_clients);
	set->scratch = malloc(DGRAM_MAX);
	return set->cookies == NULL || set->clients == NULL ||
	    set->scratch == NULL ? -1 : rates(set);
}

static int
ping_setup(void *ctx, const struct opt_operands *op,
    struct serve_needs *needs, char *why, size_t whylen)
{
	struct settings *set = ctx;
	uint64_t seed;

	(void)op;
	(void)needs;
	if (set->stamp && set->dialect == DIALECT_BROOD) {
		snprintf(why, whylen, "--stamp: 'brood' is a dialect without "
		    "stamps of its kind; allowed: --dialect plain");
		return SETUP_USAGE;
	}
	if (set->stamp)
		set->dialect = DIALECT_PLAIN;
	if (seed_of(set, &seed) == -1) {
		snprintf(why, whylen, "--seed: '%.60s' is not a number; "
		    "allowed: 0 or more", set->faults_conf.seed != NULL ?
		    set->faults_conf.seed : "");
		return SETUP_USAGE;
	}
	if (read_key(set, why, whylen) == -1)
		return -1;
	if (make_parts(set, seed) == -1) {
		snprintf(why, whylen, "%s", strerror(errno));
		ping_teardown(set);
		return -1;
	}
	return 0;
}

static const char *const dialects[] = { "both", "plain", "brood", NULL };

#define FIELD(f)	offsetof(struct settings, f)
#define FAULT(f)	FIELD(faults_conf.f)

static const struct opt options[] = {
	{ .name = "loss", .kind = OPT_DOUBLE, .offset = FAULT(loss),
	    .arg = "PCT", .max = 100,
	    .help = "lose this share of the requests (coursework: 30)" },
	{ .name = "loss-down", .kind = OPT_DOUBLE, .offset = FAULT(loss_down),
	    .arg = "PCT", .max = 100,
	    .help = "lose this share of the answers" },
	{ .name = "delay", .kind = OPT_MSEC, .offset = FAULT(delay_ms),
	    .arg = "TIME", .max = 60000, .help = "hold each answer so long" },
	{ .name = "jitter", .kind = OPT_MSEC, .offset = FAULT(jitter_ms),
	    .arg = "TIME", .max = 60000,
	    .help = "and up to so much longer, at random" },
	{ .name = "duplicate", .kind = OPT_DOUBLE, .offset = FAULT(duplicate),
	    .arg = "PCT", .max = 100, .help = "answer this share twice" },
	{ .name = "reorder", .kind = OPT_DOUBLE, .offset = FAULT(reorder),
	    .arg = "PCT", .max = 100,
	    .help = "give this share after the answer that follows" },
	{ .name = "corrupt", .kind = OPT_DOUBLE, .offset = FAULT(corrupt),
	    .arg = "PCT", .max = 100,
	    .help = "change a bit in this share of the answers" },
	{ .name = "seed", .kind = OPT_STRING, .offset = FAULT(seed),
	    .arg = "N", .help = "the same chances each time" },
	{ .name = "stamp", .kind = OPT_FLAG, .offset = FIELD(stamp),
	    .help = "answer [MILLISECONDS] and the request as it came" },
	{ .name = "dialect", .kind = OPT_ENUM, .offset = FIELD(dialect),
	    .def = "both", .arg = "WHICH", .choices = dialects,
	    .help = "what is answered" },
	{ .name = "key-file", .kind = OPT_STRING, .offset = FIELD(key_file),
	    .arg = "FILE",
	    .help = "the better dialect is for those with this key" },
	{ .name = "quota", .kind = OPT_INT, .offset = FIELD(quota),
	    .def = "50000", .arg = "N", .max = 10000000,
	    .help = "requests a second of one address and port; 0 any" },
	{ .name = "source-quota", .kind = OPT_INT,
	    .offset = FIELD(source_quota), .def = "200000", .arg = "N",
	    .max = 10000000,
	    .help = "of all ports of one address; 0 any" },
	{ .name = "max-clients", .kind = OPT_INT, .offset = FIELD(max_clients),
	    .def = "16384", .arg = "N", .min = 16, .max = 1000000,
	    .help = "whose probes are counted at once" },
};

static const struct server pingd = {
	.name = "pingd",
	.summary = "answer pings over UDP",
	.synopsis = "[options]",
	.address = "*:" PING_PORT,
	.model = MODEL_FORK,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.settings_size = sizeof(struct settings),
	.setup = ping_setup,
	.teardown = ping_teardown,
	.child_start = ping_child_start,
	.datagram = ping_datagram,
	.timer = ping_timer,
	.dgram_owes = ping_owes,
};

int
main(int argc, char **argv)
{
	return serve_main(&pingd, argc, argv);
}
