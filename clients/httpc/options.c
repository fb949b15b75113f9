/*
 * httpc's option table, named as curl's options are, and the checks that no
 * table can make.
 */
#include "options.h"

#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/field.h"
#include "status.h"

/* -- Options that parse themselves ---------------------------------------- */

static int
parse_part(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	struct parts *parts = dst;
	struct part *more;
	char *text = strdup(value);

	more = realloc(parts->v, (parts->n + 1) * sizeof(*more));
	if (more != NULL)
		parts->v = more;
	if (more == NULL || text == NULL) {
		free(text);
		snprintf(why, whylen, "does not fit into memory");
		return -1;
	}
	more[parts->n++] = (struct part){ .text = text,
	    .binary = strcmp(o->name, "data-binary") == 0 };
	return 0;
}

static void
free_parts(void *dst)
{
	struct parts *parts = dst;

	for (size_t i = 0; i < parts->n; i++)
		free(parts->v[i].text);
	free(parts->v);
	memset(parts, 0, sizeof(*parts));
}

static int
parse_resume(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	struct resume *r = dst;
	int64_t n = 0;

	(void)o;
	r->automatic = strcmp(value, "-") == 0;
	if (!r->automatic && (opt_number(value, &n) == -1 || n < 0)) {
		snprintf(why, whylen, "is not an offset; allowed: a number "
		    "of bytes, or - for the output file's size");
		return -1;
	}
	r->from = (uint64_t)n;
	r->set = true;
	return 0;
}

static int
parse_delay(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	struct retry_delay *d = dst;

	(void)o;
	if (opt_msec(value, &d->ms) == -1) {
		snprintf(why, whylen, "is not a time; allowed: 0 or more, "
		    "as in 500ms, 30s, 2m");
		return -1;
	}
	d->set = true;
	return 0;
}

static void
free_nothing(void *dst)
{
	(void)dst;
}

/* -- The table ------------------------------------------------------------ */

#define AT(f)		.offset = offsetof(struct settings, f)
#define FLAG(n, l, f, h) { .name = n, .letter = l, .kind = OPT_FLAG, AT(f), \
			    .help = h }
#define TEXT(n, l, f, a, h) { .name = n, .letter = l, .kind = OPT_STRING, \
			    AT(f), .arg = a, .help = h }
#define TIME(n, l, f, h) { .name = n, .letter = l, .kind = OPT_MSEC, AT(f), \
			    .arg = "TIME", .help = h }

static const struct opt request_options[] = {
	FLAG("head", 'I', head, "ask for the head only, and print it"),
	TEXT("request", 'X', method, "METHOD", "use this method"),
	{ .name = "header", .letter = 'H', .kind = OPT_LIST, AT(headers),
	    .arg = "FIELD", .help = "send 'Name: value'; 'Name:' leaves a "
	    "field out" },
	{ .name = "data", .letter = 'd', .kind = OPT_CALL, AT(parts),
	    .arg = "DATA", .call = parse_part, .release = free_parts,
	    .help = "POST it as a form; @FILE reads it, without line ends" },
	{ .name = "data-binary", .kind = OPT_CALL, AT(parts),
	    .arg = "DATA", .call = parse_part, .release = free_nothing,
	    .help = "the same, with a file's bytes as they are" },
	{ .name = "upload-file", .letter = 'T', .kind = OPT_LIST, AT(uploads),
	    .arg = "FILE", .help = "PUT it; - is standard input, chunked "
	    "(one for each URL)" },
	TEXT("user", 'u', user, "USER:PASS", "Basic authentication"),
	TEXT("user-agent", 'A', agent, "NAME", "what to call ourselves"),
	TEXT("referer", 'e', referer, "URL", "where the link was found"),
	TEXT("range", 'r', range, "RANGE", "ask for these bytes, as 0-99"),
	FLAG("http1.0", '0', http10, "speak HTTP/1.0"),
};

static const struct opt output_options[] = {
	{ .name = "output", .letter = 'o', .kind = OPT_LIST, AT(outputs),
	    .arg = "FILE", .help = "write the body there (one for each URL)" },
	FLAG("remote-name", 'O', remote_name,
	    "write it to a file named as the URL ends"),
	{ .name = "continue-at", .letter = 'C', .kind = OPT_CALL, AT(resume),
	    .arg = "OFFSET", .call = parse_resume,
	    .help = "go on at this byte; - is the output file's size" },
	FLAG("include", 'i', include, "print the response's head too"),
	FLAG("fail", 'f', fail, "status 400 and up is an error: exit 22"),
	FLAG("silent", 's', silent, "no progress and no messages"),
	FLAG("show-error", 'S', show_error, "with -s: errors all the same"),
	FLAG("verbose", 'v', verbose,
	    "show heads, addresses and the socket on stderr"),
	TEXT("write-out", 'w', format, "FORMAT",
	    "print this when done: %{http_code} and others"),
	FLAG("json", 0, json,
	    "print an object for each transfer instead (see the manual)"),
	FLAG("no-buffer", 'N', no_buffer,
	    "as curl's; output is never held back anyway"),
};

static const struct opt network_options[] = {
	FLAG("location", 'L', location, "follow redirects"),
	{ .name = "max-redirs", .kind = OPT_INT, AT(max_redirs), .def = "50",
	    .min = -1, .max = 1000000, .arg = "N",
	    .help = "at most so many; -1 is any number" },
	{ .name = "retry", .kind = OPT_INT, AT(retries), .max = 1000000,
	    .arg = "N", .help = "try again so often after passing errors" },
	{ .name = "retry-delay", .kind = OPT_CALL, AT(retry_delay),
	    .arg = "TIME", .call = parse_delay,
	    .help = "wait so long before (default 1s, doubling)" },
	TIME("max-time", 'm', max_time, "the most that one URL may take"),
	TIME("connect-timeout", 0, connect_timeout,
	    "the most that a connection may take to be made"),
	TEXT("proxy", 'x', proxy, "[http://]HOST:PORT", "ask this proxy"),
	TEXT("unix", 0, unix_path, "PATH", "connect to this UNIX socket"),
	TEXT("unix-socket", 0, unix_path, "PATH", NULL),
	FLAG("ipv4", '4', ipv4, "use IPv4 only"),
	FLAG("ipv6", '6', ipv6, "use IPv6 only"),
	TEXT("cacert", 0, cacert, "FILE", "trust these certificates"),
	FLAG("insecure", 'k', insecure, "trust any certificate"),
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define GROUPS		3

static void
program_of(struct settings *s, struct opt_program *p, struct opt_group *g)
{
	g[0] = (struct opt_group){ "What is asked", request_options,
	    COUNT(request_options), s };
	g[1] = (struct opt_group){ "What becomes of the answer",
	    output_options, COUNT(output_options), s };
	g[2] = (struct opt_group){ "The way there", network_options,
	    COUNT(network_options), s };
	*p = (struct opt_program){ .name = "httpc",
	    .synopsis = "[options] URL...\n[options] HOST PORT [PATH]",
	    .summary = "ask a web server over our own sockets",
	    .footer = "HOST PORT PATH prints the response's head and body.",
	    .groups = g, .ngroups = GROUPS, .min_operands = 1,
	    .max_operands = -1 };
}

enum opt_result
settings_parse(struct settings *s, int argc, char **argv,
    struct opt_operands *operands)
{
	struct opt_group groups[GROUPS];
	struct opt_program program;

	memset(s, 0, sizeof(*s));
	program_of(s, &program, groups);
	return opt_parse(&program, argc, argv, operands, NULL, 0);
}

void
settings_free(struct settings *s)
{
	struct opt_group groups[GROUPS];
	struct opt_program program;

	program_of(s, &program, groups);
	opt_release(&program);
	buf_free(&s->data);
}

/* -- What the table cannot check ------------------------------------------ */

int
usage_error(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(stderr, "httpc: %s (try httpc --help)\n", line);
	return ST_USAGE;
}

/* append - a field, which the list owns from now on */
static int
append(struct opt_list *list, char *field)
{
	char **more = realloc(list->v, (list->n + 2) * sizeof(*more));

	if (more == NULL) {
		free(field);
		warnx("--header: out of memory");
		return ST_MEMORY;
	}
	list->v = more;
	list->v[list->n++] = field;
	list->v[list->n] = NULL;
	return ST_OK;
}

/* keep_line - what stands on a line, unless it is empty or a remark */
static int
keep_line(struct opt_list *list, char *line)
{
	line[strcspn(line, "\r\n")] = '\0';
	if (*line != '\0' && *line != '#')
		return append(list, line);
	free(line);
	return ST_OK;
}

/* header_file - a field a line */
static int
header_file(struct opt_list *list, const char *name)
{
	FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	char *line = NULL;
	size_t size = 0;
	int st = ST_OK;

	errno = 0;
	while (f != NULL && st == ST_OK && getline(&line, &size, f) != -1) {
		st = keep_line(list, line);
		line = NULL;
		size = 0;
	}
	free(line);
	if (f == NULL || ferror(f)) {
		warn("%s", name);
		st = ST_READ;
	}
	if (f != NULL && f != stdin)
		fclose(f);
	return st;
}

/* header_files - what --header @FILE names takes the option's place */
static int
header_files(struct settings *s)
{
	struct opt_list given = s->headers;
	int st = ST_OK;

	s->headers = (struct opt_list){ 0 };
	for (size_t i = 0; i < given.n; i++) {
		if (st != ST_OK)
			free(given.v[i]);
		else if (given.v[i][0] != '@')
			st = append(&s->headers, given.v[i]);
		else {
			st = header_file(&s->headers, given.v[i] + 1);
			free(given.v[i]);
		}
	}
	free(given.v);
	return st;
}

/* check_header - "Name: value", "Name:" or "Name;", on one line */
static int
check_header(const char *h)
{
	struct http_str name = { h, strcspn(h, ":;") };

	if (strpbrk(h, "\r\n") != NULL)
		return usage_error("--header: '%.60s' has a line break in it",
		    h);
	if (!http_is_token(name) || h[name.len] == '\0' ||
	    (h[name.len] == ';' && h[name.len + 1] != '\0'))
		return usage_error("--header: '%.60s' is not a field; "
		    "allowed: 'Name: value', 'Name:' or 'Name;'", h);
	return ST_OK;
}

/* line_break - options whose value becomes part of the head */
static int
check_text(const char *name, const char *value)
{
	if (value != NULL && strpbrk(value, "\r\n") != NULL)
		return usage_error("--%s: '%.60s' has a line break in it",
		    name, value);
	return ST_OK;
}

static int
check_values(const struct settings *s)
{
	int st;

	for (size_t i = 0; i < s->headers.n; i++)
		if ((st = check_header(s->headers.v[i])) != ST_OK)
			return st;
	if (s->method != NULL && !http_is_token(http_cstr(s->method)))
		return usage_error("--request: '%.60s' is not a method",
		    s->method);
	if ((st = check_text("user-agent", s->agent)) != ST_OK ||
	    (st = check_text("referer", s->referer)) != ST_OK ||
	    (st = check_text("range", s->range)) != ST_OK)
		return st;
	return ST_OK;
}

static int
check_pairs(const struct settings *s)
{
	bool data = s->parts.n > 0, to_file = s->remote_name;

	for (size_t i = 0; i < s->outputs.n; i++)
		to_file |= strcmp(s->outputs.v[i], "-") != 0;
	if (data + s->head + (s->uploads.n > 0) > 1)
		return usage_error("only one of --data, --upload-file and "
		    "--head can be had");
	if (s->ipv4 && s->ipv6)
		return usage_error("--ipv4 and --ipv6 exclude each other");
	if (s->unix_path != NULL && s->proxy != NULL)
		return usage_error("--unix and --proxy exclude each other");
	if (!s->resume.set)
		return ST_OK;
	if (data || s->uploads.n > 0 || s->range != NULL)
		return usage_error("--continue-at goes with neither --data, "
		    "--upload-file nor --range");
	if (s->resume.automatic && !to_file)
		return usage_error("--continue-at - needs --output or "
		    "--remote-name");
	return ST_OK;
}

/* dropped - line ends, and what no form can hold */
static bool
dropped(char c)
{
	return c == '\r' || c == '\n' || c == '\0';
}

/* add_file - the file's bytes; without those unless it is binary */
static int
add_file(struct buf *b, const char *name, bool binary)
{
	FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	char chunk[8192];
	size_t n, kept;
	int bad;

	if (f == NULL) {
		warn("%s", name);
		return ST_READ;
	}
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
		kept = 0;
		for (size_t i = 0; i < n; i++)
			if (binary || !dropped(chunk[i]))
				chunk[kept++] = chunk[i];
		buf_add(b, chunk, kept);
	}
	bad = ferror(f);
	if (bad)
		warn("%s", name);
	if (f != stdin)
		fclose(f);
	return bad ? ST_READ : ST_OK;
}

static int
read_data(struct settings *s)
{
	const struct part *p;
	int st;

	s->has_data = s->parts.n > 0;
	for (size_t i = 0; i < s->parts.n; i++) {
		p = &s->parts.v[i];
		if (i > 0)
			buf_addc(&s->data, '&');
		if (p->text[0] != '@')
			buf_adds(&s->data, p->text);
		else if ((st = add_file(&s->data, p->text + 1, p->binary)) !=
		    ST_OK)
			return st;
	}
	if (s->data.failed) {
		warnx("--data: out of memory");
		return ST_MEMORY;
	}
	return ST_OK;
}

/* read_format - --write-out @FILE; line ends are written \n */
static int
read_format(struct settings *s)
{
	struct buf b = { 0 };
	char *text = NULL;
	int st;

	if (s->format == NULL || s->format[0] != '@')
		return ST_OK;
	st = add_file(&b, s->format + 1, false);
	if (st == ST_OK && (b.failed ||
	    (text = strndup(b.len > 0 ? b.data : "", b.len)) == NULL)) {
		warnx("--write-out: out of memory");
		st = ST_MEMORY;
	}
	buf_free(&b);
	if (st == ST_OK) {
		free(s->format);
		s->format = text;
	}
	return st;
}

int
settings_prepare(struct settings *s)
{
	int st;

	if ((st = header_files(s)) != ST_OK ||
	    (st = check_values(s)) != ST_OK ||
	    (st = check_pairs(s)) != ST_OK || (st = read_format(s)) != ST_OK)
		return st;
	return read_data(s);
}
