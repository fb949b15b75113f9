/*
 * filed - files over TCP: the coursework's bare names, and a dialect by lines
 * with offsets, digests and uploads.  The table that the core wants, and what
 * is opened before anything forks.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/passwords.h"
#include "base/beneath.h"
#include "base/digest.h"
#include "digests.h"
#include "filed.h"
#include "serve/serve.h"
#include "session.h"

#define F(field)	offsetof(struct filed, field)

static const struct opt options[] = {
	{ "writable", 'w', OPT_FLAG, F(writable), NULL, NULL,
	    "files may be put there, too", 0, 0, NULL, NULL, NULL },
	{ "users", 0, OPT_STRING, F(users_file), NULL, "FILE",
	    "only for users in this file of USER:HASH lines", 0, 0, NULL, NULL,
	    NULL },
	{ "public", 0, OPT_FLAG, F(public), NULL, NULL,
	    "with --users: everybody may read all the same", 0, 0, NULL, NULL,
	    NULL },
	{ "verbose", 'v', OPT_FLAG, F(verbose), NULL, NULL,
	    "print each chunk and file that is sent", 0, 0, NULL, NULL, NULL },
	{ "chunk", 0, OPT_SIZE, F(chunk), "64", "SIZE",
	    "of a chunk in the plain dialect, with --verbose", 1, 1 << 30,
	    NULL, NULL, NULL },
	{ "max-size", 0, OPT_SIZE, F(max_size), "0", "SIZE",
	    "of a file that is put there; 0 any", 0, 0, NULL, NULL, NULL },
};

static int
fail(char *why, size_t whylen, const char *what)
{
	snprintf(why, whylen, "%s: %s", what, strerror(errno));
	return -1;
}

static void
filed_teardown(void *ctx)
{
	struct filed *f = ctx;

	passwords_free(f->users);
	free(f->dir);
	if (f->root > 0)
		close(f->root);
	f->users = NULL;
	f->dir = NULL;
	f->root = 0;
}

/* open_all - what the settings name. */
static int
open_all(struct filed *f, const char *dir, char *why, size_t whylen)
{
	struct digest first;

	f->root = beneath_root(dir);
	if (f->root == -1 || (f->dir = realpath(dir, NULL)) == NULL)
		return fail(why, whylen, dir);
	f->digests = digests_open();
	if (f->digests == NULL || digest_init(&first) == -1)
		return fail(why, whylen, "digests");
	digest_free(&first);
	if (f->users_file != NULL &&
	    (f->users = passwords_load(f->users_file, why, whylen)) == NULL)
		return -1;
	return 0;
}

static int
filed_setup(void *ctx, const struct opt_operands *op, struct serve_needs *needs,
    char *why, size_t whylen)
{
	struct filed *f = ctx;

	if (f->public && f->users_file == NULL) {
		snprintf(why, whylen, "--public: means nothing without "
		    "--users");
		return SETUP_USAGE;
	}
	if (open_all(f, op->n > 0 ? op->v[0] : ".", why, whylen) == -1) {
		filed_teardown(f);
		return -1;
	}
	if (f->writable) {
		needs->write_dirs[0] = f->dir;
		needs->threads = 1;	/* base/hasher.h */
	} else
		needs->read_dirs[0] = f->dir;
	return 0;
}

/* filed_opened - the digest after the data must not wait for the peer to
 * acknowledge the data. */
static enum conn_fate
filed_opened(struct conn *c, void *ctx)
{
	int one = 1;

	(void)ctx;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return CONN_KEEP;
}

static const struct server filed = {
	.name = "filed",
	.summary = "files over TCP, resumed and verified",
	.synopsis = "[options] [DIR]",
	.address = "*:" FILE_PORT,
	.model = MODEL_FORK,
	.connections = 1,
	.keepalive_idle = 300,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.settings_size = sizeof(struct filed),
	.max_operands = 1,
	.setup = filed_setup,
	.teardown = filed_teardown,
	.opened = filed_opened,
	.session = filed_session,
	.closed = filed_closed,
	.refuse = filed_refuse,
};

int
main(int argc, char **argv)
{
	/* a limit on the size of files is an answer, not an end */
	signal(SIGXFSZ, SIG_IGN);
	return serve_main(&filed, argc, argv);
}
