/*
 * What httpd was told: its settings, and what setup() made of them.  The same
 * in every process and never changed after setup, but for the pointer to this
 * process's own memory, struct worker.
 */
#ifndef HTTPD_HTTPD_H
#define HTTPD_HTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/opt.h"
#include "bridge.h"
#include "http/message.h"
#include "http/types.h"
#include "net/conn.h"
#include "rules.h"
#include "serve/serve.h"

struct worker;
struct passwords;
struct counters;

#define ROOTS_MAX	7	/* folders that the sandbox opens one by one */

enum log_format { LOG_COMBINED, LOG_JSON };
enum follow_links { FOLLOW_NONE, FOLLOW_BENEATH };
enum forwarded { FORWARDED_AUTO, FORWARDED_XFF, FORWARDED_RFC7239 };

/* A folder that is served under a name; the first is the operand's. */
struct site {
	const char	*name;		/* of --vhost; NULL for the operand's */
	size_t		 name_len;
	bool		 wild;		/* name is a suffix, with its dot */
	const char	*dir;		/* as it was given */
	int		 root;		/* O_PATH */
};

struct httpd {
	/* Options. */
	struct names	 index;
	bool		 listing;
	bool		 single_page;
	bool		 dot_files;
	bool		 precompressed;
	bool		 server_status;
	int		 follow_links;
	int		 log_format;
	int		 forwarded;
	char		*auth_file;
	char		*auth_realm;
	char		*types_file;
	char		*charset;
	char		*access_log;
	int64_t		 cache_size;
	int64_t		 max_body;
	int64_t		 max_head;
	int64_t		 keepalive_requests;
	int64_t		 body_timeout;	/* ms */
	struct headers	 headers;
	struct redirects redirects;
	struct pages	 pages;
	struct vhosts	 vhosts;
	struct networks	 trusted;
	struct networks	 watchers;	/* --status-allow */
	struct bridges	 bridges;
	struct names	 origins;	/* --bridge-origin */
	int64_t		 bridge_max;	/* connections; 0 any number */
	int64_t		 bridge_message;	/* bytes of one */
	int64_t		 bridge_memory;	/* bytes of all, in a process */
	int64_t		 bridge_ping;	/* ms; 0 none */

	/* Made by setup(). */
	struct site	*sites;
	size_t		 nsites;
	char		*roots[ROOTS_MAX];	/* for the sandbox; owned */
	char		*log_path;		/* absolute, or "-"; owned */
	struct http_limits limits;
	bool		 watch_unix;		/* by default, as loopback */
	int		 log_fd;		/* -1: no log */
	struct http_types *types;
	struct passwords *passwords;		/* NULL: everybody may */
	char		 challenge[2 * RULE_REALM_MAX + 64];
	struct counters	*counters;		/* shared; see status.h */
	struct bridge_count *bridged;		/* shared; NULL: no bridges */

	struct worker	*worker;		/* this process's own */
};

/* httpd_setup, httpd_teardown - see struct server. */
int	httpd_setup(void *, const struct opt_operands *, struct serve_needs *,
	    char *why, size_t whylen);
void	httpd_teardown(void *);
int	httpd_reopen(void *);

/* httpd_start, httpd_stop, httpd_idle - see child_start and its kin there. */
int	httpd_start(void *);
void	httpd_stop(void *);
int64_t	httpd_idle(void *);

/* http_session - one request and its answer. */
enum conn_fate http_session(struct conn *, void *);
/* http_refuse - says why a connection is turned away. */
void	http_refuse(struct conn *, void *, enum serve_refusal);

#endif
