/*
 * What beacond and beaconc say to each other: the plain call and its answer,
 * and discovery, in which a host lists the servers that it announces.  Pure:
 * does no input or output.
 *
 * A discovery request is one datagram of text:
 *
 *	BROOD-DISCOVER 1 id=HEX from=N LF, and spaces
 *
 * and the reply another, which is never longer than the request: whoever wants
 * long answers sends long requests, and a forged source gets no more bytes than
 * the forger has sent.
 *
 *	BROOD-HERE 1 id=HEX instance=HEX from=N total=N address=ADDRESS
 *	    interface=NAME host=NAME LF	(one line)
 *	NAME=PORT/PROTOCOL LF		(for each server, from the Nth on)
 *
 * HEX is 16 digits.  Words that are not known are passed over, so that more can
 * be said later.  What did not fit is asked for with another from.
 */
#ifndef WIRE_BEACON_H
#define WIRE_BEACON_H

#include <stddef.h>
#include <stdint.h>

#define BEACON_PORT		"12006"
/* Of link-local scope, with a group number that is free to take (RFC 4291
 * section 2.7, RFC 3307 section 4.3): 0x2ee6 is 12006. */
#define BEACON_GROUP		"ff12::b200:2ee6"

#define BEACON_ASK		"Who is there?"
#define BEACON_HERE		"I am here"

#define BEACON_WORD_MAX		64	/* bytes of a name with its NUL */
#define BEACON_PROTOCOL_MAX	16	/* likewise */
#define BEACON_REQUEST_LEN	1200	/* bytes: no fragments anywhere */
#define BEACON_SERVICES_MAX	256	/* that a host announces */

struct beacon_service {
	char		 name[BEACON_WORD_MAX];
	char		 protocol[BEACON_PROTOCOL_MAX];
	uint16_t	 port;
};

/*
 * beacon_word_ok - n bytes that may stand for a name: 1 to 63, UTF-8, without
 * spaces, control characters and "=".
 */
int	beacon_word_ok(const char *, size_t n);

/*
 * beacon_service_parse - text of n bytes, "NAME=PORT/PROTOCOL": NAME as above,
 * PORT 1 to 65535, PROTOCOL up to 15 lower-case letters, digits, "+" and "-".
 * 0, or -1.
 */
int	beacon_service_parse(struct beacon_service *, const char *text,
	    size_t n);
int	beacon_service_equal(const struct beacon_service *,
	    const struct beacon_service *);

struct beacon_request {
	uint64_t	 id;		/* the asker's; comes back */
	uint32_t	 from;		/* the first server wanted, from 0 */
};

/* beacon_request_put - size bytes (at least BEACON_WORD_MAX) are filled. */
void	beacon_request_put(char *buf, size_t size,
	    const struct beacon_request *);
/* beacon_request_parse - 0, or -1: it is none, or of another version. */
int	beacon_request_parse(struct beacon_request *, const char *, size_t);

struct beacon_reply {
	uint64_t	 id;		/* of the request */
	uint64_t	 instance;	/* the host's, whatever its address */
	uint32_t	 from, total;	/* servers */
	char		 address[BEACON_WORD_MAX];	/* the host's, there */
	char		 interface[BEACON_WORD_MAX];	/* as the host has it */
	char		 host[BEACON_WORD_MAX];
};

/*
 * beacon_reply_put - the reply and as many of the n services (all that there
 * are; from and total are set by the way) as fit into size bytes.  Its length;
 * 0 where not even the first line fits.  Words that are not good ones are
 * replaced by "?".
 */
size_t	beacon_reply_put(char *buf, size_t size, struct beacon_reply *,
	    const struct beacon_service *, size_t n);

/*
 * beacon_reply_parse - 0, and *rest is where the services begin; or -1.
 * beacon_reply_next - the next of them, from *rest to end: 1, or 0 at the end.
 * Lines that make no sense are passed over.
 */
int	beacon_reply_parse(struct beacon_reply *, const char *, size_t,
	    const char **rest);
int	beacon_reply_next(struct beacon_service *, const char **rest,
	    const char *end);

/*
 * beacon_is_answer - whether it reads as what a beacond says, of this version
 * or another: such a datagram must not be answered.
 */
int	beacon_is_answer(const char *, size_t);

/*
 * beacon_here - the plain answer to a request of n bytes, which ends in a
 * newline (LF or CRLF) where the request did; its length.
 */
#define BEACON_HERE_MAX	(sizeof(BEACON_HERE) + 2)
size_t	beacon_here(char buf[BEACON_HERE_MAX], const char *request, size_t n);

#endif
