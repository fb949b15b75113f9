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

void
tunnel_connect(struct exchange *x)
{
	struct conn up;
	enum dialled d = upstream_get(x, &x->to, true, true, &up);
	const char *why;
	int status;

	x->tag = "TCP_TUNNEL";
	if (d != DIALLED) {
		why = dialled_text(d, &status);
		if (d == DIALLED_FORBIDDEN)
			x->tag = "TCP_DENIED";
		reply_error(x, status, why);
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
