/*
 * Who has logged in.  Hashing is slow on purpose, so a process remembers which
 * credentials were good, by a keyed digest and not as they are, and spends at
 * most a quarter of its time on new ones: whoever guesses waits, and nobody
 * else does.
 */
#include "auth/logins.h"

#include <sys/random.h>

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/wait.h"

#define CREDENTIALS_MAX	512		/* bytes of user and password */
#define KEY_SIZE	32
#define REMEMBERED	64		/* good credentials in each process */
#define SHARE		4		/* one part in so many is for hashing */
#define FIRST_COST	(10 * NSEC_PER_MSEC)
#define QUEUE_MAX	(5 * NSEC_PER_SEC)

struct digest {
	unsigned char	 bytes[SHA256_DIGEST_LENGTH];
};

struct logins {
	unsigned char	 key[KEY_SIZE];
	struct digest	 good[REMEMBERED];	/* zeros: free */
	unsigned	 next;
	int64_t		 free_at;	/* when hashing may go on */
	int64_t		 cost;		/* ns of the last one */
};

struct logins *
logins_new(void)
{
	struct logins *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->cost = FIRST_COST;
	if (getrandom(l->key, sizeof(l->key), 0) == (ssize_t)sizeof(l->key))
		return l;
	free(l);
	return NULL;
}

void
logins_free(struct logins *l)
{
	if (l == NULL)
		return;
	OPENSSL_cleanse(l, sizeof(*l));
	free(l);
}

/* digest - of the credentials, with a key that only this process has. */
static void
digest(const struct logins *l, struct http_str user, struct http_str password,
    struct digest *out)
{
	unsigned char text[KEY_SIZE + CREDENTIALS_MAX + 1];
	size_t n = KEY_SIZE;

	memcpy(text, l->key, KEY_SIZE);
	memcpy(text + n, user.ptr, user.len);
	n += user.len;
	text[n++] = ':';
	memcpy(text + n, password.ptr, password.len);
	n += password.len;
	SHA256(text, n, out->bytes);
	OPENSSL_cleanse(text, n);
}

static bool
is_remembered(const struct logins *l, const struct digest *d)
{
	bool found = false;

	for (int i = 0; i < REMEMBERED; i++)
		if (CRYPTO_memcmp(&l->good[i], d, sizeof(*d)) == 0)
			found = true;
	return found;
}

/* take_turn - wait until hashing may go on; false where too many wait. */
static bool
take_turn(struct logins *l)
{
	int64_t now = clock_mono(), mine;

	mine = l->free_at > now ? l->free_at : now;
	if (mine - now > QUEUE_MAX)
		return false;
	l->free_at = mine + SHARE * l->cost;
	while (mine > now) {
		if (net_pause(mine) == -1 && errno == ECANCELED)
			return false;
		now = clock_mono();
	}
	return true;
}

enum login
logins_check(struct logins *l, const struct passwords *p, struct http_str user,
    struct http_str password)
{
	struct digest d;
	int64_t began;
	bool good;

	if (user.len > CREDENTIALS_MAX ||
	    password.len > CREDENTIALS_MAX - user.len)
		return LOGIN_WRONG;
	digest(l, user, password, &d);
	if (is_remembered(l, &d))
		return LOGIN_GOOD;
	if (!take_turn(l))
		return LOGIN_BUSY;
	if (is_remembered(l, &d))
		return LOGIN_GOOD;	/* another session was quicker */
	began = clock_mono();
	good = passwords_check(p, user, password.ptr);
	l->cost = clock_mono() - began;
	if (good)
		l->good[l->next++ % REMEMBERED] = d;
	return good ? LOGIN_GOOD : LOGIN_WRONG;
}
