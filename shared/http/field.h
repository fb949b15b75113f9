/*
 * Takes field values apart: lists with commas, parameters with semicolons,
 * tokens and quoted strings (RFC 9110 section 5.6).  Used by the other
 * parsers of this room and by whoever reads a field that has none of its own.
 * Never copies, but for http_unquote, which says where to.
 */

#ifndef HTTP_FIELD_H
#define HTTP_FIELD_H

#include <stdbool.h>

#include "http/str.h"

/*
 * The next member of a list: takes it off the front of rest, with blanks
 * around it removed.  A comma in a quoted string does not divide; empty
 * members are passed over (section 5.6.1.2).  False when there are no more.
 */
bool	http_list_next(struct http_str *rest, struct http_str *item);

struct http_param {
	struct http_str	name;
	struct http_str	value;		/* without the quotes; ptr NULL: none */
	bool		quoted;		/* then escapes may be in it */
};

/*
 * Takes what stands before the first ';' (outside quotes) off the front of
 * rest and returns it without blanks around it.
 */
struct http_str	http_head_of(struct http_str *rest);

/*
 * The next parameter, NAME or NAME=VALUE with VALUE a token or a quoted
 * string, off the front of rest.  Returns 1, 0 at the end, or -1 for bytes
 * that are no parameter.  Blanks around '=' are not taken (section 5.6.6);
 * empty parameters are passed over.
 */
int	http_param_next(struct http_str *rest, struct http_param *param);

/*
 * Takes a token off the front of rest: its length, which is 0 if rest does
 * not begin with one.
 */
size_t	http_token(struct http_str *rest, struct http_str *token);

/*
 * Takes a quoted string off the front of rest; text is what stands between
 * the quotes, escapes still in it.  False if there is none or it has no end.
 */
bool	http_quoted(struct http_str *rest, struct http_str *text);

/*
 * Copies text from between quotes without its escapes.  Returns the length,
 * or -1 where it does not fit into size bytes; nothing terminates it.
 */
long	http_unquote(struct http_str text, char *out, size_t size);

/* Whether s is a token, whole. */
bool	http_is_token(struct http_str s);

#endif
