/*
 * proxyd: a caching HTTP proxy, forward and reverse.  The table of what it is
 * and of what can be set.
 */
#include <stddef.h>

#include "proxyd.h"

#define FIELD(f)	offsetof(struct proxyd, f)
#define NOTHING		0, 0, NULL, NULL, NULL

static const char *const forwarded_names[] = { "off", "append", "replace",
    NULL };
static const char *const log_names[] = { "squid", "json", NULL };

static const struct opt options[] = {
	{ "cache", 0, OPT_STRING, FIELD(cache_dir), NULL, "DIR",
	    "where answers are stored; a folder in XDG_CACHE_HOME", NOTHING },
	{ "no-cache", 0, OPT_FLAG, FIELD(no_cache), NULL, NULL,
	    "store nothing", NOTHING },
	{ "cache-size", 0, OPT_SIZE, FIELD(cache_size), "1G", "SIZE",
	    "of the store on disk", 1 << 20, INT64_MAX, NULL, NULL, NULL },
	{ "memory-size", 0, OPT_SIZE, FIELD(memory_size), "32M", "SIZE",
	    "of each child's memory of small answers", 0, INT64_MAX, NULL,
	    NULL, NULL },
	{ "max-object", 0, OPT_SIZE, FIELD(max_object), "100M", "SIZE",
	    "what is larger is not stored", 1, INT64_MAX, NULL, NULL, NULL },
	{ "offline", 0, OPT_FLAG, FIELD(offline), NULL, NULL,
	    "serve what is stored, however old, and nothing else", NOTHING },
	{ "origin", 0, OPT_LIST, FIELD(origin), NULL, "URL",
	    "be a reverse proxy of this; several take turns", NOTHING },
	{ "upstream", 0, OPT_STRING, FIELD(upstream), NULL, "URL",
	    "ask through this proxy", NOTHING },
	{ "allow", 0, OPT_LIST, FIELD(allow), NULL, "CIDR",
	    "clients beside those of this host; may be repeated", NOTHING },
	{ "allow-to", 0, OPT_LIST, FIELD(allow_to), NULL, "CIDR",
	    "what is inside this host that others may reach", NOTHING },
	{ "allow-host", 0, OPT_LIST, FIELD(allow_host), NULL, "GLOB",
	    "only such hosts may be asked", NOTHING },
	{ "deny-host", 0, OPT_LIST, FIELD(deny_host), NULL, "GLOB",
	    "such hosts may not be asked", NOTHING },
	{ "allow-method", 0, OPT_LIST, FIELD(allow_method), NULL, "GLOB",
	    "only such methods may be used", NOTHING },
	{ "deny-method", 0, OPT_LIST, FIELD(deny_method), NULL, "GLOB",
	    "such methods may not be used", NOTHING },
	{ "allow-port", 0, OPT_LIST, FIELD(allow_port), NULL, "PORT",
	    "only such ports may be asked", NOTHING },
	{ "deny-port", 0, OPT_LIST, FIELD(deny_port), NULL, "PORT",
	    "such ports may not be asked", NOTHING },
	{ "connect-port", 0, OPT_LIST, FIELD(connect_ports), NULL, "PORT",
	    "for CONNECT, beside 443 and 8443", NOTHING },
	{ "purge-from", 0, OPT_LIST, FIELD(purge_from), NULL, "CIDR",
	    "who may PURGE; this host", NOTHING },
	{ "server-status", 0, OPT_FLAG, FIELD(server_status), NULL, NULL,
	    "answer /server-status and /metrics", NOTHING },
	{ "status-allow", 0, OPT_LIST, FIELD(status_allow), NULL, "CIDR",
	    "who may see these; this host", NOTHING },
	{ "auth-file", 0, OPT_STRING, FIELD(auth_file), NULL, "FILE",
	    "USER:HASH lines; clients must be one of them", NOTHING },
	{ "auth-realm", 0, OPT_STRING, FIELD(realm), "proxy", "TEXT",
	    "what the password is for", NOTHING },
	{ "forwarded", 0, OPT_ENUM, FIELD(forwarded), "off", "HOW",
	    "the client's address in X-Forwarded-For and Forwarded", 0, 0,
	    forwarded_names, NULL, NULL },
	{ "add-header", 0, OPT_LIST, FIELD(add_header), NULL, "FIELD",
	    "'Name: value' for every request; may be repeated", NOTHING },
	{ "drop-header", 0, OPT_LIST, FIELD(drop_header), NULL, "NAME",
	    "taken out of every request; may be repeated", NOTHING },
	{ "ca-file", 0, OPT_STRING, FIELD(ca_file), NULL, "FILE",
	    "who vouches for https origins; the system's", NOTHING },
	{ "tls-name", 0, OPT_STRING, FIELD(tls_name), NULL, "NAME",
	    "of https --origins, for SNI and their certificates", NOTHING },
	{ "insecure", 0, OPT_FLAG, FIELD(insecure), NULL, NULL,
	    "https origins need not prove who they are", NOTHING },
	{ "health-path", 0, OPT_STRING, FIELD(health_path), NULL, "PATH",
	    "asked of each --origin, to see whether it is well", NOTHING },
	{ "health-interval", 0, OPT_MSEC, FIELD(health_ms), "5s", "TIME",
	    "between two looks", 10, INT64_MAX, NULL, NULL, NULL },
	{ "health-fall", 0, OPT_INT, FIELD(health_fall), "3", "N",
	    "failed looks after which an origin is down", 1, 1000, NULL,
	    NULL, NULL },
	{ "health-rise", 0, OPT_INT, FIELD(health_rise), "2", "N",
	    "good looks after which it is up again", 1, 1000, NULL, NULL,
	    NULL },
	{ "name", 0, OPT_STRING, FIELD(name), "brood", "TOKEN",
	    "of this proxy in Via and Cache-Status", NOTHING },
	{ "access-log", 0, OPT_STRING, FIELD(access_log), NULL, "FILE",
	    "a line a request; - is standard output", NOTHING },
	{ "log-format", 0, OPT_ENUM, FIELD(log_format), "squid", "FORMAT",
	    "of the access log", 0, 0, log_names, NULL, NULL },
	{ "connect-timeout", 0, OPT_MSEC, FIELD(connect_ms), "10s", "TIME",
	    "for looking up and connecting to an origin", 1, INT64_MAX, NULL,
	    NULL, NULL },
	{ "read-timeout", 0, OPT_MSEC, FIELD(read_ms), "60s", "TIME",
	    "for an origin that sends or takes nothing", 1, INT64_MAX, NULL,
	    NULL, NULL },
	{ "tunnel-timeout", 0, OPT_MSEC, FIELD(tunnel_ms), "10m", "TIME",
	    "for a tunnel in which nothing moves", 1, INT64_MAX, NULL, NULL,
	    NULL },
};

static const struct server proxyd = {
	.name = "proxyd",
	.summary = "caching HTTP proxy",
	.synopsis = "[options]",
	.address = "127.0.0.1:8888",
	.model = MODEL_PREFORK,
	.connections = 10000,
	.alpn = "http/1.1",
	.keepalive_idle = 60,
	.exchange_limit = 30,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.settings_size = sizeof(struct proxyd),
	.setup = proxy_setup,
	.teardown = proxy_teardown,
	.reopen = proxy_reopen,
	.session = proxy_session,
	.refuse = proxy_refuse,
	.child_start = proxy_child_start,
	.child_stop = proxy_child_stop,
	.idle = proxy_idle,
};

int
main(int argc, char **argv)
{
	return serve_main(&proxyd, argc, argv);
}
