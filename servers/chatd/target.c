/*
 * The URL of --relay, taken apart.  Called by setup, before anything forks: the
 * name of the host is looked up here, since children may not read what that
 * takes.  Never repeats a password.
 */
#include "link.h"

#include <netinet/in.h>

#include <stdio.h>
#include <string.h>

#include "net/tls.h"
#include "serve/serve.h"

#define SCHEME		"redis://"
#define SCHEME_TLS	"rediss://"
#define REDIS_PORT	"6379"
#define FORM		SCHEME "[USER:PASSWORD@]HOST:PORT/CHANNEL, or " \
			SCHEME_TLS

/* hex - the value of a digit, or -1. */
static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* unescape - n bytes with %XX to a string; 0, or -1: too long, or nonsense. */
static int
unescape(char *out, size_t size, const char *in, size_t n)
{
	size_t i, len = 0;
	int c;

	for (i = 0; i < n; i++) {
		c = (unsigned char)in[i];
		if (c == '%') {
			if (n - i < 3 || hex(in[i + 1]) == -1 ||
			    hex(in[i + 2]) == -1)
				return -1;
			c = hex(in[i + 1]) << 4 | hex(in[i + 2]);
			i += 2;
		}
		if (c == 0 || len + 1 >= size)
			return -1;
		out[len++] = (char)c;
	}
	out[len] = '\0';
	return 0;
}

/* who - USER:PASSWORD, either of which may be empty. */
static int
who(struct link_target *t, const char *p, size_t n)
{
	const char *colon = memchr(p, ':', n);
	size_t user = colon == NULL ? n : (size_t)(colon - p);

	if (colon == NULL)
		return -1;
	return unescape(t->user, sizeof(t->user), p, user) |
	    unescape(t->password, sizeof(t->password), colon + 1,
	    n - user - 1);
}

/* take_apart - all but the look-up; 0 or -1. */
static int
take_apart(struct link_target *t, const char *url)
{
	const char *p = strstr(url, "://"), *at, *slash;

	if (p == NULL)
		return -1;
	p += 3;
	slash = strchr(p, '/');
	if (slash == NULL || slash[1] == '\0')
		return -1;
	at = memrchr(p, '@', (size_t)(slash - p));
	if (at != NULL && who(t, p, (size_t)(at - p)) == -1)
		return -1;
	p = at != NULL ? at + 1 : p;
	if (p == slash || (size_t)(slash - p) >= sizeof(t->where))
		return -1;
	memcpy(t->where, p, (size_t)(slash - p));
	t->where[slash - p] = '\0';
	return unescape(t->channel, sizeof(t->channel), slash + 1,
	    strlen(slash + 1));
}

/* secure - what TLS wants; 0, or -1 with why. */
static int
secure(struct link_target *t, const char *cafile, char *why, size_t whylen)
{
	size_t n = t->where[0] == '[' ? strcspn(t->where, "]") :
	    strcspn(t->where, ":");

	snprintf(t->name, sizeof(t->name), "%.*s", (int)n, t->where);
	t->tls = tls_client(cafile, 1, why, whylen);
	return t->tls == NULL ? -1 : 0;
}

void
link_target_clear(struct link_target *t)
{
	if (t->tls != NULL)
		tls_free(t->tls);
	explicit_bzero(t, sizeof(*t));
}

int
link_target_parse(struct link_target *t, const char *url, const char *cafile,
    char *why, size_t whylen)
{
	bool tls = strncmp(url, SCHEME_TLS, strlen(SCHEME_TLS)) == 0;

	memset(t, 0, sizeof(*t));
	if ((!tls && strncmp(url, SCHEME, strlen(SCHEME)) != 0) ||
	    take_apart(t, url) == -1) {
		snprintf(why, whylen, "--relay: not of the form %s", FORM);
		return SETUP_USAGE;
	}
	if (tls && secure(t, cafile, why, whylen) == -1)
		return -1;
	t->naddr = addr_resolve(t->addr, LINK_ADDRS, t->where, REDIS_PORT, 0,
	    SOCK_STREAM, why, whylen);
	if (t->naddr > 0 && t->addr[0].sa.sa_family != AF_UNIX)
		return 0;
	if (t->naddr >= 0)
		snprintf(why, whylen, "--relay: %s: no such host", t->where);
	return -1;
}
