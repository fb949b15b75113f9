/*
 * Replies of the file protocol: codes, entries, announcements, and the mark of
 * a transfer that was given up.  Pure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/file.h"
#include "wire/file_lex.h"

#define NSEC	1000000000LL
#define NONE	"-"

int
file_reply_parse(const char *line, size_t n, const char **text, int *more)
{
	int code = 0;

	for (size_t i = 0; i < 3; i++) {
		if (i >= n || line[i] < '0' || line[i] > '9')
			return -1;
		code = code * 10 + line[i] - '0';
	}
	if (code < 100 || (n > 3 && line[3] != ' ' && line[3] != '-'))
		return -1;
	*more = n > 3 && line[3] == '-';
	*text = line + (n > 3 ? 4 : n);
	return code;
}

/* print_fields - SIZE MTIME MODE SHA256, and what stands before and behind. */
static int
print_fields(char *text, size_t size, const char *front, int64_t mtime,
    int mode, const char *sha)
{
	int64_t s = mtime / NSEC, ns = mtime % NSEC;
	char bits[16] = NONE;
	int n;

	if (mode != FILE_NO_MODE)
		snprintf(bits, sizeof(bits), "%04o", (unsigned)mode & 07777);
	n = snprintf(text, size, "%s %s%lld.%09lld %s %s", front,
	    mtime < 0 ? "-" : "", llabs((long long)s), llabs((long long)ns),
	    bits, sha[0] != '\0' ? sha : NONE);
	return n < 0 || (size_t)n >= size ? -1 : n;
}

int
file_entry_format(const struct file_entry *e, char *text, size_t size)
{
	char front[32];
	int n, quoted;

	snprintf(front, sizeof(front), "%c %llu", e->type,
	    (unsigned long long)e->size);
	n = print_fields(text, size, front, e->mtime, e->mode, e->sha);
	if (n == -1 || size - (size_t)n < 2)
		return -1;
	text[n++] = ' ';
	quoted = file_quote(e->name, text + n, size - (size_t)n);
	return quoted == -1 ? -1 : n + quoted;
}

/* read_number - the next word as a number. */
static int
read_number(struct file_lex *l, uint64_t *out)
{
	char word[32];
	int n = file_word(l, word, sizeof(word));

	return n <= 0 ? -1 : file_number(word, (size_t)n, out);
}

/* read_fields - MTIME MODE SHA256. */
static int
read_fields(struct file_lex *l, int64_t *mtime, int *mode, char sha[FILE_SHA])
{
	char word[FILE_SHA];
	char *end;
	int n = file_word(l, word, sizeof(word));

	if (n <= 0 || file_time_parse(word, (size_t)n, mtime) == -1)
		return -1;
	n = file_word(l, word, sizeof(word));
	*mode = FILE_NO_MODE;
	if (n <= 0 || n > 5)
		return -1;
	if (strcmp(word, NONE) != 0) {
		if (strspn(word, "01234567") != (size_t)n)
			return -1;
		/* who is asked does not say whose rights a program gets */
		*mode = (int)strtol(word, &end, 8) & 0777;
	}
	n = file_word(l, word, sizeof(word));
	if (n <= 0)
		return -1;
	file_sha_copy(sha, word, (size_t)n);
	return sha[0] != '\0' || strcmp(word, NONE) == 0 ? 0 : -1;
}

int
file_entry_parse(struct file_entry *e, const char *text, size_t n)
{
	struct file_lex l = { text, text + n };
	char type[2];

	if (file_word(&l, type, sizeof(type)) != 1 ||
	    (*type != 'f' && *type != 'd') || read_number(&l, &e->size) == -1 ||
	    read_fields(&l, &e->mtime, &e->mode, e->sha) == -1 ||
	    file_word(&l, e->name, sizeof(e->name)) <= 0 || !file_at_end(&l))
		return -1;
	e->type = *type;
	return 0;
}

int
file_announce_format(const struct file_announce *a, char text[FILE_ANNOUNCE])
{
	char front[64];

	snprintf(front, sizeof(front), "%llu %llu", (unsigned long long)a->size,
	    (unsigned long long)a->offset);
	return print_fields(text, FILE_ANNOUNCE, front, a->mtime, a->mode,
	    a->sha);
}

int
file_announce_parse(struct file_announce *a, const char *text, size_t n)
{
	struct file_lex l = { text, text + n };

	if (read_number(&l, &a->size) == -1 ||
	    read_number(&l, &a->offset) == -1 || a->offset > a->size ||
	    a->size == FILE_NO_SIZE ||
	    read_fields(&l, &a->mtime, &a->mode, a->sha) == -1)
		return -1;
	return file_at_end(&l) ? 0 : -1;
}

int
file_stored_parse(const char *text, size_t n, char sha[FILE_SHA],
    char name[FILE_NAME])
{
	struct file_lex l = { text, text + n };
	char word[FILE_SHA];
	int len = file_word(&l, word, sizeof(word));

	if (len <= 0)
		return -1;
	file_sha_copy(sha, word, (size_t)len);
	if (sha[0] == '\0' || file_word(&l, name, FILE_NAME) <= 0)
		return -1;
	return file_at_end(&l) ? 0 : -1;
}

/* printable - whether text could be a reply that somebody wrote. */
static int
printable(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return 0;
	return 1;
}

int
file_abort_find(const char *tail, size_t n, size_t *len, const char **text,
    size_t *textlen)
{
	size_t at;
	int code, more;

	if (n < 9 || memcmp(tail + n - 2, "\r\n", 2) != 0)
		return 0;
	/* the CRLF before it */
	for (at = n - 4; at > 0 && n - at < FILE_ABORT; at--)
		if (memcmp(tail + at, "\r\n", 2) == 0)
			break;
	if (memcmp(tail + at, "\r\n", 2) != 0)
		return 0;
	*len = n - at;
	code = file_reply_parse(tail + at + 2, *len - 4, text, &more);
	if (code < 400 || code > 599 || more)
		return 0;
	*textlen = (size_t)(tail + n - 2 - *text);
	return printable(*text, *textlen) ? code : 0;
}
