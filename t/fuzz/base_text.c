/*
 * Fuzz target of what makes text harmless and numbers of text (base/buf.c,
 * utf8.c, opt_value.c): the first byte chooses the size of the memory.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/opt.h"
#include "base/utf8.h"

static void
check(int ok)
{
	if (!ok)
		abort();
}

/* harmless - whether s is UTF-8 without control characters */
static int
harmless(const char *s, size_t n)
{
	size_t len;

	for (; n > 0; s += len, n -= len)
		if ((len = utf8_seq(s, n)) == 0 || utf8_control(s, len))
			return 0;
	return 1;
}

static void
fuzz_escapes(const char *s, size_t n, size_t size)
{
	char *mem = malloc(size);
	struct text t;

	check(mem != NULL);
	text_init(&t, mem, size);
	text_addesc(&t, s, n);
	check(t.len < size && mem[t.len] == '\0');
	check(t.cut || t.len >= n);
	check(harmless(mem, t.len));
	free(mem);
}

static void
fuzz_json(const char *s, size_t n)
{
	struct buf b = { 0 };
	size_t i;

	buf_json(&b, s, n);
	check(!b.failed && b.len >= 2);
	check(harmless(b.data, b.len));
	check(b.data[0] == '"' && b.data[b.len - 1] == '"');
	/* No quote within that is not escaped. */
	for (i = 1; i < b.len - 1; i++) {
		check(b.data[i] != '"');
		i += b.data[i] == '\\';
	}
	check(i == b.len - 1);
	buf_free(&b);
}

static void
fuzz_numbers(const char *text)
{
	char again[32];
	int64_t n, same;

	if (opt_size(text, &n) == 0)
		check(n >= 0);
	if (opt_msec(text, &n) == 0)
		check(n >= 0);
	if (opt_number(text, &n) == 0) {
		snprintf(again, sizeof(again), "%lld", (long long)n);
		check(opt_number(again, &same) == 0 && same == n);
	}
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = malloc(size);
	check(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	fuzz_escapes(text, size - 1, (size_t)data[0] + 1);
	fuzz_json(text, size - 1);
	fuzz_numbers(text);
	free(text);
	return 0;
}
