/*
 * An exchange that nothing stored can answer: passed on as it is.  The cache
 * learns what it makes untrue, and of a POST perhaps what is true now.
 */
#include "cache.h"

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

/*
 * tell_cache - what the answer makes untrue goes.  True: it is what GET would
 * get from now on; not so if something else changed that in the meantime.
 */
static bool
tell_cache(struct exchange *x, const struct http_msg *res)
{
	uint32_t asked = x->serial;
	bool quiet;

	store_asked(x);
	quiet = x->serial == asked;
	store_invalidate_for(x, res);
	store_asked(x);
	return quiet && x->req.method == HTTP_M_POST && store_is_of(x, res);
}

/* pass - the answer to the client. */
static void
pass(struct exchange *x, struct answer *a)
{
	enum framing how = send_head(x, &a->res, length_of(x, &a->res), -1);
	int r;

	conn_consume(&a->up, a->res.head_len);
	r = relay_body(x, a, how);
	fetch_end(x, a, r == 0);
}

void
forward_early(struct exchange *x, struct answer *a)
{
	if (x->p->store != NULL)
		tell_cache(x, &a->res);
	a->how = send_head(x, &a->res, length_of(x, &a->res), -1);
	conn_flush(x->c);
	conn_consume(&a->up, a->res.head_len);
	body_init(&a->body, &a->up, a->res.body, a->res.length);
	a->early = true;
}

/* pass_rest - of an answer that has begun early. */
static void
pass_rest(struct exchange *x, struct answer *a)
{
	int r = x->broken ? -1 : relay_body(x, a, a->how);

	fetch_end(x, a, r == 0);
}

void
forward(struct exchange *x)
{
	struct fetching f = { .flight = -1, .plain = true };

	if (x->p->store != NULL)
		store_asked(x);
	if (fetch_head(x, &f.a, true, NULL) == -1) {
		reply_error(x, f.a.status, f.a.why);
		return;
	}
	if (f.a.early) {
		pass_rest(x, &f.a);
		return;
	}
	f.posted = x->p->store != NULL && tell_cache(x, &f.a.res);
	if (f.a.res.code == 101) {
		tunnel_upgrade(x, &f.a.up);
		f.a.open = false;
	} else if (f.posted) {
		http_request_cache_control(&x->req, &x->cc);
		x->as_is = true;
		x->fwd = "method";
		cache_deliver(x, &f);
	} else {
		pass(x, &f.a);
	}
}
