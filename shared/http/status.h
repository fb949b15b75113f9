/*
 * Status codes by name and their reason phrases (RFC 9110 section 15 and the
 * IANA registry).  For whoever writes a status line or reads one.
 */

#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H

#define HTTP_STATUSES(X)						\
	X(100, CONTINUE, "Continue")					\
	X(101, SWITCHING_PROTOCOLS, "Switching Protocols")		\
	X(102, PROCESSING, "Processing")				\
	X(103, EARLY_HINTS, "Early Hints")				\
	X(200, OK, "OK")						\
	X(201, CREATED, "Created")					\
	X(202, ACCEPTED, "Accepted")					\
	X(203, NON_AUTHORITATIVE, "Non-Authoritative Information")	\
	X(204, NO_CONTENT, "No Content")				\
	X(205, RESET_CONTENT, "Reset Content")				\
	X(206, PARTIAL_CONTENT, "Partial Content")			\
	X(300, MULTIPLE_CHOICES, "Multiple Choices")			\
	X(301, MOVED_PERMANENTLY, "Moved Permanently")			\
	X(302, FOUND, "Found")						\
	X(303, SEE_OTHER, "See Other")					\
	X(304, NOT_MODIFIED, "Not Modified")				\
	X(307, TEMPORARY_REDIRECT, "Temporary Redirect")		\
	X(308, PERMANENT_REDIRECT, "Permanent Redirect")		\
	X(400, BAD_REQUEST, "Bad Request")				\
	X(401, UNAUTHORIZED, "Unauthorized")				\
	X(402, PAYMENT_REQUIRED, "Payment Required")			\
	X(403, FORBIDDEN, "Forbidden")					\
	X(404, NOT_FOUND, "Not Found")					\
	X(405, METHOD_NOT_ALLOWED, "Method Not Allowed")		\
	X(406, NOT_ACCEPTABLE, "Not Acceptable")			\
	X(407, PROXY_AUTHENTICATION, "Proxy Authentication Required")	\
	X(408, REQUEST_TIMEOUT, "Request Timeout")			\
	X(409, CONFLICT, "Conflict")					\
	X(410, GONE, "Gone")						\
	X(411, LENGTH_REQUIRED, "Length Required")			\
	X(412, PRECONDITION_FAILED, "Precondition Failed")		\
	X(413, CONTENT_TOO_LARGE, "Content Too Large")			\
	X(414, URI_TOO_LONG, "URI Too Long")				\
	X(415, UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type")	\
	X(416, RANGE_NOT_SATISFIABLE, "Range Not Satisfiable")		\
	X(417, EXPECTATION_FAILED, "Expectation Failed")		\
	X(421, MISDIRECTED_REQUEST, "Misdirected Request")		\
	X(422, UNPROCESSABLE_CONTENT, "Unprocessable Content")		\
	X(425, TOO_EARLY, "Too Early")					\
	X(426, UPGRADE_REQUIRED, "Upgrade Required")			\
	X(428, PRECONDITION_REQUIRED, "Precondition Required")		\
	X(429, TOO_MANY_REQUESTS, "Too Many Requests")			\
	X(431, FIELDS_TOO_LARGE, "Request Header Fields Too Large")	\
	X(451, LEGAL_REASONS, "Unavailable For Legal Reasons")		\
	X(500, INTERNAL_ERROR, "Internal Server Error")			\
	X(501, NOT_IMPLEMENTED, "Not Implemented")			\
	X(502, BAD_GATEWAY, "Bad Gateway")				\
	X(503, UNAVAILABLE, "Service Unavailable")			\
	X(504, GATEWAY_TIMEOUT, "Gateway Timeout")			\
	X(505, VERSION_NOT_SUPPORTED, "HTTP Version Not Supported")	\
	X(507, INSUFFICIENT_STORAGE, "Insufficient Storage")

enum http_status {
#define X(code, name, phrase)	HTTP_STATUS_##name = code,
	HTTP_STATUSES(X)
#undef X
};

/* The reason phrase; "Unknown" for a code that has none here. */
const char	*http_phrase(int code);

#endif
