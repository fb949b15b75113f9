/*
 * httpd, a web server for files.  Here are its options and what it is to the
 * core; session.c is where a request begins.
 */
#include <stddef.h>

#include "httpd.h"

static const char *const formats[] = { "combined", "json", NULL };
static const char *const links[] = { "none", "beneath", NULL };
static const char *const forwarded_fields[] = { "auto", "x-forwarded-for",
    "forwarded", NULL };

#define F(field)	offsetof(struct httpd, field)

static const struct opt options[] = {
	{ "index", 0, OPT_CALL, F(index), NULL, "NAME",
	    "index of a folder; default index.html", 0, 0, NULL, rule_index,
	    rule_index_free },
	{ "listing", 0, OPT_FLAG, F(listing), NULL, NULL,
	    "list folders that have no index", 0, 0, NULL, NULL, NULL },
	{ "error-page", 0, OPT_CALL, F(pages), NULL, "CODE=/PATH",
	    "a file of DIR as the page of an error", 0, 0, NULL, rule_page,
	    rule_page_free },
	{ "single-page", 0, OPT_FLAG, F(single_page), NULL, NULL,
	    "/index.html for pages that do not exist", 0, 0, NULL, NULL,
	    NULL },
	{ "header", 0, OPT_CALL, F(headers), NULL, "[GLOB:]NAME: VALUE",
	    "add a header, to paths that match", 0, 0, NULL, rule_header,
	    rule_header_free },
	{ "redirect", 0, OPT_CALL, F(redirects), NULL, "[CODE:]/OLD=NEW",
	    "redirect; * at the ends stands for the rest", 0, 0, NULL,
	    rule_redirect, rule_redirect_free },
	{ "auth-file", 0, OPT_STRING, F(auth_file), NULL, "FILE",
	    "ask for a password: lines of user:hash", 0, 0, NULL, NULL, NULL },
	{ "auth-realm", 0, OPT_CALL, F(auth_realm), "Restricted", "TEXT",
	    "what the password is said to be for", 0, 0, NULL, rule_realm,
	    rule_text_free },
	{ "vhost", 0, OPT_CALL, F(vhosts), NULL, "NAME=DIR",
	    "another folder for this host, *.NAME too", 0, 0, NULL, rule_vhost,
	    rule_vhost_free },
	{ "types", 0, OPT_STRING, F(types_file), NULL, "FILE",
	    "types by extension; default /etc/mime.types", 0, 0, NULL, NULL,
	    NULL },
	{ "charset", 0, OPT_CALL, F(charset), "utf-8", "NAME",
	    "of files that are text", 0, 0, NULL, rule_charset,
	    rule_text_free },
	{ "dot-files", 0, OPT_FLAG, F(dot_files), NULL, NULL,
	    "serve files whose names begin with a dot", 0, 0, NULL, NULL,
	    NULL },
	{ "follow-links", 0, OPT_ENUM, F(follow_links), "beneath", "WHICH",
	    "symbolic links, at most within DIR", 0, 0, links, NULL, NULL },
	{ "precompressed", 0, OPT_FLAG, F(precompressed), "yes", NULL,
	    "send FILE.br, .zst or .gz to who takes it", 0, 0, NULL, NULL,
	    NULL },
	{ "cache-size", 0, OPT_SIZE, F(cache_size), "16M", "SIZE",
	    "memory for small files, in each process", 0, 1LL << 40, NULL,
	    NULL, NULL },
	{ "access-log", 0, OPT_STRING, F(access_log), "off", "FILE",
	    "- is standard output", 0, 0, NULL, NULL, NULL },
	{ "log-format", 0, OPT_ENUM, F(log_format), "combined", "FORMAT",
	    "of the access log", 0, 0, formats, NULL, NULL },
	{ "trust-forwarded", 0, OPT_CALL, F(trusted), NULL, "CIDR",
	    "proxies that say who the client is", 0, 0, NULL, rule_network,
	    rule_network_free },
	{ "forwarded-field", 0, OPT_ENUM, F(forwarded), "auto", "WHICH",
	    "where they say it", 0, 0, forwarded_fields, NULL, NULL },
	{ "server-status", 0, OPT_FLAG, F(server_status), NULL, NULL,
	    "answer /server-status and /metrics", 0, 0, NULL, NULL, NULL },
	{ "status-allow", 0, OPT_CALL, F(watchers), NULL, "CIDR",
	    "to these; default the machine itself", 0, 0, NULL, rule_network,
	    rule_network_free },
	{ "bridge", 0, OPT_CALL, F(bridges), NULL, "/PATH=tcp:HOST:PORT",
	    "carry WebSockets there; or =udp:HOST:PORT", 0, 0, NULL,
	    rule_bridge, rule_bridge_free },
	{ "bridge-origin", 0, OPT_CALL, F(origins), NULL, "ORIGIN",
	    "pages that may, too; * any; default our own", 0, 0, NULL,
	    rule_origin, rule_index_free },
	{ "bridge-connections", 0, OPT_INT, F(bridge_max), "1000", "N",
	    "WebSockets at once in all; 0 any number", 0, 1LL << 31, NULL,
	    NULL, NULL },
	{ "bridge-message", 0, OPT_SIZE, F(bridge_message), "64k", "SIZE",
	    "of one WebSocket message", 125, 1LL << 30, NULL, NULL, NULL },
	{ "bridge-ping", 0, OPT_MSEC, F(bridge_ping), "30s", "TIME",
	    "probe a WebSocket silent for so long; 0 none", 0, 1LL << 40,
	    NULL, NULL, NULL },
	{ "max-body", 0, OPT_SIZE, F(max_body), "1M", "SIZE",
	    "of a request; it is read and dropped", 0, 1LL << 50, NULL, NULL,
	    NULL },
	{ "max-head", 0, OPT_SIZE, F(max_head), "16k", "SIZE",
	    "of a request's line and headers", 256, CONN_BUF_SIZE, NULL, NULL,
	    NULL },
	{ "keepalive-requests", 0, OPT_INT, F(keepalive_requests), "10000",
	    "N", "on one connection; 0 any number", 0, 1LL << 31, NULL, NULL,
	    NULL },
	{ "body-timeout", 0, OPT_MSEC, F(body_timeout), "30s", "TIME",
	    "for a request's body; 0 none", 0, 0, NULL, NULL, NULL },
};

static const struct server httpd = {
	.name = "httpd",
	.summary = "Serve the files of a folder over HTTP/1.1.",
	.synopsis = "[options] DIR",
	.address = "*:8080",
	.model = MODEL_PREFORK,
	.connections = 4096,
	.keepalive_idle = 60,
	.exchange_limit = 15,
	.yields = 1,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.settings_size = sizeof(struct httpd),
	.min_operands = 1,
	.max_operands = 1,
	.setup = httpd_setup,
	.teardown = httpd_teardown,
	.reopen = httpd_reopen,
	.session = http_session,
	.refuse = http_refuse,
	.child_start = httpd_start,
	.child_stop = httpd_stop,
	.idle = httpd_idle,
};

int
main(int argc, char **argv)
{
	return serve_main(&httpd, argc, argv);
}
