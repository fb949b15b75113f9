/*
 * --write-out and --json, from one table of what a transfer's result holds.
 */
#include "report.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum kind {
	NUMBER,		/* uint32_t */
	CODE,		/* uint32_t, three digits in text */
	BIG,		/* uint64_t */
	TIME,		/* int64_t ns, shown in seconds */
	STRING,		/* const char * */
	ARRAY		/* char[] */
};

static const struct variable {
	const char	*name;
	enum kind	 kind;
	size_t		 offset;
} variables[] = {
#define VAR(n, k)	{ #n, k, offsetof(struct result, n) }
	VAR(content_type, STRING), VAR(errormsg, ARRAY), VAR(exitcode, NUMBER),
	{ "filename_effective", STRING, offsetof(struct result, filename) },
	VAR(http_code, CODE), VAR(http_connect, CODE),
	VAR(http_version, ARRAY), VAR(local_ip, ARRAY),
	VAR(local_port, NUMBER), VAR(method, STRING),
	VAR(num_connects, NUMBER), VAR(num_headers, NUMBER),
	VAR(num_redirects, NUMBER), VAR(num_retries, NUMBER),
	VAR(redirect_url, STRING), VAR(remote_ip, ARRAY),
	VAR(remote_port, NUMBER),
	{ "response_code", CODE, offsetof(struct result, http_code) },
	VAR(scheme, STRING), VAR(size_download, BIG), VAR(size_header, BIG),
	VAR(size_request, BIG), VAR(size_upload, BIG),
	VAR(speed_download, BIG), VAR(speed_upload, BIG),
	VAR(time_appconnect, TIME), VAR(time_connect, TIME),
	VAR(time_namelookup, TIME), VAR(time_pretransfer, TIME),
	VAR(time_redirect, TIME), VAR(time_starttransfer, TIME),
	VAR(time_total, TIME), VAR(url, STRING), VAR(url_effective, STRING),
	VAR(urlnum, NUMBER),
};

#define NVARIABLES	(sizeof(variables) / sizeof(variables[0]))

/* put - a value as text, or in JSON */
static void
put(struct buf *b, const struct variable *v, const struct result *r, bool json)
{
	const char *at = (const char *)r + v->offset, *s = NULL;
	int64_t us;

	switch (v->kind) {
	case CODE:
		if (!json) {
			buf_addf(b, "%03u", *(const uint32_t *)at);
			return;
		}
		/* FALLTHROUGH */
	case NUMBER:
		buf_addf(b, "%u", *(const uint32_t *)at);
		return;
	case BIG:
		buf_addf(b, "%llu",
		    (unsigned long long)*(const uint64_t *)at);
		return;
	case TIME:
		us = *(const int64_t *)at / NSEC_PER_USEC;
		buf_addf(b, "%lld.%06d", (long long)us / 1000000,
		    (int)(us % 1000000));
		return;
	case STRING:
		s = *(const char *const *)at;
		break;
	case ARRAY:
		s = *at != '\0' ? at : NULL;
		break;
	}
	if (json && s != NULL)
		buf_json(b, s, strlen(s));
	else
		buf_adds(b, s != NULL ? s : json ? "null" : "");
}

static const struct variable *
find(const char *name, size_t len)
{
	for (size_t i = 0; i < NVARIABLES; i++)
		if (strlen(variables[i].name) == len &&
		    memcmp(variables[i].name, name, len) == 0)
			return &variables[i];
	return NULL;
}

/* escape - the character behind a backslash */
static void
escape(struct buf *b, char c)
{
	switch (c) {
	case 'n':
		buf_addc(b, '\n');
		break;
	case 'r':
		buf_addc(b, '\r');
		break;
	case 't':
		buf_addc(b, '\t');
		break;
	default:
		buf_addc(b, '\\');
		buf_addc(b, c);
	}
}

/* variable_at - the name in "%{NAME}" at f; its length, 0 if it is none */
static size_t
variable_at(const char *f)
{
	const char *end = strchr(f, '}');

	return f[0] == '%' && f[1] == '{' && end != NULL ?
	    (size_t)(end - f - 2) : 0;
}

static void
write_out(struct buf *b, const char *f, const struct result *r)
{
	const struct variable *v;
	size_t n;

	while (*f != '\0') {
		if ((n = variable_at(f)) > 0) {
			if ((v = find(f + 2, n)) != NULL)
				put(b, v, r, false);
			f += n + 3;
		} else if (f[0] == '%' && f[1] == '%') {
			buf_addc(b, '%');
			f += 2;
		} else if (f[0] == '\\' && f[1] != '\0') {
			escape(b, f[1]);
			f += 2;
		} else {
			buf_addc(b, *f++);
		}
	}
}

int
report_format_ok(const char *f)
{
	size_t n;

	while (f != NULL && *f != '\0') {
		n = variable_at(f);
		if (n > 0 && find(f + 2, n) == NULL)
			return usage_error("--write-out: '%%{%.*s}' is not "
			    "known; see httpc(1)", (int)n, f + 2);
		f += n > 0 ? n + 3 : f[0] == '%' && f[1] == '%' ? 2 : 1;
	}
	return ST_OK;
}

static void
json(struct buf *b, const struct result *r)
{
	for (size_t i = 0; i < NVARIABLES; i++) {
		if (variables[i].offset == offsetof(struct result, http_code) &&
		    strcmp(variables[i].name, "http_code") != 0)
			continue;	/* the same under another name */
		buf_adds(b, i == 0 ? "{" : ",");
		buf_json(b, variables[i].name, strlen(variables[i].name));
		buf_addc(b, ':');
		put(b, &variables[i], r, true);
	}
	buf_adds(b, "}\n");
}

int
report(const struct transfer *t)
{
	const struct settings *s = t->set;
	FILE *to = stdout;
	struct buf b = { 0 };
	int st = (int)t->result.exitcode;

	if (st != ST_OK && (!s->silent || s->show_error))
		fprintf(stderr, "httpc: (%d) %s\n", st, t->result.errormsg);
	if (s->json) {
		json(&b, &t->result);
		to = t->out.path != NULL ? stdout : stderr;
	} else if (s->format != NULL) {
		write_out(&b, s->format, &t->result);
	}
	if (b.failed || (b.len > 0 && fwrite(b.data, 1, b.len, to) != b.len) ||
	    fflush(to) == EOF)
		st = st != ST_OK ? st : ST_WRITE;
	buf_free(&b);
	return st;
}
