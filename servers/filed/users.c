/*
 * The users' file.  Read whole in setup(), for a child cannot open it; a
 * password is hashed where it is asked for, in the connection's own process.
 */
#include "users.h"

#include <crypt.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "http/auth.h"

#define FILE_MAX	(1024 * 1024)	/* bytes of it */

struct users {
	struct buf	 text;
	char		 any[CRYPT_OUTPUT_SIZE];	/* for who is unknown */
};

static int
read_all(struct buf *b, const char *path)
{
	FILE *file = fopen(path, "re");
	char piece[4096];
	size_t n;
	int error;

	if (file == NULL)
		return -1;
	while (b->len <= FILE_MAX &&
	    (n = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(b, piece, n);
	error = ferror(file) ? errno : b->len > FILE_MAX ? EFBIG :
	    b->failed ? ENOMEM : 0;
	OPENSSL_cleanse(piece, sizeof(piece));
	fclose(file);
	errno = error;
	return error == 0 ? 0 : -1;
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

/* check_line - USER:HASH[:...]; its hash becomes the one for nobody. */
static const char *
check_line(struct users *u, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len), *end;

	if (colon == NULL || colon == line)
		return "is not USER:HASH";
	len -= (size_t)(colon + 1 - line);
	end = memchr(colon + 1, ':', len);
	if (end != NULL)
		len = (size_t)(end - colon - 1);
	if (len < sizeof(u->any)) {
		memcpy(u->any, colon + 1, len);
		u->any[len] = '\0';
		if (hash_ok(u->any))
			return NULL;
	}
	return "has no hash that crypt(3) knows (openssl passwd -6 makes one)";
}

static int
check_file(struct users *u, const char *path, char *why, size_t whylen)
{
	const char *p = u->text.data, *end = p + u->text.len, *nl, *wrong;
	size_t len;

	for (unsigned number = 1; p < end; number++, p += len + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		len = (size_t)((nl != NULL ? nl : end) - p);
		if (len == 0 || *p == '#')
			continue;
		wrong = check_line(u, p, len);
		if (wrong == NULL)
			continue;
		snprintf(why, whylen, "%s:%u: %s", path, number, wrong);
		return -1;
	}
	if (u->any[0] != '\0')
		return 0;
	snprintf(why, whylen, "%s: names nobody", path);
	return -1;
}

struct users *
users_load(const char *path, char *why, size_t whylen)
{
	struct users *u = calloc(1, sizeof(*u));

	if (u == NULL || read_all(&u->text, path) == -1)
		snprintf(why, whylen, "--users: %s: %s", path,
		    strerror(errno));
	else if (check_file(u, path, why, whylen) == 0)
		return u;
	users_free(u);
	return NULL;
}

void
users_free(struct users *u)
{
	if (u == NULL)
		return;
	if (u->text.data != NULL)
		OPENSSL_cleanse(u->text.data, u->text.len);
	buf_free(&u->text);
	free(u);
}

bool
users_check(const struct users *u, const char *user, const char *password)
{
	struct http_str hash = http_password_hash((struct http_str){
	    u->text.data, u->text.len }, http_cstr(user));
	struct crypt_data *work = calloc(1, sizeof(*work));
	char setting[CRYPT_OUTPUT_SIZE];
	const char *made;
	bool known = hash.ptr != NULL && hash.len < sizeof(setting), good;

	if (work == NULL)
		return false;
	snprintf(setting, sizeof(setting), "%.*s",
	    (int)(known ? hash.len : strlen(u->any)),
	    known ? hash.ptr : u->any);
	made = crypt_r(password, setting, work);
	good = made != NULL && strlen(made) == strlen(setting) &&
	    CRYPTO_memcmp(made, setting, strlen(setting)) == 0;
	OPENSSL_cleanse(work, sizeof(*work));
	free(work);
	return known && good;
}
