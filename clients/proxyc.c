/*
 * proxyc - asks a proxyd about its store: what there is of a URL, and to take
 * it out or make it stale, alone or with all URLs that begin so.  It speaks
 * HTTP: HEAD with only-if-cached, and PURGE.
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/opt.h"
#include "http/auth.h"
#include "http/message.h"
#include "http/uri.h"
#include "net/conn.h"
#include "net/dial.h"

#define TEXT_MAX	1024	/* bytes of an answer's body that are shown */

enum { ST_DONE, ST_NOT_STORED, ST_USAGE, ST_FAILED };

struct settings {
	char	*proxy, *user;
	bool	 soft, prefix, json;
	int64_t	 wait_ms;
};

#define FIELD(f)	offsetof(struct settings, f)

static const struct opt options[] = {
	{ .name = "proxy", .letter = 'x', .kind = OPT_STRING,
	    .offset = FIELD(proxy), .def = "127.0.0.1:8888",
	    .arg = "HOST:PORT", .help = "the proxy to ask" },
	{ .name = "proxy-user", .letter = 'U', .kind = OPT_STRING,
	    .offset = FIELD(user), .arg = "USER:PASSWORD",
	    .help = "log in as USER" },
	{ .name = "soft", .kind = OPT_FLAG, .offset = FIELD(soft),
	    .help = "purge: make it stale, do not take it out" },
	{ .name = "prefix", .kind = OPT_FLAG, .offset = FIELD(prefix),
	    .help = "purge: all URLs that begin so" },
	{ .name = "json", .kind = OPT_FLAG, .offset = FIELD(json),
	    .help = "print a JSON object for each URL" },
	{ .name = "wait", .letter = 'W', .kind = OPT_MSEC, .def = "60s",
	    .offset = FIELD(wait_ms), .arg = "TIME",
	    .help = "how long the proxy may take for each URL" },
};

static struct opt_group groups[] = { { .opts = options,
    .nopts = sizeof(options) / sizeof(options[0]) } };

static const struct opt_program program = {
	.name = "proxyc",
	.synopsis = "[options] show|purge URL...",
	.summary = "ask a proxyd about what it has stored",
	.groups = groups,
	.ngroups = 1,
	.min_operands = 2,
	.max_operands = -1,
};

/* What the proxy said of one URL. */
struct reply {
	struct http_msg	 m;
	char		 body[TEXT_MAX];	/* one line, without its end */
};

static int
usage(const char *what, const char *value)
{
	warnx("'%s' %s (try proxyc --help)", value, what);
	return ST_USAGE;
}

/* put_login - Proxy-Authorization; 0, or -1 where it is too long. */
static int
put_login(struct conn *c, const char *user)
{
	char text[1024];

	if (user == NULL)
		return 0;
	if (http_base64_encode(http_cstr(user), text, sizeof(text)) == -1)
		return -1;
	conn_printf(c, "Proxy-Authorization: Basic %s\r\n", text);
	return 0;
}

/* ask - one request, on a connection of its own. */
static int
ask(struct conn *c, const struct settings *set, const char *url, bool purge)
{
	struct http_url u;
	const char *scheme = "";

	/* a path alone is for a reverse proxy, whose only origin is meant */
	if (url[0] != '/' && http_url_parse(http_cstr(url), &u) == NULL)
		scheme = u.tls ? "https://" : "http://";
	conn_printf(c, "%s ", purge ? "PURGE" : "HEAD");
	if (scheme[0] == '\0')
		conn_printf(c, "%s HTTP/1.1\r\nHost: %s\r\n", url,
		    set->proxy);
	else
		conn_printf(c, "%s%.*s%s%.*s HTTP/1.1\r\nHost: %.*s\r\n",
		    scheme, (int)u.authority.len, u.authority.ptr,
		    u.target.len == 0 || *u.target.ptr != '/' ? "/" : "",
		    (int)u.target.len, u.target.ptr, (int)u.authority.len,
		    u.authority.ptr);
	if (!purge)
		conn_puts(c, "Cache-Control: only-if-cached, max-stale\r\n");
	else if (set->soft || set->prefix)
		conn_printf(c, "Purge: %s%s%s\r\n", set->soft ? "soft" : "",
		    set->soft && set->prefix ? ", " : "",
		    set->prefix ? "prefix" : "");
	if (put_login(c, set->user) == -1)
		return -1;
	conn_puts(c, "Connection: close\r\n\r\n");
	return conn_flush(c);
}

/* read_reply - its head, which r->m is a view of, and a line of its body. */
static int
read_reply(struct conn *c, struct reply *r, bool purge)
{
	size_t n;

	http_msg_init(&r->m, NULL);
	for (;;) {
		if (conn_pending(c) > 0)
			switch (http_parse_response(&r->m, conn_data(c),
			    conn_pending(c), purge ? HTTP_M_PURGE :
			    HTTP_M_HEAD)) {
			case HTTP_OK:
				goto head;
			case HTTP_BAD:
				errno = EPROTO;
				return -1;
			default:
				break;
			}
		if (conn_fill(c) <= 0)
			return -1;
	}
head:
	while (r->m.body == HTTP_BODY_LENGTH && r->m.length < TEXT_MAX &&
	    conn_pending(c) < r->m.head_len + r->m.length)
		if (conn_fill(c) <= 0)
			return -1;
	http_rebase(&r->m, conn_data(c));
	n = conn_pending(c) - r->m.head_len;
	if (n >= sizeof(r->body))
		n = sizeof(r->body) - 1;
	memcpy(r->body, conn_data(c) + r->m.head_len, n);
	r->body[n] = '\0';
	r->body[strcspn(r->body, "\r\n")] = '\0';
	return 0;
}

/* age_of - Age; -1 where it is not told. */
static long long
age_of(const struct http_msg *m)
{
	uint64_t n;

	return http_decimal(http_single(m, HDR_AGE), INT64_MAX, &n) == 0 ?
	    (long long)n : -1;
}

/* ttl_of - how long it is still fresh, by the proxy's Cache-Status, which is
 * the last; below zero: how long it has been stale. */
static long long
ttl_of(const struct http_msg *m)
{
	struct http_str value, last = { NULL, 0 };
	unsigned int cursor = 0;
	const char *at;

	while (http_each(m, HDR_CACHE_STATUS, &cursor, &value))
		last = value;
	at = last.ptr == NULL ? NULL : memmem(last.ptr, last.len, "ttl=", 4);
	return at == NULL ? 0 : strtoll(at + 4, NULL, 10);
}

static bool
is_stored(const struct http_msg *m)
{
	return m->code < 500 && m->known[HDR_CACHE_STATUS] != 0;
}

static void
json_field(struct buf *b, const struct http_msg *m, enum http_hdr id,
    const char *name)
{
	struct http_str s = http_single(m, id);

	if (s.ptr == NULL)
		return;
	buf_addf(b, ",\"%s\":", name);
	buf_json(b, s.ptr, s.len);
}

static void
print_json(const char *url, const struct reply *r, bool purge)
{
	const struct http_msg *m = &r->m;
	struct buf b = { 0 };

	buf_adds(&b, "{\"url\":");
	buf_json(&b, url, strlen(url));
	if (purge) {
		buf_addf(&b, ",\"status\":%u,\"purged\":%s,\"text\":",
		    m->code, m->code == 200 ? "true" : "false");
		buf_json(&b, r->body, strlen(r->body));
	} else if (!is_stored(m)) {
		buf_adds(&b, ",\"stored\":false");
	} else {
		buf_addf(&b, ",\"stored\":true,\"status\":%u,\"age\":%lld,"
		    "\"ttl\":%lld", m->code, age_of(m), ttl_of(m));
		json_field(&b, m, HDR_CONTENT_LENGTH, "length");
		json_field(&b, m, HDR_CONTENT_TYPE, "type");
		json_field(&b, m, HDR_ETAG, "etag");
	}
	buf_adds(&b, "}\n");
	if (!b.failed)
		fwrite(b.data, 1, b.len, stdout);
	buf_free(&b);
}

static void
print_shown(const char *url, const struct http_msg *m)
{
	struct http_str length = http_single(m, HDR_CONTENT_LENGTH);
	long long ttl = ttl_of(m);

	if (!is_stored(m)) {
		printf("%s: not stored\n", url);
		return;
	}
	printf("%s: status %u, ", url, m->code);
	if (length.ptr != NULL)
		printf("%.*s bytes, ", (int)length.len, length.ptr);
	printf("%lld s old, ", age_of(m));
	if (ttl > 0)
		printf("fresh for %lld s\n", ttl);
	else
		printf("stale for %lld s\n", -ttl);
}

/* tell - what the proxy said; an exit status. */
static int
tell(const char *url, const struct settings *set, const struct reply *r,
    bool purge)
{
	const struct http_msg *m = &r->m;

	if (m->code == 407 || (m->code != 200 && m->code != 404 &&
	    (purge || m->code == 400 || m->code == 403))) {
		warnx("%s: the proxy refuses: %u %.*s", url, m->code,
		    (int)m->phrase.len, http_view(m, m->phrase).ptr);
		return ST_FAILED;
	}
	if (set->json)
		print_json(url, r, purge);
	else if (purge)
		printf("%s: %s\n", url, r->body);
	else
		print_shown(url, m);
	return (purge ? m->code == 200 : is_stored(m)) ? ST_DONE :
	    ST_NOT_STORED;
}

static int
one(const char *url, const struct settings *set, bool purge)
{
	char host[512], why[256], *port;
	struct reply r;
	struct conn c;
	int status;

	snprintf(host, sizeof(host), "%s", set->proxy);
	port = strrchr(host, ':');
	if (port != NULL && strchr(port, ']') == NULL)
		*port++ = '\0';
	else
		port = NULL;
	if (dial(&c, host, port != NULL ? port : "8888", set->wait_ms, why,
	    sizeof(why)) != DIAL_OK) {
		warnx("%s: %s", set->proxy, why);
		return ST_FAILED;
	}
	conn_deadline(&c, set->wait_ms);
	if (ask(&c, set, url, purge) == -1 ||
	    read_reply(&c, &r, purge) == -1) {
		warnx("%s: no answer from the proxy", url);
		status = ST_FAILED;
	} else {
		status = tell(url, set, &r, purge);
	}
	conn_close(&c);
	return status;
}

/* check - that nothing of it is read as something else. */
static int
check(const char *url)
{
	struct http_url u;
	const char *why;

	if (url[0] == '/')
		return strpbrk(url, " \t\r\n#") == NULL ? 0 :
		    usage("is no path", url);
	why = http_url_parse(http_cstr(url), &u);
	return why == NULL && !u.has_userinfo ? 0 :
	    usage("is not a URL; allowed: http://HOST[:PORT]/PATH, https:// "
	    "or /PATH", url);
}

static int
run(void *settings, const struct opt_operands *op)
{
	const struct settings *set = settings;
	bool purge = strcmp(op->v[0], "purge") == 0;
	int i, status = ST_DONE, r;

	if (!purge && strcmp(op->v[0], "show") != 0)
		return usage("is no command; allowed: show, purge",
		    op->v[0]);
	if (!purge && (set->soft || set->prefix))
		return usage("is for purge", set->soft ? "--soft" :
		    "--prefix");
	for (i = 1; i < op->n; i++)
		if (check(op->v[i]) != 0)
			return ST_USAGE;
	for (i = 1; i < op->n; i++) {
		r = one(op->v[i], set, purge);
		if (r > status)
			status = r;
	}
	conn_pool_free();
	return status;
}

int
main(int argc, char **argv)
{
	struct settings set = { 0 };

	return opt_main(&program, argc, argv, &set, run);
}
