/*
 * From the options to what the server works with, and back: rules, the table,
 * the event log, the state file's folder, the command.  Called in the parent
 * before anything forks, at start and at each reload.
 */
#include "heartbeatd.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/linelog.h"
#include "net/addr.h"

/* -- The command ---------------------------------------------------------- */

/* is_program - a file that may be run. */
static int
is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    access(path, X_OK) == 0;
}

/* is_found - as execvp(3) will look for it. */
static int
is_found(const char *name)
{
	const char *dir = getenv("PATH");
	char path[PATH_MAX];
	size_t n;

	if (strchr(name, '/') != NULL)
		return is_program(name);
	for (; dir != NULL && *dir != '\0'; dir += n + (dir[n] == ':')) {
		n = strcspn(dir, ":");
		if (snprintf(path, sizeof(path), "%.*s/%s", (int)n, dir,
		    name) < (int)sizeof(path) && is_program(path))
			return 1;
	}
	return 0;
}

/* split_hook - into words at blanks: no shell will look at them. */
static int
split_hook(struct heartbeatd *h, char *why, size_t whylen)
{
	char *rest, *word;
	int n = 0;

	if (h->hook == NULL)
		return 0;
	h->words = strdup(h->hook);
	if (h->words == NULL) {
		snprintf(why, whylen, "%s", strerror(errno));
		return -1;
	}
	for (word = strtok_r(h->words, " \t", &rest); word != NULL;
	    word = strtok_r(NULL, " \t", &rest)) {
		if (n == ROOM_FOR_COMMAND) {
			snprintf(why, whylen, "--hook: more than %d words",
			    ROOM_FOR_COMMAND);
			return SETUP_USAGE;
		}
		h->command[n++] = word;
	}
	if (n > 0 && is_found(h->command[0]))
		return 0;
	snprintf(why, whylen, "--hook: '%.200s' is not a program that can be "
	    "run", n > 0 ? h->command[0] : "");
	return SETUP_USAGE;
}

/* -- Files ---------------------------------------------------------------- */

/* open_folder - of the state file; the process that writes it may be in another
 * root folder by then, and knows it by its descriptor. */
static int
open_folder(struct heartbeatd *h, struct serve_needs *needs)
{
	const char *slash = strrchr(h->state, '/');
	size_t n = slash == NULL ? 1 : (size_t)(slash - h->state) +
	    (slash == h->state);
	char *folder = strndup(slash == NULL ? "." : h->state, n);

	if (folder == NULL)
		return -1;
	h->folder_name = realpath(folder, NULL);
	free(folder);
	h->state_name = slash == NULL ? h->state : slash + 1;
	if (h->folder_name == NULL)
		return -1;
	if (*h->state_name == '\0') {
		errno = EISDIR;
		return -1;
	}
	if (strlen(h->state_name) > NAME_MAX - 8) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (asprintf(&h->state_new_text, "%s.new", h->state_name) == -1) {
		h->state_new_text = NULL;
		return -1;
	}
	h->state_new = h->state_new_text;
	h->folder = open(h->folder_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	needs->write_dirs[0] = h->folder_name;
	return h->folder == -1 ? -1 : 0;
}

/* open_files - 0, or -1 with why. */
static int
open_files(struct heartbeatd *h, struct serve_needs *needs, char *why,
    size_t whylen)
{
	if (h->event_log != NULL && (h->log = linelog_open(
	    h->event_log)) == -1) {
		snprintf(why, whylen, "--event-log: %s: %s", h->event_log,
		    strerror(errno));
		return -1;
	}
	if (h->state != NULL && open_folder(h, needs) == -1) {
		snprintf(why, whylen, "--state: %s: %s", h->state,
		    strerror(errno));
		return -1;
	}
	return 0;
}

int
heartbeat_reopen(void *ctx)
{
	struct heartbeatd *h = ctx;

	return h->event_log == NULL ? 0 :
	    linelog_reopen(h->log, h->event_log);
}

/* -- The whole ------------------------------------------------------------ */

/* read_rules - who is expected; SETUP_USAGE with why where that is unclear. */
static int
read_rules(struct heartbeatd *h, char *why, size_t whylen)
{
	h->expects.period = h->period_ms * NSEC_PER_MSEC;
	h->expects.grace = h->grace_ms * NSEC_PER_MSEC;
	if (expects_parse(&h->expects, h->expect.v, h->expect.n, why,
	    whylen) == -1)
		return SETUP_USAGE;
	if (h->expects.names > (size_t)h->max_names) {
		snprintf(why, whylen, "--expect: %zu names are more than "
		    "--max-names %lld", h->expects.names,
		    (long long)h->max_names);
		return SETUP_USAGE;
	}
	return 0;
}

/* check_http - before anything is opened, so that --check sees it. */
static int
check_http(const struct heartbeatd *h, char *why, size_t whylen)
{
	char reason[256];
	struct addr a;

	if (h->http == NULL || addr_resolve(&a, 1, h->http, NULL,
	    ADDR_PASSIVE, SOCK_STREAM, reason, sizeof(reason)) != -1)
		return 0;
	snprintf(why, whylen, "--http: %s; allowed: ADDRESS:PORT, [IPv6]:PORT "
	    "or unix:PATH", reason);
	return SETUP_USAGE;
}

/* take_table - the one there is, or a new one with what the state file says. */
static int
take_table(struct heartbeatd *h, char *why, size_t whylen)
{
	h->table = table_open((uint32_t)h->max_names);
	if (h->table == NULL) {
		snprintf(why, whylen, errno == EINVAL ? "--max-names cannot "
		    "change while the server runs" : "no memory for "
		    "--max-names");
		return -1;
	}
	if (h->table->loaded)
		return 0;
	h->table->loaded = 1;
	return h->folder == -1 ? 0 : load_state(h, why, whylen);
}

int
heartbeat_setup(void *ctx, const struct opt_operands *op,
    struct serve_needs *needs, char *why, size_t whylen)
{
	struct heartbeatd *h = ctx;
	int result;

	(void)op;
	h->log = h->folder = -1;
	needs->exec = h->hook != NULL;
	result = read_rules(h, why, whylen);
	if (result == 0)
		result = check_http(h, why, whylen);
	if (result == 0)
		result = split_hook(h, why, whylen);
	if (result == 0)
		result = open_files(h, needs, why, whylen);
	if (result == 0)
		result = take_table(h, why, whylen);
	if (result != 0)
		heartbeat_teardown(h);
	return result;
}

void
heartbeat_teardown(void *ctx)
{
	struct heartbeatd *h = ctx;

	if (h->folder != -1)
		save_drop(h);
	if (h->log != -1)
		close(h->log);
	if (h->folder != -1)
		close(h->folder);
	h->log = h->folder = -1;
	expects_free(&h->expects);
	free(h->words);
	free(h->folder_name);
	free(h->state_new_text);
	h->words = h->folder_name = h->state_new_text = NULL;
	h->state_new = h->state_name = NULL;
}
