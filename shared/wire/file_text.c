/*
 * Numbers, times, digests, names and words of the file protocol.  Pure.
 */
#include <stdio.h>
#include <string.h>

#include "wire/file.h"
#include "wire/file_lex.h"

#define NSEC		1000000000LL
#define PART_TAIL	(sizeof(".part") - 1)

int
file_number(const char *text, size_t n, uint64_t *out)
{
	uint64_t value = 0;

	if (n == 0 || n > 20)
		return -1;
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned char)text[i] - '0';

		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	*out = value;
	return 0;
}

/* nanoseconds - ".5" and the like, at most nine digits. */
static int
nanoseconds(const char *text, size_t n, int64_t *ns)
{
	uint64_t value;

	if (n < 2 || n > 10 || *text != '.' ||
	    file_number(text + 1, n - 1, &value) == -1)
		return -1;
	for (size_t i = n - 1; i < 9; i++)
		value *= 10;
	*ns = (int64_t)value;
	return 0;
}

int
file_time_parse(const char *text, size_t n, int64_t *out)
{
	int negative = n > 0 && *text == '-';
	const char *dot;
	uint64_t seconds;
	int64_t ns = 0;
	size_t whole;

	text += negative;
	n -= (size_t)negative;
	dot = n > 0 ? memchr(text, '.', n) : NULL;
	whole = dot != NULL ? (size_t)(dot - text) : n;
	if (file_number(text, whole, &seconds) == -1 ||
	    seconds > INT64_MAX / NSEC - 1 ||
	    (dot != NULL && nanoseconds(dot, n - whole, &ns) == -1))
		return -1;
	ns += (int64_t)seconds * NSEC;
	*out = negative ? -ns : ns;
	return 0;
}

static int
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

int
file_is_sha(const char *text, size_t n)
{
	size_t i;

	for (i = 0; i < n && is_hex(text[i]); i++)
		continue;
	return n == FILE_SHA - 1 && i == n;
}

void
file_sha_copy(char sha[FILE_SHA], const char *text, size_t n)
{
	size_t len;

	for (len = 0; len < n && text[len] != ' '; len++)
		continue;
	sha[0] = '\0';
	if (!file_is_sha(text, len))
		return;
	for (size_t i = 0; i < len; i++)
		sha[i] = text[i] >= 'A' && text[i] <= 'F' ?
		    (char)(text[i] - 'A' + 'a') : text[i];
	sha[len] = '\0';
}

int
file_name_safe(const char *name, size_t n)
{
	const char *end = name + n, *slash;
	size_t len;

	if (n == 0 || n >= FILE_NAME || memchr(name, '\0', n) != NULL)
		return 0;
	for (;; name = slash + 1) {
		slash = memchr(name, '/', (size_t)(end - name));
		len = (size_t)((slash != NULL ? slash : end) - name);
		if (len == 0 || (len == 1 && name[0] == '.') ||
		    (len == 2 && name[0] == '.' && name[1] == '.'))
			return 0;
		if (slash == NULL)
			return 1;
	}
}

int
file_is_part(const char *name)
{
	const char *slash = strrchr(name, '/');
	size_t n, i;

	if (slash != NULL)
		name = slash + 1;
	n = strlen(name);
	if (n < PART_TAIL + FILE_TAG + 1 ||
	    strcmp(name + n - PART_TAIL, ".part") != 0)
		return 0;
	name += n - PART_TAIL - FILE_TAG;
	for (i = 1; i < FILE_TAG && is_hex(name[i]); i++)
		continue;
	return name[0] == '.' && i == FILE_TAG;
}

int
file_plain_size(const char *text, size_t n, uint64_t *size)
{
	if (n == 2 && text[0] == '-' && text[1] == '1') {
		*size = FILE_NO_SIZE;
		return 0;
	}
	if (file_number(text, n, size) == -1 || *size == FILE_NO_SIZE)
		return -1;
	return 0;
}

/* needs_quotes - whether a name as it stands would not be one word. */
static int
needs_quotes(const char *name)
{
	const unsigned char *s = (const unsigned char *)name;

	if (*s == '\0' || *s == '-')
		return 1;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s == '"' || *s == '\\' || *s == 0x7f)
			return 1;
	return 0;
}

int
file_quote(const char *name, char *out, size_t size)
{
	size_t n = strlen(name), at = 0;

	if (!needs_quotes(name)) {
		if (n >= size)
			return -1;
		memcpy(out, name, n + 1);
		return (int)n;
	}
	if (n > FILE_NAME || size < 3)
		return -1;
	out[at++] = '"';
	for (; *name != '\0'; name++) {
		if (size - at < 7)	/* an escape, the quote and the NUL */
			return -1;
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			at += (size_t)snprintf(out + at, size - at, "\\x%02x",
			    (unsigned)(unsigned char)*name);
		else if (*name == '"' || *name == '\\')
			at += (size_t)snprintf(out + at, size - at, "\\%c",
			    *name);
		else
			out[at++] = *name;
	}
	out[at++] = '"';
	out[at] = '\0';
	return (int)at;
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

int
file_at_end(struct file_lex *l)
{
	while (l->p < l->end && is_blank(*l->p))
		l->p++;
	return l->p == l->end;
}

/* hex_value - of the two digits at p, or -1. */
static int
hex_value(const struct file_lex *l)
{
	static const char digits[] = "0123456789abcdef";
	int value = 0;

	if (l->end - l->p < 2)
		return -1;
	for (int i = 0; i < 2; i++) {
		char c = l->p[i];

		if (!is_hex(c))
			return -1;
		value = value * 16 +
		    (int)(strchr(digits, c >= 'A' && c <= 'F' ?
		    c - 'A' + 'a' : c) - digits);
	}
	return value;
}

/* escape - what stands behind a backslash; 0 (no name has a NUL): wrong. */
static int
escape(struct file_lex *l)
{
	int value;

	if (l->p == l->end)
		return 0;
	switch (*l->p++) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case '"':
		return '"';
	case '\\':
		return '\\';
	case 'x':
		value = hex_value(l);
		l->p += value > 0 ? 2 : 0;
		return value > 0 ? value : 0;
	default:
		return 0;
	}
}

/* quoted_word - what stands behind the opening quote. */
static int
quoted_word(struct file_lex *l, char *out, size_t size)
{
	size_t n = 0;
	int c;

	while (l->p < l->end && *l->p != '"') {
		c = (unsigned char)*l->p++;
		if (c == '\\')
			c = escape(l);
		if (c == 0 || n + 1 >= size)
			return -1;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	if (l->p == l->end)
		return -1;
	l->p++;
	return l->p == l->end || is_blank(*l->p) ? (int)n : -1;
}

int
file_word(struct file_lex *l, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	if (file_at_end(l))
		return 0;
	if (*l->p == '"') {
		l->p++;
		return quoted_word(l, out, size);
	}
	while (l->p < l->end && !is_blank(*l->p)) {
		if (*l->p == '\0' || *l->p == '"' || n + 1 >= size)
			return -1;
		out[n++] = *l->p++;
	}
	out[n] = '\0';
	return (int)n;
}
