/*
 * The room's datagrams to bytes and back.  Called for each of them by roomd,
 * which believes nothing of what it gets, and by roomc.
 */
#include "wire/room.h"

#include <endian.h>
#include <string.h>

#include "base/utf8.h"

/* magic, version, type, kind, reason; session; number */
#define HEAD	24
#define VERSION	1

/* Parts behind the head, in this order on the wire. */
#define COOKIE	0x01
#define BASE	0x02
#define TIME	0x04
#define HAVE	0x08
#define NAME	0x10
#define TEXT	0x20
#define PAD	0x40

static const uint8_t parts[] = {
	[ROOM_HELLO] = PAD,
	[ROOM_CHALLENGE] = COOKIE,
	[ROOM_JOIN] = COOKIE | BASE | NAME,
	[ROOM_JOINED] = BASE | NAME,
	[ROOM_REFUSED] = 0,
	[ROOM_SAY] = TEXT,
	[ROOM_SAID] = BASE,
	[ROOM_EVENT] = BASE | TIME | NAME | TEXT,
	[ROOM_ACK] = HAVE,
	[ROOM_WHO] = PAD,
	[ROOM_NAMES] = BASE | TEXT,
	[ROOM_LEAVE] = 0,
	[ROOM_BYE] = 0,
};
#define TYPES	(sizeof(parts) / sizeof(parts[0]))

/* -- Writing -------------------------------------------------------------- */

static uint8_t *
put(uint8_t *p, const void *data, size_t n)
{
	if (n > 0)
		memcpy(p, data, n);
	return p + n;
}

static uint8_t *
put64(uint8_t *p, uint64_t v)
{
	v = htobe64(v);
	return put(p, &v, sizeof(v));
}

/* put_tail - name and text, whose lengths were checked */
static uint8_t *
put_tail(uint8_t *p, unsigned int has, const struct room_msg *m)
{
	uint16_t len;

	if (has & NAME) {
		*p++ = (uint8_t)m->namelen;
		p = put(p, m->name, m->namelen);
	}
	if (has & TEXT) {
		len = htobe16((uint16_t)m->textlen);
		p = put(p, &len, sizeof(len));
		p = put(p, m->text, m->textlen);
	}
	return p;
}

size_t
room_put(uint8_t wire[ROOM_WIRE_MAX], const struct room_msg *m)
{
	unsigned int has = parts[m->type];
	uint8_t *p = put(wire, ROOM_MAGIC, 4);
	uint32_t have = htobe32(m->have);

	if (m->namelen >= ROOM_NAME_MAX || m->textlen > ROOM_TEXT_MAX)
		return 0;
	*p++ = VERSION;
	*p++ = m->type;
	*p++ = m->type == ROOM_ACK ? m->flags : m->kind;
	*p++ = m->reason;
	p = put64(p, m->session);
	p = put64(p, m->number);
	if (has & COOKIE)
		p = put(p, m->cookie, ROOM_COOKIE);
	if (has & BASE)
		p = put64(p, m->base);
	if (has & TIME)
		p = put64(p, m->time);
	if (has & HAVE)
		p = put(p, &have, sizeof(have));
	p = put_tail(p, has, m);
	if (has & PAD) {
		memset(p, 0, (size_t)(wire + ROOM_HELLO_LEN - p));
		p = wire + ROOM_HELLO_LEN;
	}
	return (size_t)(p - wire);
}

/* -- Reading -------------------------------------------------------------- */

struct scan {
	const uint8_t	*p;
	size_t		 left;
	int		 bad;
};

static void
take(struct scan *s, void *to, size_t n)
{
	if (n > s->left) {
		s->bad = 1;
		return;
	}
	memcpy(to, s->p, n);
	s->p += n;
	s->left -= n;
}

static uint64_t
take64(struct scan *s)
{
	uint64_t v = 0;

	take(s, &v, sizeof(v));
	return be64toh(v);
}

/* take_text - n bytes where they lie */
static const char *
take_text(struct scan *s, size_t n)
{
	const char *at = (const char *)s->p;

	if (n > s->left) {
		s->bad = 1;
		return NULL;
	}
	s->p += n;
	s->left -= n;
	return at;
}

static void
take_tail(struct scan *s, unsigned int has, struct room_msg *m)
{
	uint8_t len8 = 0;
	uint16_t len = 0;

	if (has & NAME) {
		take(s, &len8, 1);
		m->namelen = len8;
		m->name = take_text(s, m->namelen);
	}
	if (has & TEXT) {
		take(s, &len, sizeof(len));
		m->textlen = be16toh(len);
		m->text = take_text(s, m->textlen);
	}
	if (m->namelen >= ROOM_NAME_MAX || m->textlen > ROOM_TEXT_MAX)
		s->bad = 1;
}

int
room_is_binary(const void *data, size_t n)
{
	return n >= 4 && memcmp(data, ROOM_MAGIC, 4) == 0;
}

int
room_get(struct room_msg *m, const void *wire, size_t n)
{
	struct scan s = { wire, n, 0 };
	unsigned int has;
	uint32_t have = 0;
	uint8_t head[8];

	memset(m, 0, sizeof(*m));
	if (n < HEAD || n > ROOM_WIRE_MAX || !room_is_binary(wire, n))
		return -1;
	take(&s, head, sizeof(head));
	if (head[4] != VERSION || head[5] == 0 || head[5] >= TYPES)
		return -1;
	m->type = head[5];
	if (m->type == ROOM_ACK)
		m->flags = head[6];
	else
		m->kind = head[6];
	m->reason = head[7];
	m->session = take64(&s);
	m->number = take64(&s);
	has = parts[m->type];
	if (has & COOKIE)
		take(&s, m->cookie, ROOM_COOKIE);
	if (has & BASE)
		m->base = take64(&s);
	if (has & TIME)
		m->time = take64(&s);
	if (has & HAVE)
		take(&s, &have, sizeof(have));
	m->have = be32toh(have);
	take_tail(&s, has, m);
	if (has & PAD)
		return n >= ROOM_HELLO_LEN ? 0 : -1;
	return s.bad || s.left > 0 ? -1 : 0;
}

const char *
room_reason_text(enum room_reason reason)
{
	static const char *const texts[] = {
		[ROOM_REASON_NONE] = "no reason given",
		[ROOM_REASON_COOKIE] = "the cookie is not good",
		[ROOM_REASON_NAME] = "that is no name",
		[ROOM_REASON_TAKEN] = "the name is taken",
		[ROOM_REASON_FULL] = "the room is full",
		[ROOM_REASON_EXPIRED] = "the room does not know us any more",
		[ROOM_REASON_LEFT] = "left",
	};

	if ((size_t)reason >= sizeof(texts) / sizeof(texts[0]))
		reason = ROOM_REASON_NONE;
	return texts[reason];
}

/* -- Names and the plain dialect ------------------------------------------ */

static int
is(const char *p, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(p, word, n) == 0;
}

enum fault { EMPTY, TOO_LONG, ENDS, SYSTEM, CHARACTER, UNDECODED };

const char *const room_faults[ROOM_FAULTS] = {
	[EMPTY] = "it is empty",
	[TOO_LONG] = "it is too long",
	[ENDS] = "a bracket or a blank stands at its end",
	[SYSTEM] = "the server speaks by it",
	[CHARACTER] = "a character in it is not allowed",
	[UNDECODED] = "a character in it could not be decoded",
};

const char *
room_name_bad(const char *name, size_t n)
{
	size_t i, len;

	if (n == 0)
		return room_faults[EMPTY];
	if (n >= ROOM_NAME_MAX)
		return room_faults[TOO_LONG];
	if (name[0] == '[' || name[0] == ' ' || name[n - 1] == ' ')
		return room_faults[ENDS];
	if (is(name, n, "system") || is(name, n, "\xe7\xb3\xbb\xe7\xbb\x9f"))
		return room_faults[SYSTEM];
	for (i = 0; i < n; i += len) {
		len = utf8_seq(name + i, n - i);
		if (len == 0 || utf8_control(name + i, len) ||
		    utf8_turns(name + i, len) || name[i] == ':')
			return room_faults[CHARACTER];
		if (len == 3 && memcmp(name + i, "\xef\xbf\xbd", 3) == 0)
			return room_faults[UNDECODED];
	}
	return NULL;
}

/* ends - does text end in suffix with something before it?  Its length is then
 * taken from *n. */
static int
ends(const char *text, size_t *n, const char *suffix)
{
	size_t len = strlen(suffix);

	if (*n <= len || memcmp(text + *n - len, suffix, len) != 0)
		return 0;
	*n -= len;
	return 1;
}

enum room_plain
room_plain(const char *text, size_t *n, int *newline)
{
	*newline = *n > 0 && text[*n - 1] == '\n';
	if (*newline)
		*n -= *n > 1 && text[*n - 2] == '\r' ? 2 : 1;
	if (*n == 0)
		return ROOM_PLAIN_EMPTY;
	if (is(text, *n, "exit"))
		return ROOM_PLAIN_EXIT;
	if (ends(text, n, " -n"))
		return ROOM_PLAIN_NAME;
	ends(text, n, " -all");
	return ROOM_PLAIN_SAY;
}
