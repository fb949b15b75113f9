/*
 * statusc - asks a server's --status socket what it is doing, and prints a
 * table of its children.  It reads the line protocol that serve/status.c
 * answers and must take lines that it does not know.
 */
#include <sys/ioctl.h>

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/opt.h"
#include "base/progress.h"
#include "net/conn.h"
#include "net/dial.h"
#include "net/wait.h"

#define REPORT_MAX	(16 * 1024 * 1024)

struct settings {
	bool	 json;
	int64_t	 watch, count, wait_ms;
};

#define FIELD(f)	offsetof(struct settings, f)

static const struct opt options[] = {
	{ .name = "json", .kind = OPT_FLAG, .offset = FIELD(json),
	    .help = "print the server's report as a JSON object" },
	{ .name = "watch", .letter = 'w', .kind = OPT_MSEC,
	    .offset = FIELD(watch), .arg = "TIME",
	    .help = "ask again every so often, until stopped" },
	{ .name = "count", .letter = 'c', .kind = OPT_INT,
	    .offset = FIELD(count), .arg = "N",
	    .help = "with --watch: so many times" },
	{ .name = "wait", .letter = 'W', .kind = OPT_MSEC, .def = "5s",
	    .offset = FIELD(wait_ms), .arg = "TIME",
	    .help = "how long the server may take to answer" },
};

/* -- The report ----------------------------------------------------------- */

enum { SLOT, PID, ROLE, STATE, GENERATION, UPTIME, ACTIVE, CONNECTIONS,
	REQUESTS, BYTES_IN, BYTES_OUT, DOING, COLUMNS };

/* A column of the table: the word in the report, and how it is shown. */
static const struct column {
	const char	*key, *title;
	enum { PLAIN, LEFT, BYTES, SECONDS } kind;
} columns[COLUMNS] = {
	[SLOT] = { "slot", "SLOT", PLAIN },
	[PID] = { "pid", "PID", PLAIN },
	[ROLE] = { "role", "ROLE", LEFT },
	[STATE] = { "state", "STATE", LEFT },
	[GENERATION] = { "generation", "GEN", PLAIN },
	[UPTIME] = { "uptime", "UP", SECONDS },
	[ACTIVE] = { "active", "ACTIVE", PLAIN },
	[CONNECTIONS] = { "connections", "CONNS", PLAIN },
	[REQUESTS] = { "requests", "REQUESTS", PLAIN },
	[BYTES_IN] = { "bytes_in", "IN", BYTES },
	[BYTES_OUT] = { "bytes_out", "OUT", BYTES },
	[DOING] = { "doing", "DOING", LEFT },
};

#define CELL_MAX	112	/* bytes; a child's doing is the longest */

struct child {
	char	 cell[COLUMNS][CELL_MAX];
};

struct report {
	struct buf	 raw;		/* as it came; then cut into lines */
	struct child	*children;
	size_t		 nchildren;
};

/* ask - the server's whole answer to word into b; 0, or -1 and said why */
static int
ask(const char *where, const struct settings *set, const char *word,
    struct buf *b)
{
	struct conn c;
	char why[512];
	ssize_t n;

	if (dial(&c, where, NULL, set->wait_ms, why, sizeof(why)) != DIAL_OK) {
		warnx("%s", why);
		return -1;
	}
	conn_deadline(&c, set->wait_ms);
	n = conn_printf(&c, "%s\n", word) == -1 || conn_flush(&c) == -1 ? -1 :
	    1;
	while (n > 0 && b->len <= REPORT_MAX && (n = conn_fill(&c)) > 0) {
		buf_add(b, conn_data(&c), conn_pending(&c));
		conn_consume(&c, conn_pending(&c));
	}
	if (n == -1)
		warn("%s", where);
	conn_close(&c);
	if (n == -1)
		return -1;
	if (b->failed || b->len == 0 || b->len > REPORT_MAX ||
	    strncmp(b->data, "error", 5) == 0) {
		warnx("%s: does not answer as a status socket does", where);
		return -1;
	}
	return 0;
}

/* lines - control bytes become '?', newlines ends of strings */
static void
lines(struct buf *b)
{
	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] == '\n')
			b->data[i] = '\0';
		else if ((unsigned char)b->data[i] < ' ' || b->data[i] == 0x7f)
			b->data[i] = '?';
	}
}

/* next_line - behind line, or NULL */
static const char *
next_line(const struct buf *b, const char *line)
{
	line += strlen(line) + 1;
	return line < b->data + b->len ? line : NULL;
}

/* value - of a "key: value" line, or "" */
static const char *
value(const struct report *r, const char *key)
{
	size_t n = strlen(key);

	for (const char *l = r->raw.data; l != NULL; l = next_line(&r->raw, l))
		if (strncmp(l, key, n) == 0 && l[n] == ':' && l[n + 1] == ' ')
			return l + n + 2;
	return "";
}

static unsigned long long
number(const char *text)
{
	return strtoull(text, NULL, 10);
}

/* show - a value as its column has it */
static void
show(const struct column *c, const char *text, size_t n, char *cell)
{
	char part[CELL_MAX];

	if (n >= sizeof(part))
		n = sizeof(part) - 1;
	memcpy(part, text, n);
	part[n] = '\0';
	if (c->kind == BYTES)
		progress_bytes(number(part), cell);
	else if (c->kind == SECONDS)
		progress_time(number(part), cell);
	else
		memcpy(cell, part, n + 1);
}

/* take_child - "child slot=0 pid=17 ... doing=the rest of the line" */
static void
take_child(struct child *child, const char *line)
{
	size_t name, n;

	memset(child, 0, sizeof(*child));
	for (line += strlen("child "); *line != '\0'; line += n) {
		line += strspn(line, " ");
		name = strcspn(line, "= ");
		if (line[name] != '=') {
			n = name;
			continue;
		}
		n = strncmp(line, "doing", name) == 0 ? strlen(line) :
		    strcspn(line, " ");
		for (int i = 0; i < COLUMNS; i++)
			if (strlen(columns[i].key) == name &&
			    memcmp(columns[i].key, line, name) == 0)
				show(&columns[i], line + name + 1,
				    n - name - 1, child->cell[i]);
	}
}

static int
take_children(struct report *r)
{
	struct child *more;

	for (const char *l = r->raw.data; l != NULL;
	    l = next_line(&r->raw, l)) {
		if (strncmp(l, "child ", 6) != 0)
			continue;
		more = realloc(r->children, (r->nchildren + 1) * sizeof(*more));
		if (more == NULL) {
			warn(NULL);
			return -1;
		}
		r->children = more;
		take_child(&more[r->nchildren++], l);
	}
	return 0;
}

static void
report_free(struct report *r)
{
	buf_free(&r->raw);
	free(r->children);
	memset(r, 0, sizeof(*r));
}

/* -- The table ------------------------------------------------------------ */

/* terminal_width - or 0 where it is none */
static size_t
terminal_width(void)
{
	struct winsize w;

	return isatty(STDOUT_FILENO) &&
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}

/* print_row - cells by column, cut at the terminal's edge */
static void
print_row(const char *const cell[COLUMNS], const int width[COLUMNS])
{
	char line[COLUMNS * (CELL_MAX + 2) + 1];
	size_t n = 0, edge = terminal_width();

	for (int i = 0; i < COLUMNS; i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s%*s",
		    i > 0 ? "  " : "", i == DOING ? 0 :
		    columns[i].kind == LEFT ? -width[i] : width[i], cell[i]);
	while (n > 0 && line[n - 1] == ' ')
		n--;
	if (edge > 0 && n > edge)
		n = edge;
	printf("%.*s\n", (int)n, line);
}

static void
print_children(const struct report *r)
{
	const char *cell[COLUMNS];
	int width[COLUMNS], n;

	if (r->nchildren == 0)
		return;
	for (int i = 0; i < COLUMNS; i++) {
		cell[i] = columns[i].title;
		width[i] = (int)strlen(columns[i].title);
		for (size_t c = 0; c < r->nchildren; c++) {
			n = (int)strlen(r->children[c].cell[i]);
			width[i] = n > width[i] ? n : width[i];
		}
	}
	putchar('\n');
	print_row(cell, width);
	for (size_t c = 0; c < r->nchildren; c++) {
		for (int i = 0; i < COLUMNS; i++)
			cell[i] = r->children[c].cell[i];
		print_row(cell, width);
	}
}

/* What changed since the last report, for rates. */
struct before {
	bool			 there;
	int64_t			 at;
	unsigned long long	 requests, connections;
};

/* rate - " (12/s)" since the report before, or "" */
static const char *
rate(char *buf, size_t size, const struct before *b, int64_t now,
    unsigned long long then, unsigned long long n)
{
	double seconds = (double)(now - b->at) / NSEC_PER_SEC;

	buf[0] = '\0';
	if (b->there && seconds > 0 && n >= then)
		snprintf(buf, size, " (%.1f/s)", (double)(n - then) / seconds);
	return buf;
}

static void
print_totals(const struct report *r, struct before *b)
{
	unsigned long long requests = number(value(r, "requests"));
	unsigned long long conns = number(value(r, "connections"));
	char in[PROGRESS_BYTES_MAX], out[PROGRESS_BYTES_MAX];
	char up[PROGRESS_TIME_MAX], per[2][32];
	int64_t now = clock_mono();

	printf("%s (pid %s, %s, generation %s, up %s)\n", value(r, "name"),
	    value(r, "pid"), value(r, "model"), value(r, "generation"),
	    progress_time(number(value(r, "uptime")), up));
	printf("listening on %s\n\n", value(r, "listen"));
	printf("connections  %llu%s, %s active of %s places\n", conns,
	    rate(per[0], sizeof(per[0]), b, now, b->connections, conns),
	    value(r, "active"), value(r, "places"));
	printf("requests     %llu%s, datagrams %s\n", requests,
	    rate(per[1], sizeof(per[1]), b, now, b->requests, requests),
	    value(r, "datagrams"));
	printf("bytes        %s in, %s out\n",
	    progress_bytes(number(value(r, "bytes_in")), in),
	    progress_bytes(number(value(r, "bytes_out")), out));
	printf("turned away  %s refused, %s timed out\n", value(r, "refused"),
	    value(r, "timeouts"));
	printf("children     %s: %s idle, %s busy, %s draining; "
	    "%s forked, %s crashed\n", value(r, "children"), value(r, "idle"),
	    value(r, "busy"), value(r, "draining"), value(r, "forked"),
	    value(r, "crashed"));
	*b = (struct before){ .there = true, .at = now, .requests = requests,
	    .connections = conns };
}

/* -- The program ---------------------------------------------------------- */

/* once - one report; 0, or -1 and said why */
static int
once(const char *where, const struct settings *set, struct before *before)
{
	struct report r = { 0 };
	int rc;

	rc = ask(where, set, set->json ? "JSON" : "TEXT", &r.raw);
	if (rc == 0 && set->watch > 0 && isatty(STDOUT_FILENO))
		fputs("\033[H\033[J", stdout);	/* home, and clear */
	if (rc == 0 && set->json) {
		fwrite(r.raw.data, 1, r.raw.len, stdout);
	} else if (rc == 0) {
		lines(&r.raw);
		rc = take_children(&r);
		print_totals(&r, before);
		print_children(&r);
	}
	report_free(&r);
	if (rc == 0 && fflush(stdout) == EOF) {
		warn("standard output");
		rc = -1;
	}
	return rc;
}

static int
report(const char *where, const struct settings *set)
{
	struct before before = { 0 };
	int64_t left = set->count, next = clock_mono();

	for (;;) {
		if (once(where, set, &before) == -1)
			return 1;
		if (set->watch == 0 || --left == 0)
			return 0;
		next += set->watch * NSEC_PER_MSEC;
		net_pause(next);
		if (!set->json && !isatty(STDOUT_FILENO))
			putchar('\n');
	}
}

static int
run(void *settings, const struct opt_operands *op)
{
	int status = report(op->v[0], settings);

	conn_pool_free();
	return status;
}

static struct opt_group groups[] = { { .opts = options,
    .nopts = sizeof(options) / sizeof(options[0]) } };
static const struct opt_need needs[] = {
	{ "count", "watch" }, { NULL, NULL }
};

static const struct opt_program program = {
	.name = "statusc",
	.synopsis = "[options] unix:PATH | HOST:PORT",
	.summary = "show what a server and its children are doing",
	.groups = groups,
	.ngroups = 1,
	.min_operands = 1,
	.max_operands = 1,
	.needs = needs
};

int
main(int argc, char **argv)
{
	struct settings set = { 0 };

	return opt_main(&program, argc, argv, &set, run);
}
