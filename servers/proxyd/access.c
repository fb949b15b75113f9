/*
 * Who may do what: clients by address and password, targets by name, port and
 * (after the name was looked up) address.  Decides only; session.c answers.
 */
#include <fnmatch.h>
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

/* matches - a host against a list of globs. */
static bool
matches(const struct opt_list *globs, const char *host)
{
	size_t i;

	for (i = 0; i < globs->n; i++)
		if (fnmatch(globs->v[i], host, FNM_CASEFOLD) == 0)
			return true;
	return false;
}

const char *
access_target(struct exchange *x)
{
	const struct proxyd *p = x->p;
	size_t i;

	if (x->reverse)
		return NULL;
	if (p->norigins > 0)
		return "--origin: a reverse proxy makes no tunnels";
	if (matches(&p->deny_host, x->to.host))
		return "--deny-host: this host is denied";
	if (p->allow_host.n > 0 && !matches(&p->allow_host, x->to.host))
		return "--allow-host: this host is not allowed";
	if (x->req.method != HTTP_M_CONNECT)
		return NULL;
	for (i = 0; i < p->nports; i++)
		if (p->ports[i] == x->to.port)
			return NULL;
	return "--connect-port: CONNECT to this port is not allowed";
}

/* access_address - a client that is not local must not reach what only this
 * host can. */
bool
access_address(const struct exchange *x, const struct addr *a)
{
	struct ipaddr ip;

	ipaddr_from(&ip, &a->sa, a->len);
	if (x->reverse || is_loopback(&x->c->peer) || !is_inside(&ip))
		return true;
	return in_cidrs(&x->p->allow_to_cidr, &ip);
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
