/*
 * An exchange that the cache has nothing to do with: passed on as it is.
 */
#include "transfer.h"

#include "store.h"

/* length_of - of the answer's body, where it is known beforehand. */
static uint64_t
length_of(const struct exchange *x, const struct http_msg *res)
{
	uint64_t n;

	if (res->body == HTTP_BODY_LENGTH)
		return res->length;
	/* what a GET would have had: HEAD's own answer has none */
	if (x->req.method == HTTP_M_HEAD &&
	    http_decimal(http_single(res, HDR_CONTENT_LENGTH), UINT64_MAX - 1,
	    &n) == 0)
		return n;
	return res->body == HTTP_BODY_NONE && x->req.method != HTTP_M_HEAD ?
	    0 : LENGTH_UNKNOWN;
}

void
forward(struct exchange *x)
{
	struct answer a = { .open = false };
	enum framing how;
	int r;

	if (fetch_head(x, &a, true, NULL) == -1) {
		reply_error(x, a.status, a.why);
		return;
	}
	if (x->p->store != NULL)
		store_invalidate_for(x, &a.res);
	if (a.res.code == 101) {
		tunnel_upgrade(x, &a.up);
		a.open = false;
		return;
	}
	how = send_head(x, &a.res, length_of(x, &a.res), -1);
	conn_consume(&a.up, a.res.head_len);
	r = relay_body(x, &a, how);
	fetch_end(x, &a, r == 0);
}
