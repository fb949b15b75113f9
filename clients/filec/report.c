/*
 * What the user is told: a message for what failed, a line for each file with
 * --verbose, an object for each with --json.  Names may come from a server and
 * are shown so that a terminal can take them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "filec.h"

#define SHOWN	4096

/* say - a whole line in one write, so that those of several workers do not
 * mix; 0 or -1 */
static int
say(int fd, const char *line, size_t n)
{
	return write(fd, line, n) == -1 ? -1 : 0;
}

void
complain(const char *name, const char *why)
{
	size_t n = strlen(name);
	char line[SHOWN];
	struct text t;

	text_init(&t, line, sizeof(line) - 1);
	text_adds(&t, "filec: ");
	if (strncmp(why, name, n) != 0 || why[n] != ':') {
		text_addesc(&t, name, n);
		text_adds(&t, ": ");
	}
	text_addesc(&t, why, strlen(why));
	line[t.len++] = '\n';
	say(STDERR_FILENO, line, t.len);
}

static void
add_text(struct buf *b, const char *key, const char *value)
{
	buf_addf(b, "\"%s\":", key);
	if (value == NULL || *value == '\0')
		buf_adds(b, "null");
	else
		buf_json(b, value, strlen(value));
	buf_addc(b, ',');
}

static void
report_json(const struct work *w, const char *from, const char *to,
    const struct outcome *o, int64_t ns)
{
	struct buf b = { 0 };

	buf_addc(&b, '{');
	add_text(&b, "from", from);
	add_text(&b, "to", to);
	buf_addf(&b, "\"size\":%llu,\"offset\":%llu,",
	    (unsigned long long)o->size, (unsigned long long)o->offset);
	add_text(&b, "sha256", o->sha);
	buf_addf(&b, "\"seconds\":%.3f,\"status\":%d,",
	    (double)ns / (double)NSEC_PER_SEC, (int)o->status);
	add_text(&b, "error", o->status != ST_OK ? o->why : NULL);
	if (!b.failed) {
		b.data[b.len - 1] = '}';
		buf_addc(&b, '\n');
		if (say(w->standard && !w->put ? STDERR_FILENO :
		    STDOUT_FILENO, b.data, b.len) == -1) {
			complain("standard output", strerror(errno));
			worse(w->shared, ST_LOCAL);
		}
	}
	buf_free(&b);
}

void
report_untried(const struct work *w, const char *name, const struct outcome *o)
{
	if (w->set->json)
		report_json(w, name, NULL, o, 0);
}

static void
report_line(const struct outcome *o, const char *as, int64_t ns)
{
	char line[SHOWN], bytes[PROGRESS_BYTES_MAX];
	double moved = (double)(o->size - o->offset), seconds;
	struct text t;

	text_init(&t, line, sizeof(line) - 1);
	text_addesc(&t, as, strlen(as));
	text_addf(&t, ": %llu bytes", (unsigned long long)o->size);
	if (o->had)
		text_adds(&t, ", there already");
	else if (o->offset > 0)
		text_addf(&t, ", resumed at %llu",
		    (unsigned long long)o->offset);
	seconds = (double)(ns > 0 ? ns : 1) / (double)NSEC_PER_SEC;
	if (!o->had)
		text_addf(&t, ", %s/s",
		    progress_bytes((uint64_t)(moved / seconds), bytes));
	if (o->sha[0] != '\0')
		text_addf(&t, ", %s", o->sha);
	line[t.len++] = '\n';
	say(STDERR_FILENO, line, t.len);
}

void
report(const struct work *w, const struct job *j, const struct outcome *o,
    int64_t ns)
{
	const char *name = w->put ? j->remote : j->local;
	const char *as = o->as[0] != '\0' ? o->as : name;

	if (j->folder && o->status == ST_OK)
		return;
	if (w->set->json)
		report_json(w, w->put ? j->local : j->remote, as, o, ns);
	if (o->status != ST_OK)
		complain(w->put && !w->standard ? j->local : j->remote, o->why);
	else if (w->set->verbose)
		report_line(o, as, ns);
	else if (strcmp(as, name) != 0 && !w->set->json)
		complain(name, as);
}
