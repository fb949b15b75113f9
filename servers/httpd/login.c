/*
 * Who may see the files: Basic authentication (RFC 7617).  What is slow about
 * it is in auth/logins.h.
 */
#include "login.h"

#include <openssl/crypto.h>
#include <string.h>

#include "auth/logins.h"
#include "base/buf.h"
#include "base/log.h"
#include "http/auth.h"
#include "worker.h"

#define CREDENTIALS_MAX	512		/* bytes of user:password */

void
login_challenge(struct httpd *h)
{
	const char *realm = h->auth_realm;
	struct text t;

	text_init(&t, h->challenge, sizeof(h->challenge));
	text_adds(&t, "WWW-Authenticate: Basic realm=\"");
	for (; *realm != '\0'; realm++) {
		if (*realm == '"' || *realm == '\\')
			text_adds(&t, "\\");
		text_add(&t, realm, 1);
	}
	text_adds(&t, "\", charset=\"UTF-8\"\r\n");
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
static void
turned_away(struct request *r, struct http_str user)
{
	char peer[IPADDR_TEXT_MAX];

	log_info("%s: 401 wrong password for %.*s",
	    conn_peer_text(r->c, peer, sizeof(peer)), (int)user.len, user.ptr);
	reply_error(r, 401, r->h->challenge);
}

bool
login_check(struct request *r)
{
	struct http_str value = http_single(&r->msg, HDR_AUTHORIZATION);
	struct http_str user, password;
	char text[CREDENTIALS_MAX];
	enum login login;

	if (value.ptr == NULL || !http_basic_decode(value, text, sizeof(text),
	    &user, &password)) {
		reply_error(r, 401, r->h->challenge);
		return false;
	}
	login = logins_check(r->w->logins, r->h->passwords, user, password);
	if (login == LOGIN_GOOD)
		welcome(r, user);
	else if (login == LOGIN_WRONG)
		turned_away(r, user);
	else
		reply_error(r, 503, "Retry-After: 5\r\n");
	OPENSSL_cleanse(text, sizeof(text));
	return login == LOGIN_GOOD;
}
