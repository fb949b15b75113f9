/*
 * Requests of the file protocol, both ways.  Called by filed for what a peer
 * has sent and by filec for what it is about to.  Pure.
 */
#include "wire/file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "wire/file_lex.h"

static const char *const verbs[] = { "LIST", "STAT", "GET", "PUT", "MKDIR",
    "USER", "ACK", "QUIT" };
static const char *const policies[] = { "keep", "replace", "rename" };

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define NSEC		1000000000LL
#define VERB_MAX	5		/* letters of the longest verb */
#define ANY		"*"		/* not known yet */

/* find - the index of word among n, in whatever case; or -1. */
static int
find(const char *const *among, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(among[i], word) == 0)
			return (int)i;
	return -1;
}

/* get_name - a word that must be there, or else what it is called is said. */
static const char *
get_name(struct file_lex *l, struct file_request *r)
{
	if (file_at_end(l))
		return "a name is missing";
	if (file_word(l, r->name, sizeof(r->name)) <= 0)
		return "the name is too long, empty, or its quotes are wrong";
	return NULL;
}

static const char *
parse_list(struct file_lex *l, struct file_request *r)
{
	if (file_at_end(l))
		return NULL;
	if (*l->p == '-') {
		char flag[3];

		if (file_word(l, flag, sizeof(flag)) != 2 ||
		    strcmp(flag, "-r") != 0)
			return "the only flag is -r";
		r->recursive = 1;
		if (file_at_end(l))
			return NULL;
	}
	return get_name(l, r);
}

static const char *
parse_get(struct file_lex *l, struct file_request *r)
{
	const char *why = get_name(l, r);
	char word[32];
	int n;

	if (why != NULL)
		return why;
	if (!file_at_end(l) && *l->p >= '0' && *l->p <= '9') {
		n = file_word(l, word, sizeof(word));
		if (n <= 0 || file_number(word, (size_t)n, &r->offset) == -1)
			return "the offset is no number";
	}
	if (file_at_end(l))
		return NULL;
	if (file_word(l, word, sizeof(word)) <= 0 ||
	    strcasecmp(word, "nodigest") != 0)
		return "GET NAME [OFFSET] [nodigest]; a name with blanks "
		    "stands in double quotes";
	r->nodigest = 1;
	return NULL;
}

static const char *
set_mode(struct file_request *r, const char *value)
{
	size_t n = strlen(value);

	if (n == 0 || n > 4 || strspn(value, "01234567") != n)
		return "mode= is not octal";
	r->mode = (int)strtol(value, NULL, 8) & 0777;
	return NULL;
}

/* set_pair - KEY=VALUE of PUT and MKDIR. */
static const char *
set_pair(struct file_request *r, char *word)
{
	char *value = strchr(word, '=');
	size_t n;
	int i;

	if (value == NULL)
		return "what stands behind is not KEY=VALUE";
	*value++ = '\0';
	n = strlen(value);
	if (strcasecmp(word, "mode") == 0)
		return set_mode(r, value);
	if (r->verb != FILE_PUT)
		return "the only key is mode";
	if (strcasecmp(word, "mtime") == 0)
		return file_time_parse(value, n, &r->mtime) == 0 ? NULL :
		    "mtime= is not SECONDS.NANOSECONDS";
	if (strcasecmp(word, "from") == 0)
		return file_number(value, n, &r->offset) == 0 ? NULL :
		    "from= is no number";
	if (strcasecmp(word, "exists") != 0)
		return "the keys are mtime, mode, from and exists";
	i = find(policies, COUNT(policies), value);
	if (i == -1)
		return "exists= is not keep, replace or rename";
	r->exists = (enum file_exists)i;
	return NULL;
}

static const char *
parse_pairs(struct file_lex *l, struct file_request *r)
{
	const char *why = NULL;
	char word[64];

	while (why == NULL && !file_at_end(l)) {
		if (file_word(l, word, sizeof(word)) <= 0)
			return "what stands behind is too long";
		why = set_pair(r, word);
	}
	return why;
}

static const char *
parse_put(struct file_lex *l, struct file_request *r)
{
	const char *why = get_name(l, r);
	char word[FILE_SHA];
	int n;

	if (why != NULL)
		return why;
	r->offset = UINT64_MAX;
	r->size = FILE_NO_SIZE;
	n = file_word(l, word, sizeof(word));
	if (n <= 0 || (strcmp(word, ANY) != 0 &&
	    (file_number(word, (size_t)n, &r->size) == -1 ||
	    r->size > INT64_MAX)))
		return "PUT NAME SIZE SHA256; a name with blanks stands in "
		    "double quotes";
	n = file_word(l, word, sizeof(word));
	if (n <= 0)
		return "the digest is missing, or is no SHA-256";
	file_sha_copy(r->sha, word, (size_t)n);
	if (r->sha[0] == '\0' && strcmp(word, ANY) != 0)
		return "the digest is no SHA-256";
	return parse_pairs(l, r);
}

static const char *
parse_mkdir(struct file_lex *l, struct file_request *r)
{
	const char *why = get_name(l, r);

	return why != NULL ? why : parse_pairs(l, r);
}

static const char *
parse_user(struct file_lex *l, struct file_request *r)
{
	const char *why = get_name(l, r);

	if (why != NULL)
		return why;
	return file_word(l, r->password, sizeof(r->password)) > 0 ? NULL :
	    "USER NAME PASSWORD";
}

static const char *
parse_ack(struct file_lex *l, struct file_request *r)
{
	char word[FILE_SHA];
	int n = file_word(l, word, sizeof(word));

	if (n > 0)
		file_sha_copy(r->sha, word, (size_t)n);
	return r->sha[0] != '\0' ? NULL : "ACK SHA256";
}

static const char *
parse_verb(struct file_lex *l, struct file_request *r)
{
	switch (r->verb) {
	case FILE_LIST:
		return parse_list(l, r);
	case FILE_STAT:
		return get_name(l, r);
	case FILE_GET:
		return parse_get(l, r);
	case FILE_PUT:
		return parse_put(l, r);
	case FILE_MKDIR:
		return parse_mkdir(l, r);
	case FILE_USER:
		return parse_user(l, r);
	case FILE_ACK:
		return parse_ack(l, r);
	case FILE_QUIT:
		break;
	}
	return NULL;
}

enum file_parse
file_request_parse(struct file_request *r, const char *line, size_t n,
    char *why, size_t whylen)
{
	struct file_lex l = { line, line + n };
	const char *wrong;
	char word[VERB_MAX + 2];
	int verb;

	memset(r, 0, offsetof(struct file_request, name) + 1);
	r->mode = FILE_NO_MODE;
	r->mtime = FILE_NO_TIME;
	if (n == 0 || *line == ' ' || *line == '\t' || *line == '"' ||
	    file_word(&l, word, sizeof(word)) <= 0 ||
	    (verb = find(verbs, COUNT(verbs), word)) == -1)
		return FILE_NO_COMMAND;
	r->verb = (enum file_verb)verb;
	wrong = parse_verb(&l, r);
	if (wrong == NULL && !file_at_end(&l))
		wrong = "there is more than there should be; a name with "
		    "blanks stands in double quotes";
	if (wrong == NULL)
		return FILE_COMMAND;
	snprintf(why, whylen, "%s", wrong);
	return FILE_WRONG;
}

int
file_has_verb(const char *text, size_t n)
{
	for (size_t i = 0; i < COUNT(verbs); i++) {
		size_t len = strlen(verbs[i]);

		if (n > len && strncasecmp(text, verbs[i], len) == 0 &&
		    (text[len] == ' ' || text[len] == '\t'))
			return 1;
	}
	return 0;
}

/* A line that is being put together. */
struct line {
	char	*p;
	size_t	 len, size;
	int	 failed;
};

static void	add(struct line *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->p + l->len, l->size - l->len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= l->size - l->len)
		l->failed = 1;
	else
		l->len += (size_t)n;
}

static void
add_quoted(struct line *l, const char *word)
{
	int n = -1;

	add(l, " ");
	if (!l->failed)
		n = file_quote(word, l->p + l->len, l->size - l->len);
	if (n == -1)
		l->failed = 1;
	else
		l->len += (size_t)n;
}

static void
add_put(struct line *l, const struct file_request *r)
{
	if (r->size == FILE_NO_SIZE)
		add(l, " " ANY);
	else
		add(l, " %llu", (unsigned long long)r->size);
	add(l, " %s", r->sha[0] != '\0' ? r->sha : ANY);
	if (r->mtime != FILE_NO_TIME)
		add(l, " mtime=%s%lld.%09lld", r->mtime < 0 ? "-" : "",
		    llabs((long long)r->mtime / NSEC),
		    llabs((long long)r->mtime % NSEC));
	if (r->offset != UINT64_MAX)
		add(l, " from=%llu", (unsigned long long)r->offset);
	if (r->exists != FILE_KEEP)
		add(l, " exists=%s", policies[r->exists]);
}

int
file_request_format(const struct file_request *r, char *line, size_t size)
{
	struct line l = { .p = line, .size = size };

	add(&l, "%s%s", verbs[r->verb], r->recursive ? " -r" : "");
	if (r->name[0] != '\0')
		add_quoted(&l, r->name);
	if (r->verb == FILE_GET && r->offset > 0)
		add(&l, " %llu", (unsigned long long)r->offset);
	if (r->verb == FILE_GET && r->nodigest)
		add(&l, " nodigest");
	if (r->verb == FILE_PUT)
		add_put(&l, r);
	if ((r->verb == FILE_PUT || r->verb == FILE_MKDIR) &&
	    r->mode != FILE_NO_MODE)
		add(&l, " mode=%04o", (unsigned)r->mode & 0777);
	if (r->verb == FILE_USER)
		add_quoted(&l, r->password);
	if (r->verb == FILE_ACK)
		add(&l, " %s", r->sha);
	add(&l, "\r\n");
	if (!l.failed)
		return (int)l.len;
	errno = EMSGSIZE;
	return -1;
}
