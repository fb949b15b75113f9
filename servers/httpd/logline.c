/*
 * The formats of the access log.  Text that came from the client is cut and
 * escaped: nobody can forge a line or send a terminal commands through it.
 */
#include "logline.h"

#include "format.h"
#include "http/escape.h"
#include "http/names.h"
#include "request.h"
#include "tick.h"

/* The most of each that is kept, bytes; JSON may make six of one. */
#define LINE_KEPT	2560	/* request line */
#define REFERER_KEPT	1024
#define AGENT_KEPT	512
#define HOST_KEPT	256

_Static_assert(HTTP_ESCAPE_MAX * (LINE_KEPT + REFERER_KEPT + AGENT_KEPT +
    HOST_KEPT + USER_SIZE) + 1024 < LOGLINE_MAX, "the longest line must fit");

/* put_escaped - at most max bytes of s, for a line of text. */
static char *
put_escaped(char *p, struct http_str s, size_t max)
{
	if (s.len > max)
		s.len = max;
	return p + http_escape_log(&s, p, HTTP_ESCAPE_MAX * s.len);
}

static char *
put_field(char *p, const struct http_msg *m, enum http_hdr id, size_t max)
{
	struct http_str value = http_get(m, id);

	*p++ = '"';
	if (value.len == 0)
		*p++ = '-';
	else
		p = put_escaped(p, value, max);
	*p++ = '"';
	return p;
}

/* put_address - the client's, without its port; never longer than 64 bytes. */
static char *
put_address(char *p, const struct ipaddr *ip)
{
	char text[IPADDR_TEXT_MAX];

	if (ip->family == AF_INET) {
		for (int i = 0; i < 4; i++) {
			if (i > 0)
				*p++ = '.';
			p = put_uint(p, ip->ip[i]);
		}
		return p;
	}
	if (ip->family != AF_INET6)
		return PUT_LITERAL(p, "-");
	ipaddr_host(ip, text, sizeof(text));
	return put_mem(p, text, strlen(text));
}

/*
 * request_line - as it came, without the line's end; of a request that was
 * refused before it was read so far, what there is of it.
 */
static struct http_str
request_line(const struct request *r)
{
	const struct http_msg *m = &r->msg;
	struct http_str s = { NULL, 0 };
	size_t left;

	if (m->base == NULL)
		return s;
	if (m->target.len > 0) {
		/* method SP target SP HTTP/1.x */
		s.ptr = m->base + m->method_name.off;
		s.len = m->target.off + m->target.len - m->method_name.off + 9;
		if (m->reason == NULL)
			return s;
	}
	s.ptr = m->base;
	left = r->copy != NULL ? m->head_len : conn_pending(r->c);
	while (s.len < left && s.len < LINE_KEPT && s.ptr[s.len] != '\r' &&
	    s.ptr[s.len] != '\n')
		s.len++;
	return s;
}

char *
logline_combined(char *p, const struct request *r, const struct tick *t,
    int64_t now)
{
	struct http_str line = request_line(r);
	struct http_str user = http_cstr(r->user);

	p = put_address(p, &r->client);
	p = PUT_LITERAL(p, " - ");
	if (user.len == 0)
		*p++ = '-';
	else
		p = put_escaped(p, user, USER_SIZE);
	p = PUT_LITERAL(p, " [");
	p = put_mem(p, t->common, t->common_len);
	p = PUT_LITERAL(p, "] \"");
	if (line.len == 0)
		*p++ = '-';
	else
		p = put_escaped(p, line, LINE_KEPT);
	p = PUT_LITERAL(p, "\" ");
	p = put_uint(p, r->status);
	*p++ = ' ';
	p = put_uint(p, r->sent);
	*p++ = ' ';
	p = put_field(p, &r->msg, HDR_REFERER, REFERER_KEPT);
	*p++ = ' ';
	p = put_field(p, &r->msg, HDR_USER_AGENT, AGENT_KEPT);
	*p++ = ' ';
	p = put_seconds(p, now - r->began);
	*p++ = ' ';
	p = put_uint(p, r->c->id);
	*p++ = '/';
	p = put_uint(p, r->c->exchanges + 1U);
	*p++ = '\n';
	return p;
}

/* json_text - ,"name":"s", or null for what is absent */
static char *
json_text(char *p, const char *name, struct http_str s, size_t max)
{
	*p++ = ',';
	*p++ = '"';
	p = put_mem(p, name, strlen(name));
	p = PUT_LITERAL(p, "\":");
	if (s.ptr == NULL)
		return PUT_LITERAL(p, "null");
	if (s.len > max)
		s.len = max;
	*p++ = '"';
	p += http_escape_json(&s, p, HTTP_ESCAPE_MAX * s.len);
	*p++ = '"';
	return p;
}

static char *
json_number(char *p, const char *name, uint64_t n)
{
	*p++ = ',';
	*p++ = '"';
	p = put_mem(p, name, strlen(name));
	p = PUT_LITERAL(p, "\":");
	return put_uint(p, n);
}

/* json_request - what was asked; of a bad request, only its line. */
static char *
json_request(char *p, const struct request *r)
{
	static const char *const protocols[] = { "HTTP/1.0", "HTTP/1.1" };
	const struct http_msg *m = &r->msg;

	if (m->target.len == 0 || m->reason != NULL)
		return json_text(p, "request", request_line(r), LINE_KEPT);
	p = json_text(p, "method", http_view(m, m->method_name), 64);
	p = json_text(p, "target", http_view(m, m->target), LINE_KEPT - 64);
	p = json_text(p, "protocol", http_cstr(protocols[m->minor > 0]), 8);
	p = json_text(p, "host", http_view(m, m->authority), HOST_KEPT);
	p = json_text(p, "referer", http_get(m, HDR_REFERER), REFERER_KEPT);
	return json_text(p, "user_agent", http_get(m, HDR_USER_AGENT),
	    AGENT_KEPT);
}

char *
logline_json(char *p, const struct request *r, const struct tick *t,
    int64_t now)
{
	struct http_str user = http_cstr(r->user);

	if (user.len == 0)
		user.ptr = NULL;
	p = PUT_LITERAL(p, "{\"time\":\"");
	p = put_mem(p, t->iso, t->iso_len);
	p = PUT_LITERAL(p, "\",\"client\":\"");
	p = put_address(p, &r->client);
	*p++ = '"';
	p = json_text(p, "user", user, USER_SIZE);
	p = json_request(p, r);
	p = json_number(p, "status", r->status);
	p = json_number(p, "bytes", r->sent);
	p = PUT_LITERAL(p, ",\"duration\":");
	p = put_seconds(p, now - r->began);
	p = json_number(p, "connection", r->c->id);
	p = json_number(p, "number", r->c->exchanges + 1U);
	if (r->reason != NULL)
		p = json_text(p, "reason", http_cstr(r->reason), 80);
	return PUT_LITERAL(p, "}\n");
}
