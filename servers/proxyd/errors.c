/*
 * Answers of our own: errors with their cause in words, and small texts.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/date.h"
#include "http/escape.h"
#include "http/status.h"
#include "proxyd.h"

void
reply_text(struct exchange *x, int status, const char *fields,
    const char *type, const char *text)
{
	char date[HTTP_DATE_LEN + 1];
	size_t len = strlen(text);

	x->status = status;
	x->began = true;
	snprintf(x->type, sizeof(x->type), "%.*s", (int)strcspn(type, ";"),
	    type);
	if (x->quiet)
		return;
	http_date_format((time_t)(clock_wall() / NSEC_PER_SEC), date);
	conn_printf(x->c, "HTTP/1.1 %d %s\r\nServer: %s\r\nDate: %s\r\n"
	    "Content-Type: %s\r\nContent-Length: %zu\r\n%s", status,
	    http_phrase(status), x->p->name, date, type, len, fields);
	if (x->cache_status[0] != '\0')
		conn_printf(x->c, "Cache-Status: %s\r\n", x->cache_status);
	conn_puts(x->c, x->keep ? x->req.minor == 0 ?
	    "Connection: keep-alive\r\n\r\n" : "\r\n" :
	    "Connection: close\r\n\r\n");
	if (x->req.method != HTTP_M_HEAD)
		conn_put(x->c, text, len);
	x->first_byte = serve_now();
}

/* fields_for - what some statuses must bring with them. */
static void
fields_for(const struct exchange *x, int status, char *out, size_t size)
{
	if (status == HTTP_STATUS_PROXY_AUTHENTICATION)
		snprintf(out, size, "Proxy-Authenticate: Basic realm=\"%s\", "
		    "charset=\"UTF-8\"\r\n", x->p->realm);
	else if (status == HTTP_STATUS_METHOD_NOT_ALLOWED)
		snprintf(out, size, "Allow: GET, HEAD, POST, PUT, PATCH, "
		    "DELETE, OPTIONS, CONNECT\r\n");
	else
		out[0] = '\0';
}

/* note - for who looks after the proxy: what was refused, and what failed. */
static void
note(const struct exchange *x, int status, const char *why)
{
	struct http_str method = http_view(&x->req, x->req.method_name);
	struct http_str target = x->url[0] != '\0' ? http_cstr(x->url) :
	    http_view(&x->req, x->req.target);
	char peer[IPADDR_TEXT_MAX];
	int n = target.len < 1024 ? (int)target.len : 1024;

	conn_peer_text(x->c, peer, sizeof(peer));
	if (strcmp(x->tag, "TCP_DENIED") == 0)
		log_info("%s: denied: %s: %.*s %.*s", peer, why,
		    (int)method.len, method.ptr, n, target.ptr);
	else
		log_info("%s: %d %s: %.*s %.*s", peer, status, why,
		    (int)method.len, method.ptr, n, target.ptr);
}

void
reply_error(struct exchange *x, int status, const char *why)
{
	char page[2048], url[1024], fields[512];
	struct http_str in = http_cstr(x->url);
	size_t n;

	if (x->broken || x->began) {	/* too late for an answer */
		x->broken = true;
		return;
	}
	n = http_escape_html(&in, url, sizeof(url) - 1);
	url[n] = '\0';
	snprintf(page, sizeof(page), "<!DOCTYPE html>\n<html lang=\"en\">\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width\">\n<meta name=\"color-scheme\" "
	    "content=\"light dark\">\n<title>%d %s</title>\n"
	    "<h1>%d %s</h1>\n<p>%s: %s.</p>\n<hr><p>%s</p>\n</html>\n",
	    status, http_phrase(status), status, http_phrase(status),
	    url[0] != '\0' ? url : "This request", why, x->p->name);
	fields_for(x, status, fields, sizeof(fields));
	if (x->tag == NULL)
		x->tag = "TCP_MISS";
	note(x, status, why);
	reply_text(x, status, fields, "text/html; charset=utf-8", page);
}
