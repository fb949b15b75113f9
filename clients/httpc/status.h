/*
 * httpc's exit statuses: the numbers that curl(1) gives to the same events, so
 * that scripts need not care which of the two they call.
 */
#ifndef HTTPC_STATUS_H
#define HTTPC_STATUS_H

enum status {
	ST_OK = 0,
	ST_SCHEME = 1,		/* neither http nor https; no HTTP/1.x answer */
	ST_USAGE = 2,
	ST_URL = 3,		/* malformed */
	ST_PROXY_NAME = 5,	/* the proxy's name is not known */
	ST_NAME = 6,		/* the host's name is not known */
	ST_CONNECT = 7,
	ST_REPLY = 8,		/* not HTTP, or HTTP that nobody can read */
	ST_PARTIAL = 18,	/* less than was announced */
	ST_HTTP = 22,		/* 400 or more, with --fail */
	ST_WRITE = 23,
	ST_UPLOAD = 25,		/* HTTP/1.0 has no way to send it */
	ST_READ = 26,		/* what was to be sent */
	ST_MEMORY = 27,
	ST_TIMEOUT = 28,
	ST_RANGE = 33,		/* not resumable */
	ST_TLS = 35,
	ST_REDIRECTS = 47,
	ST_EMPTY = 52,		/* closed without a byte */
	ST_SEND = 55,
	ST_RECV = 56,
	ST_CERT = 60,		/* the server's certificate is not trusted */
	ST_CODING = 61,		/* an unknown transfer coding */
	ST_REWIND = 65,		/* a body that cannot be sent again */
	ST_CACERT = 77,		/* --cacert is not readable */

	/* Never an exit status: do it again after transfer.wait. */
	ST_AGAIN = 1000
};

#endif
