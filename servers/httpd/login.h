/*
 * Basic authentication against a file of passwords hashed by crypt(3).
 */
#ifndef HTTPD_LOGIN_H
#define HTTPD_LOGIN_H

#include <stdbool.h>

#include "request.h"

/* login_challenge - the realm as a quoted string (RFC 9110 section 5.6.4) in
 * the field that asks for a password. */
void	login_challenge(struct httpd *);

/*
 * login_check - whether the request comes from a known user, whose name is
 * then in r->user; where not, it has been answered (401, 503).
 */
bool	login_check(struct request *);

#endif
