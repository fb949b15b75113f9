/*
 * The ping protocol's messages and texts, for pingd, pingc and their tests.
 * Pure functions of their arguments; nothing here allocates.
 */
#include "wire/ping.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define VERSION	1

/* Where the parts of a message stand. */
enum {
	AT_VERSION	= 4,
	AT_TYPE		= 5,
	AT_FLAGS	= 6,
	AT_REASON	= 7,
	AT_COOKIE	= 8,
	AT_SEQ		= 24,
	AT_SENT		= 32,
	AT_GOT		= 40,
	AT_REPLIED	= 48,
	AT_RECEIVED	= 56,
	AT_HIGHEST	= 64,
	AT_DUPLICATES	= 72,
	AT_REORDERED	= 76,
	AT_SESSION	= 80,
	AT_EARLIER	= 84,
	AT_EARLIER_LEFT	= 88,
	AT_CODE		= 96
};
_Static_assert(AT_CODE + 32 == PING_HEAD, "the code ends the head");

static const char hello[] = "Brood ping 1 hello ";
#define HELLO_TEXT	(sizeof(hello) - 1)
#define HELLO_DIGITS	16

static void
put32(uint8_t *p, uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof(v));
}

static void
put64(uint8_t *p, uint64_t v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof(v));
}

static uint32_t
get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static uint64_t
get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

void
ping_put(uint8_t w[PING_HEAD], const struct ping_msg *m)
{
	memcpy(w, PING_MAGIC, 4);
	w[AT_VERSION] = VERSION;
	w[AT_TYPE] = m->type;
	w[AT_FLAGS] = m->flags;
	w[AT_REASON] = m->reason;
	memcpy(w + AT_COOKIE, m->cookie, PING_COOKIE);
	put64(w + AT_SEQ, m->seq);
	put64(w + AT_SENT, (uint64_t)m->sent);
	put64(w + AT_GOT, (uint64_t)m->got);
	put64(w + AT_REPLIED, (uint64_t)m->replied);
	put64(w + AT_RECEIVED, m->received);
	put64(w + AT_HIGHEST, m->highest);
	put32(w + AT_DUPLICATES, m->duplicates);
	put32(w + AT_REORDERED, m->reordered);
	put32(w + AT_SESSION, m->session);
	put32(w + AT_EARLIER, m->earlier);
	put64(w + AT_EARLIER_LEFT, (uint64_t)m->earlier_left);
	memset(w + AT_CODE, 0, PING_HEAD - AT_CODE);
}

int
ping_is_binary(const uint8_t *data, size_t n)
{
	return n >= 4 && memcmp(data, PING_MAGIC, 4) == 0;
}

int
ping_get(const uint8_t *w, size_t n, struct ping_msg *m)
{
	if (n < PING_HEAD || !ping_is_binary(w, n) ||
	    w[AT_VERSION] != VERSION || w[AT_TYPE] < PING_WELCOME ||
	    w[AT_TYPE] > PING_REFUSE)
		return -1;
	m->type = w[AT_TYPE];
	m->flags = w[AT_FLAGS];
	m->reason = w[AT_REASON];
	memcpy(m->cookie, w + AT_COOKIE, PING_COOKIE);
	m->seq = get64(w + AT_SEQ);
	m->sent = (int64_t)get64(w + AT_SENT);
	m->got = (int64_t)get64(w + AT_GOT);
	m->replied = (int64_t)get64(w + AT_REPLIED);
	m->received = get64(w + AT_RECEIVED);
	m->highest = get64(w + AT_HIGHEST);
	m->duplicates = get32(w + AT_DUPLICATES);
	m->reordered = get32(w + AT_REORDERED);
	m->session = get32(w + AT_SESSION);
	m->earlier = get32(w + AT_EARLIER);
	m->earlier_left = (int64_t)get64(w + AT_EARLIER_LEFT);
	return 0;
}

/* -- The hello ------------------------------------------------------------ */

void
ping_hello_put(char out[PING_HEAD], uint64_t nonce)
{
	static const char digits[] = "0123456789abcdef";
	int i;

	memset(out, '.', PING_HEAD);
	memcpy(out, hello, HELLO_TEXT);
	for (i = 0; i < HELLO_DIGITS; i++)
		out[HELLO_TEXT + (size_t)i] =
		    digits[nonce >> (60 - 4 * i) & 15];
}

int
ping_hello_get(const char *data, size_t n, uint64_t *nonce)
{
	char expected[PING_HEAD];
	size_t i;
	char c;

	if (n != PING_HEAD || memcmp(data, hello, HELLO_TEXT) != 0)
		return -1;
	*nonce = 0;
	for (i = HELLO_TEXT; i < HELLO_TEXT + HELLO_DIGITS; i++) {
		c = data[i];
		if (c >= '0' && c <= '9')
			*nonce = *nonce << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*nonce = *nonce << 4 | (uint64_t)(c - 'a' + 10);
		else
			return -1;
	}
	ping_hello_put(expected, *nonce);
	return memcmp(data, expected, PING_HEAD) == 0 ? 0 : -1;
}

/* -- The plain dialect ---------------------------------------------------- */

void
ping_upper(char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (char)(p[i] - (p[i] >= 'a' && p[i] <= 'z' ? 32 : 0));
}

size_t
ping_plain_put(char *out, size_t size, uint64_t seq, int64_t wall)
{
	int n;

	n = snprintf(out, PING_PLAIN_MAX, "Ping %llu %lld.%06lld",
	    (unsigned long long)seq, (long long)(wall / NSEC_PER_SEC),
	    (long long)(wall % NSEC_PER_SEC / NSEC_PER_USEC));
	if (size > (size_t)n) {
		memset(out + n, ' ', size - (size_t)n);
		return size;
	}
	return (size_t)n;
}

void
ping_stamp_put(char out[PING_STAMP_LEN], int64_t wall)
{
	int64_t ms = wall / NSEC_PER_MSEC;
	int i;

	out[0] = '[';
	for (i = 13; i > 0; i--) {
		out[i] = (char)('0' + ms % 10);
		ms /= 10;
	}
	out[14] = ']';
	out[15] = ' ';
}

/* stamp_get - "[DIGITS] " in front; its length, 0 where there is none. */
static size_t
stamp_get(const char *p, size_t n, int64_t *ms)
{
	size_t i;

	if (n == 0 || p[0] != '[')
		return 0;
	*ms = 0;
	for (i = 1; i < n && p[i] >= '0' && p[i] <= '9'; i++) {
		if (i > 16)
			return 0;
		*ms = *ms * 10 + (p[i] - '0');
	}
	if (i < 2 || i + 1 >= n || p[i] != ']' || p[i + 1] != ' ')
		return 0;
	return i + 2;
}

void
ping_plain_get(const char *p, size_t n, struct ping_plain *out)
{
	size_t i;

	out->seq = 0;
	out->skip = stamp_get(p, n, &out->stamp);
	if (out->skip == 0)
		out->stamp = -1;
	p += out->skip;
	n -= out->skip;
	if (n < 6 || (memcmp(p, "PING ", 5) != 0 &&
	    memcmp(p, "Ping ", 5) != 0))
		return;
	for (i = 5; i < n && p[i] >= '0' && p[i] <= '9'; i++) {
		if (i > 5 + 18) {
			out->seq = 0;
			return;
		}
		out->seq = out->seq * 10 + (uint64_t)(p[i] - '0');
	}
	if (i < n && p[i] != ' ')
		out->seq = 0;
}

int
ping_is_echo(const char *reply, size_t n, const char *request, size_t len)
{
	struct ping_plain plain;
	size_t i;
	char c;

	ping_plain_get(reply, n, &plain);
	if (n - plain.skip != len)
		return 0;
	if (plain.skip > 0 &&
	    memcmp(reply + plain.skip, request, len) == 0)
		return 1;
	for (i = 0; i < len; i++) {
		c = request[i];
		ping_upper(&c, 1);
		if (reply[plain.skip + i] != c)
			return 0;
	}
	return 1;
}
