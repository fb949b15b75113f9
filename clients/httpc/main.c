/*
 * httpc - ask a web server over our own sockets: the coursework's client
 * (HOST PORT PATH), and for URLs what curl(1) does, with its options and exit
 * statuses.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "net/conn.h"
#include "report.h"
#include "transfer.h"

/* is_port - digits only: no host and no URL looks like that */
static bool
is_port(const char *s)
{
	return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

/* one - the nth URL; its exit status */
static int
one(const struct settings *set, const struct target *proxy,
    struct link *link, const struct opt_operands *operands, int nth)
{
	static struct transfer t;
	char **v = operands->v;
	char why[512];
	int st;

	memset(&t, 0, sizeof(t));
	t.result.urlnum = (uint32_t)nth;
	if ((size_t)nth < set->uploads.n)
		t.upload = set->uploads.v[nth];
	if (t.upload != NULL && strcmp(t.upload, ".") == 0)
		t.upload = "-";	/* curl's, for what ours does anyway */
	if (set->coursework)
		st = target_join(&t.first, v[0], v[1], operands->n > 2 ?
		    v[2] : "/", why, sizeof(why));
	else
		st = target_set(&t.first, v[nth], why, sizeof(why));
	if (st == ST_OK && t.upload != NULL && strcmp(t.upload, "-") != 0)
		st = target_name(&t.first, t.upload, why, sizeof(why));
	if (st != ST_OK)
		transfer_refuse(&t, set, st, v[nth], why);
	else
		transfer_run(&t, set, proxy, link);
	st = report(&t);
	transfer_free(&t);
	return st;
}

/* all - every URL, over one connection where that can be; the last error */
static int
all(const struct settings *set, const struct target *proxy,
    const struct opt_operands *operands)
{
	int n = set->coursework ? 1 : operands->n, status = ST_OK, st;
	struct link link;

	link_init(&link);
	for (int i = 0; i < n; i++) {
		st = one(set, proxy, &link, operands, i);
		if (st != ST_OK)
			status = st;
	}
	link_free(&link);
	conn_pool_free();
	return status;
}

/* proxy_of - --proxy, taken apart */
static int
proxy_of(const struct settings *set, struct target *proxy)
{
	char why[512];
	int st;

	if (set->proxy == NULL || *set->proxy == '\0')
		return ST_OK;
	st = target_set(proxy, set->proxy, why, sizeof(why));
	if (st == ST_OK && !proxy->url.tls)
		return ST_OK;
	if (st == ST_OK || st == ST_SCHEME)
		return usage_error("--proxy: '%s' is not spoken to; allowed: "
		    "http", set->proxy);
	usage_error("--proxy: %s", why);
	return ST_PROXY_NAME;
}

static int
run(struct settings *set, const struct opt_operands *operands)
{
	struct target proxy = { 0 };
	int st;

	set->coursework = operands->n >= 2 && operands->n <= 3 &&
	    is_port(operands->v[1]) && strchr(operands->v[0], '/') == NULL;
	set->include |= set->coursework;
	st = settings_prepare(set);
	if (st == ST_OK)
		st = report_format_ok(set->format);
	if (st == ST_OK)
		st = proxy_of(set, &proxy);
	if (st == ST_OK)
		st = all(set, proxy.text != NULL ? &proxy : NULL, operands);
	target_free(&proxy);
	return st;
}

int
main(int argc, char **argv)
{
	struct settings set;
	struct opt_operands operands;
	int status = ST_OK;

	signal(SIGPIPE, SIG_IGN);
	switch (settings_parse(&set, argc, argv, &operands)) {
	case OPT_OK:
		status = run(&set, &operands);
		settings_free(&set);
		break;
	case OPT_USAGE:
		status = ST_USAGE;
		break;
	case OPT_EXIT_OK:
		break;
	}
	return status;
}
