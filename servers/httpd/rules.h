/*
 * Options whose values have a shape of their own: --header, --redirect,
 * --error-page, --vhost, networks and names.  Read once by the option parser,
 * looked up for each request; reading says what is wrong, looking up cannot
 * fail.
 */
#ifndef HTTPD_RULES_H
#define HTTPD_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/opt.h"
#include "http/str.h"
#include "net/addr.h"

#define RULE_REALM_MAX	200	/* bytes */

/* All lists of rules begin alike, so that one function makes them grow. */
struct header {
	char		*glob;		/* of the path; NULL: every path */
	char		*line;		/* "Name: value\r\n", owned */
	size_t		 len;
	size_t		 name_len;
	bool		 is_type;	/* Content-Type: instead of our own */
};
struct headers {
	struct header	*v;
	size_t		 n;
};

struct redirect {
	char		*from;		/* decoded path */
	size_t		 from_len;
	bool		 prefix;	/* from ended in '*' */
	char		*to;		/* as it goes into Location */
	size_t		 to_len;
	bool		 splice;	/* the rest goes behind to */
	unsigned	 status;
};
struct redirects {
	struct redirect	*v;
	size_t		 n;
};

struct page {
	unsigned	 status;
	char		*path;		/* decoded, in the site's folder */
};
struct pages {
	struct page	*v;
	size_t		 n;
};

struct vhost {
	char		*name;		/* lower case */
	char		*dir;
};
struct vhosts {
	struct vhost	*v;
	size_t		 n;
};

struct networks {
	struct cidr	*v;
	size_t		 n;
};

struct names {
	char		**v;
	size_t		 n;
};

/* Parsers and releases for OPT_CALL; dst is the list of that kind. */
opt_call rule_header, rule_redirect, rule_page, rule_vhost, rule_network;
opt_call rule_index;			/* struct names */
opt_call rule_charset, rule_realm;	/* char * */
void	rule_header_free(void *);
void	rule_redirect_free(void *);
void	rule_page_free(void *);
void	rule_vhost_free(void *);
void	rule_network_free(void *);
void	rule_index_free(void *);
void	rule_text_free(void *);

/* header_matches - whether the rule is for this path (a string). */
bool	header_matches(const struct header *, const char *path);
/* header_value - what its field says. */
struct http_str header_value(const struct header *);

/* redirect_find - the first rule for this path, or NULL. */
const struct redirect *redirect_find(const struct redirects *, const char *path,
	    size_t len);

/* page_find - the path of the page for this status, or NULL. */
const char *page_find(const struct pages *, unsigned status);

/* network_has - whether one of them holds the address. */
bool	network_has(const struct networks *, const struct ipaddr *);

#endif
