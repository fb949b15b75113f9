/*
 * The option table, the commands, and the checks that no table can make.
 */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"

#define AT(f)		.offset = offsetof(struct settings, f)
#define FLAG(n, l, f, h) { .name = n, .letter = l, .kind = OPT_FLAG, AT(f), \
			    .help = h }
#define TEXT(n, l, f, a, h) { .name = n, .letter = l, .kind = OPT_STRING, \
			    AT(f), .arg = a, .help = h }

static const struct opt what[] = {
	FLAG("recursive", 'r', recursive, "folders with all that is in them"),
	TEXT("output", 'o', output, "NAME",
	    "file or folder to write to; - is standard output"),
	FLAG("overwrite", 0, overwrite, "replace files that are there already"),
	FLAG("rename", 0, rename, "give a number to the new one instead"),
	{ .name = "jobs", .letter = 'j', .kind = OPT_INT, AT(jobs), .def = "1",
	    .min = 1, .max = 64, .arg = "N", .help = "files at once" },
	{ .name = "digest", .kind = OPT_FLAG, AT(digest), .def = "yes",
	    .help = "verify by SHA-256 what is got, and resume" },
	{ .name = "preserve", .kind = OPT_FLAG, AT(preserve), .def = "yes",
	    .help = "keep modes and times" },
	FLAG("plain", 'P', plain, "the plain dialect: names, no newlines"),
	{ .name = "chunk", .kind = OPT_SIZE, AT(chunk), .def = "64",
	    .min = 1, .max = 1 << 18, .arg = "SIZE",
	    .help = "read at once in the plain dialect, with --verbose" },
};

static const struct opt shown[] = {
	FLAG("verbose", 'v', verbose, "a line for each file"),
	FLAG("quiet", 'q', quiet, "no progress bar"),
	FLAG("json", 0, json, "an object for each file"),
};

static const struct opt network[] = {
	{ .name = "limit-rate", .kind = OPT_SIZE, AT(limit_rate), .arg = "SIZE",
	    .help = "bytes a second at most, of all files together" },
	{ .name = "timeout", .letter = 'W', .kind = OPT_MSEC, AT(timeout_ms),
	    .def = "60s", .arg = "TIME",
	    .help = "give up when nothing has moved for so long" },
	{ .name = "retry", .kind = OPT_INT, AT(retries), .max = 1000000,
	    .arg = "N", .help = "connect again so often, and resume" },
	TEXT("user", 'u', user, "NAME", "who you are"),
	TEXT("password-file", 0, password_file, "FILE",
	    "the password; a terminal is asked where there is none"),
	FLAG("tls", 0, tls, "speak TLS"),
	TEXT("cacert", 0, cacert, "FILE", "trust the certificates in it"),
	FLAG("insecure", 'k', insecure, "trust any certificate"),
	FLAG("ipv4", '4', ipv4, "use IPv4 only"),
	FLAG("ipv6", '6', ipv6, "use IPv6 only"),
};

static const struct opt_need needs[] = {
	{ "password-file", "user" }, { "cacert", "tls" }, { "insecure", "tls" },
	{ NULL, NULL }
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define GROUPS		3

static void
program_of(struct settings *s, struct opt_program *p, struct opt_group *g)
{
	g[0] = (struct opt_group){ "Files", what, COUNT(what), s };
	g[1] = (struct opt_group){ "What is shown", shown, COUNT(shown), s };
	g[2] = (struct opt_group){ "The way there", network, COUNT(network),
	    s };
	*p = (struct opt_program){ .name = "filec",
	    .synopsis = "[options] get HOST[:PORT] NAME...\n"
	    "[options] put HOST[:PORT] FILE...\n"
	    "[options] list HOST[:PORT] [NAME...]\n"
	    "[options] stat HOST[:PORT] NAME...\n"
	    "[options] HOST PORT",
	    .summary = "get files from filed(8), and put them there",
	    .footer = "HOST PORT asks for names in the plain dialect.",
	    .groups = g, .ngroups = GROUPS, .min_operands = 2,
	    .max_operands = -1, .needs = needs };
}

static enum opt_result
usage(const char *why)
{
	fprintf(stderr, "filec: %s (try filec --help)\n", why);
	return OPT_USAGE;
}

void
options_free(struct settings *s)
{
	struct opt_group groups[GROUPS];
	struct opt_program program;

	program_of(s, &program, groups);
	opt_release(&program);
	explicit_bzero(s->password, sizeof(s->password));
}

/* take_command - the first operand; the second is the host in any case */
static enum command
take_command(struct opt_operands *op)
{
	static const char *const names[] = { "get", "put", "list", "stat" };

	for (size_t i = 0; i < COUNT(names); i++) {
		if (strcmp(op->v[0], names[i]) != 0)
			continue;
		op->v++;
		op->n--;
		return COMMAND_GET + (enum command)i;
	}
	return COMMAND_PLAIN;
}

static bool
is_dash(const char *s)
{
	return s != NULL && strcmp(s, "-") == 0;
}

static const char *
check_get(const struct settings *s, const struct opt_operands *op)
{
	if (op->n < 2)
		return "NAME is missing";
	if (is_dash(s->output) && (op->n > 2 || s->recursive || s->plain))
		return "--output -: takes one file, and not --plain";
	if (s->plain && s->recursive)
		return "--plain has no --recursive";
	if (s->plain && s->output != NULL && (op->n > 2 ||
	    strchr(s->output, '/') != NULL))
		return "--plain --output: one file, in this folder";
	return NULL;
}

static const char *
check_put(const struct settings *s, const struct opt_operands *op)
{
	if (op->n < 2)
		return "FILE is missing";
	if (s->plain)
		return "put: is not in the plain dialect";
	if (!s->digest)
		return "put: has no --no-digest";
	for (int i = 1; i < op->n; i++)
		if (is_dash(op->v[i]) && (op->n > 2 || s->output == NULL ||
		    s->output[0] == '\0'))
			return "put -: needs --output NAME, and comes alone";
	return NULL;
}

static const char *
check(const struct settings *s, const struct opt_operands *op,
    enum command command)
{
	if (s->overwrite && s->rename)
		return "--overwrite and --rename exclude each other";
	if (s->ipv4 && s->ipv6)
		return "--ipv4 and --ipv6 exclude each other";
	if (s->user != NULL && strlen(s->user) >= FILE_WORD)
		return "--user: is too long";
	if (s->output != NULL && s->output[0] == '\0')
		return "--output: is empty";
	switch (command) {
	case COMMAND_GET:
		return check_get(s, op);
	case COMMAND_PUT:
		return check_put(s, op);
	case COMMAND_STAT:
		return op->n < 2 ? "NAME is missing" : NULL;
	case COMMAND_LIST:
		break;
	case COMMAND_PLAIN:
		if (op->n != 2 || op->v[1][strspn(op->v[1],
		    "0123456789")] != '\0')
			return "no command: get, put, list, stat, or HOST "
			    "PORT";
		break;
	}
	return NULL;
}

/* ask_password - of whoever sits there, without an echo; 0 or -1 */
static int
ask_password(struct settings *s)
{
	struct termios old, quiet;
	ssize_t n;

	if (tcgetattr(STDIN_FILENO, &old) == -1)
		return -1;
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	fprintf(stderr, "Password of %s: ", s->user);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	n = read(STDIN_FILENO, s->password, sizeof(s->password) - 1);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fputc('\n', stderr);
	if (n <= 0)
		return -1;
	s->password[n] = '\0';
	s->password[strcspn(s->password, "\r\n")] = '\0';
	return 0;
}

static const char *
get_password(struct settings *s)
{
	static char why[256];
	ssize_t n;

	if (s->user == NULL)
		return NULL;
	if (s->password_file == NULL)
		return ask_password(s) == 0 ? NULL :
		    "--user: needs --password-file, or a terminal";
	n = secret_read(s->password_file, s->password, 1,
	    sizeof(s->password) - 1, why, sizeof(why));
	if (n == -1)
		return why;
	s->password[n] = '\0';
	return NULL;
}

enum opt_result
options_parse(struct settings *s, int argc, char **argv,
    struct opt_operands *op, enum command *command)
{
	struct opt_group groups[GROUPS];
	struct opt_program program;
	enum opt_result r;
	const char *why;

	memset(s, 0, sizeof(*s));
	program_of(s, &program, groups);
	r = opt_parse(&program, argc, argv, op, NULL, 0);
	if (r != OPT_OK)
		return r;
	*command = take_command(op);
	why = check(s, op, *command);
	if (why == NULL)
		why = get_password(s);
	s->ask = !s->overwrite && !s->rename && !s->json && !s->quiet &&
	    isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	if (why == NULL)
		return OPT_OK;
	options_free(s);
	return usage(why);
}
