/*
 * Reading and looking up the options that have a shape of their own.  Called
 * by the option parser, before anything else runs, and by sessions.
 */
#include "rules.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/field.h"
#include "http/names.h"

#define CHARSET_MAX	40	/* bytes */

/* What the server itself says about a message, and nobody else may. */
static const enum http_hdr reserved[] = {
	HDR_ACCEPT_RANGES, HDR_CONNECTION, HDR_CONTENT_ENCODING,
	HDR_CONTENT_LENGTH, HDR_CONTENT_RANGE, HDR_DATE, HDR_ETAG,
	HDR_KEEP_ALIVE, HDR_LAST_MODIFIED, HDR_LOCATION, HDR_SERVER,
	HDR_TRAILER, HDR_TRANSFER_ENCODING, HDR_UPGRADE
};

static int
say(char *why, size_t whylen, const char *reason)
{
	snprintf(why, whylen, "%s", reason);
	return -1;
}

/* grow - room for one more of size bytes behind the n of v; NULL: no memory */
static void *
grow(void *v, size_t n, size_t size)
{
	char *more = reallocarray(v, n + 1, size);

	if (more != NULL)
		memset(more + n * size, 0, size);
	return more;
}

#define GROW(list)							\
	__extension__({							\
		void *more_ = grow((list)->v, (list)->n,		\
		    sizeof((list)->v[0]));				\
		if (more_ != NULL)					\
			(list)->v = more_;				\
		more_ == NULL ? NULL : &(list)->v[(list)->n];		\
	})

/* field_wrong - why name and value cannot be sent as a field, or NULL */
static const char *
field_wrong(struct http_str name, struct http_str value)
{
	enum http_hdr id = http_hdr_of(name);
	size_t i;

	if (name.len == 0)
		return "has no name before the colon; allowed: 'Name: value'";
	for (i = 0; i < name.len; i++)
		if (!http_is(name.ptr[i], HTTP_C_TCHAR))
			return "has a field name that is not a token; "
			    "allowed: letters, digits and '-'";
	for (i = 0; i < value.len; i++)
		if (!http_is(value.ptr[i], HTTP_C_VCHAR))
			return "has a control byte in the value; allowed: text";
	for (i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (id == reserved[i])
			return "names a field that the server itself sets; "
			    "allowed: all others";
	return NULL;
}

/* header_fill - a rule from its parts; -1: no memory */
static int
header_fill(struct header *h, struct http_str glob, struct http_str name,
    struct http_str value)
{
	int n;

	if (glob.len > 0 && (h->glob = strndup(glob.ptr, glob.len)) == NULL)
		return -1;
	n = asprintf(&h->line, "%.*s: %.*s\r\n", (int)name.len, name.ptr,
	    (int)value.len, value.ptr);
	if (n == -1) {
		free(h->glob);
		return -1;
	}
	h->len = (size_t)n;
	h->name_len = name.len;
	h->is_type = http_hdr_of(name) == HDR_CONTENT_TYPE;
	return 0;
}

int
rule_header(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	static const char allowed[] =
	    "is not a header; allowed: 'Name: value' or 'GLOB:Name: value'";
	struct http_str glob = { NULL, 0 }, name, text;
	struct headers *list = dst;
	const char *colon = strchr(value, ':'), *wrong;
	struct header *h;

	(void)o;
	if (value[0] == '/' || value[0] == '*') {
		if (colon == NULL)
			return say(why, whylen, allowed);
		glob = (struct http_str){ value, (size_t)(colon - value) };
		value = colon + 1;
		colon = strchr(value, ':');
	}
	if (colon == NULL)
		return say(why, whylen, allowed);
	name = (struct http_str){ value, (size_t)(colon - value) };
	text = http_trim(http_cstr(colon + 1));
	wrong = field_wrong(name, text);
	if (wrong != NULL)
		return say(why, whylen, wrong);
	if (text.len > 2048)
		return say(why, whylen, "is too long; allowed: 2048 bytes");
	h = GROW(list);
	if (h == NULL || header_fill(h, glob, name, text) == -1)
		return say(why, whylen, "does not fit in memory");
	list->n++;
	return 0;
}

void
rule_header_free(void *dst)
{
	struct headers *list = dst;

	for (size_t i = 0; i < list->n; i++) {
		free(list->v[i].glob);
		free(list->v[i].line);
	}
	free(list->v);
	memset(list, 0, sizeof(*list));
}

/* target_ok - whether the text may stand in Location as it is */
static bool
target_ok(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (!http_is(*s, HTTP_C_TARGET) && *s != '#')
			return false;
	return true;
}

/* host_open - whether what is put behind s could become part of its host */
static bool
host_open(const char *s)
{
	const char *host = strstr(s, "//");
	size_t n = strlen(s);

	if (n == 0 || s[n - 1] != '*' || host == NULL ||
	    (host != s && host[-1] != ':'))
		return false;
	return strpbrk(host + 2, "/?#") == NULL;
}

/* star - whether s of len ends in '*', which is then taken off */
static bool
star(char *s, size_t *len)
{
	if (*len == 0 || s[*len - 1] != '*')
		return false;
	s[--*len] = '\0';
	return true;
}

/* redirect_status - the code in front of value, stepped over; 0: a wrong one */
static unsigned
redirect_status(const char **value)
{
	static const unsigned known[] = { 301, 302, 303, 307, 308 };
	unsigned code = 0;

	if (**value == '/')
		return 302;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		char text[8];

		snprintf(text, sizeof(text), "%u:/", known[i]);
		if (strncmp(*value, text, 5) == 0)
			code = known[i];
	}
	*value += 4;
	return code;
}

int
rule_redirect(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	struct redirects *list = dst;
	struct redirect *r;
	const char *equals;
	unsigned status;

	(void)o;
	status = strlen(value) < 5 && *value != '/' ? 0 :
	    redirect_status(&value);
	equals = strchr(value, '=');
	if (status == 0 || equals == NULL || !target_ok(equals + 1))
		return say(why, whylen, "is not a redirection; allowed: "
		    "[301:|302:|303:|307:|308:]/OLD[*]=NEW[*], NEW escaped "
		    "as in a URL");
	if (host_open(equals + 1))
		return say(why, whylen, "has a '*' right behind the host; "
		    "allowed: behind a slash");
	r = GROW(list);
	if (r == NULL)
		return say(why, whylen, "does not fit in memory");
	r->from = strndup(value, (size_t)(equals - value));
	r->to = strdup(equals + 1);
	if (r->from == NULL || r->to == NULL) {
		free(r->from);
		free(r->to);
		return say(why, whylen, "does not fit in memory");
	}
	r->status = status;
	r->from_len = strlen(r->from);
	r->to_len = strlen(r->to);
	r->prefix = star(r->from, &r->from_len);
	r->splice = star(r->to, &r->to_len);
	list->n++;
	return 0;
}

void
rule_redirect_free(void *dst)
{
	struct redirects *list = dst;

	for (size_t i = 0; i < list->n; i++) {
		free(list->v[i].from);
		free(list->v[i].to);
	}
	free(list->v);
	memset(list, 0, sizeof(*list));
}

int
rule_page(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	struct pages *list = dst;
	struct page *p;
	char *end;
	unsigned long status = strtoul(value, &end, 10);

	(void)o;
	if (end != value + 3 || status < 400 || status > 599 ||
	    strncmp(end, "=/", 2) != 0)
		return say(why, whylen, "is not an error page; allowed: "
		    "CODE=/PATH, CODE from 400 to 599");
	p = GROW(list);
	if (p == NULL || (p->path = strdup(end + 1)) == NULL)
		return say(why, whylen, "does not fit in memory");
	p->status = (unsigned)status;
	list->n++;
	return 0;
}

void
rule_page_free(void *dst)
{
	struct pages *list = dst;

	for (size_t i = 0; i < list->n; i++)
		free(list->v[i].path);
	free(list->v);
	memset(list, 0, sizeof(*list));
}

/* host_ok - a name, "*.name" or "[address]", made lower case on the way */
static bool
host_ok(char *s)
{
	if (strncmp(s, "*.", 2) == 0)
		s += 2;
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (!http_is(*s, HTTP_C_HOST) && strchr("[]:", *s) == NULL)
			return false;
		if (*s == '*')
			return false;
		if (*s >= 'A' && *s <= 'Z')
			*s += 'a' - 'A';
	}
	return true;
}

int
rule_vhost(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	const char *equals = strchr(value, '=');
	struct vhosts *list = dst;
	struct vhost *vh;
	char *name;

	(void)o;
	if (equals == NULL || equals[1] == '\0')
		return say(why, whylen, "is not a virtual host; allowed: "
		    "NAME=DIR or *.NAME=DIR");
	name = strndup(value, (size_t)(equals - value));
	if (name != NULL && !host_ok(name)) {
		free(name);
		return say(why, whylen, "has a name that no host can have; "
		    "allowed: NAME=DIR or *.NAME=DIR");
	}
	vh = GROW(list);
	if (name == NULL || vh == NULL ||
	    (vh->dir = strdup(equals + 1)) == NULL) {
		free(name);
		return say(why, whylen, "does not fit in memory");
	}
	vh->name = name;
	list->n++;
	return 0;
}

void
rule_vhost_free(void *dst)
{
	struct vhosts *list = dst;

	for (size_t i = 0; i < list->n; i++) {
		free(list->v[i].name);
		free(list->v[i].dir);
	}
	free(list->v);
	memset(list, 0, sizeof(*list));
}

int
rule_network(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	struct networks *list = dst;
	struct cidr net, *room;

	(void)o;
	if (cidr_parse(&net, value) == -1)
		return say(why, whylen, "is not a network; allowed: an "
		    "address or ADDRESS/BITS, as in 192.0.2.0/24");
	room = GROW(list);
	if (room == NULL)
		return say(why, whylen, "does not fit in memory");
	*room = net;
	list->n++;
	return 0;
}

void
rule_network_free(void *dst)
{
	struct networks *list = dst;

	free(list->v);
	memset(list, 0, sizeof(*list));
}

int
rule_index(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	struct names *list = dst;
	char **room;

	(void)o;
	if (*value == '\0' || strchr(value, '/') != NULL ||
	    strlen(value) > NAME_MAX)
		return say(why, whylen, "is not a file's name; allowed: one "
		    "without a slash");
	room = GROW(list);
	if (room == NULL || (*room = strdup(value)) == NULL)
		return say(why, whylen, "does not fit in memory");
	list->n++;
	return 0;
}

void
rule_index_free(void *dst)
{
	struct names *list = dst;

	for (size_t i = 0; i < list->n; i++)
		free(list->v[i]);
	free(list->v);
	memset(list, 0, sizeof(*list));
}

/* set_text - a copy of value in place of what *text is */
static int
set_text(char **text, const char *value, char *why, size_t whylen)
{
	rule_text_free(text);
	*text = strdup(value);
	return *text != NULL ? 0 :
	    say(why, whylen, "does not fit in memory");
}

int
rule_charset(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	(void)o;
	if (*value != '\0' && (strlen(value) > CHARSET_MAX ||
	    !http_is_token(http_cstr(value))))
		return say(why, whylen, "is not a charset; allowed: a name, "
		    "or nothing for none");
	return set_text(dst, value, why, whylen);
}

int
rule_realm(void *dst, const struct opt *o, const char *value, char *why,
    size_t whylen)
{
	const char *p;

	(void)o;
	for (p = value; *p != '\0'; p++)
		if (!http_is(*p, HTTP_C_VCHAR))
			return say(why, whylen,
			    "has a control byte; allowed: text");
	if (p - value > RULE_REALM_MAX)
		return say(why, whylen, "is too long; allowed: 200 bytes");
	return set_text(dst, value, why, whylen);
}

void
rule_text_free(void *dst)
{
	char **text = dst;

	free(*text);
	*text = NULL;
}

bool
header_matches(const struct header *h, const char *path)
{
	return h->glob == NULL || fnmatch(h->glob, path, FNM_NOESCAPE) == 0;
}

struct http_str
header_value(const struct header *h)
{
	/* behind "Name: " and before CRLF */
	return (struct http_str){ h->line + h->name_len + 2,
	    h->len - h->name_len - 4 };
}

const struct redirect *
redirect_find(const struct redirects *list, const char *path, size_t len)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct redirect *r = &list->v[i];

		if (r->prefix ? len < r->from_len : len != r->from_len)
			continue;
		if (memcmp(path, r->from, r->from_len) == 0)
			return r;
	}
	return NULL;
}

const char *
page_find(const struct pages *list, unsigned status)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].status == status)
			return list->v[i].path;
	return NULL;
}

bool
network_has(const struct networks *list, const struct ipaddr *who)
{
	for (size_t i = 0; i < list->n; i++)
		if (cidr_has(&list->v[i], who))
			return true;
	return false;
}
