/*
 * A file of passwords, hashed by crypt(3): USER:HASH[:...] on each line, empty
 * lines and those behind '#' for people.  Read whole when the settings are
 * made, for a sandboxed child cannot open it.
 */
#ifndef AUTH_PASSWORDS_H
#define AUTH_PASSWORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "http/str.h"

struct passwords;

/*
 * passwords_load - read the file and check each line of it: a hash that this
 * crypt(3) cannot check is an error here, not at somebody's log-in.  NULL with
 * one line for the user in why.
 */
struct passwords *passwords_load(const char *path, char *why, size_t whylen);
/* passwords_free - and wipe; NULL is nobody's. */
void	passwords_free(struct passwords *);

/*
 * passwords_check - whether that is the user's password.  Slow on purpose (tens
 * of ms of this process's time), and as slow where there is no such user.
 */
bool	passwords_check(const struct passwords *, struct http_str user,
	    const char *password);

#endif
