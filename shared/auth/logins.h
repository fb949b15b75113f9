/*
 * Who has logged in lately, in one process: for protocols that send the
 * password with every request, so that it is hashed only once.
 */
#ifndef AUTH_LOGINS_H
#define AUTH_LOGINS_H

#include "auth/passwords.h"

struct logins;

enum login {
	LOGIN_GOOD,
	LOGIN_WRONG,
	LOGIN_BUSY		/* too many wait to be checked: try later */
};

/* logins_new - nobody yet; NULL: errno. */
struct logins *logins_new(void);
/* logins_free - and wipe; NULL is nobody's. */
void	logins_free(struct logins *);

/*
 * logins_check - by memory, or by hashing when it is this session's turn, for
 * which it pauses: at most a quarter of the process's time goes into hashing.
 * The password ends with a NUL, as http_basic_decode() makes it.
 */
enum login logins_check(struct logins *, const struct passwords *,
	    struct http_str user, struct http_str password);

#endif
