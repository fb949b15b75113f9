/*
 * Fuzz target: what proxyd's cache decides about any answer's head.  The first
 * byte chooses the request, the second how long ago the answer came; what
 * follows is the head.  Whatever it says, the rules that keep a cache honest
 * hold.
 */

#include "http_fuzz.h"

#include "servers/proxyd/policy.h"

#define NOW	1700000000
#define NEVER	(HTTP_CC_NO_STORE | HTTP_CC_PRIVATE)

static const char *const requests[] = {
	"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nCache-Control: max-stale\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nCache-Control: max-age=9\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nCache-Control: min-fresh=9\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nCache-Control: no-cache\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nCache-Control: no-store\r\n\r\n",
	"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
};

static void
check_freshness(const struct freshness *f, time_t now)
{
	CHECK(f->lifetime >= 0);
	CHECK(!f->heuristic || f->lifetime <= 24 * 3600);
	CHECK(f->age_then >= 0);
	CHECK(policy_age(f, now) >= f->age_then);
}

static void
check_stored(const struct http_msg *req, const struct http_cache_control *cc,
    const struct http_msg *res, const struct freshness *f)
{
	struct http_content_range cr;

	CHECK(req->method == HTTP_M_GET);
	CHECK((cc->set & HTTP_CC_NO_STORE) == 0);
	CHECK((f->cc.set & HTTP_CC_PRIVATE) == 0);
	CHECK((f->cc.set & NEVER) == 0 ||
	    (f->cc.set & HTTP_CC_MUST_UNDERSTAND) != 0);
	CHECK(res->code >= 200 && res->code != 304);
	CHECK(res->code != 206 || (policy_part(res, &cr) &&
	    cr.range.first <= cr.range.last && cr.range.last < cr.size));
}

static void
check_reuse(const struct freshness *f, const struct http_cache_control *cc,
    time_t now)
{
	bool fresh = f->lifetime > policy_age(f, now);
	enum reuse r = policy_reuse(f, cc, now);

	if (r == REUSE_VALIDATE || r == REUSE_NO)
		return;
	CHECK(((f->cc.set | cc->set) & HTTP_CC_NO_CACHE) == 0);
	CHECK(fresh || (f->cc.set & HTTP_CC_MUST_REVALIDATE) == 0);
	CHECK(fresh || r == REUSE_STALE ||
	    (cc->set & HTTP_CC_MAX_STALE) != 0);
	CHECK(r != REUSE_STALE || !fresh);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_msg req, res;
	struct http_cache_control cc;
	struct freshness f;
	const char *asked;
	char *head, *ask;
	time_t now;

	if (size < 2)
		return 0;
	asked = requests[data[0] % (sizeof(requests) / sizeof(requests[0]))];
	ask = exact(asked, strlen(asked));
	http_msg_init(&req, NULL);
	CHECK(http_parse_request(&req, ask, strlen(asked)) == HTTP_OK);
	http_request_cache_control(&req, &cc);
	head = exact(data + 2, size - 2);
	http_msg_init(&res, NULL);
	if (size > 2 && http_parse_response(&res, head, size - 2,
	    (enum http_method)req.method) == HTTP_OK) {
		now = NOW + (time_t)data[1] * data[1];
		policy_read(&f, &res, NOW - (data[1] & 7), NOW);
		check_freshness(&f, now);
		if (policy_storable(&req, &cc, &res, &f))
			check_stored(&req, &cc, &res, &f);
		check_reuse(&f, &cc, now);
		if (policy_stale_if_error(&f, &cc, now))
			CHECK((f.cc.set & HTTP_CC_MUST_REVALIDATE) == 0);
	}
	free(head);
	free(ask);
	return 0;
}
