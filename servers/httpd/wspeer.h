/*
 * One end of a WebSocket connection, the server's: bytes from the peer become
 * messages, messages become bytes for it, by the rules of RFC 6455 sections 5
 * to 8.  Does no input or output; libwslay reads and makes the frames.
 */
#ifndef HTTPD_WSPEER_H
#define HTTPD_WSPEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wslay/wslay.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "http/websocket.h"

enum ws_event {
	WS_MORE,	/* all bytes were used: give it more */
	WS_TEXT,	/* a message is in msg, well-formed UTF-8 */
	WS_BINARY,	/* a message is in msg */
	WS_CLOSE,	/* the peer's Close, with code; nothing comes after */
	WS_FAILED	/* it broke the rules: the Close for that is in out */
};

struct wspeer {
	wslay_frame_context_ptr frames;
	struct wslay_frame_iocb	frame;	/* what was read last */
	const char	*in;		/* given, not yet used; not owned */
	size_t		 in_len;
	size_t		 max;		/* bytes of a message */
	struct buf	 out;		/* bytes for the peer */
	struct buf	 msg;		/* a message, or what there is of it */
	struct utf8_feed utf8;
	uint64_t	 left;		/* bytes to come of this frame */
	uint8_t		 kind;		/* opcode of the message; 0: none */
	bool		 in_frame;
	bool		 whole;		/* msg was handed out */
	bool		 ended;		/* nothing more is read */
	bool		 closing;	/* our Close is in out */
	uint8_t		 ctl_len;
	char		 ctl[125];	/* a control frame's payload */
	unsigned	 code;		/* of the peer's Close; 0: none in it */
	unsigned	 sent_code;	/* of ours */
};

/* wspeer_init - 0, or -1: no memory.  max: bytes of a message; 1009 past it. */
int	wspeer_init(struct wspeer *, size_t max);
void	wspeer_free(struct wspeer *);

/* wspeer_give - n bytes from the peer, to be read by wspeer_next until that
 * returns WS_MORE; they stay the caller's. */
void	wspeer_give(struct wspeer *, const char *, size_t n);
/* wspeer_next - what comes next.  msg stays as it is until the next call.
 * Pings are answered, pongs passed over. */
enum ws_event wspeer_next(struct wspeer *);

/* To the peer, into out; nothing any more behind a Close. */
void	wspeer_text(struct wspeer *, const char *, size_t n);
void	wspeer_binary(struct wspeer *, const char *, size_t n);
void	wspeer_ping(struct wspeer *);
/* wspeer_close - a Close with the code (0: without) and a reason of at most
 * 123 bytes. */
void	wspeer_close(struct wspeer *, unsigned code, const char *reason);
/* wspeer_fail - the same, and nothing more is read (section 7.1.7). */
enum ws_event wspeer_fail(struct wspeer *, unsigned code, const char *reason);

#endif
