/*
 * Passwords.  Hashing one is slow on purpose, so a process remembers which
 * credentials were good, by a keyed digest and not as they are, and spends at
 * most a quarter of its time on new ones: whoever guesses waits, and nobody
 * else does.
 */
#include "login.h"

#include <sys/random.h>

#include <crypt.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/auth.h"
#include "net/wait.h"
#include "readfile.h"

#define PASSWORDS_MAX	(1024 * 1024)	/* bytes of the file */
#define CREDENTIALS_MAX	512		/* bytes of user:password */
#define KEY_SIZE	32
#define REMEMBERED	64		/* good credentials in each process */
#define SHARE		4		/* one part in so many is for hashing */
#define FIRST_COST	(10 * NSEC_PER_MSEC)
#define QUEUE_MAX	(5 * NSEC_PER_SEC)

struct passwords {
	struct buf	 text;		/* the file */
	struct http_str	 any;		/* a hash for unknown users */
	char		 challenge[2 * RULE_REALM_MAX + 64];
};

struct digest {
	unsigned char	 bytes[SHA256_DIGEST_LENGTH];
};

struct logins {
	unsigned char	 key[KEY_SIZE];
	struct digest	 good[REMEMBERED];	/* zeros: free */
	unsigned	 next;
	int64_t		 free_at;	/* when hashing may go on */
	int64_t		 cost;		/* ns of the last one */
	struct crypt_data work;
};

/* make_challenge - the realm as a quoted string (RFC 9110 section 5.6.4). */
static void
make_challenge(struct passwords *p, const char *realm)
{
	struct text t;

	text_init(&t, p->challenge, sizeof(p->challenge));
	text_adds(&t, "WWW-Authenticate: Basic realm=\"");
	for (; *realm != '\0'; realm++) {
		if (*realm == '"' || *realm == '\\')
			text_adds(&t, "\\");
		text_add(&t, realm, 1);
	}
	text_adds(&t, "\", charset=\"UTF-8\"\r\n");
}

/* hash_ok - whether this crypt(3) can check it; DES and plain text cannot be
 * told apart, so neither is taken. */
static bool
hash_ok(const char *hash)
{
	int r;

	if (hash[0] != '$')
		return false;
	r = crypt_checksalt(hash);
	return r == CRYPT_SALT_OK || r == CRYPT_SALT_METHOD_LEGACY ||
	    r == CRYPT_SALT_TOO_CHEAP;
}

/* check_line - USER:HASH[:...], or nothing; the hash into *hash. */
static const char *
check_line(struct http_str line, struct http_str *hash)
{
	const char *colon, *end;
	char text[CRYPT_OUTPUT_SIZE];

	line = http_trim(line);
	if (line.len == 0 || line.ptr[0] == '#')
		return NULL;
	colon = memchr(line.ptr, ':', line.len);
	if (colon == NULL || colon == line.ptr)
		return "is not USER:HASH";
	line.len -= (size_t)(colon + 1 - line.ptr);
	line.ptr = colon + 1;
	end = memchr(line.ptr, ':', line.len);
	if (end != NULL)
		line.len = (size_t)(end - line.ptr);
	if (line.len < sizeof(text)) {
		memcpy(text, line.ptr, line.len);
		text[line.len] = '\0';
		*hash = line;
		if (hash_ok(text))
			return NULL;
	}
	return "has no hash that crypt(3) knows (openssl passwd -6 makes one)";
}

/* check_file - every line of it; -1 with why. */
static int
check_file(struct passwords *p, const char *path, char *why, size_t whylen)
{
	struct http_str rest = { p->text.data, p->text.len }, line;
	const char *nl, *wrong;
	unsigned number = 0;

	while (rest.len > 0) {
		nl = memchr(rest.ptr, '\n', rest.len);
		line = rest;
		if (nl != NULL)
			line.len = (size_t)(nl - rest.ptr);
		rest.ptr += line.len + (nl != NULL);
		rest.len -= line.len + (nl != NULL);
		number++;
		wrong = check_line(line, &p->any);
		if (wrong != NULL) {
			snprintf(why, whylen, "%s: line %u %s", path, number,
			    wrong);
			return -1;
		}
	}
	if (p->any.ptr != NULL)
		return 0;
	snprintf(why, whylen, "%s: no user in it", path);
	return -1;
}

struct passwords *
passwords_load(const char *path, const char *realm, char *why, size_t whylen)
{
	struct passwords *p = calloc(1, sizeof(*p));

	if (p == NULL || read_file(path, PASSWORDS_MAX, &p->text) == -1) {
		snprintf(why, whylen, "%s: %s", path, strerror(errno));
		free(p);
		return NULL;
	}
	make_challenge(p, realm);
	if (check_file(p, path, why, whylen) == 0)
		return p;
	passwords_free(p);
	return NULL;
}

void
passwords_free(struct passwords *p)
{
	if (p == NULL)
		return;
	if (p->text.data != NULL)
		OPENSSL_cleanse(p->text.data, p->text.len);
	buf_free(&p->text);
	free(p);
}

struct logins *
logins_new(const struct passwords *p)
{
	struct logins *l = calloc(1, sizeof(*l));

	(void)p;
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
	unsigned char text[KEY_SIZE + CREDENTIALS_MAX + 2];
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

/* verify - the slow part.  It takes as long where there is no such user. */
static bool
verify(struct logins *l, const struct passwords *p, struct http_str user,
    const char *password)
{
	struct http_str hash = http_password_hash((struct http_str){
	    p->text.data, p->text.len }, user);
	bool known = hash.ptr != NULL;
	char setting[CRYPT_OUTPUT_SIZE];
	int64_t began = clock_mono();
	const char *made;
	bool good;

	if (!known)
		hash = p->any;
	if (hash.len >= sizeof(setting))
		return false;
	memcpy(setting, hash.ptr, hash.len);
	setting[hash.len] = '\0';
	made = crypt_r(password, setting, &l->work);
	l->cost = clock_mono() - began;
	good = made != NULL && strlen(made) == hash.len &&
	    CRYPTO_memcmp(made, setting, hash.len) == 0;
	return known && good;
}

static void
welcome(struct request *r, struct http_str user)
{
	if (user.len >= sizeof(r->user))
		user.len = sizeof(r->user) - 1;
	memcpy(r->user, user.ptr, user.len);
	r->user[user.len] = '\0';
}

/* turned_away - a wrong password is worth a line for who watches the log. */
static bool
turned_away(struct request *r, struct http_str user)
{
	char peer[IPADDR_TEXT_MAX];

	log_info("%s: 401 wrong password for %.*s",
	    conn_peer_text(r->c, peer, sizeof(peer)), (int)user.len, user.ptr);
	reply_error(r, 401, r->h->passwords->challenge);
	return false;
}

/* credentials_good - by memory or by hashing; answers where they are not. */
static bool
credentials_good(struct request *r, struct http_str user,
    struct http_str password)
{
	struct logins *l = r->w->logins;
	struct digest d;

	digest(l, user, password, &d);
	if (is_remembered(l, &d))
		return true;
	if (!take_turn(l)) {
		reply_error(r, 503, "Retry-After: 5\r\n");
		return false;
	}
	if (is_remembered(l, &d))
		return true;	/* another session was quicker */
	if (!verify(l, r->h->passwords, user, password.ptr))
		return turned_away(r, user);
	l->good[l->next++ % REMEMBERED] = d;
	return true;
}

bool
login_check(struct request *r)
{
	struct http_str value = http_get(&r->msg, HDR_AUTHORIZATION);
	struct http_str user, password;
	char text[CREDENTIALS_MAX];
	bool good;

	if (value.ptr == NULL || !http_basic_decode(value, text, sizeof(text),
	    &user, &password)) {
		reply_error(r, 401, r->h->passwords->challenge);
		return false;
	}
	good = credentials_good(r, user, password);
	if (good)
		welcome(r, user);
	OPENSSL_cleanse(text, sizeof(text));
	return good;
}
