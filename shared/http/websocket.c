/*
 * The handshake of WebSocket, and close codes.  Called by servers that are
 * asked for one; see RFC 6455.
 */
#include "http/websocket.h"

#include <openssl/evp.h>

#include <string.h>

#include "http/auth.h"
#include "http/host.h"

#define GUID	"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"	/* section 1.3 */
#define KEY_LEN	24		/* 16 bytes in base64 */
#define SHA1	20

bool
ws_key_ok(struct http_str key)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	/* bits that are left over may be anything: some clients draw the
	 * letters by lot (section 4.1 asks for no more than the length) */
	if (key.len != KEY_LEN || memcmp(key.ptr + KEY_LEN - 2, "==", 2) != 0)
		return false;
	for (size_t i = 0; i < KEY_LEN - 2; i++)
		if (memchr(alphabet, key.ptr[i], sizeof(alphabet) - 1) == NULL)
			return false;
	return true;
}

int
ws_accept(struct http_str key, char out[WS_ACCEPT_LEN + 1])
{
	char text[KEY_LEN + sizeof(GUID)];
	unsigned char digest[SHA1];
	unsigned int n = sizeof(digest);

	if (key.len != KEY_LEN)
		return -1;
	memcpy(text, key.ptr, KEY_LEN);
	memcpy(text + KEY_LEN, GUID, sizeof(GUID));
	if (EVP_Digest(text, KEY_LEN + sizeof(GUID) - 1, digest, &n,
	    EVP_sha1(), NULL) != 1)
		return -1;
	return http_base64_encode((struct http_str){ (char *)digest, SHA1 },
	    out, WS_ACCEPT_LEN + 1) == WS_ACCEPT_LEN ? 0 : -1;
}

/* scheme_of - takes "http://" or "https://" off the front: the port that it
 * stands for, or 0. */
static uint16_t
scheme_of(struct http_str *origin)
{
	static const struct {
		struct http_str	name;
		uint16_t	port;
	} known[] = {
		{ { "http://", 7 }, 80 },
		{ { "https://", 8 }, 443 },
	};

	for (size_t i = 0; i < 2; i++) {
		struct http_str head = { origin->ptr, known[i].name.len };

		if (origin->len <= head.len ||
		    !http_caseeq(head, known[i].name))
			continue;
		origin->ptr += head.len;
		origin->len -= head.len;
		return known[i].port;
	}
	return 0;
}

bool
ws_same_origin(struct http_str origin, struct http_str host, uint16_t port,
    bool tls)
{
	struct http_str name;
	uint16_t usual = scheme_of(&origin), named;

	if (usual == 0 || (tls && usual != 443) ||
	    !http_host_split(origin, &name, &named))
		return false;
	if (named == 0)
		named = usual;
	if (port == 0)
		port = usual;
	return named == port && http_caseeq(name, host);
}

bool
ws_code_ok(unsigned code)
{
	if (code >= 3000)
		return code <= 4999;
	return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}
