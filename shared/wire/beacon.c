/*
 * The texts of beacond and beaconc, for both of them and their tests.  Pure
 * functions of their arguments; nothing here allocates.  What comes from the
 * network is checked byte by byte: names may be shown on a terminal.
 */
#include "wire/beacon.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

#define REQUEST_HEAD	"BROOD-DISCOVER"
#define REPLY_HEAD	"BROOD-HERE"
#define VERSION		"1"

/* -- Words and numbers ---------------------------------------------------- */

int
beacon_word_ok(const char *s, size_t n)
{
	size_t len;

	if (n == 0 || n >= BEACON_WORD_MAX)
		return 0;
	for (; n > 0; s += len, n -= len) {
		len = utf8_seq(s, n);
		if (len == 0 || *s == ' ' || *s == '=' || utf8_control(s, len))
			return 0;
	}
	return 1;
}

static int
protocol_ok(const char *s, size_t n)
{
	if (n == 0 || n >= BEACON_PROTOCOL_MAX)
		return 0;
	for (; n > 0; n--, s++)
		if ((*s < 'a' || *s > 'z') && (*s < '0' || *s > '9') &&
		    *s != '+' && *s != '-')
			return 0;
	return 1;
}

/* number - n digits, at most max; 0 or -1. */
static int
number(const char *s, size_t n, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;

	if (n == 0 || n > 10)
		return -1;
	for (; n > 0; n--, s++) {
		if (*s < '0' || *s > '9')
			return -1;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	if (v > max)
		return -1;
	*out = (uint32_t)v;
	return 0;
}

/* hex - 16 digits. */
static int
hex(const char *s, size_t n, uint64_t *out)
{
	int digit;

	if (n != 16)
		return -1;
	*out = 0;
	for (; n > 0; n--, s++) {
		if (*s >= '0' && *s <= '9')
			digit = *s - '0';
		else if (*s >= 'a' && *s <= 'f')
			digit = *s - 'a' + 10;
		else
			return -1;
		*out = *out << 4 | (uint64_t)digit;
	}
	return 0;
}

static int
word(const char *s, size_t n, char out[BEACON_WORD_MAX])
{
	if (!beacon_word_ok(s, n))
		return -1;
	memcpy(out, s, n);
	out[n] = '\0';
	return 0;
}

/* -- The first line ------------------------------------------------------- */

/* A line that is being read, word by word. */
struct line {
	const char	*p, *end;
	const char	*key, *value;	/* of the last word */
	size_t		 key_len, value_len;
};

/* line_open - head and version must be what it begins with; *rest is behind
 * its newline.  0 or -1. */
static int
line_open(struct line *l, const char *text, size_t n, const char *head,
    const char **rest)
{
	const char *lf = n > 0 ? memchr(text, '\n', n) : NULL;
	size_t len = strlen(head);

	if (lf == NULL)
		return -1;
	*rest = lf + 1;
	l->p = text;
	l->end = lf;
	n = (size_t)(lf - text);
	if (n < len + 2 || memcmp(text, head, len) != 0 || text[len] != ' ' ||
	    text[len + 1] != VERSION[0])
		return -1;
	l->p += len + 2;
	return l->p == l->end || *l->p == ' ' ? 0 : -1;
}

/* line_next - the next "key=value": 1, 0 at the end, -1 where it is none. */
static int
line_next(struct line *l)
{
	const char *stop, *eq;

	if (l->p == l->end)
		return 0;
	l->key = ++l->p;	/* behind the space */
	stop = l->p < l->end ? memchr(l->p, ' ', (size_t)(l->end - l->p)) :
	    NULL;
	if (stop == NULL)
		stop = l->end;
	eq = l->p < stop ? memchr(l->p, '=', (size_t)(stop - l->p)) : NULL;
	if (eq == NULL)
		return -1;
	l->key_len = (size_t)(eq - l->key);
	l->value = eq + 1;
	l->value_len = (size_t)(stop - l->value);
	l->p = stop;
	return 1;
}

static int
is(const struct line *l, const char *key)
{
	return l->key_len == strlen(key) && memcmp(l->key, key,
	    l->key_len) == 0;
}

/* -- Requests ------------------------------------------------------------- */

void
beacon_request_put(char *buf, size_t size, const struct beacon_request *r)
{
	struct text t;

	text_init(&t, buf, size);
	text_addf(&t, REQUEST_HEAD " " VERSION " id=%016llx from=%u\n",
	    (unsigned long long)r->id, (unsigned)r->from);
	memset(buf + t.len, ' ', size - t.len);
}

int
beacon_request_parse(struct beacon_request *r, const char *text, size_t n)
{
	enum { ID = 1, FROM = 2 };
	const char *rest;
	struct line l;
	int got = 0, more;

	memset(r, 0, sizeof(*r));
	if (line_open(&l, text, n, REQUEST_HEAD, &rest) == -1)
		return -1;
	while ((more = line_next(&l)) == 1) {
		if (is(&l, "id")) {
			more = hex(l.value, l.value_len, &r->id);
			got |= ID;
		} else if (is(&l, "from")) {
			more = number(l.value, l.value_len, UINT32_MAX,
			    &r->from);
			got |= FROM;
		}
		if (more == -1)
			return -1;
	}
	return more == 0 && got == (ID | FROM) ? 0 : -1;
}

/* -- Services ------------------------------------------------------------- */

int
beacon_service_parse(struct beacon_service *s, const char *text, size_t n)
{
	const char *eq, *slash, *end = text + n;
	uint32_t port;

	if (n == 0 || (eq = memchr(text, '=', n)) == NULL ||
	    (slash = memchr(eq, '/', (size_t)(end - eq))) == NULL)
		return -1;
	if (word(text, (size_t)(eq - text), s->name) == -1 ||
	    number(eq + 1, (size_t)(slash - eq - 1), UINT16_MAX,
	    &port) == -1 || port == 0 ||
	    !protocol_ok(slash + 1, (size_t)(end - slash - 1)))
		return -1;
	s->port = (uint16_t)port;
	memcpy(s->protocol, slash + 1, (size_t)(end - slash - 1));
	s->protocol[end - slash - 1] = '\0';
	return 0;
}

int
beacon_service_equal(const struct beacon_service *a,
    const struct beacon_service *b)
{
	return a->port == b->port && strcmp(a->name, b->name) == 0 &&
	    strcmp(a->protocol, b->protocol) == 0;
}

/* -- Replies -------------------------------------------------------------- */

static const char *
good(const char *s)
{
	return beacon_word_ok(s, strlen(s)) ? s : "?";
}

size_t
beacon_reply_put(char *buf, size_t size, struct beacon_reply *r,
    const struct beacon_service *v, size_t n)
{
	char line[BEACON_WORD_MAX + BEACON_PROTOCOL_MAX + 16];
	char head[BEACON_REQUEST_LEN];
	size_t len, used;

	r->total = (uint32_t)n;
	if (r->from > n)
		r->from = (uint32_t)n;
	used = (size_t)snprintf(head, sizeof(head), REPLY_HEAD " " VERSION
	    " id=%016llx instance=%016llx from=%u total=%u address=%s"
	    " interface=%s host=%s\n", (unsigned long long)r->id,
	    (unsigned long long)r->instance, (unsigned)r->from,
	    (unsigned)r->total, good(r->address), good(r->interface),
	    good(r->host));
	if (used > size)
		return 0;
	memcpy(buf, head, used);
	for (size_t i = r->from; i < n; i++) {
		len = (size_t)snprintf(line, sizeof(line), "%s=%u/%s\n",
		    v[i].name, (unsigned)v[i].port, v[i].protocol);
		if (len > size - used)
			break;
		memcpy(buf + used, line, len);
		used += len;
	}
	return used;
}

/* take - one word of a reply's first line; 0 or -1.  got tells which. */
static int
take(struct beacon_reply *r, const struct line *l, int *got)
{
	static const char *const keys[] = { "id", "instance", "from", "total",
	    "address", "interface", "host" };
	size_t i = 0;

	while (i < sizeof(keys) / sizeof(keys[0]) && !is(l, keys[i]))
		i++;
	*got |= 1 << i;
	switch (i) {
	case 0:
		return hex(l->value, l->value_len, &r->id);
	case 1:
		return hex(l->value, l->value_len, &r->instance);
	case 2:
		return number(l->value, l->value_len, UINT32_MAX, &r->from);
	case 3:
		return number(l->value, l->value_len, UINT32_MAX, &r->total);
	case 4:
		return word(l->value, l->value_len, r->address);
	case 5:
		return word(l->value, l->value_len, r->interface);
	case 6:
		return word(l->value, l->value_len, r->host);
	default:
		return 0;
	}
}

int
beacon_reply_parse(struct beacon_reply *r, const char *text, size_t n,
    const char **rest)
{
	const int all = (1 << 7) - 1;
	struct line l;
	int got = 0, more;

	memset(r, 0, sizeof(*r));
	if (line_open(&l, text, n, REPLY_HEAD, rest) == -1)
		return -1;
	while ((more = line_next(&l)) == 1)
		if (take(r, &l, &got) == -1)
			return -1;
	return more == 0 && (got & all) == all ? 0 : -1;
}

int
beacon_reply_next(struct beacon_service *s, const char **rest, const char *end)
{
	const char *line, *lf;

	while (*rest < end) {
		line = *rest;
		lf = memchr(line, '\n', (size_t)(end - line));
		if (lf == NULL)		/* cut on its way */
			break;
		*rest = lf + 1;
		if (beacon_service_parse(s, line, (size_t)(lf - line)) == 0)
			return 1;
	}
	*rest = end;
	return 0;
}

/* -- The plain dialect ---------------------------------------------------- */

int
beacon_is_answer(const char *text, size_t n)
{
	static const char reply[] = REPLY_HEAD " ";
	const size_t here = strlen(BEACON_HERE), len = strlen(reply);

	if (n >= len && memcmp(text, reply, len) == 0)
		return 1;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	return n == here && memcmp(text, BEACON_HERE, here) == 0;
}

size_t
beacon_here(char buf[BEACON_HERE_MAX], const char *request, size_t n)
{
	int lf = n > 0 && request[n - 1] == '\n';
	int cr = lf && n > 1 && request[n - 2] == '\r';

	return (size_t)snprintf(buf, BEACON_HERE_MAX, BEACON_HERE "%s",
	    cr ? "\r\n" : lf ? "\n" : "");
}
