/*
 * Who may come in: a file of USER:HASH lines, hashed by crypt(3).
 */
#ifndef FILED_USERS_H
#define FILED_USERS_H

#include <stdbool.h>
#include <stddef.h>

struct users;

/* users_load - read and check the file; NULL with why. */
struct users *users_load(const char *path, char *why, size_t whylen);
void	users_free(struct users *);

/* users_check - slow on purpose, and as slow where there is no such user. */
bool	users_check(const struct users *, const char *user,
	    const char *password);

#endif
