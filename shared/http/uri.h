/*
 * URIs (RFC 3986): taking them apart and putting references together.  httpc
 * and urlget read what the user typed and follow redirects with it, proxyd
 * makes cache keys.  Escapes and paths of files are in http/path.h.
 */

#ifndef HTTP_URI_H
#define HTTP_URI_H

#include <stdbool.h>

#include "http/str.h"

/* The five parts; has_ tells an empty part from one that is not there. */
struct http_uri {
	struct http_str	scheme;
	struct http_str	authority;
	struct http_str	path;
	struct http_str	query;		/* without the '?' */
	struct http_str	fragment;	/* without the '#' */
	bool		has_scheme;
	bool		has_authority;
	bool		has_query;
	bool		has_fragment;
};

/*
 * Divides any URI or relative reference (appendix B).  False for blanks,
 * control bytes and bytes over 0x7e, and for a scheme that is none.
 */
bool	http_uri_split(struct http_str s, struct http_uri *uri);

/*
 * Resolves ref against an absolute base (section 5.2, strict) and writes the
 * target URI with its dot segments removed and a NUL behind it.  Returns the
 * length, or -1 if either is no URI, base has no scheme, size is too small,
 * or the result would be a path that begins with "//" and no host.
 */
long	http_uri_resolve(struct http_str base, struct http_str ref, char *out,
	    size_t size);

/* An http or https URL as clients use it. */
struct http_url {
	bool		tls;		/* https */
	bool		has_userinfo;
	struct http_str	userinfo;	/* as written, not decoded */
	struct http_str	host;		/* an IPv6 address without brackets */
	bool		bracketed;
	uint16_t	port;		/* the scheme's where none is named */
	bool		has_port;
	struct http_str	authority;	/* HOST[:PORT] as written, for Host */
	struct http_str	path;		/* may be empty, which means "/" */
	bool		has_query;
	struct http_str	query;
	struct http_str	target;		/* path and query as written; without
					   a leading '/' if path is empty */
};

/*
 * Reads an absolute http or https URL; the fragment is left out.  Returns
 * NULL, or what is wrong with it in a few words.
 */
const char *http_url_parse(struct http_str s, struct http_url *url);

/*
 * Whether what a user typed begins with a scheme, or was meant to ("http:/h",
 * which names no host "http"); else it wants "http://" before it.
 */
bool	http_url_named(const char *text);

/*
 * The next NAME=VALUE or NAME of a query, both as written, off the front of
 * rest.  False when there are no more.  value.ptr is NULL without '='.
 */
bool	http_query_next(struct http_str *rest, struct http_str *name,
	    struct http_str *value);

#endif
