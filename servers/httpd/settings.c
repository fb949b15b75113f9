/*
 * From options to what the server works with: folders opened, names sorted
 * out, files read.  Called at start and at each reload, before anything forks;
 * it says what is wrong and leaves nothing behind then.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "auth/passwords.h"
#include "base/beneath.h"
#include "base/linelog.h"
#include "httpd.h"
#include "login.h"
#include "mimetypes.h"
#include "status.h"

#define EXTRA_MAX	8192	/* bytes of --header that one answer can have */

static int
fail(char *why, size_t whylen, const char *what, const char *reason)
{
	snprintf(why, whylen, "%s: %s", what, reason);
	return -1;
}

/* open_site - the folder of one virtual host. */
static int
open_site(struct site *s, const char *name, const char *dir, char *why,
    size_t whylen)
{
	s->root = beneath_root(dir);
	if (s->root == -1)
		return fail(why, whylen, dir, strerror(errno));
	s->dir = dir;
	if (name == NULL)
		return 0;
	s->wild = name[0] == '*';
	s->name = s->wild ? name + 1 : name;
	s->name_len = strlen(s->name);
	return 0;
}

static int
open_sites(struct httpd *h, const char *dir, char *why, size_t whylen)
{
	h->sites = calloc(1 + h->vhosts.n, sizeof(*h->sites));
	if (h->sites == NULL)
		return fail(why, whylen, "virtual hosts", strerror(errno));
	if (open_site(&h->sites[0], NULL, dir, why, whylen) == -1)
		return -1;
	for (h->nsites = 1; h->nsites <= h->vhosts.n; h->nsites++) {
		const struct vhost *vh = &h->vhosts.v[h->nsites - 1];

		if (open_site(&h->sites[h->nsites], vh->name, vh->dir, why,
		    whylen) == -1)
			return -1;
	}
	return 0;
}

/* common_part - shorten a to the folder that holds both a and b. */
static void
common_part(char *a, const char *b)
{
	size_t i = 0, slash = 0;

	for (; a[i] != '\0' && a[i] == b[i]; i++)
		if (a[i] == '/')
			slash = i;
	if ((a[i] == '\0' && (b[i] == '/' || b[i] == '\0')) ||
	    (b[i] == '\0' && a[i] == '/'))
		slash = i;
	a[slash == 0 ? 1 : slash] = '\0';
}

/*
 * name_roots - what the sandbox must leave open to be read.  It takes only so
 * many folders; where there are more, the one that holds all of them.
 */
static int
name_roots(struct httpd *h, struct serve_needs *needs, char *why,
    size_t whylen)
{
	size_t n = 0;

	for (size_t i = 0; i < h->nsites; i++) {
		char *dir = realpath(h->sites[i].dir, NULL);

		if (dir == NULL)
			return fail(why, whylen, h->sites[i].dir,
			    strerror(errno));
		if (i < ROOTS_MAX && h->nsites <= ROOTS_MAX) {
			h->roots[n++] = dir;
		} else if (n == 0) {
			h->roots[n++] = dir;
		} else {
			common_part(h->roots[0], dir);
			free(dir);
		}
	}
	for (size_t i = 0; i < n; i++)
		needs->read_dirs[i] = h->roots[i];
	return 0;
}

/* default_index - where none was named. */
static int
default_index(struct httpd *h, char *why, size_t whylen)
{
	if (h->index.n > 0)
		return 0;
	return rule_index(&h->index, NULL, "index.html", why, whylen);
}

/*
 * check_rules - what is wrong with options only together: headers that would
 * not fit into a head, and a host with two folders.
 */
static int
check_rules(const struct httpd *h, char *why, size_t whylen)
{
	const struct vhost *v = h->vhosts.v;
	size_t all = 0;

	for (size_t i = 0; i < h->headers.n; i++)
		all += h->headers.v[i].len;
	if (all > EXTRA_MAX) {
		snprintf(why, whylen, "--header: %zu bytes in all; allowed: "
		    "at most %d", all, EXTRA_MAX);
		return SETUP_USAGE;
	}
	for (size_t i = 1; i < h->vhosts.n; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(v[i].name, v[k].name) == 0) {
				snprintf(why, whylen, "--vhost: %s is named "
				    "twice; allowed: one folder for a name",
				    v[i].name);
				return SETUP_USAGE;
			}
	return 0;
}

/* absolute - path from the root, for a process that may change its folder. */
static char *
absolute(const char *path)
{
	char cwd[PATH_MAX], *out;

	if (path[0] == '/' || strcmp(path, "-") == 0)
		return strdup(path);
	if (getcwd(cwd, sizeof(cwd)) == NULL ||
	    asprintf(&out, "%s/%s", cwd, path) == -1)
		return NULL;
	return out;
}

static int
open_log(struct httpd *h, char *why, size_t whylen)
{
	if (strcmp(h->access_log, "off") == 0)
		return 0;
	h->log_path = absolute(h->access_log);
	if (h->log_path == NULL)
		return fail(why, whylen, h->access_log, strerror(errno));
	h->log_fd = linelog_open(h->log_path);
	if (h->log_fd == -1)
		return fail(why, whylen, h->access_log, strerror(errno));
	return 0;
}

int
httpd_reopen(void *settings)
{
	struct httpd *h = settings;

	return h->log_fd == -1 ? 0 : linelog_reopen(h->log_fd, h->log_path);
}

/* default_watchers - who sees the status where nobody was named. */
static int
default_watchers(struct httpd *h, char *why, size_t whylen)
{
	static const char *const loopback[] = { "127.0.0.0/8", "::1" };

	if (h->watchers.n > 0)
		return 0;
	h->watch_unix = true;
	for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++)
		if (rule_network(&h->watchers, NULL, loopback[i], why,
		    whylen) == -1)
			return -1;
	return 0;
}

/* set_limits - of a request's head. */
static void
set_limits(struct httpd *h)
{
	h->limits = http_limits_default;
	h->limits.head = (uint32_t)h->max_head;
	if (h->limits.line > h->limits.head)
		h->limits.line = h->limits.head;
}

int
httpd_setup(void *settings, const struct opt_operands *operands,
    struct serve_needs *needs, char *why, size_t whylen)
{
	struct httpd *h = settings;

	h->log_fd = -1;
	if (check_rules(h, why, whylen) != 0)
		return SETUP_USAGE;
	set_limits(h);
	tzset();	/* reads a file that the sandbox will hide */
	if (open_sites(h, operands->v[0], why, whylen) == -1 ||
	    name_roots(h, needs, why, whylen) == -1 ||
	    default_index(h, why, whylen) == -1 ||
	    default_watchers(h, why, whylen) == -1 ||
	    bridges_open(h, why, whylen) == -1)
		goto fail;
	needs->connect = h->bridges.n > 0;
	if (mimetypes_load(h->types_file, &h->types, why, whylen) == -1)
		goto fail;
	if (h->auth_file != NULL) {
		h->passwords = passwords_load(h->auth_file, why, whylen);
		if (h->passwords == NULL)
			goto fail;
		login_challenge(h);
	}
	if (open_log(h, why, whylen) == -1)
		goto fail;
	h->counters = serve_shared("httpd", sizeof(*h->counters));
	if (h->counters != NULL)
		return 0;
	fail(why, whylen, "shared memory", strerror(errno));
fail:
	httpd_teardown(h);
	return -1;
}

void
httpd_teardown(void *settings)
{
	struct httpd *h = settings;

	for (size_t i = 0; h->sites != NULL && i <= h->vhosts.n; i++)
		if (h->sites[i].root > 0)
			close(h->sites[i].root);
	free(h->sites);
	h->sites = NULL;
	h->nsites = 0;
	for (size_t i = 0; i < ROOTS_MAX; i++) {
		free(h->roots[i]);
		h->roots[i] = NULL;
	}
	http_types_free(h->types);
	h->types = NULL;
	passwords_free(h->passwords);
	h->passwords = NULL;
	if (h->log_fd != -1)
		close(h->log_fd);
	h->log_fd = -1;
	free(h->log_path);
	h->log_path = NULL;
	h->watch_unix = false;
	h->bridged = NULL;
}
