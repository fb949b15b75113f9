/*
 * Frames to messages and back.  Called by the bridge for what a browser sends
 * and is sent; what libwslay's frames leave open (which frame may follow which,
 * text, close codes, sizes) is decided here, as early as it can be.
 */
#include "wspeer.h"

#include <stdlib.h>
#include <string.h>

#define MSG_KEPT	4096	/* bytes of memory kept between messages */

/* -- What libwslay asks for ----------------------------------------------- */

static ssize_t
take(uint8_t *out, size_t n, int flags, void *arg)
{
	struct wspeer *p = arg;

	(void)flags;
	if (p->in_len == 0)
		return -1;
	if (n > p->in_len)
		n = p->in_len;
	memcpy(out, p->in, n);
	p->in += n;
	p->in_len -= n;
	return (ssize_t)n;
}

static ssize_t
put(const uint8_t *data, size_t n, int flags, void *arg)
{
	struct wspeer *p = arg;

	(void)flags;
	buf_add(&p->out, data, n);
	return (ssize_t)n;
}

/* no_mask - a server's frames have none (section 5.1). */
static int
no_mask(uint8_t *out, size_t n, void *arg)
{
	(void)arg;
	memset(out, 0, n);
	return 0;
}

int
wspeer_init(struct wspeer *p, size_t max)
{
	static const struct wslay_frame_callbacks calls = { put, take,
	    no_mask };

	memset(p, 0, sizeof(*p));
	p->max = max;
	return wslay_frame_context_init(&p->frames, &calls, p) == 0 ? 0 : -1;
}

void
wspeer_free(struct wspeer *p)
{
	if (p->frames != NULL)
		wslay_frame_context_free(p->frames);
	p->frames = NULL;
	buf_free(&p->out);
	buf_free(&p->msg);
}

/* -- To the peer ---------------------------------------------------------- */

static void
send_frame(struct wspeer *p, uint8_t opcode, const void *data, size_t n)
{
	struct wslay_frame_iocb f = { .fin = 1, .opcode = opcode,
	    .payload_length = n, .data = data, .data_length = n };

	if (!p->closing)
		wslay_frame_send(p->frames, &f);
}

void
wspeer_text(struct wspeer *p, const char *s, size_t n)
{
	send_frame(p, WSLAY_TEXT_FRAME, s, n);
}

void
wspeer_binary(struct wspeer *p, const char *s, size_t n)
{
	send_frame(p, WSLAY_BINARY_FRAME, s, n);
}

void
wspeer_ping(struct wspeer *p)
{
	send_frame(p, WSLAY_PING, NULL, 0);
}

void
wspeer_close(struct wspeer *p, unsigned code, const char *reason)
{
	char text[125];
	size_t n = strnlen(reason, sizeof(text) - 2);

	text[0] = (char)(code >> 8);
	text[1] = (char)(code & 0xff);
	memcpy(text + 2, reason, n);
	send_frame(p, WSLAY_CONNECTION_CLOSE, text, code == 0 ? 0 : n + 2);
	if (!p->closing)
		p->sent_code = code;
	p->closing = true;
}

/* -- From the peer -------------------------------------------------------- */

void
wspeer_give(struct wspeer *p, const char *s, size_t n)
{
	p->in = s;
	p->in_len = n;
}

enum ws_event
wspeer_fail(struct wspeer *p, unsigned code, const char *why)
{
	wspeer_close(p, code, why);
	p->ended = true;
	return WS_FAILED;
}

/* begin_control - libwslay has seen to its length and that it is whole. */
static enum ws_event
begin_control(struct wspeer *p)
{
	if (p->frame.opcode > WSLAY_PONG)
		return wspeer_fail(p, WS_CODE_PROTOCOL, "reserved opcode");
	p->ctl_len = 0;
	return WS_MORE;
}

static enum ws_event
begin_data(struct wspeer *p)
{
	uint8_t opcode = p->frame.opcode;

	if (opcode > WSLAY_BINARY_FRAME)
		return wspeer_fail(p, WS_CODE_PROTOCOL, "reserved opcode");
	if ((opcode == WSLAY_CONTINUATION_FRAME) != (p->kind != 0))
		return wspeer_fail(p, WS_CODE_PROTOCOL, p->kind != 0 ?
		    "a message in a message" : "nothing to continue");
	if (opcode != WSLAY_CONTINUATION_FRAME) {
		p->kind = opcode;
		memset(&p->utf8, 0, sizeof(p->utf8));
	}
	if (p->frame.payload_length > p->max - p->msg.len)
		return wspeer_fail(p, WS_CODE_BIG, "message too long");
	return WS_MORE;
}

/* begin - the first that is known of a frame (section 5.2). */
static enum ws_event
begin(struct wspeer *p)
{
	p->in_frame = true;
	p->left = p->frame.payload_length;
	if (p->frame.rsv != 0)
		return wspeer_fail(p, WS_CODE_PROTOCOL, "reserved bit");
	if (!p->frame.mask)
		return wspeer_fail(p, WS_CODE_PROTOCOL, "frame without a mask");
	return wslay_is_ctrl_frame(p->frame.opcode) ? begin_control(p) :
	    begin_data(p);
}

/* payload - some bytes of the frame. */
static enum ws_event
payload(struct wspeer *p)
{
	const char *data = (const char *)p->frame.data;
	size_t n = p->frame.data_length;

	p->left -= n;
	if (n == 0)
		return WS_MORE;
	if (wslay_is_ctrl_frame(p->frame.opcode)) {
		memcpy(p->ctl + p->ctl_len, data, n);
		p->ctl_len = (uint8_t)(p->ctl_len + n);
		return WS_MORE;
	}
	if (p->kind == WSLAY_TEXT_FRAME && !utf8_more(&p->utf8, data, n))
		return wspeer_fail(p, WS_CODE_TEXT, "not UTF-8");
	buf_add(&p->msg, data, n);
	if (p->msg.failed)
		return wspeer_fail(p, WS_CODE_ERROR, "out of memory");
	return WS_MORE;
}

/* closed - the peer's Close (sections 5.5.1 and 7.4). */
static enum ws_event
closed(struct wspeer *p)
{
	if (p->ctl_len > 0) {
		p->code = (unsigned)(uint8_t)p->ctl[0] << 8 |
		    (uint8_t)p->ctl[1];
		if (p->ctl_len < 2 || !ws_code_ok(p->code))
			return wspeer_fail(p, WS_CODE_PROTOCOL,
			    "bad close code");
		if (!utf8_valid(p->ctl + 2, p->ctl_len - 2U))
			return wspeer_fail(p, WS_CODE_TEXT, "not UTF-8");
	}
	p->ended = true;
	return WS_CLOSE;
}

static enum ws_event
end_control(struct wspeer *p)
{
	if (p->frame.opcode == WSLAY_CONNECTION_CLOSE)
		return closed(p);
	if (p->frame.opcode == WSLAY_PING)
		send_frame(p, WSLAY_PONG, p->ctl, p->ctl_len);
	return WS_MORE;
}

static enum ws_event
end_data(struct wspeer *p)
{
	uint8_t kind = p->kind;

	if (!p->frame.fin)
		return WS_MORE;
	if (kind == WSLAY_TEXT_FRAME && !utf8_whole(&p->utf8))
		return wspeer_fail(p, WS_CODE_TEXT, "not UTF-8");
	p->kind = 0;
	p->whole = true;
	return kind == WSLAY_TEXT_FRAME ? WS_TEXT : WS_BINARY;
}

/* forget - the message that was handed out. */
static void
forget(struct wspeer *p)
{
	p->whole = false;
	if (p->msg.cap > MSG_KEPT)
		buf_free(&p->msg);
	else
		buf_reset(&p->msg);
}

enum ws_event
wspeer_next(struct wspeer *p)
{
	enum ws_event e = WS_MORE;
	ssize_t r;

	if (p->whole)
		forget(p);
	while (e == WS_MORE && !p->ended) {
		memset(&p->frame, 0, sizeof(p->frame));
		r = wslay_frame_recv(p->frames, &p->frame);
		if (r == WSLAY_ERR_WANT_READ)
			return WS_MORE;
		if (r < 0)
			return wspeer_fail(p, WS_CODE_PROTOCOL,
			    "malformed frame");
		if (!p->in_frame)
			e = begin(p);
		if (e == WS_MORE)
			e = payload(p);
		if (e != WS_MORE || p->left > 0)
			continue;
		p->in_frame = false;
		e = wslay_is_ctrl_frame(p->frame.opcode) ? end_control(p) :
		    end_data(p);
	}
	p->in_len = p->ended ? 0 : p->in_len;
	return e;
}
