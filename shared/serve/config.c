/*
 * The options that every server has, and a configuration as a whole: parsed,
 * validated, set up.  Called at start and at each reload; forks nothing.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "net/tls.h"
#include "serve/core.h"

static const char *const models[] = { "single", "fork", "prefork", "inetd",
    NULL };
static const char *const transports[] = { "both", "tcp", "udp", NULL };
static const char *const sandboxes[] = { "auto", "on", "off", NULL };
static const char *const levels[] = { "error", "warn", "info", "debug", NULL };

#define CHILDREN_MAX	4096

/* parse_minmax - "N" or "MIN:MAX". */
static int
parse_minmax(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	struct minmax *mm = dst;
	char first[32];
	const char *colon = strchr(value, ':');
	size_t n = colon == NULL ? strlen(value) : (size_t)(colon - value);

	if (n < sizeof(first)) {
		memcpy(first, value, n);
		first[n] = '\0';
		if (opt_number(first, &mm->min) == 0 &&
		    opt_number(colon == NULL ? first : colon + 1,
		    &mm->max) == 0 && mm->min >= o->min &&
		    mm->min <= mm->max && mm->max <= o->max)
			return 0;
	}
	snprintf(why, whylen, "is not N or MIN:MAX with %lld to %lld",
	    (long long)o->min, (long long)o->max);
	return -1;
}

#define FIELD(f)	offsetof(struct common, f)

static const struct opt common_opts[] = {
	{ "listen", 'l', OPT_LIST, FIELD(listen), NULL, "ADDR:PORT",
	    "address, [IPv6]:PORT or unix:PATH; may be repeated", 0, 0,
	    NULL, NULL, NULL },
	{ "transport", 0, OPT_ENUM, FIELD(transport), "both", "WHAT",
	    "of a server that has both", 0, 0, transports, NULL, NULL },
	{ "model", 'm', OPT_ENUM, FIELD(model), NULL, "MODEL",
	    "who accepts and where sessions run", 0, 0, models, NULL, NULL },
	{ "children", 'c', OPT_CALL, FIELD(children), NULL, "N|MIN:MAX",
	    "fork: at most; prefork: so many", 1, CHILDREN_MAX, NULL,
	    parse_minmax, NULL },
	{ "spare", 0, OPT_CALL, FIELD(spare), NULL, "MIN:MAX",
	    "idle children kept in the pool", 1, CHILDREN_MAX, NULL,
	    parse_minmax, NULL },
	{ "connections", 0, OPT_INT, FIELD(connections), NULL, "M",
	    "prefork: connections held by each child", 1, CONNECTIONS_MAX,
	    NULL, NULL, NULL },
	{ "max-served", 0, OPT_INT, FIELD(max_served), "0", "N",
	    "connections after which a child is replaced; 0 never", 0,
	    INT64_MAX, NULL, NULL, NULL },
	{ "max-per-source", 0, OPT_INT, FIELD(max_per_source), NULL, "N",
	    "connections an address; 256, loopback exempt", 1, CONNECTIONS_MAX,
	    NULL, NULL, NULL },
	{ "max-rate", 0, OPT_INT, FIELD(max_rate), NULL, "N",
	    "datagrams a second from one address; 0 any", 0, 10000000, NULL,
	    NULL, NULL },
	{ "backlog", 0, OPT_INT, FIELD(backlog), "4096", "N",
	    "connections that may wait to be accepted", 1, 65535, NULL, NULL,
	    NULL },
	{ "defer-accept", 0, OPT_FLAG, FIELD(defer_accept), NULL, NULL,
	    "accept connections when their first bytes are there", 0, 0, NULL,
	    NULL, NULL },
	{ "idle-timeout", 0, OPT_MSEC, FIELD(idle_ms), NULL, "TIME",
	    "silence between exchanges; 0 none", 0, 0, NULL, NULL, NULL },
	{ "request-timeout", 0, OPT_MSEC, FIELD(request_ms), NULL, "TIME",
	    "for a request to come in whole; 0 none", 0, 0, NULL, NULL, NULL },
	{ "stall-timeout", 0, OPT_MSEC, FIELD(stall_ms), "60s", "TIME",
	    "for a peer that takes or sends nothing; 0 none", 0, 0, NULL, NULL,
	    NULL },
	{ "lifetime", 0, OPT_MSEC, FIELD(lifetime_ms), "0", "TIME",
	    "of a connection; 0 any", 0, 0, NULL, NULL, NULL },
	{ "drain-timeout", 0, OPT_MSEC, FIELD(drain_ms), "10s", "TIME",
	    "for exchanges under way when stopping", 0, 0, NULL, NULL, NULL },
	{ "proxy-from", 0, OPT_LIST, FIELD(proxy_from), NULL, "CIDR",
	    "these send a PROXY header first; may be repeated", 0, 0, NULL,
	    NULL, NULL },
	{ "tls-cert", 0, OPT_STRING, FIELD(tls_cert), NULL, "FILE",
	    "speak TLS with this certificate chain", 0, 0, NULL, NULL, NULL },
	{ "tls-key", 0, OPT_STRING, FIELD(tls_key), NULL, "FILE",
	    "and its private key", 0, 0, NULL, NULL, NULL },
	{ "user", 'u', OPT_STRING, FIELD(user), NULL, "NAME",
	    "for the children of root; default nobody", 0, 0, NULL, NULL,
	    NULL },
	{ "group", 'g', OPT_STRING, FIELD(group), NULL, "NAME",
	    "likewise; default the user's", 0, 0, NULL, NULL, NULL },
	{ "chroot", 0, OPT_STRING, FIELD(chroot), NULL, "DIR",
	    "change the children's root folder", 0, 0, NULL, NULL, NULL },
	{ "sandbox", 0, OPT_ENUM, FIELD(sandbox), "auto", "WHEN",
	    "Landlock and seccomp; auto: when root", 0, 0, sandboxes, NULL,
	    NULL },
	{ "memory", 0, OPT_SIZE, FIELD(memory), "0", "SIZE",
	    "address space of each child; 0 any", 0, 0, NULL, NULL, NULL },
	{ "log", 0, OPT_STRING, FIELD(log), "stderr", "WHERE",
	    "stderr, syslog or a file", 0, 0, NULL, NULL, NULL },
	{ "log-level", 0, OPT_ENUM, FIELD(log_level), "info", "LEVEL",
	    "the least that is logged", 0, 0, levels, NULL, NULL },
	{ "pid-file", 0, OPT_STRING, FIELD(pid_file), NULL, "FILE",
	    "written once the sockets are bound", 0, 0, NULL, NULL, NULL },
	{ "daemon", 0, OPT_FLAG, FIELD(daemon), NULL, NULL,
	    "go to the background once listening", 0, 0, NULL, NULL, NULL },
	{ "check", 0, OPT_FLAG, FIELD(check), NULL, NULL,
	    "validate the settings and exit", 0, 0, NULL, NULL, NULL },
	{ "inetd", 0, OPT_FLAG, FIELD(inetd), NULL, NULL,
	    "the same as --model inetd", 0, 0, NULL, NULL, NULL },
	{ "status", 0, OPT_STRING, FIELD(status), NULL, "ADDRESS",
	    "answer statusc(1) here, e.g. unix:/run/x", 0, 0, NULL, NULL,
	    NULL },
};

static const char footer[] =
    "Signals: TERM drain and stop; INT the same, twice at once; QUIT stop at\n"
    "once; HUP read the configuration again; USR1 reopen logs.\n";

/* defaults - what the server's table says, before options are parsed. */
static void
defaults(const struct server *srv, struct opt *opts, char text[][32])
{
	static const char *const timed[] = { "idle-timeout",
	    "request-timeout" };
	size_t i, n = sizeof(common_opts) / sizeof(common_opts[0]);

	memcpy(opts, common_opts, sizeof(common_opts));
	snprintf(text[0], 32, "%ds", srv->keepalive_idle);
	snprintf(text[1], 32, "%ds", srv->exchange_limit);
	snprintf(text[2], 32, "%d",
	    srv->connections > 0 ? srv->connections : 1);
	snprintf(text[3], 32, "%d", srv->dgram_rate);
	for (i = 0; i < n; i++) {
		if (strcmp(opts[i].name, timed[0]) == 0)
			opts[i].def = text[0];
		else if (strcmp(opts[i].name, timed[1]) == 0)
			opts[i].def = text[1];
		else if (strcmp(opts[i].name, "connections") == 0)
			opts[i].def = text[2];
		else if (strcmp(opts[i].name, "max-rate") == 0)
			opts[i].def = text[3];
		else if (strcmp(opts[i].name, "model") == 0)
			opts[i].def = models[srv->model];
	}
}

/* parse - both option groups into conf. */
static enum opt_result
parse(struct core *core, struct config *conf, char *why, size_t whylen)
{
	const struct server *srv = core->srv;
	struct opt opts[sizeof(common_opts) / sizeof(common_opts[0])];
	char text[4][32];
	struct opt_group groups[2] = {
		{ srv->name, srv->opts, srv->nopts, conf->settings },
		{ "Common", opts, sizeof(opts) / sizeof(opts[0]), &conf->opt },
	};
	struct opt_program program = {
		.name = srv->name, .synopsis = srv->synopsis,
		.summary = srv->summary,
		.footer = srv->footer != NULL ? srv->footer : footer,
		.groups = groups, .ngroups = 2,
		.min_operands = srv->min_operands,
		.max_operands = srv->max_operands, .has_config = 1,
	};

	defaults(srv, opts, text);
	return opt_parse(&program, core->argc, core->argv, &conf->operands,
	    why, whylen);
}

static void
release_options(const struct server *srv, struct config *conf)
{
	struct opt_group groups[2] = {
		{ srv->name, srv->opts, srv->nopts, conf->settings },
		{ "Common", common_opts,
		    sizeof(common_opts) / sizeof(common_opts[0]), &conf->opt },
	};
	struct opt_program program = { .groups = groups, .ngroups = 2 };

	opt_release(&program);
}

/* fill_children - how many, where nobody said. */
static void
fill_children(const struct server *srv, struct config *conf)
{
	struct common *o = &conf->opt;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (cpus < 1)
		cpus = 1;
	if (o->children.max == 0) {
		if (o->model == MODEL_FORK)
			o->children = (struct minmax){ 1, 256 };
		else if (o->connections > 1)
			o->children = (struct minmax){ cpus, cpus };
		else
			o->children = (struct minmax){ 5, 256 };
	}
	if (o->spare.max == 0) {
		o->spare.min = o->children.min;
		o->spare.max = o->children.min + 5;
	}
	conf->lanes = o->model == MODEL_PREFORK && o->connections > 1 ?
	    (int)o->children.max : 0;
	conf->dgram_lanes = 1;
	if (o->transport == TRANSPORT_UDP && !srv->dgram_stateful &&
	    o->model == MODEL_PREFORK)
		conf->dgram_lanes = (int)(o->children.max < 64 ?
		    o->children.max : 64);
}

/* check_addresses - before anything is opened, so that --check sees them. */
static int
check_addresses(const struct server *srv, const struct common *o, char *why,
    size_t whylen)
{
	const char *port = strrchr(srv->address, ':') + 1, *option = "listen";
	char reason[256];
	struct addr a;
	size_t i;

	for (i = 0; i < o->listen.n; i++) {
		/* a variable that is not set is not everybody's address */
		snprintf(reason, sizeof(reason), "'': address is missing");
		if (o->listen.v[i][0] == '\0' || addr_resolve(&a, 1,
		    o->listen.v[i], port, 1, SOCK_STREAM, reason,
		    sizeof(reason)) == -1)
			goto bad;
	}
	option = "status";
	if (o->status == NULL || addr_resolve(&a, 1, o->status, NULL, 1,
	    SOCK_STREAM, reason, sizeof(reason)) != -1)
		return 0;
bad:
	snprintf(why, whylen, "--%s: %s; allowed: ADDRESS:PORT, [IPv6]:PORT "
	    "or unix:PATH", option, reason);
	return -1;
}

/* fill - what follows from the options. */
static int
fill(const struct server *srv, struct config *conf, char *why, size_t whylen)
{
	struct common *o = &conf->opt;
	size_t i;

	if (o->inetd)
		o->model = MODEL_INETD;
	if (srv->datagram == NULL)
		o->transport = TRANSPORT_TCP;
	else if (srv->session == NULL || srv->stream_address != NULL)
		o->transport = TRANSPORT_UDP;
	fill_children(srv, conf);
	if (check_addresses(srv, o, why, whylen) == -1)
		return -1;
	conf->nproxy_from = o->proxy_from.n;
	conf->proxy_from = calloc(o->proxy_from.n + 1, sizeof(struct cidr));
	if (conf->proxy_from == NULL) {
		snprintf(why, whylen, "%s", strerror(errno));
		return -1;
	}
	for (i = 0; i < o->proxy_from.n; i++) {
		if (cidr_parse(&conf->proxy_from[i], o->proxy_from.v[i]) == 0)
			continue;
		snprintf(why, whylen, "--proxy-from: '%.200s' is not a "
		    "network; allowed: ADDRESS or ADDRESS/BITS",
		    o->proxy_from.v[i]);
		return -1;
	}
	if ((o->tls_cert == NULL) != (o->tls_key == NULL)) {
		snprintf(why, whylen, "--tls-cert and --tls-key go together");
		return -1;
	}
	return 0;
}

/* set_up - the server's own setup, TLS and privileges. */
static int
set_up(struct core *core, struct config *conf, char *why, size_t whylen,
    enum opt_result *result)
{
	const struct server *srv = core->srv;
	struct common *o = &conf->opt;
	struct serve_needs needs;
	int r, sandbox;

	memset(&needs, 0, sizeof(needs));
	if (srv->setup != NULL) {
		r = srv->setup(conf->settings, &conf->operands, &needs, why,
		    whylen);
		if (r == SETUP_USAGE)
			*result = OPT_USAGE;
		if (r != 0)
			return -1;
	}
	conf->ready = 1;
	if (o->tls_cert != NULL) {
		conf->tls = tls_server(o->tls_cert, o->tls_key, why, whylen);
		if (conf->tls == NULL)
			return -1;
		if (srv->alpn != NULL && tls_alpn(conf->tls, srv->alpn) == -1) {
			snprintf(why, whylen, "%s", strerror(errno));
			return -1;
		}
	}
	/* a seccomp filter is compiled anew in each child, which costs more
	 * than the fork: a child for each connection goes without, unless
	 * it was asked for */
	sandbox = o->sandbox == CONFINE_ON ? SANDBOX_ON :
	    o->sandbox == CONFINE_OFF ? SANDBOX_OFF :
	    o->model == MODEL_FORK ? SANDBOX_FILES_AS_ROOT : SANDBOX_AS_ROOT;
	return privs_plan(&conf->privs, o->user, o->group, o->chroot, sandbox,
	    o->memory, &needs, why, whylen);
}

struct config *
config_load(struct core *core, char *why, size_t whylen,
    enum opt_result *result)
{
	struct config *conf = calloc(1, sizeof(*conf));
	int first = core->conf == NULL;

	*result = OPT_OK;
	if (conf == NULL)
		goto fail;
	conf->settings = calloc(1, core->srv->settings_size + 1);
	if (conf->settings == NULL)
		goto fail;
	why[0] = '\0';
	*result = parse(core, conf, first ? NULL : why, whylen);
	if (*result != OPT_OK) {
		free(conf->settings);
		free(conf);
		return NULL;
	}
	if (fill(core->srv, conf, why, whylen) == -1) {
		*result = OPT_USAGE;
		config_free(core->srv, conf);
		return NULL;
	}
	if (set_up(core, conf, why, whylen, result) == -1) {
		config_free(core->srv, conf);
		return NULL;
	}
	return conf;
fail:
	snprintf(why, whylen, "%s", strerror(errno));
	free(conf);
	return NULL;
}

void
config_free(const struct server *srv, struct config *conf)
{
	if (conf == NULL)
		return;
	privs_release(&conf->privs);
	tls_free(conf->tls);
	if (conf->ready && srv->teardown != NULL)
		srv->teardown(conf->settings);
	release_options(srv, conf);
	free(conf->proxy_from);
	free(conf->settings);
	free(conf);
}
