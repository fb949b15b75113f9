/*
 * The methods and the field names that Brood's programs know, as numbers.
 * The parser looks each name up once, so that a session asks for a field by
 * its number.  The lists stand here once; enums and tables are made of them.
 */

#ifndef HTTP_NAMES_H
#define HTTP_NAMES_H

#include "http/str.h"

/* Methods of RFC 9110 section 9 and RFC 5789, and PURGE as caches take it. */
#define HTTP_METHODS(X)						\
	X(GET) X(HEAD) X(POST) X(PUT) X(DELETE) X(CONNECT)	\
	X(OPTIONS) X(TRACE) X(PATCH) X(PURGE)

enum http_method {
	HTTP_M_OTHER,		/* a token, but none of ours */
#define X(m)	HTTP_M_##m,
	HTTP_METHODS(X)
#undef X
	HTTP_M_MAX
};

/*
 * Field names in lower case, with what their hash is made of: length, first,
 * middle (index length / 2) and last byte.  Two names with one hash do not
 * compile (names.c), and t/unit/http_names.c checks each entry.
 */
#define HTTP_FIELDS(X)							\
	X(ACCEPT, "accept", 6, 'a', 'e', 't')				\
	X(ACCEPT_CHARSET, "accept-charset", 14, 'a', 'c', 't')		\
	X(ACCEPT_ENCODING, "accept-encoding", 15, 'a', 'e', 'g')	\
	X(ACCEPT_LANGUAGE, "accept-language", 15, 'a', 'l', 'e')	\
	X(ACCEPT_RANGES, "accept-ranges", 13, 'a', '-', 's')		\
	X(AGE, "age", 3, 'a', 'g', 'e')					\
	X(ALLOW, "allow", 5, 'a', 'l', 'w')				\
	X(ALT_SVC, "alt-svc", 7, 'a', '-', 'c')				\
	X(AUTHORIZATION, "authorization", 13, 'a', 'i', 'n')		\
	X(CACHE_CONTROL, "cache-control", 13, 'c', 'c', 'l')		\
	X(CACHE_STATUS, "cache-status", 12, 'c', 's', 's')		\
	X(CDN_CACHE_CONTROL, "cdn-cache-control", 17, 'c', 'e', 'l')	\
	X(CONNECTION, "connection", 10, 'c', 'c', 'n')			\
	X(CONTENT_DISPOSITION, "content-disposition", 19, 'c', 'i', 'n') \
	X(CONTENT_ENCODING, "content-encoding", 16, 'c', 'e', 'g')	\
	X(CONTENT_LANGUAGE, "content-language", 16, 'c', 'l', 'e')	\
	X(CONTENT_LENGTH, "content-length", 14, 'c', '-', 'h')		\
	X(CONTENT_LOCATION, "content-location", 16, 'c', 'l', 'n')	\
	X(CONTENT_RANGE, "content-range", 13, 'c', 't', 'e')		\
	X(CONTENT_TYPE, "content-type", 12, 'c', 't', 'e')		\
	X(COOKIE, "cookie", 6, 'c', 'k', 'e')				\
	X(DATE, "date", 4, 'd', 't', 'e')				\
	X(ETAG, "etag", 4, 'e', 'a', 'g')				\
	X(EXPECT, "expect", 6, 'e', 'e', 't')				\
	X(EXPIRES, "expires", 7, 'e', 'i', 's')				\
	X(FORWARDED, "forwarded", 9, 'f', 'a', 'd')			\
	X(FROM, "from", 4, 'f', 'o', 'm')				\
	X(HOST, "host", 4, 'h', 's', 't')				\
	X(IF_MATCH, "if-match", 8, 'i', 'a', 'h')			\
	X(IF_MODIFIED_SINCE, "if-modified-since", 17, 'i', 'i', 'e')	\
	X(IF_NONE_MATCH, "if-none-match", 13, 'i', 'e', 'h')		\
	X(IF_RANGE, "if-range", 8, 'i', 'a', 'e')			\
	X(IF_UNMODIFIED_SINCE, "if-unmodified-since", 19, 'i', 'f', 'e') \
	X(KEEP_ALIVE, "keep-alive", 10, 'k', 'a', 'e')			\
	X(LAST_MODIFIED, "last-modified", 13, 'l', 'o', 'd')		\
	X(LINK, "link", 4, 'l', 'n', 'k')				\
	X(LOCATION, "location", 8, 'l', 't', 'n')			\
	X(MAX_FORWARDS, "max-forwards", 12, 'm', 'r', 's')		\
	X(ORIGIN, "origin", 6, 'o', 'g', 'n')				\
	X(PRAGMA, "pragma", 6, 'p', 'g', 'a')				\
	X(PROXY_AUTHENTICATE, "proxy-authenticate", 18, 'p', 'h', 'e')	\
	X(PROXY_AUTHORIZATION, "proxy-authorization", 19, 'p', 'h', 'n') \
	X(PROXY_CONNECTION, "proxy-connection", 16, 'p', 'n', 'n')	\
	X(RANGE, "range", 5, 'r', 'n', 'e')				\
	X(REFERER, "referer", 7, 'r', 'e', 'r')				\
	X(RETRY_AFTER, "retry-after", 11, 'r', '-', 'r')		\
	X(SEC_FETCH_MODE, "sec-fetch-mode", 14, 's', 'c', 'e')		\
	X(SEC_WEBSOCKET_KEY, "sec-websocket-key", 17, 's', 'o', 'y')	\
	X(SERVER, "server", 6, 's', 'v', 'r')				\
	X(SET_COOKIE, "set-cookie", 10, 's', 'o', 'e')			\
	X(TE, "te", 2, 't', 'e', 'e')					\
	X(TRAILER, "trailer", 7, 't', 'i', 'r')				\
	X(TRANSFER_ENCODING, "transfer-encoding", 17, 't', '-', 'g')	\
	X(UPGRADE, "upgrade", 7, 'u', 'r', 'e')				\
	X(UPGRADE_INSECURE_REQUESTS, "upgrade-insecure-requests",	\
	    25, 'u', 'c', 's')						\
	X(USER_AGENT, "user-agent", 10, 'u', 'a', 't')			\
	X(VARY, "vary", 4, 'v', 'r', 'y')				\
	X(VIA, "via", 3, 'v', 'i', 'a')					\
	X(WARNING, "warning", 7, 'w', 'n', 'g')				\
	X(WWW_AUTHENTICATE, "www-authenticate", 16, 'w', 'e', 'e')	\
	X(X_FORWARDED_FOR, "x-forwarded-for", 15, 'x', 'r', 'r')	\
	X(X_FORWARDED_HOST, "x-forwarded-host", 16, 'x', 'd', 't')	\
	X(X_FORWARDED_PROTO, "x-forwarded-proto", 17, 'x', 'd', 'o')	\
	X(X_REAL_IP, "x-real-ip", 9, 'x', 'a', 'p')

enum http_hdr {
	HDR_OTHER,		/* a name that no program of ours asks for */
#define X(id, name, len, first, middle, last)	HDR_##id,
	HTTP_FIELDS(X)
#undef X
	HDR_MAX
};

/* The number of a field name in any case, or HDR_OTHER. */
enum http_hdr	http_hdr_of(struct http_str name);

/* The name in lower case; empty for HDR_OTHER. */
struct http_str	http_hdr_name(enum http_hdr id);

/* The number of a method; methods are case-sensitive (RFC 9110 9.1). */
enum http_method http_method_of(struct http_str name);

/* The method's name; "OTHER" for HTTP_M_OTHER. */
const char	*http_method_name(enum http_method m);

#endif
