/*
 * --bridge and --bridge-origin: read by the option parser, looked up at setup,
 * before anything forks.  Names are looked up once: a sandboxed child could
 * not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge.h"
#include "http/websocket.h"
#include "httpd.h"

static int
say(char *why, size_t whylen, const char *reason)
{
	snprintf(why, whylen, "%s", reason);
	return -1;
}

/* take_words - cut ",binary" and ",proxy" off the end of n bytes; how many are
 * left. */
static size_t
take_words(struct bridge_to *b, const char *to, size_t n)
{
	for (;;) {
		if (n > 7 && memcmp(to + n - 7, ",binary", 7) == 0) {
			b->binary = true;
			n -= 7;
		} else if (n > 6 && memcmp(to + n - 6, ",proxy", 6) == 0) {
			b->proxy = true;
			n -= 6;
		} else
			return n;
	}
}

/* is_target - tcp: or udp: and an address, and no words but ours behind it. */
static bool
is_target(const char *to)
{
	struct bridge_to words;
	size_t n;

	if (strncmp(to, "tcp:", 4) != 0 && strncmp(to, "udp:", 4) != 0)
		return false;
	n = to[0] == 'u' ? strlen(to) : take_words(&words, to, strlen(to));
	return n > 4 && memchr(to, ',', n) == NULL;
}

/* fill - from /PATH of n bytes and what it leads to; 0 or -1. */
static int
fill(struct bridge_to *b, const char *path, size_t n, const char *to)
{
	size_t where;

	memset(b, 0, sizeof(*b));
	b->udp = to[0] == 'u';
	to += strlen("tcp:");
	where = b->udp ? strlen(to) : take_words(b, to, strlen(to));
	b->path = strndup(path, n);
	b->where = strndup(to, where);
	if (b->path != NULL && b->where != NULL)
		return 0;
	free(b->path);
	free(b->where);
	return -1;
}

int
rule_bridge(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	const char *to = strchr(value, '=');
	struct bridges *list = dst;
	struct bridge_to *more;

	(void)o;
	if (value[0] != '/' || to == NULL || !is_target(to + 1))
		return say(why, whylen, "is not a bridge; allowed: "
		    "/PATH=tcp:HOST:PORT[,binary][,proxy] or "
		    "/PATH=udp:HOST:PORT");
	for (size_t i = 0; i < list->n; i++)
		if (strlen(list->v[i].path) == (size_t)(to - value) &&
		    strncmp(list->v[i].path, value, (size_t)(to - value)) == 0)
			return say(why, whylen, "has a path that leads "
			    "elsewhere already; allowed: each path once");
	more = reallocarray(list->v, list->n + 1, sizeof(*more));
	if (more != NULL)
		list->v = more;
	if (more == NULL || fill(&more[list->n], value, (size_t)(to - value),
	    to + 1) == -1)
		return say(why, whylen, "does not fit in memory");
	list->n++;
	return 0;
}

void
rule_bridge_free(void *dst)
{
	struct bridges *list = dst;

	for (size_t i = 0; i < list->n; i++) {
		free(list->v[i].path);
		free(list->v[i].where);
	}
	free(list->v);
	memset(list, 0, sizeof(*list));
}

/* is_origin - scheme://host or scheme://host:port, as browsers send it. */
static bool
is_origin(const char *s)
{
	const char *p = strstr(s, "://");

	return p != NULL && p != s && p[3] != '\0' &&
	    strpbrk(p + 3, "/?#@ ") == NULL;
}

int
rule_origin(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	struct names *list = dst;
	char **more;

	(void)o;
	if (strcmp(value, "*") != 0 && !is_origin(value))
		return say(why, whylen, "is not an origin; allowed: "
		    "https://HOST, https://HOST:PORT or *");
	more = reallocarray(list->v, list->n + 1, sizeof(*more));
	if (more != NULL)
		list->v = more;
	if (more == NULL || (more[list->n] = strdup(value)) == NULL)
		return say(why, whylen, "does not fit in memory");
	list->n++;
	return 0;
}

int
bridges_open(struct httpd *h, char *why, size_t whylen)
{
	char reason[256], accept[WS_ACCEPT_LEN + 1];

	for (size_t i = 0; i < h->bridges.n; i++) {
		struct bridge_to *b = &h->bridges.v[i];

		b->naddrs = addr_resolve(b->addrs, BRIDGE_ADDRS, b->where,
		    NULL, 0, b->udp ? SOCK_DGRAM : SOCK_STREAM, reason,
		    sizeof(reason));
		if (b->naddrs <= 0) {
			snprintf(why, whylen, "--bridge: %s", reason);
			return -1;
		}
	}
	if (h->bridges.n == 0)
		return 0;
	h->bridged = serve_shared("httpd-bridge", sizeof(*h->bridged));
	if (h->bridged == NULL)
		return say(why, whylen, "--bridge: no shared memory");
	/* the library reads its configuration before the sandbox hides it */
	if (ws_accept(HTTP_STR("dGhlIHNhbXBsZSBub25jZQ=="), accept) == -1)
		return say(why, whylen, "--bridge: OpenSSL has no SHA-1 here");
	return 0;
}

void
bridges_start(struct httpd *h)
{
	int i = serve_child();

	if (h->bridged == NULL)
		return;
	i = i < 0 ? 0 : i % BRIDGE_ROWS;
	atomic_store(&h->bridged->row[i].n, 0);
	atomic_store(&h->bridged->row[i].pid, (int)getpid());
}
