/*
 * The growing buffer and the bounded text.  Called by whatever builds replies,
 * pages, logs and help.  Neither ever ends the process; text never allocates.
 */
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define BUF_MIN	256
#define PAGE	4096

static const char hexdigits[] = "0123456789abcdef";

/* reserve - room for n more bytes and a NUL; 0, or -1 and failed is set */
static int
reserve(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : BUF_MIN;
	char *data;

	if (b->failed)
		return -1;
	if (b->cap > b->len && n < b->cap - b->len)
		return 0;
	if (n >= SIZE_MAX / 2 - b->len)
		goto fail;
	while (cap <= b->len + n)
		cap *= 2;
	if ((data = realloc(b->data, cap)) == NULL)
		goto fail;
	b->data = data;
	b->cap = cap;
	return 0;
fail:
	b->failed = 1;
	return -1;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (reserve(b, n) == -1)
		return;
	if (n > 0)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = 1;
		return;
	}
	if (reserve(b, (size_t)n) == -1)
		return;
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void
buf_free(struct buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

/* json_char - one well-formed character of len bytes, escaped if it must be */
static void
json_char(struct buf *b, const char *s, size_t len)
{
	const char *short_from = "\"\\\b\f\n\r\t", *short_to = "\"\\bfnrt";
	const char *at;
	unsigned char c = (unsigned char)s[len - 1];

	if (len == 1 && c != '\0' && (at = strchr(short_from, c)) != NULL) {
		buf_addc(b, '\\');
		buf_addc(b, short_to[at - short_from]);
	} else if (utf8_control(s, len)) {
		/* C1 is C2 80 to C2 9f: the last byte is the code point. */
		buf_adds(b, "\\u00");
		buf_addc(b, hexdigits[c >> 4]);
		buf_addc(b, hexdigits[c & 15]);
	} else
		buf_add(b, s, len);
}

/* plain_run - how many of the first n bytes need no thought */
static size_t
plain_run(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] > 0x7e ||
		    s[i] == '"' || s[i] == '\\')
			break;
	return i;
}

void
buf_json(struct buf *b, const char *s, size_t n)
{
	size_t len;

	buf_addc(b, '"');
	while (n > 0) {
		if ((len = plain_run(s, n)) > 0)
			buf_add(b, s, len);
		else if ((len = utf8_seq(s, n)) > 0)
			json_char(b, s, len);
		else {
			buf_adds(b, "\xef\xbf\xbd");
			len = 1;
		}
		s += len;
		n -= len;
	}
	buf_addc(b, '"');
}

void *
buf_pages(size_t n)
{
	return aligned_alloc(PAGE, (n + PAGE - 1) / PAGE * PAGE);
}

void
text_init(struct text *t, char *mem, size_t size)
{
	t->p = mem;
	t->len = 0;
	t->size = size;
	t->cut = 0;
	if (size > 0)
		mem[0] = '\0';
}

/* room - bytes that can be added before the NUL; none once text was cut */
static size_t
room(const struct text *t)
{
	return t->cut || t->size == 0 ? 0 : t->size - 1 - t->len;
}

void
text_add(struct text *t, const void *p, size_t n)
{
	size_t left = room(t);

	if (n > left) {
		t->cut = 1;
		n = left;
	}
	if (n == 0)
		return;
	memcpy(t->p + t->len, p, n);
	t->len += n;
	t->p[t->len] = '\0';
}

void
text_adds(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void
text_addv(struct text *t, const char *fmt, va_list ap)
{
	size_t left = room(t);
	int n;

	/* No room at all: nothing may be written, but is there anything? */
	n = vsnprintf(left > 0 ? t->p + t->len : NULL, left > 0 ? left + 1 : 0,
	    fmt, ap);
	if (n < 0 || (size_t)n > left) {
		t->cut = 1;
		t->len += n < 0 ? 0 : left;
	} else
		t->len += (size_t)n;
	if (t->size > 0)
		t->p[t->len] = '\0';
}

void
text_addf(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_addv(t, fmt, ap);
	va_end(ap);
}

void
text_addu(struct text *t, unsigned long long u)
{
	static const char pairs[] =
	    "00010203040506070809101112131415161718192021222324"
	    "25262728293031323334353637383940414243444546474849"
	    "50515253545556575859606162636465666768697071727374"
	    "75767778798081828384858687888990919293949596979899";
	char digits[20], *p = digits + sizeof(digits);

	for (; u >= 100; u /= 100) {
		p -= 2;
		memcpy(p, pairs + u % 100 * 2, 2);
	}
	if (u >= 10) {
		p -= 2;
		memcpy(p, pairs + u * 2, 2);
	} else
		*--p = (char)('0' + u);
	text_add(t, p, (size_t)(digits + sizeof(digits) - p));
}

/* add_whole - append all n bytes or, where they do not fit, none */
static void
add_whole(struct text *t, const char *p, size_t n)
{
	if (n > room(t))
		t->cut = 1;
	else
		text_add(t, p, n);
}

void
text_addesc(struct text *t, const char *s, size_t n)
{
	char hex[4] = { '\\', 'x' };
	size_t len, i;

	while (n > 0 && !t->cut) {
		len = utf8_seq(s, n);
		if (len > 0 && !utf8_control(s, len))
			add_whole(t, s, len);
		else {
			len = len > 0 ? len : 1;
			for (i = 0; i < len; i++) {
				hex[2] = hexdigits[(unsigned char)s[i] >> 4];
				hex[3] = hexdigits[(unsigned char)s[i] & 15];
				add_whole(t, hex, sizeof(hex));
			}
		}
		s += len;
		n -= len;
	}
}
