/*
 * From "HOST:PORT" and its kin to addresses.  Called by servers for what they
 * listen on and by clients for what they connect to.  It may block in
 * getaddrinfo (for a name only, never for a number), so that no session may
 * call it with a name.
 */
#include "net/addr.h"

#include <netdb.h>
#include <unistd.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The two halves of the text, as strings. */
struct parts {
	char		 host[NI_MAXHOST];
	char		 port[32];	/* empty: there was none */
	int		 bracketed;	/* must be an IPv6 address */
};

static int fail(char *, size_t, const char *, const char *, ...)
    __attribute__((format(printf, 4, 5)));

/* fail - "'TEXT': reason", and -1. */
static int
fail(char *why, size_t whylen, const char *text, const char *fmt, ...)
{
	char reason[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	if (whylen > 0)
		snprintf(why, whylen, "'%s': %s", text, reason);
	return -1;
}

/* resolve_unix - what stands behind "unix:". */
static int
resolve_unix(struct addr *a, const char *text, char *why, size_t whylen)
{
	const char *path = text + strlen("unix:");
	size_t len = strlen(path);

	if (len == 0 || (len == 1 && *path == '@'))
		return fail(why, whylen, text, "path is missing");
	if (len >= sizeof(a->un.sun_path))
		return fail(why, whylen, text, "path is longer than %zu bytes",
		    sizeof(a->un.sun_path) - 1);
	memset(a, 0, sizeof(*a));
	a->un.sun_family = AF_UNIX;
	memcpy(a->un.sun_path, path, len);
	a->len = offsetof(struct sockaddr_un, sun_path) + len;
	if (*path == '@')
		a->un.sun_path[0] = '\0';	/* abstract: no NUL behind */
	else
		a->len++;
	return 1;
}

/* copy - n bytes of src as a string in dst; 0, or -1 where they do not fit. */
static int
copy(char *dst, size_t size, const char *src, size_t n)
{
	if (n >= size)
		return -1;
	memcpy(dst, src, n);
	dst[n] = '\0';
	return 0;
}

static int
all_digits(const char *s)
{
	return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

/* split - the text into its parts; NULL, or what is wrong with it. */
static const char *
split(struct parts *p, const char *text, int passive)
{
	const char *host = text, *colon, *end;

	memset(p, 0, sizeof(*p));
	if (*text == '[') {
		p->bracketed = 1;
		host = text + 1;
		if ((end = strchr(host, ']')) == NULL)
			return "there is no ']'";
		if (end[1] != '\0' && end[1] != ':')
			return "behind ']' stands something else than ':PORT'";
		colon = end[1] == ':' ? end + 1 : NULL;
	} else if (passive && all_digits(text)) {
		/* --listen 8080: no host is called that */
		return copy(p->port, sizeof(p->port), text, strlen(text)) == -1
		    ? "port is not 0 to 65535" : NULL;
	} else {
		colon = strchr(text, ':');
		if (colon != NULL && strchr(colon + 1, ':') != NULL)
			colon = NULL;		/* ::1 without a port */
		end = colon != NULL ? colon : text + strlen(text);
	}
	if (copy(p->host, sizeof(p->host), host, end - host) == -1)
		return "host is too long";
	if (colon == NULL)
		return NULL;
	if (colon[1] == '\0')
		return "port is missing";
	if (copy(p->port, sizeof(p->port), colon + 1, strlen(colon + 1)) == -1)
		return "port is not 0 to 65535";
	return NULL;
}

/* port_number - of digits or of a service's name, or -1. */
static int
port_number(const char *port, int socktype)
{
	struct servent *s;
	unsigned long n;

	if (all_digits(port)) {
		n = strlen(port) <= 5 ? strtoul(port, NULL, 10) : 65536;
		return n <= 65535 ? (int)n : -1;
	}
	if (strpbrk(port, "+- \t") == port)
		return -1;
	s = getservbyname(port, socktype == SOCK_DGRAM ? "udp" : "tcp");
	return s != NULL ? ntohs((uint16_t)s->s_port) : -1;
}

/* has_ipv6 - a kernel without IPv6 must not fail whoever listens on every
 * address. */
static int
has_ipv6(void)
{
	int fd;

	if ((fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return 0;
	close(fd);
	return 1;
}

/* collect - the answers, each once (hosts(5) may say one thing twice). */
static int
collect(struct addr *out, int max, const struct addrinfo *ai, int port, int v6)
{
	struct ipaddr ip;
	int i, n = 0;

	for (; ai != NULL && n < max; ai = ai->ai_next) {
		if ((ai->ai_family != AF_INET && ai->ai_family != AF_INET6) ||
		    (ai->ai_family == AF_INET6 && !v6))
			continue;
		/* This way ::ffff:1.2.3.4 becomes IPv4, which a socket that
		 * is IPV6_V6ONLY could not be bound to. */
		ipaddr_from(&ip, ai->ai_addr, ai->ai_addrlen);
		ip.port = port;
		addr_from_ip(&out[n], &ip);
		for (i = 0; i < n; i++)
			if (out[i].len == out[n].len && memcmp(&out[i].ss,
			    &out[n].ss, out[n].len) == 0)
				break;
		if (i == n)
			n++;
	}
	return n;
}

static const char *
lookup_error(int error, int bracketed)
{
	switch (error) {
	case EAI_NONAME:
#ifdef EAI_NODATA
	case EAI_NODATA:
#endif
		return bracketed ? "not an IPv6 address" : "name not known";
	case EAI_AGAIN:
		return "name not found: no name server answers";
	default:
		return gai_strerror(error);
	}
}

static int
lookup(struct addr *out, int max, const struct parts *p, int port,
    int how, int socktype, const char **error)
{
	struct addrinfo hints, *ai;
	int any, rc, n;

	any = p->host[0] == '\0' || strcmp(p->host, "*") == 0;
	memset(&hints, 0, sizeof(hints));
	hints.ai_family = p->bracketed ? AF_INET6 : AF_UNSPEC;
	hints.ai_socktype = socktype;
	hints.ai_flags = (how & ADDR_PASSIVE ? AI_PASSIVE : 0) |
	    (p->bracketed || how & ADDR_NUMERIC ? AI_NUMERICHOST : 0);
	/* A host or a service must be given; the port is set afterwards. */
	rc = getaddrinfo(any ? NULL : p->host, any ? "0" : NULL, &hints, &ai);
	if (rc != 0) {
		*error = lookup_error(rc, p->bracketed);
		return -1;
	}
	n = collect(out, max, ai, port, !any || has_ipv6());
	freeaddrinfo(ai);
	if (n == 0) {
		*error = "name has no IPv4 or IPv6 address";
		return -1;
	}
	return n;
}

int
addr_resolve(struct addr *out, int max, const char *text, const char *defport,
    int how, int socktype, char *why, size_t whylen)
{
	struct parts p;
	const char *error, *porttext;
	int n, port, passive = how & ADDR_PASSIVE;

	if (max < 1)
		return fail(why, whylen, text, "no room for an address");
	if (strncmp(text, "unix:", 5) == 0)
		return resolve_unix(out, text, why, whylen);
	if ((error = split(&p, text, passive)) != NULL)
		return fail(why, whylen, text, "%s", error);
	porttext = p.port[0] != '\0' ? p.port : defport;
	if (porttext == NULL)
		return fail(why, whylen, text, "port is missing");
	if ((port = port_number(porttext, socktype)) == -1)
		return fail(why, whylen, text, p.port[0] == '\0' ||
		    strpbrk(porttext, "0123456789+-") == porttext ?
		    "port is not 0 to 65535" :
		    "port is neither a number nor a service's name");
	if ((!passive || p.bracketed) && (p.host[0] == '\0' ||
	    strcmp(p.host, "*") == 0))
		return fail(why, whylen, text, "host is missing");
	n = lookup(out, max, &p, port, how, socktype, &error);
	return n != -1 ? n : fail(why, whylen, text, "%s", error);
}
