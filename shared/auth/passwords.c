/*
 * The file of passwords.  Never logs a line of it, and wipes what it held.
 */
#include "auth/passwords.h"

#include <crypt.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/readfile.h"
#include "http/auth.h"

#define FILE_MAX	(1024 * 1024)	/* bytes of it */

struct passwords {
	struct buf	 text;	/* the file */
	struct http_str	 any;	/* a hash in it, for users who are not */
};

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
passwords_load(const char *path, char *why, size_t whylen)
{
	struct passwords *p = calloc(1, sizeof(*p));

	if (p == NULL || read_file(path, FILE_MAX, &p->text) == -1) {
		snprintf(why, whylen, "%s: %s", path, strerror(errno));
		free(p);
		return NULL;
	}
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

bool
passwords_check(const struct passwords *p, struct http_str user,
    const char *password)
{
	struct http_str hash = http_password_hash((struct http_str){
	    p->text.data, p->text.len }, user);
	bool known = hash.ptr != NULL, good;
	char setting[CRYPT_OUTPUT_SIZE];
	struct crypt_data *work;
	const char *made;

	if (!known)
		hash = p->any;
	/* 32 KiB: too much for the stack of a fiber. */
	if (hash.len >= sizeof(setting) ||
	    (work = calloc(1, sizeof(*work))) == NULL)
		return false;
	memcpy(setting, hash.ptr, hash.len);
	setting[hash.len] = '\0';
	made = crypt_r(password, setting, work);
	good = made != NULL && strlen(made) == hash.len &&
	    CRYPTO_memcmp(made, setting, hash.len) == 0;
	OPENSSL_cleanse(work, sizeof(*work));
	free(work);
	return known && good;
}
