/*
 * A request to become a WebSocket connection: whether it is a right one
 * (RFC 6455 section 4.2), who may, whether there is room and a server behind.
 * What comes after 101 is carry.c's.
 */
#include "bridge.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/field.h"
#include "http/status.h"
#include "http/websocket.h"
#include "net/dial.h"
#include "net/proxyproto.h"
#include "net/wait.h"
#include "request.h"

#define CONNECT_MS	10000

const struct bridge_to *
bridge_for(const struct request *r)
{
	const struct bridges *list = &r->h->bridges;

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i].path, r->path) == 0)
			return &list->v[i];
	return NULL;
}

/* -- May it be? ----------------------------------------------------------- */

/* allowed - whether --bridge-origin names this one. */
static bool
allowed(const struct httpd *h, struct http_str origin)
{
	for (size_t i = 0; i < h->origins.n; i++)
		if (strcmp(h->origins.v[i], "*") == 0 ||
		    http_caseeq(http_cstr(h->origins.v[i]), origin))
			return true;
	return false;
}

/* origin_ok - who sends none is no browser, and could send any. */
static bool
origin_ok(const struct request *r)
{
	const struct http_msg *m = &r->msg;
	struct http_str origin = http_single(m, HDR_ORIGIN);

	if (m->known[HDR_ORIGIN] == 0 || allowed(r->h, origin))
		return true;
	return origin.ptr != NULL && ws_same_origin(origin,
	    http_view(m, m->host), m->port, r->c->tls != NULL);
}

/* upgrade_required - the request is none, or of another version. */
static void
upgrade_required(struct request *r)
{
	reply_error(r, 426, "Upgrade: websocket\r\nConnection: upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\n");
}

/* handshake_ok - or it was answered. */
static bool
handshake_ok(struct request *r)
{
	const struct http_msg *m = &r->msg;
	struct http_str version = http_find(m,
	    HTTP_STR("sec-websocket-version"));

	if (m->minor == 0) {
		reply_refuse(r, 400, "a WebSocket begins with HTTP/1.1");
		return false;
	}
	if (m->method != HTTP_M_GET || !m->upgrade || !http_has_token(m,
	    HDR_UPGRADE, HTTP_STR("websocket")) ||
	    !http_eq(version, HTTP_STR("13"))) {
		upgrade_required(r);
		return false;
	}
	if (!ws_key_ok(http_single(m, HDR_SEC_WEBSOCKET_KEY))) {
		reply_refuse(r, 400, "Sec-WebSocket-Key is not 16 bytes");
		return false;
	}
	if (!origin_ok(r)) {
		reply_refuse(r, 403, "a page from elsewhere (--bridge-origin)");
		return false;
	}
	return true;
}

/* -- Is there room? ------------------------------------------------------- */

/* carried - how many there are in all children. */
static uint64_t
carried(const struct bridge_count *b)
{
	uint64_t n = 0;

	for (int i = 0; i < BRIDGE_ROWS; i++) {
		int pid = atomic_load(&b->row[i].pid);

		if (pid != 0 && pid == serve_child_pid(i))
			n += atomic_load(&b->row[i].n);
	}
	return n;
}

/* enter - take a place; NULL where there is none. */
static _Atomic uint32_t *
enter(const struct httpd *h)
{
	int i = serve_child();
	_Atomic uint32_t *own = &h->bridged->row[i < 0 ? 0 :
	    i % BRIDGE_ROWS].n;

	atomic_fetch_add(own, 1);
	if (h->bridge_max == 0 ||
	    carried(h->bridged) <= (uint64_t)h->bridge_max)
		return own;
	atomic_fetch_sub(own, 1);
	return NULL;
}

/* -- Is somebody there? --------------------------------------------------- */

static int
open_udp(struct backend *b, const struct bridge_to *to)
{
	int error = 0;

	for (int i = 0; i < to->naddrs; i++) {
		const struct addr *a = &to->addrs[i];

		b->udp = socket(a->sa.sa_family,
		    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (b->udp != -1 && connect(b->udp, &a->sa, a->len) == 0)
			return 0;
		error = errno;
		if (b->udp != -1)
			close(b->udp);
	}
	errno = error;
	return -1;
}

/* put_proxy - whose connection this is, where somebody in front has said so,
 * too.  He may not know the port, which tells the peers of one address apart;
 * his own does that as well. */
static int
put_proxy(struct backend *b, const struct request *r)
{
	char line[PROXYPROTO_V1_MAX + 1];
	struct ipaddr from = r->client, to;
	struct addr local;

	if (from.port == 0)
		from.port = r->c->peer.port;
	conn_local(r->c, &local);
	ipaddr_from(&to, &local.sa, local.len);
	conn_deadline(&b->tcp, CONNECT_MS);
	if (conn_write(&b->tcp, line, proxyproto_line(line, &from, &to)) == -1)
		return -1;
	conn_deadline(&b->tcp, -1);
	return 0;
}

/* backend_open - 0, or the status that says what is wrong. */
static unsigned
backend_open(struct backend *b, const struct bridge_to *to,
    const struct request *r)
{
	memset(b, 0, sizeof(*b));
	b->is_udp = to->udp;
	b->udp = -1;
	if (to->udp)
		return open_udp(b, to) == 0 ? 0 : 502;
	switch (dial_addrs(&b->tcp, to->addrs, to->naddrs,
	    clock_after_ms(CONNECT_MS))) {
	case DIAL_OK:
		if (!to->proxy || put_proxy(b, r) == 0)
			return 0;
		conn_close(&b->tcp);
		return 502;
	case DIAL_TIMEOUT:
		return 504;
	default:
		return 502;
	}
}

static void
backend_close(struct backend *b)
{
	if (!b->is_udp) {
		conn_close(&b->tcp);
		return;
	}
	net_wait_forget(b->udp);
	close(b->udp);
}

/* -- The answer ----------------------------------------------------------- */

/* binary_asked - the name under which noVNC and its like ask for bytes. */
static bool
binary_asked(const struct request *r, const struct bridge_to *to)
{
	const struct http_msg *m = &r->msg;
	struct http_str value, item;

	for (unsigned i = 0; i < m->nfields && !to->udp; i++) {
		if (!http_caseeq(http_view(m, m->fields[i].name),
		    HTTP_STR("sec-websocket-protocol")))
			continue;
		value = http_view(m, m->fields[i].value);
		while (http_list_next(&value, &item))
			if (http_eq(item, HTTP_STR("binary")))
				return true;
	}
	return false;
}

static void
reply_101(struct request *r, bool binary)
{
	char accept[WS_ACCEPT_LEN + 1];

	r->keep = false;	/* but its head says other things */
	if (ws_accept(http_get(&r->msg, HDR_SEC_WEBSOCKET_KEY), accept) == -1) {
		reply_error(r, 500, NULL);
		r->failed = true;
		return;
	}
	reply_begin(r, 101);
	reply_text(r, "Upgrade: websocket\r\nConnection: Upgrade\r\n");
	reply_field(r, "Sec-WebSocket-Accept", http_cstr(accept));
	if (binary)
		reply_text(r, "Sec-WebSocket-Protocol: binary\r\n");
	reply_text(r, "\r\n");
	if (!r->failed && conn_flush(r->c) == -1)
		r->failed = true;
}

/* unreachable - nobody is behind. */
static void
unreachable(struct request *r, const struct bridge_to *to, unsigned status)
{
	log_warnx("bridge %s to %s: %s", to->path, to->where,
	    status == 504 ? "connecting timed out" : strerror(errno));
	reply_error(r, status, "Retry-After: 5\r\n");
}

static void
connect_and_carry(struct request *r, const struct bridge_to *to)
{
	struct backend b;
	unsigned status = backend_open(&b, to, r);
	bool asked = binary_asked(r, to);

	if (status != 0) {
		unreachable(r, to, status);
		return;
	}
	/* what follows the head are frames; the log still wants the head */
	if (request_keep_head(r) == 0)
		reply_101(r, asked);
	if (r->status == 101 && !r->failed)
		bridge_carry(r, &b, asked || to->binary);
	backend_close(&b);
}

void
bridge_answer(struct request *r, const struct bridge_to *to)
{
	_Atomic uint32_t *place;

	if (!handshake_ok(r))
		return;
	if ((r->c->flags & CONN_DRAIN) || serve_draining()) {
		reply_refuse(r, 503, "stopping");
		return;
	}
	place = enter(r->h);
	if (place == NULL) {
		reply_error(r, 503, "Retry-After: 5\r\n");
		return;
	}
	connect_and_carry(r, to);
	atomic_fetch_sub(place, 1);
}
