/*
 * The chat's codec, with whatever a peer might send: an event that is read is
 * written as it was, and what has been made harmless stays as it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/chat.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
event(const char *data, size_t size)
{
	char line[CHAT_LINE_MAX], again[CHAT_LINE_MAX * 2];
	struct chat_event e, other;
	struct text t;

	if (size >= sizeof(line))
		return;
	memcpy(line, data, size);
	if (chat_parse(&e, line, size) == -1)
		return;
	text_init(&t, again, sizeof(again));
	chat_plain(&t, &e);
	text_init(&t, again, sizeof(again));
	chat_line(&t, &e);
	if (chat_parse(&other, again, t.len - 1) == -1 ||
	    other.kind != e.kind || other.number != e.number ||
	    other.time != e.time || other.len != e.len ||
	    memcmp(other.text, e.text, e.len) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *data = (const char *)bytes;
	char clean[CHAT_TEXT_MAX], twice[CHAT_TEXT_MAX], *text;
	struct chat_hello hello;
	ssize_t n;

	event(data, size);
	n = chat_clean(clean, sizeof(clean), data, size);
	if (n >= 0 && (chat_clean(twice, sizeof(twice), clean, (size_t)n) !=
	    n || memcmp(clean, twice, (size_t)n) != 0))
		abort();
	text = malloc(size + 1);
	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	chat_hello_parse(&hello, text);
	chat_name_fault(text);
	free(text);
	return 0;
}
