/*
 * heartbeatd - who is alive.  Datagrams say so; silence says otherwise.  Here
 * are its options and what it is to the core; monitor.c is where a datagram
 * begins, web.c where an HTTP request does.
 */
#include "heartbeatd.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "wire/heartbeat.h"

#define YEAR_MS		(365 * 86400 * 1000LL)
#define NAMES_MAX	(1 << 20)
#define F(field)	offsetof(struct heartbeatd, field)

static const char *const unknowns[] = { "accept", "refuse", NULL };

/* parse_flap - "N/TIME" or "off". */
static int
parse_flap(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	struct life_rules *rules = dst;
	const char *slash = strchr(value, '/');
	int64_t n, ms;
	char first[8];

	(void)o;
	*rules = (struct life_rules){ 0 };
	if (strcmp(value, "off") == 0)
		return 0;
	if (slash != NULL && (size_t)(slash - value) < sizeof(first)) {
		memcpy(first, value, (size_t)(slash - value));
		first[slash - value] = '\0';
		if (opt_number(first, &n) == 0 && n >= 2 &&
		    n <= LIFE_CHANGES && opt_msec(slash + 1, &ms) == 0 &&
		    ms > 0 && ms <= YEAR_MS) {
			rules->flap_changes = (int)n;
			rules->flap_ns = ms * NSEC_PER_MSEC;
			return 0;
		}
	}
	snprintf(why, whylen, "is not CHANGES/TIME with 2 to %d changes, "
	    "as in 6/5m, or off", LIFE_CHANGES);
	return -1;
}

static const struct opt options[] = {
	{ "period", 0, OPT_MSEC, F(period_ms), HEARTBEAT_PERIOD, "TIME",
	    "between the beats of a name", 1, YEAR_MS, NULL, NULL, NULL },
	{ "grace", 0, OPT_MSEC, F(grace_ms), "3s", "TIME",
	    "silence beyond that: late after half, down after all", 0,
	    YEAR_MS, NULL, NULL, NULL },
	{ "expect", 0, OPT_LIST, F(expect), NULL, "NAME[=PERIOD+GRACE]",
	    "a name's own, or a pattern's; may be repeated", 0, 0, NULL, NULL,
	    NULL },
	{ "unknown", 0, OPT_ENUM, F(unknown), "accept", "WHAT",
	    "of names that no --expect has", 0, 0, unknowns, NULL, NULL },
	{ "max-names", 0, OPT_INT, F(max_names), "20000", "N",
	    "names there is room for", 1, NAMES_MAX, NULL, NULL, NULL },
	{ "forget", 0, OPT_MSEC, F(forget_ms), "7d", "TIME",
	    "a name so long down or stopped; 0 never", 0, YEAR_MS, NULL, NULL,
	    NULL },
	{ "flap", 0, OPT_CALL, F(life), "6/5m", "CHANGES/TIME",
	    "so many in so long are flapping; off", 0, 0, NULL, parse_flap,
	    NULL },
	{ "event-log", 0, OPT_STRING, F(event_log), NULL, "FILE",
	    "append each event as a JSON object", 0, 0, NULL, NULL, NULL },
	{ "hook", 0, OPT_STRING, F(hook), NULL, "COMMAND",
	    "run for each event, with NAME WAS STATE", 0, 0, NULL, NULL,
	    NULL },
	{ "hook-timeout", 0, OPT_MSEC, F(hook_ms), "10s", "TIME",
	    "a command that runs longer is ended", 1, YEAR_MS, NULL, NULL,
	    NULL },
	{ "hook-jobs", 0, OPT_INT, F(hook_jobs), "4", "N",
	    "commands at once, for different names", 1, RUNNING_MAX, NULL,
	    NULL, NULL },
	{ "state", 0, OPT_STRING, F(state), NULL, "FILE",
	    "kept across restarts", 0, 0, NULL, NULL, NULL },
	{ "state-interval", 0, OPT_MSEC, F(state_ms), "5s", "TIME",
	    "how often it is written; also at the end", 10, YEAR_MS, NULL,
	    NULL, NULL },
	{ "http", 0, OPT_STRING, F(http), NULL, "ADDR:PORT",
	    "answer /, /status.json and /metrics here", 0, 0, NULL, NULL,
	    NULL },
};

/* http_address - where the core listens for TCP. */
static const char *
http_address(const void *ctx)
{
	const struct heartbeatd *h = ctx;

	return h->http;
}

static const struct server heartbeatd = {
	.name = "heartbeatd",
	.summary = "tell who is alive, by datagrams and their absence",
	.synopsis = "[options]",
	.address = "*:" HEARTBEAT_PORT,
	.model = MODEL_FORK,
	.keepalive_idle = 30,
	.exchange_limit = 15,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.settings_size = sizeof(struct heartbeatd),
	.setup = heartbeat_setup,
	.teardown = heartbeat_teardown,
	.reopen = heartbeat_reopen,
	.session = web_session,
	.refuse = web_refuse,
	.stream_address = http_address,
	.datagram = monitor_datagram,
	.timer = monitor_timer,
	.dgram_max = 512,
	.dgram_rate = 20000,
	.dgram_stateful = 1,
	.child_stop = monitor_stop,
};

int
main(int argc, char **argv)
{
	return serve_main(&heartbeatd, argc, argv);
}
