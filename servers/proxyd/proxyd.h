/*
 * proxyd's settings and one exchange, as its files share them.
 */
#ifndef PROXYD_PROXYD_H
#define PROXYD_PROXYD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "auth/logins.h"
#include "base/opt.h"
#include "http/cachecontrol.h"
#include "http/message.h"
#include "net/addr.h"
#include "net/conn.h"
#include "serve/serve.h"

#define HOST_MAX	256
#define ORIGINS_MAX	16
#define PORTS_MAX	32
#define RULE_MAX	320	/* bytes of what a refusal says */
#define URL_MAX		8192
#define SPARE_MAX	64		/* places of heads kept for reuse */
#define SPARE_SIZE	2048		/* bytes of each */
#define HEAD_MAX	CONN_BUF_SIZE	/* of a request or an answer, bytes */

struct store;
struct upstreams;
struct alone;
struct counters;
struct dead;
struct health;
struct linelog;
struct ready;

enum forwarded { FORWARDED_OFF, FORWARDED_APPEND, FORWARDED_REPLACE };
enum log_format { LOG_SQUID, LOG_JSON };

struct cidrs {
	struct cidr	*v;		/* owned */
	size_t		 n;
};

struct ports {
	uint16_t	 v[PORTS_MAX];
	size_t		 n;
};

/* Where a request goes. */
struct target {
	char		 host[HOST_MAX];	/* lower case, no brackets */
	uint16_t	 port;
	bool		 tls;
	const char	*name;		/* in place of host, for TLS, or NULL */
};

struct proxyd {
	/* options */
	char		*cache_dir;
	bool		 no_cache, offline;
	int64_t		 cache_size, max_object, memory_size, negative_ms;
	struct opt_list	 allow, allow_to, connect_ports, origin;
	struct opt_list	 allow_host, deny_host, add_header, drop_header;
	struct opt_list	 allow_method, deny_method, allow_port, deny_port;
	struct opt_list	 purge_from, status_allow;
	bool		 insecure, server_status;
	char		*tls_name, *health_path;
	int64_t		 health_ms, health_fall, health_rise;
	char		*upstream, *auth_file, *realm, *ca_file, *name;
	int		 forwarded;	/* enum forwarded */
	char		*access_log;
	int		 log_format;	/* enum log_format */
	int64_t		 connect_ms, read_ms, tunnel_ms;
	/* made by setup */
	struct cidrs	 allow_cidr, allow_to_cidr, purge_cidr;
	struct cidrs	 status_cidr;
	struct cidrs	 own_cidr;	/* this host's addresses */
	struct ports	 connect, allowed, denied;
	struct target	 origins[ORIGINS_MAX];	/* of a reverse proxy */
	size_t		 norigins;
	struct target	 parent;	/* --upstream */
	bool		 has_parent;
	struct passwords *users;	/* NULL: nobody needs to log in */
	struct tls_config *tls;		/* to origins */
	char		 path[4096];	/* of the cache, where none was named */
	struct store	*store;		/* NULL: nothing is cached */
	struct alone	*alone;		/* shared, where there is a store */
	int64_t		 negative_s;	/* negative_ms, in full seconds */
	struct dead	*dead;		/* shared; NULL: nobody wants it */
	int		 log_fd;	/* -1: none */
	struct counters	*counters;	/* shared */
	struct health	*health;	/* shared */
	_Atomic int64_t	*down_until;	/* [norigins], shared, wall s */
	struct worker	*worker;	/* this process's */
};

/* What one process keeps. */
struct worker {
	struct upstreams *upstreams;
	struct linelog	*log;		/* NULL: none */
	struct ready	*ready;		/* NULL: no store */
	struct logins	*logins;	/* NULL: nobody has to */
	uint64_t	 next_origin;
	char		*spare[SPARE_MAX];	/* owned: places of heads */
	unsigned int	 nspare;
};

/* One request, from its head to its line in the log. */
struct exchange {
	struct conn	*c;
	const struct proxyd *p;
	struct http_msg	 req;
	char		*head;		/* copy of the request's head; owned */
	struct http_cache_control cc;	/* of the request */
	struct target	 to;
	char		 path[URL_MAX];	/* path and query to ask for */
	char		 url[URL_MAX];	/* effective URI: the cache's key */
	bool		 in_path;	/* the origin stood in the path */
	bool		 reverse;
	bool		 routed;	/* to, path and url are known */
	bool		 absent;	/* the store has been asked: nothing */
	bool		 plain;		/* may be answered by ready.c */
	bool		 keep;		/* the client's connection */
	bool		 broken;	/* the answer was cut: close */
	bool		 began;		/* an answer's head has gone out */
	bool		 quiet;		/* no client: background, or it left */
	bool		 as_is;		/* goes up as the client asked */
	const char	*fwd;		/* why it goes up (RFC 9211) */
	char		 rule[RULE_MAX];	/* that forbids it */
	char		 content_range[80];	/* of a 206 of ours */
	const char	*as_type;	/* Content-Type of a 206 of ours */
	uint32_t	 serial;	/* the store's, when it was asked */
	/* for the log */
	const char	*tag;		/* "TCP_MISS" */
	char		 peer[IPADDR_TEXT_MAX];	/* upstream's address */
	char		 type[64];
	char		 user[64];
	char		 cache_status[160];
	int		 status;
	int64_t		 start, first_byte;	/* monotonic ns */
	uint64_t	 out_before, in_before;
};

/* target.c - where the request goes; NULL, or why not (a 400). */
const char *target_of(struct exchange *);
/* target_address - host and port, always. */
size_t	target_address(const struct target *, char *out, size_t size);
/* target_parse - "http://HOST[:PORT]" for --origin and --upstream. */
int	target_parse(struct target *, const char *text);
/* target_authority - host and port as a URL has them; bytes. */
size_t	target_authority(const struct target *, char *out, size_t size);

/* access.c - NULL, or which rule forbids it; of access_target, in x->rule. */
const char *access_client(const struct proxyd *, const struct ipaddr *);
const char *access_target(struct exchange *);
bool	access_address(const struct exchange *, const struct ipaddr *);
/* access_shared - what is at this address is for all who may ask. */
bool	access_shared(const struct exchange *, const struct ipaddr *);
enum login access_login(struct exchange *);
bool	access_purge(const struct exchange *);
bool	access_status(const struct exchange *);
bool	in_cidrs(const struct cidrs *, const struct ipaddr *);

/* upstream.c */
struct upstreams *upstreams_new(void);
void	upstreams_free(struct upstreams *);
enum dialled {
	DIALLED, DIALLED_KEPT, DIALLED_NO_NAME, DIALLED_REFUSED,
	DIALLED_TIMEOUT, DIALLED_FORBIDDEN, DIALLED_TLS, DIALLED_NO_TUNNEL
};
/* upstream_get - a connection to t, kept or new; upstream_put - keep it. */
enum dialled upstream_get(struct exchange *, const struct target *t,
	    bool fresh, bool tunnel, struct conn *);
void	upstream_put(struct exchange *, const struct target *, struct conn *);
void	upstream_close(struct conn *);
/* upstream_probe - a new connection for a look at an origin, within ms. */
enum dialled upstream_probe(const struct proxyd *, const struct target *,
	    int64_t ms, struct conn *);
/* dialled_text - in words, and with which status it is answered. */
const char *dialled_text(enum dialled, int *status);

/* errors.c - an answer of our own; the exchange is then answered. */
void	reply_error(struct exchange *, int status, const char *why);
void	reply_text(struct exchange *, int status, const char *fields,
	    const char *type, const char *text);

/* forward.c - pass the exchange to its origin, without the cache. */
void	forward(struct exchange *);
/* tunnel.c */
void	tunnel_connect(struct exchange *);
void	tunnel_upgrade(struct exchange *, struct conn *up);
/* cache.c */
void	cache_exchange(struct exchange *);
void	cache_purge(struct exchange *);

/* session.c */
enum conn_fate proxy_session(struct conn *, void *settings);
void	proxy_refuse(struct conn *, void *settings, enum serve_refusal);

/* settings.c */
int	proxy_setup(void *, const struct opt_operands *, struct serve_needs *,
	    char *why, size_t whylen);
void	proxy_teardown(void *);
int	proxy_reopen(void *);
int	proxy_child_start(void *);
void	proxy_child_stop(void *);
int64_t	proxy_idle(void *);

/* log.c */
/* log_exchange - a line for one that is over. */
void	log_exchange(struct exchange *);

#endif
