/*
 * The handshake of WebSocket (RFC 6455 section 4) and the rules about its close
 * codes (section 7.4).  Pure; frames are not read here.
 */

#ifndef HTTP_WEBSOCKET_H
#define HTTP_WEBSOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "http/str.h"

/* Close codes (RFC 6455 section 7.4.1). */
enum ws_code {
	WS_CODE_NONE = 0,		/* a Close without one */
	WS_CODE_NORMAL = 1000,
	WS_CODE_AWAY = 1001,
	WS_CODE_PROTOCOL = 1002,
	WS_CODE_TYPE = 1003,		/* data of a kind that is not taken */
	WS_CODE_TEXT = 1007,		/* text that is not UTF-8 */
	WS_CODE_BIG = 1009,
	WS_CODE_ERROR = 1011
};

#define WS_ACCEPT_LEN	28		/* of Sec-WebSocket-Accept */

/* ws_key_ok - whether Sec-WebSocket-Key is 16 bytes in base64 (4.2.1). */
bool	ws_key_ok(struct http_str key);

/* ws_accept - what answers that key (4.2.2), with a NUL.  0, or -1: the
 * library has no SHA-1. */
int	ws_accept(struct http_str key, char out[WS_ACCEPT_LEN + 1]);

/*
 * ws_same_origin - whether a page of this Origin (RFC 6454 section 7) comes
 * from the host and port (0: none was named) that it asks.  tls: over TLS, when
 * only https will do; without, either will, for who is in front may have ended
 * the TLS.
 */
bool	ws_same_origin(struct http_str origin, struct http_str host,
	    uint16_t port, bool tls);

/* ws_code_ok - whether a peer may send it in a Close: what RFC 6455 and the
 * registry of IANA have, and 3000 to 4999. */
bool	ws_code_ok(unsigned code);

#endif
