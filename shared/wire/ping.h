/*
 * What pingd and pingc say to each other: the plain lab protocol, which is
 * text, and the better dialect, which is binary behind a hello that is text
 * too.  Pure: reads no clock, does no input or output.
 *
 * The hello is harmless to a plain server, which merely sends it back in upper
 * case (or behind a stamp) and so says what it is.  Every other message of the
 * better dialect begins with PING_MAGIC, and none is answered by a longer one.
 *
 *	client	hello(nonce), text of PING_HEAD bytes
 *	server	welcome(nonce, cookie), or silence
 *	client	probe(cookie, seq, sent, ...)
 *	server	reply: the probe with the server's part filled in
 *	    or	refuse(reason, seq): a cookie or a code that does not fit
 */
#ifndef WIRE_PING_H
#define WIRE_PING_H

#include <stddef.h>
#include <stdint.h>

#define PING_PORT	"12002"
#define PING_MAGIC	"\x8f\0PG"	/* in no charset is it text */
#define PING_HEAD	128	/* bytes of a hello; the least of a message */
#define PING_COOKIE	16
#define PING_PLAIN_MAX	64	/* bytes of a plain request without padding */
#define PING_STAMP_LEN	16	/* "[1624140318123] " */

enum ping_type {
	PING_WELCOME = 1,
	PING_PROBE,
	PING_REPLY,
	PING_REFUSE
};

#define PING_KEYED	0x01	/* flags: coded with the shared key */

enum ping_reason {
	PING_REASON_NONE,
	PING_REASON_COOKIE,	/* another's, or too old: say hello */
	PING_REASON_KEY		/* the code does not fit the server's key */
};

/* A message.  What the server fills in is 0 in a probe; times are ns since the
 * epoch. */
struct ping_msg {
	uint8_t		type;		/* enum ping_type */
	uint8_t		flags;
	uint8_t		reason;		/* enum ping_reason */
	uint8_t		cookie[PING_COOKIE];
	uint64_t	seq;		/* from 1; in a welcome the nonce */
	int64_t		sent;		/* the client's own, returned as is */
	int64_t		got;		/* when the server's kernel got it */
	int64_t		replied;	/* when the reply left the server */
	uint64_t	received;	/* probes of this session, each once */
	uint64_t	highest;	/* sequence number of them */
	uint32_t	duplicates;	/* probes that came again */
	uint32_t	reordered;	/* probes that came after a later one */
	uint32_t	session;	/* another number: counts began anew */
	uint32_t	earlier;	/* 0, or: the reply to seq - this */
	int64_t		earlier_left;	/* ... left the kernel then */
};

/* ping_put - the head, its code still empty; ping_seal does that at last. */
void	ping_put(uint8_t wire[PING_HEAD], const struct ping_msg *);
/* ping_get - from a datagram of n bytes; 0, or -1 where it is not a message of
 * this version.  The code is not looked at: see ping_sealed. */
int	ping_get(const uint8_t *wire, size_t n, struct ping_msg *);
/* ping_is_binary - of the better dialect, though perhaps damaged. */
int	ping_is_binary(const uint8_t *data, size_t n);

/* The hello.  ping_hello_get: 0 with the nonce, or -1. */
void	ping_hello_put(char out[PING_HEAD], uint64_t nonce);
int	ping_hello_get(const char *data, size_t n, uint64_t *nonce);

/*
 * The code at the end of a message's head guards all of it and what follows:
 * HMAC-SHA-256 with a key, a checksum against damage without one.
 */
struct ping_key;
/* ping_key_new - from at least PING_KEY_MIN bytes, which are copied.  NULL with
 * EINVAL or ENOMEM.  Called before a server forks: OpenSSL reads files. */
#define PING_KEY_MIN	16
#define PING_KEY_MAX	4096
struct ping_key *ping_key_new(const void *secret, size_t n);
void	ping_key_free(struct ping_key *);
/* ping_seal - n bytes (PING_HEAD or more); key may be NULL.  ping_sealed: 1
 * where the code is right. */
void	ping_seal(uint8_t *wire, size_t n, struct ping_key *);
int	ping_sealed(uint8_t *wire, size_t n, struct ping_key *);
/* ping_mac - HMAC-SHA-256 of data, for cookies; 0, or -1 where OpenSSL fails
 * (and out is zero). */
int	ping_mac(struct ping_key *, const void *data, size_t n,
	    uint8_t out[32]);

/*
 * The plain dialect.
 * ping_upper: ASCII letters in place, every other byte as it is.
 * ping_plain_put: "Ping SEQ SECONDS.MICROSECONDS" and blanks up to size bytes
 * (at least PING_PLAIN_MAX of memory); its length.
 * ping_stamp_put: "[MILLISECONDS] ", 13 digits, without a NUL.
 */
void	ping_upper(char *, size_t n);
size_t	ping_plain_put(char *out, size_t size, uint64_t seq, int64_t wall);
void	ping_stamp_put(char out[PING_STAMP_LEN], int64_t wall);

/* What a plain reply is. */
struct ping_plain {
	uint64_t	seq;		/* 0: none to be read */
	int64_t		stamp;		/* ms since the epoch; -1: none */
	size_t		skip;		/* bytes of the stamp in front */
};
void	ping_plain_get(const char *, size_t n, struct ping_plain *);

/* ping_is_echo - reply is what a plain server makes of request: in upper case,
 * or as it is behind a stamp. */
int	ping_is_echo(const char *reply, size_t n, const char *request,
	    size_t len);

#endif
