/*
 * Fuzz target: whatever wire/time.c takes, it must give back the same, and a
 * text that is taken must not be taken with one byte less.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/time.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
texts(const char *text, size_t n)
{
	char buf[TIME_TEXT_MAX];
	struct tm tm;
	int64_t ns;
	size_t len;

	if (time_plain_parse(text, n, &tm) == 0) {
		len = time_plain(buf, &tm);
		/* A year before 1000 and some systems' days have zeros. */
		if (tm.tm_year >= 1000 - 1900 && text[8] != '0' &&
		    (len != n || memcmp(buf, text, n) != 0))
			abort();
		if (time_plain_parse(text, n - 1, &tm) == 0)
			abort();
	}
	if (time_unix_parse(text, n, &ns) == 0) {
		len = time_unix(buf, ns);
		if (time_unix_parse(buf, len, &ns) == -1 ||
		    time_unix_parse(text, n - 1, &ns) == 0)
			abort();
	}
	if (time_reply_whole(text, n) && time_reply_whole(text, n - 1))
		abort();
	if (time_request_parse(text, n) != TIME_REQUEST_UNKNOWN && n > 5)
		abort();
}

/* numbers - the bytes as stamps: no arithmetic may overflow. */
static void
numbers(const uint8_t *data, size_t n)
{
	struct time_sample s[4];
	char buf[TIME_TEXT_MAX];
	uint8_t wire[4];
	int64_t at;
	struct tm tm;

	if (n < sizeof(s))
		return;
	memcpy(s, data, sizeof(s));
	(void)time_offset(time_best(s, 4));
	if (time_iso(buf, s[0].sent) != strlen(buf) ||
	    time_unix(buf, s[0].got) != strlen(buf))
		abort();
	at = time_868_get(data, s[1].sent);
	time_868_put(wire, at);
	if (memcmp(wire, data, sizeof(wire)) != 0)
		abort();
	memset(&tm, 0, sizeof(tm));
	memcpy(&tm, data, sizeof(tm) < n ? sizeof(tm) : n);
	if (time_plain(buf, &tm) != strlen(buf))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size > 0 ? size : 1);

	if (exact == NULL)
		abort();
	if (size > 0)
		memcpy(exact, data, size);
	if (size > 0)
		texts(exact, size);
	numbers(data, size);
	free(exact);
	return 0;
}
