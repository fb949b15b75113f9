/*
 * proxyd's settings: validated, and what they name opened, before anything
 * forks; and what each process has of its own.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alone.h"
#include "auth/passwords.h"
#include "base/linelog.h"
#include "base/log.h"
#include "dead.h"
#include "health.h"
#include "net/iface.h"
#include "net/lookup.h"
#include "net/tls.h"
#include "proxyd.h"
#include "ready.h"
#include "status.h"
#include "store.h"


static int
bad(char *why, size_t whylen, const char *option, const char *value,
    const char *what)
{
	snprintf(why, whylen, "--%s: '%.200s' %s", option, value, what);
	return SETUP_USAGE;
}

static int
set_cidrs(struct cidrs *set, const struct opt_list *list, const char *option,
    char *why, size_t whylen)
{
	size_t i;

	set->v = calloc(list->n + 1, sizeof(*set->v));
	if (set->v == NULL) {
		snprintf(why, whylen, "%s", strerror(errno));
		return -1;
	}
	for (i = 0; i < list->n; i++)
		if (cidr_parse(&set->v[i], list->v[i]) == -1)
			return bad(why, whylen, option, list->v[i],
			    "is not a network; allowed: ADDRESS or "
			    "ADDRESS/BITS");
	set->n = list->n;
	return 0;
}

/* set_own - this host's addresses, as networks of one. */
static int
set_own(struct proxyd *p, char *why, size_t whylen)
{
	struct iface *list = calloc(IFACES_MAX, sizeof(*list));
	int i, n = list == NULL ? -1 : iface_list(list, IFACES_MAX);

	p->own_cidr.v = n == -1 ? NULL :
	    calloc((size_t)n + 1, sizeof(*p->own_cidr.v));
	for (i = 0; p->own_cidr.v != NULL && i < n; i++)
		p->own_cidr.v[i] = (struct cidr){ .net = list[i].addr,
		    .bits = list[i].addr.family == AF_INET ? 32 : 128 };
	p->own_cidr.n = p->own_cidr.v != NULL ? (size_t)n : 0;
	free(list);
	if (p->own_cidr.v != NULL)
		return 0;
	snprintf(why, whylen, "this host's addresses: %s", strerror(errno));
	return -1;
}

static int
add_ports(struct ports *set, const struct opt_list *list, const char *option,
    char *why, size_t whylen)
{
	int64_t n;
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (set->n == PORTS_MAX ||
		    opt_number(list->v[i], &n) == -1 || n < 1 || n > 65535)
			return bad(why, whylen, option, list->v[i],
			    "is not a port; allowed: 30 of 1 to 65535");
		set->v[set->n++] = (uint16_t)n;
	}
	return 0;
}

static int
set_ports(struct proxyd *p, char *why, size_t whylen)
{
	int r;

	p->connect.v[p->connect.n++] = 443;
	p->connect.v[p->connect.n++] = 8443;
	if ((r = add_ports(&p->connect, &p->connect_ports, "connect-port",
	    why, whylen)) == 0 && (r = add_ports(&p->allowed, &p->allow_port,
	    "allow-port", why, whylen)) == 0)
		r = add_ports(&p->denied, &p->deny_port, "deny-port", why,
		    whylen);
	return r;
}

static int
set_targets(struct proxyd *p, char *why, size_t whylen)
{
	size_t i;

	for (i = 0; i < p->origin.n; i++) {
		if (i == sizeof(p->origins) / sizeof(p->origins[0]) ||
		    target_parse(&p->origins[i], p->origin.v[i]) == -1)
			return bad(why, whylen, "origin", p->origin.v[i],
			    "is not an origin; allowed: up to 16 of "
			    "http://HOST[:PORT] or https://HOST[:PORT]");
		p->origins[i].name = p->tls_name;
		p->norigins++;
	}
	p->has_parent = p->upstream != NULL;
	if (p->has_parent && (target_parse(&p->parent, p->upstream) == -1 ||
	    p->parent.tls))
		return bad(why, whylen, "upstream", p->upstream,
		    "is not a proxy; allowed: http://HOST[:PORT]");
	if (p->health_path != NULL && (p->health_path[0] != '/' ||
	    strpbrk(p->health_path, " \r\n") != NULL))
		return bad(why, whylen, "health-path", p->health_path,
		    "is not a path; allowed: one that begins with /");
	p->down_until = serve_shared("proxyd origins",
	    sizeof(*p->down_until) * ORIGINS_MAX);
	p->health = health_open();
	p->counters = counters_open();
	p->negative_s = p->negative_ms / 1000 + (p->negative_ms % 1000 != 0);
	p->dead = p->negative_s > 0 ? dead_open() : NULL;
	if (p->down_until != NULL && p->health != NULL &&
	    p->counters != NULL && (p->dead != NULL || p->negative_s == 0))
		return 0;
	snprintf(why, whylen, "%s", strerror(errno));
	return -1;
}

/* check_headers - that nothing of --add-header can end a line early. */
static int
check_headers(struct proxyd *p, char *why, size_t whylen)
{
	size_t i;

	for (i = 0; i < p->add_header.n; i++)
		if (strchr(p->add_header.v[i], ':') == NULL ||
		    strpbrk(p->add_header.v[i], "\r\n") != NULL)
			return bad(why, whylen, "add-header",
			    p->add_header.v[i],
			    "is not a field; allowed: 'Name: value'");
	return 0;
}

static int
read_users(struct proxyd *p, char *why, size_t whylen)
{
	if (p->auth_file == NULL)
		return 0;
	p->users = passwords_load(p->auth_file, why, whylen);
	return p->users == NULL ? -1 : 0;
}

/* default_dir - under XDG_CACHE_HOME, as other programs' caches are. */
static const char *
default_dir(struct proxyd *p)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (base != NULL && base[0] == '/')
		snprintf(p->path, sizeof(p->path), "%s/brood-proxyd", base);
	else
		snprintf(p->path, sizeof(p->path), "%s/.cache/brood-proxyd",
		    home != NULL ? home : "/var/tmp");
	return p->path;
}

/* make_dir - with the folders above it. */
static int
make_dir(char *path)
{
	char *slash = path;

	while ((slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		if (mkdir(path, 0700) == -1 && errno != EEXIST) {
			*slash = '/';
			return -1;
		}
		*slash = '/';
	}
	return mkdir(path, 0700) == -1 && errno != EEXIST ? -1 : 0;
}

static int
open_store(struct proxyd *p, struct serve_needs *needs, char *why,
    size_t whylen)
{
	if (p->no_cache)
		return 0;
	if (p->cache_dir != NULL)
		snprintf(p->path, sizeof(p->path), "%s", p->cache_dir);
	else
		default_dir(p);
	if (make_dir(p->path) == -1) {
		snprintf(why, whylen, "cache %.400s: %s", p->path,
		    strerror(errno));
		return -1;
	}
	p->store = store_open(p->path, p->cache_size, p->max_object,
	    p->memory_size, why, whylen);
	if (p->store == NULL)
		return -1;
	p->alone = alone_open();
	if (p->alone == NULL) {
		snprintf(why, whylen, "%s", strerror(errno));
		return -1;
	}
	store_clear_temporary(p->store);
	needs->write_dirs[0] = p->path;
	return 0;
}

static int
open_log(struct proxyd *p, char *why, size_t whylen)
{
	p->log_fd = -1;
	if (strcmp(p->access_log, "off") == 0)
		return 0;
	p->log_fd = linelog_open(p->access_log);
	if (p->log_fd != -1)
		return 0;
	snprintf(why, whylen, "%s: %s", p->access_log, strerror(errno));
	return -1;
}

int
proxy_reopen(void *settings)
{
	struct proxyd *p = settings;

	return p->log_fd == -1 ? 0 : linelog_reopen(p->log_fd, p->access_log);
}

int
proxy_setup(void *settings, const struct opt_operands *op,
    struct serve_needs *needs, char *why, size_t whylen)
{
	struct proxyd *p = settings;
	int r;

	(void)op;
	p->log_fd = -1;
	needs->connect = 1;
	if ((r = set_cidrs(&p->allow_cidr, &p->allow, "allow", why,
	    whylen)) == 0 && (r = set_cidrs(&p->allow_to_cidr, &p->allow_to,
	    "allow-to", why, whylen)) == 0 &&
	    (r = set_cidrs(&p->purge_cidr, &p->purge_from, "purge-from", why,
	    whylen)) == 0 && (r = set_cidrs(&p->status_cidr, &p->status_allow,
	    "status-allow", why, whylen)) == 0 &&
	    (r = set_own(p, why, whylen)) == 0 &&
	    (r = set_ports(p, why, whylen)) == 0 &&
	    (r = set_targets(p, why, whylen)) == 0 &&
	    (r = check_headers(p, why, whylen)) == 0 &&
	    (r = read_users(p, why, whylen)) == 0 &&
	    (r = open_log(p, why, whylen)) == 0 &&
	    (r = open_store(p, needs, why, whylen)) == 0) {
		p->tls = tls_client(p->ca_file, !p->insecure, why, whylen);
		r = p->tls == NULL ? -1 : 0;
	}
	if (r != 0)
		proxy_teardown(p);
	return r;
}

void
proxy_teardown(void *settings)
{
	struct proxyd *p = settings;

	free(p->allow_cidr.v);
	free(p->allow_to_cidr.v);
	free(p->purge_cidr.v);
	free(p->own_cidr.v);
	free(p->status_cidr.v);
	passwords_free(p->users);
	if (p->log_fd != -1)
		close(p->log_fd);
	store_close(p->store);
	tls_free(p->tls);
	p->allow_cidr.v = p->allow_to_cidr.v = p->purge_cidr.v = NULL;
	p->own_cidr.v = p->status_cidr.v = NULL;
	p->users = NULL;
	p->log_fd = -1;
	p->store = NULL;
	p->tls = NULL;
}

int
proxy_child_start(void *settings)
{
	struct proxyd *p = settings;

	p->worker = calloc(1, sizeof(*p->worker));
	if (p->worker == NULL || lookup_init() == -1)
		goto fail;
	p->worker->upstreams = upstreams_new();
	if (p->users != NULL)
		p->worker->logins = logins_new();
	if (p->worker->upstreams == NULL ||
	    (p->users != NULL && p->worker->logins == NULL))
		goto fail;
	if (p->log_fd != -1 && (p->worker->log = linelog_new(p->log_fd,
	    p->access_log)) == NULL)
		goto fail;
	if (p->store == NULL)
		return 0;
	p->worker->ready = ready_new(serve_model_running() == MODEL_INETD ?
	    0 : p->memory_size / 4);
	if (p->worker->ready == NULL || store_child_start(p->store) == -1)
		goto fail;
	return 0;
fail:
	log_err("cannot start serving");
	proxy_child_stop(p);
	return -1;
}

void
proxy_child_stop(void *settings)
{
	struct proxyd *p = settings;

	if (p->worker == NULL)
		return;
	health_leave(p);
	upstreams_free(p->worker->upstreams);
	logins_free(p->worker->logins);
	linelog_free(p->worker->log);
	ready_free(p->worker->ready);
	if (p->store != NULL) {
		if (serve_model_running() == MODEL_INETD)
			store_trim(p->store);
		store_child_stop(p->store);
	}
	while (p->worker->nspare > 0)
		free(p->worker->spare[--p->worker->nspare]);
	free(p->worker);
	p->worker = NULL;
	lookup_cleanup();
}

int64_t
proxy_idle(void *settings)
{
	struct proxyd *p = settings;
	int64_t ms = -1, look = health_idle(p);

	if (p->worker->log != NULL)
		ms = linelog_idle(p->worker->log, serve_now());
	if (p->store != NULL && store_idle(p->store))
		return 1;
	return ms < 0 || (look >= 0 && look < ms) ? look : ms;
}
