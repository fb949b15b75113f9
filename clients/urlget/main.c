/*
 * urlget - asks for a URL, stores the page in a file named after it, and says
 * what has come: the coursework's URL request program, over libcurl.
 */
#include "urlget.h"

#include <err.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/opt.h"

#define EXIT_USAGE	2

#define FIELD(f) offsetof(struct settings, f)

static const struct opt options[] = {
	{ .name = "output", .letter = 'o', .kind = OPT_STRING,
	    .offset = FIELD(output), .arg = "FILE",
	    .help = "store it there; - is standard output" },
	{ .name = "folder", .letter = 'P', .kind = OPT_STRING,
	    .offset = FIELD(folder), .arg = "DIR",
	    .help = "store it in this folder (default: this one)" },
	{ .name = "overwrite", .letter = 'w', .kind = OPT_FLAG,
	    .offset = FIELD(overwrite),
	    .help = "replace a file that is there" },
	{ .name = "resume", .letter = 'C', .kind = OPT_FLAG,
	    .offset = FIELD(resume),
	    .help = "go on where an attempt before has ended" },
	{ .name = "max-size", .kind = OPT_SIZE, .offset = FIELD(max_size),
	    .arg = "SIZE", .help = "take no more than that (default: any)" },
	{ .name = "timeout", .letter = 'm', .kind = OPT_MSEC,
	    .offset = FIELD(timeout), .arg = "TIME",
	    .help = "the most that a page may take (default: any)" },
	{ .name = "connect-timeout", .kind = OPT_MSEC, .def = "30s",
	    .offset = FIELD(connect_timeout), .arg = "TIME", .min = 1,
	    .help = "... that the connection may take" },
	{ .name = "idle-timeout", .kind = OPT_MSEC, .def = "60s",
	    .offset = FIELD(idle_timeout), .arg = "TIME",
	    .help = "... without a byte; 0 any" },
	{ .name = "max-redirs", .kind = OPT_INT, .def = "20",
	    .offset = FIELD(max_redirs), .arg = "N", .max = 1000,
	    .help = "follow at most so many redirects" },
	{ .name = "cacert", .kind = OPT_STRING, .offset = FIELD(cacert),
	    .arg = "FILE", .help = "trust the certificates in this PEM file" },
	{ .name = "insecure", .letter = 'k', .kind = OPT_FLAG,
	    .offset = FIELD(insecure), .help = "trust any certificate" },
	{ .name = "ipv4", .letter = '4', .kind = OPT_FLAG,
	    .offset = FIELD(ipv4), .help = "use IPv4 only" },
	{ .name = "ipv6", .letter = '6', .kind = OPT_FLAG,
	    .offset = FIELD(ipv6), .help = "use IPv6 only" },
	{ .name = "silent", .letter = 's', .kind = OPT_FLAG,
	    .offset = FIELD(silent), .help = "no progress bar" },
	{ .name = "json", .kind = OPT_FLAG, .offset = FIELD(json),
	    .help = "print a JSON object for each URL instead of lines" },
};

/* one - a page; its status. */
static int
one(const struct settings *set, CURL *curl, const char *url)
{
	static struct page p;
	int status;

	memset(&p, 0, sizeof(p));
	p.set = set;
	p.curl = curl;
	p.store.dir = p.store.part.fd = -1;
	p.store.to_stdout = set->output != NULL &&
	    strcmp(set->output, "-") == 0;
	p.store.sink = p.store.to_stdout ? STDOUT_FILENO : -1;
	if (target_set(&p, url) == CURLE_OK)
		fetch(&p);
	/* what an earlier run has got stays */
	store_close(&p, p.status == CURLE_FILESIZE_EXCEEDED && p.from == 0);
	status = (int)p.status;
	if (report(&p) == -1 && status == 0)
		status = CURLE_WRITE_ERROR;
	curl_url_cleanup(p.url);
	free(p.asked);
	free(p.got);
	return status;
}

/* prompted - the URL that the user types; "" at the end of input.  To be
 * freed. */
static char *
prompted(const struct settings *set)
{
	/* Standard output may be somebody else's to read. */
	FILE *to = set->json || set->output != NULL ? stderr : stdout;
	char *line = NULL;
	size_t size = 0;

	fputs("URL: ", to);
	fflush(to);
	if (getline(&line, &size, stdin) == -1) {
		free(line);
		line = strdup("");
	}
	if (!isatty(STDIN_FILENO))	/* nobody has typed a newline */
		fputc('\n', to);
	return line;
}

static int
all(const struct settings *set, const struct opt_operands *op)
{
	int status = CURLE_OUT_OF_MEMORY, st;
	CURL *curl = curl_easy_init();
	char *line = NULL;

	if (curl != NULL && op->n == 0) {
		if ((line = prompted(set)) != NULL)
			status = one(set, curl, line);
	} else if (curl != NULL) {
		status = CURLE_OK;
		for (int i = 0; i < op->n; i++)
			if ((st = one(set, curl, op->v[i])) != CURLE_OK)
				status = st;
	}
	free(line);
	curl_easy_cleanup(curl);
	return status;
}

/* contradiction - of options and operands; NULL: none. */
static const char *
contradiction(const struct settings *set, int urls)
{
	const char *out = set->output;

	if (set->ipv4 && set->ipv6)
		return "--ipv4 and --ipv6 exclude each other";
	if (out == NULL)
		return NULL;
	if (urls > 1)
		return "--output is for one URL";
	if (*out == '\0' || out[strlen(out) - 1] == '/' ||
	    strcmp(out, ".") == 0 || strcmp(out, "..") == 0)
		return "--output: not the name of a file";
	if (set->folder != NULL && strchr(out, '/') != NULL)
		return "--folder and a folder in --output exclude each other";
	if (strcmp(out, "-") == 0 && set->resume)
		return "--resume wants a file, not standard output";
	return NULL;
}

static int
run(void *settings, const struct opt_operands *op)
{
	const struct settings *set = settings;
	const char *wrong = contradiction(set, op->n);
	int status;

	if (wrong != NULL) {
		warnx("%s (try urlget --help)", wrong);
		return EXIT_USAGE;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		warnx("libcurl does not start");
		return EXIT_USAGE;
	}
	status = all(set, op);
	curl_global_cleanup();
	return status;
}

static struct opt_group groups[] = { { .opts = options,
    .nopts = sizeof(options) / sizeof(options[0]) } };
static const struct opt_program program = {
	.name = "urlget",
	.synopsis = "[options] [URL...]",
	.summary = "store a page in a file named after its URL",
	.footer = "Without a URL it asks for one.",
	.groups = groups,
	.ngroups = 1,
	.min_operands = 0,
	.max_operands = -1
};

int
main(int argc, char **argv)
{
	struct settings set = { 0 };

	return opt_main(&program, argc, argv, &set, run);
}
