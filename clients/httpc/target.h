/*
 * The URL that is asked: text that httpc owns, taken apart.  Nothing here
 * touches the network.
 */
#ifndef HTTPC_TARGET_H
#define HTTPC_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "http/uri.h"

struct target {
	char		*text;		/* owned; NULL: none */
	struct http_url	 url;		/* views of text */
	char		 host[256];	/* as a string, without brackets */
	char		 port[8];
};

/*
 * target_set - a URL as the user typed it (http:// may be left out; bytes that
 * are not ASCII are escaped).  0, or an exit status and the reason in why.
 */
int	target_set(struct target *, const char *text, char *why, size_t);
/* target_join - HOST, PORT and PATH as operands of their own. */
int	target_join(struct target *, const char *host, const char *port,
	    const char *path, char *why, size_t);
/*
 * target_name - where the URL's path ends in a slash, or is none, put the last
 * part of a file's path behind it.
 */
int	target_name(struct target *, const char *file, char *why, size_t);
/* target_follow - what a Location of from means; to may be from. */
int	target_follow(struct target *to, const struct target *from,
	    struct http_str location, char *why, size_t);
int	target_copy(struct target *, const struct target *);
void	target_free(struct target *);

/* target_same_origin - scheme, host and port are the same. */
bool	target_same_origin(const struct target *, const struct target *);

#endif
