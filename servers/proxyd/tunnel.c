/*
 * CONNECT and protocols that a connection is upgraded to: bytes both ways,
 * looked at by nobody, kept by nobody.
 */
#include <stdio.h>

#include "http/status.h"
#include "transfer.h"

static void
carry(struct exchange *x, struct conn *up)
{
	conn_flush(x->c);
	conn_deadline(x->c, -1);
	conn_deadline(up, -1);
	conn_relay(x->c, up, x->p->tunnel_ms);
	x->keep = false;
	upstream_close(up);
}

/* ask_parent - have the next proxy make the tunnel; 0, or its status. */
static int
ask_parent(struct exchange *x, struct conn *up)
{
	char authority[HOST_MAX + 16];
	struct http_msg res;

	snprintf(authority, sizeof(authority), "%s%s%s:%u",
	    x->req.host.len > 0 && *http_view(&x->req, x->req.host).ptr == '[' ?
	    "[" : "", x->to.host,
	    *http_view(&x->req, x->req.host).ptr == '[' ? "]" : "",
	    x->to.port);
	conn_printf(up, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", authority,
	    authority);
	if (conn_flush(up) == -1)
		return 502;
	http_msg_init(&res, NULL);
	for (;;) {
		enum http_result r = conn_pending(up) == 0 ? HTTP_MORE :
		    http_parse_response(&res, conn_data(up),
		    conn_pending(up), HTTP_M_CONNECT);

		if (r == HTTP_OK)
			break;
		if (r == HTTP_BAD || conn_fill(up) <= 0)
			return 502;
	}
	conn_consume(up, res.head_len);
	return res.code >= 200 && res.code < 300 ? 0 : res.code;
}

static void
not_dialled(struct exchange *x, enum dialled d)
{
	switch (d) {
	case DIALLED_NO_NAME:
		reply_error(x, 502, "the host's name is not known");
		return;
	case DIALLED_TIMEOUT:
		reply_error(x, 504, "connecting to the host timed out");
		return;
	case DIALLED_FORBIDDEN:
		x->tag = "TCP_DENIED";
		reply_error(x, 403, "--allow-to: this client may not reach "
		    "that address");
		return;
	default:
		reply_error(x, 502, "the host refused the connection");
		return;
	}
}

void
tunnel_connect(struct exchange *x)
{
	const struct target *t = x->p->has_parent ? &x->p->parent : &x->to;
	struct conn up;
	enum dialled d = upstream_get(x, t, true, true, &up);
	int status = 0;

	x->tag = "TCP_TUNNEL";
	if (d != DIALLED) {
		not_dialled(x, d);
		return;
	}
	if (x->p->has_parent)
		status = ask_parent(x, &up);
	if (status != 0) {
		upstream_close(&up);
		reply_error(x, status, "the next proxy made no tunnel");
		return;
	}
	x->status = 200;
	x->began = true;
	x->first_byte = serve_now();
	conn_puts(x->c, "HTTP/1.1 200 Connection established\r\n\r\n");
	carry(x, &up);
}

/* tunnel_upgrade - 101: its head as it came, then whatever it is. */
void
tunnel_upgrade(struct exchange *x, struct conn *up)
{
	struct http_msg res;

	http_msg_init(&res, NULL);
	if (http_parse_response(&res, conn_data(up), conn_pending(up),
	    x->req.method) != HTTP_OK) {
		upstream_close(up);
		x->broken = true;
		return;
	}
	x->tag = "TCP_TUNNEL";
	x->status = 101;
	x->began = true;
	conn_put(x->c, conn_data(up), res.head_len);
	conn_consume(up, res.head_len);
	carry(x, up);
}
