/*
 * What urlget must know of an answer's head beside what libcurl tells, and the
 * validators of unfinished files.  The extended attributes are Linux's; where
 * there are none, --resume trusts what is there if the page is not newer.
 */
#include "urlget.h"

#include <sys/xattr.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "http/date.h"

#define ATTRIBUTE	"user.urlget.validator"

static void
copy(char out[FIELD_MAX], struct http_str s)
{
	if (s.len >= FIELD_MAX || memchr(s.ptr, '\0', s.len) != NULL)
		s.len = 0;
	memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
}

/* status_line - the head of the next answer begins: "HTTP/1.1 200 OK" */
static void
status_line(struct head *h, struct http_str s)
{
	const char *sp = memchr(s.ptr, ' ', s.len);

	memset(h, 0, sizeof(*h));
	if (sp == NULL)
		return;
	s.len -= (size_t)(sp + 1 - s.ptr);
	s.ptr = sp + 1;
	sp = s.len > 0 ? memchr(s.ptr, ' ', s.len) : NULL;
	if (sp != NULL)
		copy(h->reason, http_trim((struct http_str){ sp,
		    s.len - (size_t)(sp - s.ptr) }));
}

void
head_line(struct head *h, const char *line, size_t n)
{
	struct http_str s, name, value;
	const char *colon;

	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	s = (struct http_str){ line, n };
	if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		status_line(h, s);
		return;
	}
	colon = n > 0 ? memchr(line, ':', n) : NULL;
	if (colon == NULL)
		return;
	name = (struct http_str){ line, (size_t)(colon - line) };
	value = http_trim((struct http_str){ colon + 1,
	    n - name.len - 1 });
	if (http_caseeq(name, HTTP_STR("ETag")))
		copy(h->etag, value);
	else if (http_caseeq(name, HTTP_STR("Last-Modified")))
		copy(h->modified, value);
	else if (http_caseeq(name, HTTP_STR("Date")))
		copy(h->date, value);
	else if (http_caseeq(name, HTTP_STR("Content-Range")))
		copy(h->range, value);
	else if (http_caseeq(name, HTTP_STR("Content-Type")))
		copy(h->type, value);
}

/* validator_of - a strong ETag, or a Last-Modified a second or more before
 * Date: the page cannot have changed twice in it (RFC 9110, 8.8.2.2). */
static const char *
validator_of(const struct head *h)
{
	time_t now = time(NULL), then, at;

	if (h->etag[0] == '"')
		return h->etag;
	if (http_date_parse(http_cstr(h->modified), now, &then) == 0 &&
	    http_date_parse(http_cstr(h->date), now, &at) == 0 &&
	    at - then >= 1)
		return h->modified;
	return "";
}

void
validator_keep(const struct page *p)
{
	const char *v = validator_of(&p->head);

	if (p->store.sink != -1)
		return;
	if (*v == '\0')
		validator_forget(p);
	else
		(void)fsetxattr(p->store.part.fd, ATTRIBUTE, v, strlen(v), 0);
}

void
validator_load(struct page *p)
{
	ssize_t n = fgetxattr(p->store.part.fd, ATTRIBUTE, p->validator,
	    sizeof(p->validator) - 1);

	if (n < 0)
		n = 0;
	p->validator[n] = '\0';
	/* It becomes part of a request's head. */
	if (strpbrk(p->validator, "\r\n") != NULL ||
	    strlen(p->validator) != (size_t)n)
		p->validator[0] = '\0';
}

void
validator_forget(const struct page *p)
{
	(void)fremovexattr(p->store.part.fd, ATTRIBUTE);
}
