/*
 * Fuzz target of the file protocol (wire/file*.c): requests as a server gets
 * them, replies, entries and announcements as a client does.  What was
 * understood must be understood the same once it has been written again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/file.h"

static void
check(int ok)
{
	if (!ok)
		abort();
}

static void
fuzz_request(const char *text, size_t n)
{
	static struct file_request r, same;
	static char line[FILE_LINE];
	char why[160];
	int len;

	file_has_verb(text, n);
	if (file_request_parse(&r, text, n, why, sizeof(why)) != FILE_COMMAND)
		return;
	check(strlen(r.name) < sizeof(r.name));
	len = file_request_format(&r, line, sizeof(line));
	if (len == -1)
		return;		/* escapes may be longer than they were */
	check(len > 2 && line[len] == '\0' && line[len - 1] == '\n');
	check(memchr(line, '\n', (size_t)len - 1) == NULL);
	check(file_request_parse(&same, line, (size_t)len - 2, why,
	    sizeof(why)) == FILE_COMMAND);
	check(r.verb == same.verb && r.offset == same.offset &&
	    r.size == same.size && r.mtime == same.mtime &&
	    r.mode == same.mode && r.exists == same.exists &&
	    strcmp(r.sha, same.sha) == 0 && strcmp(r.name, same.name) == 0 &&
	    strcmp(r.password, same.password) == 0);
}

static void
fuzz_entry(const char *text, size_t n)
{
	static struct file_entry e, same;
	static char line[FILE_LINE];
	int len;

	if (file_entry_parse(&e, text, n) == -1)
		return;
	len = file_entry_format(&e, line, sizeof(line));
	if (len == -1)
		return;
	check(file_entry_parse(&same, line, (size_t)len) == 0);
	check(e.type == same.type && e.size == same.size &&
	    e.mtime == same.mtime && e.mode == same.mode &&
	    strcmp(e.sha, same.sha) == 0 && strcmp(e.name, same.name) == 0);
}

static void
fuzz_announce(const char *text, size_t n)
{
	struct file_announce a, same;
	char line[FILE_ANNOUNCE];
	int len;

	if (file_announce_parse(&a, text, n) == -1)
		return;
	check(a.offset <= a.size);
	len = file_announce_format(&a, line);
	check(len > 0);
	check(file_announce_parse(&same, line, (size_t)len) == 0);
	check(a.size == same.size && a.offset == same.offset &&
	    a.mtime == same.mtime && a.mode == same.mode &&
	    strcmp(a.sha, same.sha) == 0);
}

static void
fuzz_reply(const char *text, size_t n)
{
	static char name[FILE_NAME];
	const char *rest;
	char sha[FILE_SHA];
	size_t len, restlen;
	uint64_t size;
	int more, code;

	code = file_reply_parse(text, n, &rest, &more);
	check(code == -1 || (code >= 100 && code <= 999 && rest >= text &&
	    rest <= text + n));
	if (file_stored_parse(text, n, sha, name) == 0)
		check(file_is_sha(sha, strlen(sha)));
	if (file_abort_find(text, n, &len, &rest, &restlen) != 0)
		check(len <= n && len >= restlen + 7 && rest > text &&
		    rest + restlen <= text + n);
	file_plain_size(text, n, &size);
	if (file_name_safe(text, n))
		check(n > 0 && *text != '/' && memchr(text, '\0', n) == NULL);
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *exact = malloc(size + (size == 0));

	check(text != NULL && exact != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	file_is_part(text);
	free(text);
	/* exactly so long: what is behind the end must not be looked at */
	memcpy(exact, data, size);
	fuzz_request(exact, size);
	fuzz_entry(exact, size);
	fuzz_announce(exact, size);
	fuzz_reply(exact, size);
	free(exact);
	return 0;
}
