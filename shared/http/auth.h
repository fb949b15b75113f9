/*
 * Basic authentication (RFC 7617) without the hashing: credentials out of
 * the field, a user's hash out of a file's text, and base64 both ways.  For
 * httpd and proxyd; httpc makes the field with it.
 */

#ifndef HTTP_AUTH_H
#define HTTP_AUTH_H

#include <stdbool.h>

#include "http/str.h"

/*
 * Decodes base64 (RFC 4648 section 4; the padding may be missing).  Returns
 * the length, or -1 for other bytes, bits that are left over and are not
 * zero, or too small a size.
 */
long	http_base64_decode(struct http_str in, char *out, size_t size);

/* Encodes with padding and a NUL.  Returns the length, or -1: no room. */
long	http_base64_encode(struct http_str in, char *out, size_t size);

/*
 * Takes "Basic ..." apart: the value of Authorization or Proxy-Authorization
 * is decoded into buf, of which user and password are views, each with a NUL
 * behind it.  False if it is another scheme, malformed, without a colon, has
 * a control byte in it (RFC 7617 section 2) or does not fit.
 */
bool	http_basic_decode(struct http_str value, char *buf, size_t size,
	    struct http_str *user, struct http_str *password);

/*
 * Finds the hash of a user in the text of a password file, whose lines are
 * USER:HASH or USER:HASH:ANYTHING; empty ones and those with '#' in front
 * are comments.  ptr is NULL if there is no such user.
 */
struct http_str	http_password_hash(struct http_str file, struct http_str user);

#endif
