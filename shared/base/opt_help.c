/*
 * What --help prints, from the same table that parses.  Called by opt_args and
 * by programs that print it themselves.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/opt_priv.h"

#define WIDTH		79	/* columns of a line */
#define COLUMN_MAX	30	/* a longer name has a line of its own */

/* One line of the list. */
struct row {
	const struct opt *opt;
	char		 name[80];	/* "-l, --listen ADDR" */
	char		 text[768];
};

/* The parser's own options, written as a table's. */
static const struct opt own[] = {
	{ .name = "config", .letter = 'f', .kind = OPT_STRING, .arg = "FILE",
	    .help = "read options from FILE: a long name and its value a line"
	},
	{ .name = "help", .letter = 'h', .kind = OPT_FLAG,
	    .help = "show this help and exit" },
	{ .name = "version", .kind = OPT_FLAG,
	    .help = "show the version and exit" }
};

/* is_on - whether this is a flag that --no-name is there for */
static int
is_on(const struct opt *o)
{
	char mem[16];
	struct text why;
	bool on = false;

	text_init(&why, mem, sizeof(mem));
	return o->kind == OPT_FLAG && o->def != NULL &&
	    opt_store(&on, o, o->def, &why) == 0 && on;
}

/* arg_name - what stands for the value */
static const char *
arg_name(const struct opt *o)
{
	static const char *const names[] = { [OPT_INT] = "N",
	    [OPT_SIZE] = "SIZE", [OPT_MSEC] = "TIME", [OPT_STRING] = "TEXT",
	    [OPT_LIST] = "TEXT", [OPT_ENUM] = "WORD", [OPT_DOUBLE] = "N",
	    [OPT_CALL] = "VALUE" };

	return o->arg != NULL ? o->arg : names[o->kind];
}

static void
row_name(struct row *row, int letter)
{
	const struct opt *o = row->opt;
	struct text t;

	text_init(&t, row->name, sizeof(row->name));
	if (letter != 0 && o->name != NULL)
		text_addf(&t, "-%c, ", letter);
	else if (letter != 0)
		text_addf(&t, "-%c", letter);
	else
		text_adds(&t, "    ");
	if (o->name != NULL)
		text_addf(&t, "--%s%s", is_on(o) ? "[no-]" : "", o->name);
	if (o->kind != OPT_FLAG)
		text_addf(&t, " %s", arg_name(o));
}

/*
 * row_text - the help line, and in brackets what is allowed and the default,
 * unless the line itself says so in words
 */
static void
row_text(struct row *row)
{
	const struct opt *o = row->opt;
	char mem[512];
	struct text t, facts;

	text_init(&facts, mem, sizeof(mem));
	if (o->kind == OPT_ENUM)
		opt_choices(o, ", ", &facts);
	else if (o->kind == OPT_LIST && strstr(o->help, "repeated") == NULL)
		text_adds(&facts, "may be repeated");
	else if (o->kind == OPT_INT || o->kind == OPT_SIZE ||
	    o->kind == OPT_MSEC || o->kind == OPT_DOUBLE)
		opt_range(o, &facts);
	if (o->def != NULL && o->def[0] != '\0' &&
	    strstr(o->help, "default") == NULL &&
	    (o->kind != OPT_FLAG || is_on(o)))
		text_addf(&facts, "%sdefault %s", facts.len > 0 ? "; " : "",
		    o->def);
	text_init(&t, row->text, sizeof(row->text));
	text_adds(&t, o->help);
	if (facts.len > 0)
		text_addf(&t, " (%s)", facts.p);
}

/* wrap - words between column at, where the line stands, and the right edge */
static void
wrap(struct buf *b, const char *text, int at)
{
	int col = at;
	size_t len;

	while (*(text += strspn(text, " ")) != '\0') {
		len = strcspn(text, " ");
		if (col > at && col + 1 + (int)len > WIDTH) {
			buf_addf(b, "\n%*s", at, "");
			col = at;
		}
		if (col > at) {
			buf_addc(b, ' ');
			col++;
		}
		buf_add(b, text, len);
		col += (int)len;
		text += len;
	}
	buf_addc(b, '\n');
}

static void
add_row(struct buf *b, const struct row *row, int column)
{
	int len = (int)strlen(row->name);

	buf_addf(b, "  %s", row->name);
	if (len + 4 > column)
		buf_addf(b, "\n%*s", column, "");
	else
		buf_addf(b, "%*s", column - len - 2, "");
	wrap(b, row->text, column);
}

/* add_group - a heading and its options; none where all are hidden */
static void
add_group(struct buf *b, const char *title, const struct opt *opts, size_t n,
    int column)
{
	struct row row;
	size_t i;
	int titled = 0;

	for (i = 0; i < n; i++) {
		row.opt = &opts[i];
		if (row.opt->help == NULL)
			continue;
		if (!titled && title != NULL)
			buf_addf(b, "\n%s:\n", title);
		else if (!titled)
			buf_addc(b, '\n');
		titled = 1;
		row_name(&row, row.opt->letter);
		row_text(&row);
		add_row(b, &row, column);
	}
}

/* add_own - --config, --help and --version, as far as they are ours */
static void
add_own(struct buf *b, const struct opt_program *prog, int column)
{
	struct row row;
	size_t i;
	int titled = 0;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		row.opt = &own[i];
		if (!opt_is_builtin(prog, own[i].name))
			continue;
		if (!titled)
			buf_adds(b, "\nGeneral:\n");
		titled = 1;
		row_name(&row, own[i].letter != 0 &&
		    opt_is_letter(prog, own[i].letter) ? own[i].letter : 0);
		row_text(&row);
		add_row(b, &row, column);
	}
}

/* column_of - where the help lines begin: behind the longest name but the
 * very long ones */
static int
column_of(const struct opt_program *prog)
{
	const struct opt_group *group;
	struct row row;
	size_t g, i;
	int len, column = 22;

	for (g = 0; g < prog->ngroups; g++) {
		group = &prog->groups[g];
		for (i = 0; i < group->nopts; i++) {
			row.opt = &group->opts[i];
			if (row.opt->help == NULL)
				continue;
			row_name(&row, row.opt->letter);
			len = (int)strlen(row.name) + 4;
			if (len > column && len <= COLUMN_MAX)
				column = len;
		}
	}
	return column;
}

/* add_synopsis - a "usage:" line for each line of the synopsis */
static void
add_synopsis(struct buf *b, const struct opt_program *prog)
{
	const char *line = prog->synopsis != NULL ? prog->synopsis : "";
	const char *lead = "usage:";
	size_t len;

	do {
		len = strcspn(line, "\n");
		buf_addf(b, "%-6s %s %.*s\n", lead, prog->name, (int)len,
		    line);
		lead = "";
		line += len;
	} while (*line++ == '\n' && *line != '\0');
}

void
opt_help(const struct opt_program *prog, struct buf *b)
{
	const struct opt_group *group;
	size_t g;
	int column = column_of(prog);

	add_synopsis(b, prog);
	if (prog->summary != NULL)
		wrap(b, prog->summary, 0);
	for (g = 0; g < prog->ngroups; g++) {
		group = &prog->groups[g];
		add_group(b, group->title, group->opts, group->nopts, column);
	}
	add_own(b, prog, column);
	if (prog->footer != NULL) {
		buf_addf(b, "\n%s", prog->footer);
		if (b->len > 0 && b->data[b->len - 1] != '\n')
			buf_addc(b, '\n');
	}
}

void
opt_usage(const struct opt_program *prog)
{
	struct buf b = { 0 };

	opt_help(prog, &b);
	if (b.data != NULL)
		fwrite(b.data, 1, b.len, stdout);
	fflush(stdout);
	buf_free(&b);
}
