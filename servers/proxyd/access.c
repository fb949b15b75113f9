/*
 * Who may do what: clients by address and password, targets by name, port and
 * (after the name was looked up) address.  Decides only; session.c answers.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "http/auth.h"
#include "proxyd.h"

bool
in_cidrs(const struct cidrs *set, const struct ipaddr *ip)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (cidr_has(&set->v[i], ip))
			return true;
	return false;
}

static bool
is_loopback(const struct ipaddr *ip)
{
	static const uint8_t one[16] = { [15] = 1 };

	return ip->family == AF_UNIX ||
	    (ip->family == AF_INET && ip->ip[0] == 127) ||
	    (ip->family == AF_INET6 && memcmp(ip->ip, one, 16) == 0);
}

/* is_inside - loopback, link-local, unspecified: nobody else's business. */
static bool
is_inside(const struct ipaddr *ip)
{
	static const uint8_t zero[16];

	if (is_loopback(ip))
		return true;
	if (ip->family == AF_INET)
		return ip->ip[0] == 0 || (ip->ip[0] == 169 && ip->ip[1] == 254);
	return memcmp(ip->ip, zero, 16) == 0 ||
	    (ip->ip[0] == 0xfe && (ip->ip[1] & 0xc0) == 0x80);
}

const char *
access_client(const struct proxyd *p, const struct ipaddr *ip)
{
	if (in_cidrs(&p->allow_cidr, ip) || is_loopback(ip))
		return NULL;
	return p->norigins > 0 && p->allow_cidr.n == 0 ? NULL :
	    "--allow: this client's address is not allowed";
}

/* matching - the first of the globs that the text matches; NULL. */
static const char *
matching(const struct opt_list *globs, const char *text)
{
	size_t i;

	for (i = 0; i < globs->n; i++)
		if (fnmatch(globs->v[i], text, FNM_CASEFOLD) == 0)
			return globs->v[i];
	return NULL;
}

static bool
in_ports(const struct ports *set, uint16_t port)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (set->v[i] == port)
			return true;
	return false;
}

/* by_rule - for the page and the log: the option, its value, and in words. */
static const char *
by_rule(struct exchange *x, const char *option, const char *value,
    const char *words)
{
	snprintf(x->rule, sizeof(x->rule), "--%s%s%.200s: %s", option,
	    value[0] != '\0' ? " " : "", value, words);
	return x->rule;
}

static const char *
method_rule(struct exchange *x)
{
	struct http_str m = http_view(&x->req, x->req.method_name);
	char name[64];
	const char *rule;

	snprintf(name, sizeof(name), "%.*s", (int)(m.len < sizeof(name) ?
	    m.len : sizeof(name) - 1), m.ptr);
	rule = matching(&x->p->deny_method, name);
	if (rule != NULL)
		return by_rule(x, "deny-method", rule,
		    "this method is denied");
	if (x->p->allow_method.n > 0 &&
	    matching(&x->p->allow_method, name) == NULL)
		return by_rule(x, "allow-method", "",
		    "this method is not allowed");
	return NULL;
}

/* plain_name - the host as rules name it: without the root's dot, and an
 * address in its usual spelling. */
static void
plain_name(const char *host, char name[HOST_MAX])
{
	struct ipaddr ip;
	size_t n;

	if (ipaddr_parse(&ip, host) == 0) {
		ipaddr_host(&ip, name, HOST_MAX);
		return;
	}
	snprintf(name, HOST_MAX, "%s", host);
	n = strlen(name);
	if (n > 1 && name[n - 1] == '.')
		name[n - 1] = '\0';
}

static const char *
host_rule(struct exchange *x)
{
	char name[HOST_MAX];
	const char *rule;

	if (x->p->deny_host.n == 0 && x->p->allow_host.n == 0)
		return NULL;
	plain_name(x->to.host, name);
	rule = matching(&x->p->deny_host, name);
	if (rule != NULL)
		return by_rule(x, "deny-host", rule, "this host is denied");
	if (x->p->allow_host.n > 0 &&
	    matching(&x->p->allow_host, name) == NULL)
		return by_rule(x, "allow-host", "",
		    "this host is not allowed");
	return NULL;
}

static const char *
port_rule(struct exchange *x)
{
	const struct proxyd *p = x->p;
	char port[8];

	snprintf(port, sizeof(port), "%u", x->to.port);
	if (in_ports(&p->denied, x->to.port))
		return by_rule(x, "deny-port", port, "this port is denied");
	if (p->allowed.n > 0 && !in_ports(&p->allowed, x->to.port))
		return by_rule(x, "allow-port", "",
		    "this port is not allowed");
	if (x->req.method == HTTP_M_CONNECT &&
	    !in_ports(&p->connect, x->to.port))
		return by_rule(x, "connect-port", "",
		    "CONNECT to this port is not allowed");
	return NULL;
}

const char *
access_target(struct exchange *x)
{
	const char *rule = method_rule(x);

	if (rule != NULL || x->reverse)
		return rule;
	if (x->p->norigins > 0)
		return "--origin: a reverse proxy makes no tunnels";
	rule = host_rule(x);
	return rule != NULL ? rule : port_rule(x);
}

/* is_private - of this host: not for clients that are not. */
static bool
is_private(const struct proxyd *p, const struct ipaddr *ip)
{
	return (is_inside(ip) || in_cidrs(&p->own_cidr, ip)) &&
	    !in_cidrs(&p->allow_to_cidr, ip);
}

/* access_address - a client that is not local must not reach what only this
 * host can, nor by the proxy what listens on the host's own addresses. */
bool
access_address(const struct exchange *x, const struct ipaddr *ip)
{
	return x->reverse || x->p->has_parent || is_loopback(&x->c->peer) ||
	    !is_private(x->p, ip);
}

bool
access_shared(const struct exchange *x, const struct ipaddr *ip)
{
	return x->reverse || x->p->has_parent || x->p->allow_cidr.n == 0 ||
	    !is_private(x->p, ip);
}

bool
access_status(const struct exchange *x)
{
	if (x->p->status_cidr.n == 0)
		return is_loopback(&x->c->peer);
	return in_cidrs(&x->p->status_cidr, &x->c->peer);
}

bool
access_purge(const struct exchange *x)
{
	if (x->p->purge_cidr.n == 0)
		return is_loopback(&x->c->peer);
	return in_cidrs(&x->p->purge_cidr, &x->c->peer);
}

enum login
access_login(struct exchange *x)
{
	struct http_str value = http_single(&x->req,
	    HDR_PROXY_AUTHORIZATION), user, password;
	enum login login;
	char buf[512];

	if (x->p->users == NULL)
		return LOGIN_GOOD;
	if (value.ptr == NULL || !http_basic_decode(value, buf, sizeof(buf),
	    &user, &password))
		return LOGIN_WRONG;
	login = logins_check(x->p->worker->logins, x->p->users, user, password);
	if (login == LOGIN_GOOD) {
		if (user.len >= sizeof(x->user))
			user.len = sizeof(x->user) - 1;
		memcpy(x->user, user.ptr, user.len);
		x->user[user.len] = '\0';
	}
	explicit_bzero(buf, sizeof(buf));
	return login;
}
