/*
 * roomc - the client of roomd: a full screen on a terminal, lines on pipes,
 * JSON for programs; and with --dialect plain, of any server of the
 * coursework's.
 */
#include "roomc.h"

#include <err.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/opt.h"
#include "screen/screen.h"

#define FIELD(f) offsetof(struct settings, f)

static const char *const dialects[] = { "brood", "plain", NULL };

static const struct opt options[] = {
	{ .name = "name", .letter = 'n', .kind = OPT_STRING,
	    .offset = FIELD(name), .arg = "NAME",
	    .help = "be known by it; default: asked for, or $USER" },
	{ .name = "dialect", .kind = OPT_ENUM, .def = "brood",
	    .offset = FIELD(dialect), .arg = "WHICH", .choices = dialects,
	    .help = "the server is roomd, or knows plain text only" },
	{ .name = "charset", .kind = OPT_STRING, .offset = FIELD(charset),
	    .arg = "NAME", .help = "of the plain dialect, e.g. GB2312" },
	{ .name = "wait", .letter = 'W', .kind = OPT_MSEC, .def = "5s",
	    .offset = FIELD(wait_ms), .arg = "TIME", .min = 1,
	    .help = "how long to ask to be let in" },
	{ .name = "give-up", .kind = OPT_MSEC, .def = "5m",
	    .offset = FIELD(give_up_ms), .arg = "TIME", .min = 1,
	    .help = "how long to look for a server that fell silent" },
	{ .name = "stay", .kind = OPT_MSEC, .def = "0",
	    .offset = FIELD(stay_ms), .arg = "TIME", .min = 0,
	    .help = "stay for so long after the end of the input" },
	{ .name = "plain", .letter = 'p', .kind = OPT_FLAG,
	    .offset = FIELD(plain), .help = "lines, also on a terminal" },
	{ .name = "json", .kind = OPT_FLAG, .offset = FIELD(json),
	    .help = "print a JSON object for each event" },
	{ .name = "verbose", .letter = 'v', .kind = OPT_FLAG,
	    .offset = FIELD(verbose),
	    .help = "say which addresses and what socket are used" },
	{ .name = "ipv4", .letter = '4', .kind = OPT_FLAG,
	    .offset = FIELD(ipv4), .help = "use IPv4 only" },
	{ .name = "ipv6", .letter = '6', .kind = OPT_FLAG,
	    .offset = FIELD(ipv6), .help = "use IPv6 only" },
};

/* ask_name - on a terminal, as the coursework's client did */
static char *
ask_name(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	fputs("Enter your name: ", stdout);
	fflush(stdout);
	n = getline(&line, &size, stdin);
	if (n > 0 && line[n - 1] == '\n')
		line[n - 1] = '\0';
	if (n == -1) {
		free(line);
		return NULL;
	}
	return line;
}

/* find_name - 0, or -1 after a message */
static int
find_name(struct settings *set)
{
	const char *user = getenv("USER"), *bad;

	if (set->name == NULL && isatty(STDIN_FILENO))
		set->name = ask_name();
	else if (set->name == NULL && user != NULL)
		set->name = strdup(user);
	if (set->name == NULL) {
		warnx("who are you? give --name (try roomc --help)");
		return -1;
	}
	bad = room_name_bad(set->name, strlen(set->name));
	if (bad == NULL)
		return 0;
	warnx("--name: '%s' is no name: %s", set->name, bad);
	return -1;
}

/* open_charset - 0, or -1 after a message */
static int
open_charset(struct room *r)
{
	const char *name = r->set->charset;

	r->in = r->coder = (iconv_t)-1;
	if (name == NULL)
		return 0;
	if (r->set->dialect != DIALECT_PLAIN) {
		warnx("--charset goes with --dialect plain");
		return -1;
	}
	r->in = iconv_open("UTF-8", name);
	r->coder = iconv_open(name, "UTF-8");
	if (r->in != (iconv_t)-1 && r->coder != (iconv_t)-1)
		return 0;
	warnx("--charset: '%s' is not a character set", name);
	return -1;
}

static void
room_free(struct room *r)
{
	if (r->in != (iconv_t)-1)
		iconv_close(r->in);
	if (r->coder != (iconv_t)-1)
		iconv_close(r->coder);
	dgram_port_free(r->port);
	buf_free(&r->names);
	r->face->free(r);
	free(r);
}

/* choose_face - the whole terminal, where there is one */
static void
choose_face(struct room *r)
{
	r->face = &face_lines;
	if (!r->set->plain && !r->set->json && isatty(STDIN_FILENO) &&
	    isatty(STDOUT_FILENO) && screen_open() == 0)
		r->face = &face_screen;
}

static int
run(void *settings, const struct opt_operands *op)
{
	struct settings *set = settings;
	struct room *r = calloc(1, sizeof(*r));
	int status = 2;

	if (r == NULL) {
		warn("memory");
		return 2;
	}
	r->set = set;
	r->face = &face_lines;
	r->dialect = set->dialect == DIALECT_PLAIN ? &dialect_plain :
	    &dialect_brood;
	if (set->ipv4 && set->ipv6)
		warnx("--ipv4 and --ipv6 exclude each other");
	if (open_charset(r) == 0 && !(set->ipv4 && set->ipv6) &&
	    find_name(set) == 0 &&
	    link_open(r, op->n > 0 ? op->v[0] : "127.0.0.1",
	    op->n > 1 ? op->v[1] : NULL) == 0) {
		choose_face(r);
		status = talk(r);
	}
	room_free(r);
	return status;
}

static struct opt_group groups[] = { { .opts = options,
    .nopts = sizeof(options) / sizeof(options[0]) } };
static const struct opt_program program = {
	.name = "roomc",
	.synopsis = "[options] [HOST [PORT]]",
	.summary = "talk in a room of roomd's",
	.footer = "Each line of input is said; exit leaves, /who lists names.",
	.groups = groups,
	.ngroups = 1,
	.min_operands = 0,
	.max_operands = 2
};

int
main(int argc, char **argv)
{
	struct settings set = { 0 };

	screen_locale();
	return opt_main(&program, argc, argv, &set, run);
}
