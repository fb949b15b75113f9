/*
 * Basic authentication against a file of passwords hashed by crypt(3).
 */
#ifndef HTTPD_LOGIN_H
#define HTTPD_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "request.h"

struct passwords;
struct logins;

/* passwords_load - read and check the file; NULL with why. */
struct passwords *passwords_load(const char *path, const char *realm,
	    char *why, size_t whylen);
void	passwords_free(struct passwords *);

/* logins_new - what a process remembers of who has logged in; NULL: errno. */
struct logins *logins_new(const struct passwords *);
void	logins_free(struct logins *);

/*
 * login_check - whether the request comes from a known user, whose name is
 * then in r->user; where not, it has been answered (401, 503).
 */
bool	login_check(struct request *);

#endif
