/*
 * The access log: squid's native format or JSON lines, one line a request at
 * its end.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/linelog.h"
#include "http/escape.h"
#include "proxyd.h"

#define LINE_MOST	4096	/* bytes of one line; the URL is cut */
#define JSON_FIRST_MAX	1024	/* bytes of the members that are ours */

/* safe - without what would break a line or its fields. */
static size_t
safe(const char *s, char *out, size_t size)
{
	struct http_str in = http_cstr(s);
	size_t n = http_escape_log(&in, out, size - 1), i;

	for (i = 0; i < n; i++)
		if (out[i] == ' ')
			out[i] = '+';
	out[n] = '\0';
	return n;
}

/* squid_line - time elapsed client tag/status bytes method URL user
 * hierarchy/peer type */
static int
squid_line(const struct exchange *x, char *out, size_t size)
{
	char client[IPADDR_TEXT_MAX], url[2048], user[256], type[256];
	int64_t wall = clock_wall(), took = serve_now() - x->start;
	struct http_str method = http_view(&x->req, x->req.method_name);

	ipaddr_host(&x->c->peer, client, sizeof(client));
	safe(x->url[0] != '\0' ? x->url : "-", url, sizeof(url));
	safe(x->user[0] != '\0' ? x->user : "-", user, sizeof(user));
	safe(x->type[0] != '\0' ? x->type : "-", type, sizeof(type));
	return snprintf(out, size,
	    "%lld.%03d %6lld %s %s/%03d %llu %.*s %s %s %s/%s %s\n",
	    (long long)(wall / NSEC_PER_SEC),
	    (int)(wall / NSEC_PER_MSEC % 1000),
	    (long long)(took / NSEC_PER_MSEC), client, x->tag, x->status,
	    (unsigned long long)(x->c->bytes_out + x->c->out_len -
	    x->out_before), method.len > 0 ? (int)method.len : 4,
	    method.len > 0 ? method.ptr : "NONE", url, user,
	    x->peer[0] != '\0' ? "HIER_DIRECT" : "HIER_NONE",
	    x->peer[0] != '\0' ? x->peer : "-", type);
}

/* add_json - a member more: name, and as much of the text as fits into most
 * bytes.  All of a line's together fit into LINE_MOST. */
static size_t
add_json(char *out, const char *name, struct http_str text, size_t most)
{
	size_t n = (size_t)sprintf(out, ",\"%s\":\"", name);

	n += http_escape_json(&text, out + n, most);
	out[n++] = '"';
	return n;
}

static int
json_line(const struct exchange *x, char *out, size_t size)
{
	char client[IPADDR_TEXT_MAX], *at;
	int64_t wall = clock_wall(), now = serve_now();
	int n;

	ipaddr_host(&x->c->peer, client, sizeof(client));
	n = snprintf(out, size, "{\"time\":%lld.%03d,\"client\":\"%s\","
	    "\"tag\":\"%s\",\"status\":%d,\"bytes_in\":%llu,"
	    "\"bytes_out\":%llu,\"first_ms\":%.3f,\"total_ms\":%.3f,"
	    "\"upstream\":\"%s\"", (long long)(wall / NSEC_PER_SEC),
	    (int)(wall / NSEC_PER_MSEC % 1000), client, x->tag, x->status,
	    (unsigned long long)(x->c->bytes_in -
	    conn_pending(x->c) - x->in_before),
	    (unsigned long long)(x->c->bytes_out + x->c->out_len -
	    x->out_before), x->first_byte == 0 ? 0.0 :
	    (double)(x->first_byte - x->start) / NSEC_PER_MSEC,
	    (double)(now - x->start) / NSEC_PER_MSEC, x->peer);
	if (n < 0 || (size_t)n > JSON_FIRST_MAX)
		return -1;
	at = out + n;
	at += add_json(at, "method", http_view(&x->req,
	    x->req.method_name), 64);
	at += add_json(at, "url", http_cstr(x->url), 2048);
	at += add_json(at, "user", http_cstr(x->user), 256);
	at += add_json(at, "type", http_cstr(x->type), 256);
	return (int)(stpcpy(at, "}\n") - out);
}

void
log_exchange(struct exchange *x)
{
	struct linelog *l = x->p->worker->log;
	char *p = linelog_room(l, LINE_MOST, serve_now());
	int n;

	if (x->tag == NULL)
		x->tag = "TCP_MISS";
	if (p == NULL)
		return;
	n = x->p->log_format == LOG_JSON ? json_line(x, p, LINE_MOST) :
	    squid_line(x, p, LINE_MOST);
	if (n > 0 && n < LINE_MOST)
		linelog_added(l, p + n);
}
