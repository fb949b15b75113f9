/*
 * RFC 9111's decisions; section numbers are its.  Called by cache.c; pure.
 */
#include "policy.h"

#include <string.h>

#include "http/conditional.h"
#include "http/date.h"
#include "http/field.h"
#include "http/status.h"

#define HEURISTIC_MAX	(24 * 3600)	/* seconds; 4.2.2 leaves it to us */
#define HEURISTIC_PART	10		/* of the time since Last-Modified */
#define UNREACHED_MAX	(24 * 3600)	/* seconds; 4.2.4 leaves it to us */

static bool
date_of(const struct http_msg *m, enum http_hdr id, time_t now, time_t *t)
{
	struct http_str s = http_get(m, id);

	return s.ptr != NULL && http_date_parse(s, now, t) == 0;
}

/* is_among - code is one of the n codes. */
static bool
is_among(unsigned code, const unsigned short *codes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* by_default - status codes that may be stored on a guess (RFC 9110, 15.1). */
static bool
by_default(unsigned code)
{
	static const unsigned short codes[] = { 200, 203, 204, 206, 300, 301,
	    308, 404, 405, 410, 414, 501 };

	return is_among(code, codes, sizeof(codes) / sizeof(codes[0]));
}

/*
 * is_understood - what this cache does all for that the status asks of caches
 * (5.2.2.3): those of RFC 9110 that are registered.
 */
static bool
is_understood(unsigned code)
{
	return code >= 200 && code != 304 &&
	    strcmp(http_phrase((int)code), "Unknown") != 0;
}

/*
 * is_barred - not stored by any directive: RFC 6585's, and those that are about
 * this request's password, conditions, range or timing rather than about the
 * target, which others would be told who ask without.
 */
static bool
is_barred(unsigned code)
{
	static const unsigned short codes[] = { 401, 407, 408, 412, 416, 417,
	    421, 425, 428, 429, 431, 511 };

	return is_among(code, codes, sizeof(codes) / sizeof(codes[0]));
}

/* has_expires - and it counts: not beside a targeted field (RFC 9213, 2.2). */
static bool
has_expires(const struct http_msg *res, const struct freshness *f)
{
	return res->known[HDR_EXPIRES] != 0 && !f->targeted;
}

/* lifetime - 4.2.1, for a shared cache; 4.2.2 where nothing is said. */
static void
lifetime(struct freshness *f, const struct http_msg *res)
{
	time_t expires, modified;
	int64_t since;

	f->lifetime = 0;
	if (f->cc.set & HTTP_CC_S_MAXAGE) {
		f->lifetime = http_cc_seconds(&f->cc, HTTP_CC_S_MAXAGE);
	} else if (f->cc.set & HTTP_CC_MAX_AGE) {
		f->lifetime = http_cc_seconds(&f->cc, HTTP_CC_MAX_AGE);
	} else if (has_expires(res, f)) {
		/* what is no date, "0" above all, has passed (5.3) */
		if (http_single(res, HDR_EXPIRES).ptr != NULL &&
		    date_of(res, HDR_EXPIRES, f->received, &expires))
			f->lifetime = (int64_t)expires - (int64_t)f->date;
	} else if ((by_default(res->code) || (f->cc.set & HTTP_CC_PUBLIC)) &&
	    date_of(res, HDR_LAST_MODIFIED, f->received, &modified)) {
		since = (int64_t)f->date - (int64_t)modified;
		f->heuristic = true;
		f->lifetime = since > 0 ? since / HEURISTIC_PART : 0;
		if (f->lifetime > HEURISTIC_MAX)
			f->lifetime = HEURISTIC_MAX;
	}
	if (f->lifetime < 0)
		f->lifetime = 0;
}

/* age_of - the first member of Age, if it is a number (5.1). */
static int64_t
age_of(const struct http_msg *res)
{
	struct http_str s = http_get(res, HDR_AGE);
	const char *comma;
	uint64_t age;
	size_t i;

	if (s.ptr == NULL)
		return 0;
	comma = memchr(s.ptr, ',', s.len);
	if (comma != NULL)
		s.len = (size_t)(comma - s.ptr);
	s = http_trim(s);
	for (i = 0; i < s.len; i++)
		if (!http_is(s.ptr[i], HTTP_C_DIGIT))
			return 0;
	if (s.len == 0)
		return 0;
	/* more than can be counted is very old */
	return http_decimal(s, HTTP_DELTA_MAX, &age) == 0 ? (int64_t)age :
	    (int64_t)HTTP_DELTA_MAX;
}

void
policy_read(struct freshness *f, const struct http_msg *res, time_t requested,
    time_t received)
{
	int64_t age = age_of(res);
	int64_t apparent, corrected;

	*f = (struct freshness){ .requested = requested,
	    .received = received };
	/* RFC 9213: what is meant for such caches as this comes first */
	f->targeted = http_targeted_cache_control(res, HDR_CDN_CACHE_CONTROL,
	    &f->cc);
	if (!f->targeted)
		http_cache_control(res, &f->cc);
	if (!date_of(res, HDR_DATE, received, &f->date))
		f->date = received;
	apparent = (int64_t)received - (int64_t)f->date;
	if (apparent < 0)
		apparent = 0;
	corrected = age + (int64_t)(received - requested);
	f->age_then = corrected > apparent ? corrected : apparent;
	f->validator = http_single(res, HDR_ETAG).ptr != NULL ||
	    http_single(res, HDR_LAST_MODIFIED).ptr != NULL;
	lifetime(f, res);
}

int64_t
policy_age(const struct freshness *f, time_t now)
{
	int64_t resident = (int64_t)now - (int64_t)f->received;

	return f->age_then + (resident > 0 ? resident : 0);
}

/* explicit_lifetime - did the origin say how long? */
static bool
explicit_lifetime(const struct http_msg *res, const struct freshness *f)
{
	return (f->cc.set & (HTTP_CC_MAX_AGE | HTTP_CC_S_MAXAGE |
	    HTTP_CC_PUBLIC)) != 0 || has_expires(res, f);
}

/* is_negative - an error that the next who asks would most likely get, too. */
static bool
is_negative(unsigned code)
{
	return code == 404 || code == 405 || code == 410 || code == 414 ||
	    (code >= 500 && code <= 504);
}

void
policy_negative(struct freshness *f, const struct http_msg *res,
    int64_t seconds)
{
	if (seconds <= 0 || !is_negative(res->code) ||
	    explicit_lifetime(res, f) || (f->cc.set & HTTP_CC_NO_CACHE))
		return;
	f->negative = f->heuristic = true;
	f->lifetime = seconds;
}

/* authorized - 3.5: only where the answer says that it may be shared. */
static bool
authorized(const struct http_msg *req, const struct freshness *f)
{
	return req->known[HDR_AUTHORIZATION] == 0 ||
	    (f->cc.set & (HTTP_CC_PUBLIC | HTTP_CC_S_MAXAGE |
	    HTTP_CC_MUST_REVALIDATE)) != 0;
}

static bool
varies_by_all(const struct http_msg *res)
{
	return http_has_token(res, HDR_VARY, HTTP_STR("*"));
}

bool
policy_part(const struct http_msg *res, struct http_content_range *cr)
{
	struct http_str s = http_single(res, HDR_CONTENT_RANGE);

	return res->code == 206 && s.ptr != NULL &&
	    http_content_range_parse(s, cr) == 0 && cr->satisfied &&
	    cr->has_size && cr->size > 0 && cr->size <= INT64_MAX &&
	    (res->body != HTTP_BODY_LENGTH ||
	    res->length == cr->range.last - cr->range.first + 1);
}

struct http_str
policy_strong(const struct http_msg *res)
{
	struct http_str s = http_single(res, HDR_ETAG);
	struct http_etag tag;

	if (s.ptr == NULL || !http_etag_parse(s, &tag) || tag.weak)
		s.ptr = NULL;
	return s;
}

/* may_be_kept - by its status and what it holds: a whole answer or a part. */
static bool
may_be_kept(const struct http_msg *res)
{
	struct http_content_range cr;

	if (res->code == 206)
		return policy_part(res, &cr);
	return res->code != 304 && !is_barred(res->code);
}

/* may_be_shared - by what both sides say, whatever the method. */
static bool
may_be_shared(const struct http_msg *req,
    const struct http_cache_control *req_cc, const struct http_msg *res,
    const struct freshness *f)
{
	if (res->code < 200 || (req_cc->set & HTTP_CC_NO_STORE))
		return false;
	/* 5.2.2.3: who understands the code may ignore no-store */
	if ((f->cc.set & HTTP_CC_MUST_UNDERSTAND) ?
	    !is_understood(res->code) : (f->cc.set & HTTP_CC_NO_STORE) != 0)
		return false;
	return (f->cc.set & HTTP_CC_PRIVATE) == 0 && !varies_by_all(res) &&
	    authorized(req, f);
}

bool
policy_storable(const struct http_msg *req,
    const struct http_cache_control *req_cc, const struct http_msg *res,
    const struct freshness *f)
{
	if (req->method != HTTP_M_GET || !may_be_kept(res) ||
	    !may_be_shared(req, req_cc, res, f))
		return false;
	if (!explicit_lifetime(res, f) && !by_default(res->code) &&
	    !f->negative)
		return false;
	/* else of no use to anybody: never fresh, never to be validated; what
	 * is stale already may be what max-stale asks for */
	return f->lifetime > 0 || f->validator ||
	    (f->cc.set & (HTTP_CC_STALE_WHILE_REVALIDATE |
	    HTTP_CC_STALE_IF_ERROR)) != 0;
}

bool
policy_posted(const struct http_msg *req,
    const struct http_cache_control *req_cc, const struct http_msg *res,
    const struct freshness *f)
{
	return req->method == HTTP_M_POST && res->code == 200 &&
	    !f->heuristic && f->lifetime > policy_age(f, f->received) &&
	    may_be_shared(req, req_cc, res, f);
}

/* needs_validation - whatever its age is (5.2.2.4, and its request form). */
static bool
needs_validation(const struct freshness *f,
    const struct http_cache_control *req_cc)
{
	return ((f->cc.set | req_cc->set) & HTTP_CC_NO_CACHE) != 0;
}

/* no_stale - the answer must not be used once it is stale (4.2.4). */
static bool
no_stale(const struct freshness *f)
{
	return (f->cc.set & (HTTP_CC_MUST_REVALIDATE |
	    HTTP_CC_PROXY_REVALIDATE | HTTP_CC_S_MAXAGE |
	    HTTP_CC_NO_CACHE)) != 0;
}

/* is_immutable - RFC 8246: while it is fresh a reload does not ask for it. */
static bool
is_immutable(const struct freshness *f, int64_t age)
{
	return (f->cc.set & HTTP_CC_IMMUTABLE) != 0 && !f->heuristic &&
	    f->lifetime > age;
}

/* is_older - ages are full seconds: what came a moment ago is older than 0, as
 * who loads a page anew means it. */
static bool
is_older(int64_t age, int64_t most)
{
	return age > most || most == 0;
}

enum reuse
policy_reuse(const struct freshness *f, const struct http_cache_control *req_cc,
    time_t now)
{
	int64_t age = policy_age(f, now), stale;

	if (needs_validation(f, req_cc))
		return REUSE_VALIDATE;
	if ((req_cc->set & HTTP_CC_MAX_AGE) &&
	    is_older(age, http_cc_seconds(req_cc, HTTP_CC_MAX_AGE)) &&
	    (req_cc->set & HTTP_CC_MAX_STALE) == 0 && !is_immutable(f, age))
		return REUSE_VALIDATE;
	if (f->lifetime > age) {
		if ((req_cc->set & HTTP_CC_MIN_FRESH) && f->lifetime - age <
		    http_cc_seconds(req_cc, HTTP_CC_MIN_FRESH))
			return REUSE_VALIDATE;
		return REUSE_FRESH;
	}
	if (no_stale(f))
		return REUSE_VALIDATE;
	stale = age - f->lifetime;
	if ((req_cc->set & HTTP_CC_MAX_STALE) &&
	    stale <= http_cc_seconds(req_cc, HTTP_CC_MAX_STALE))
		return REUSE_FRESH;
	if ((f->cc.set & HTTP_CC_STALE_WHILE_REVALIDATE) &&
	    (req_cc->set & (HTTP_CC_MAX_AGE | HTTP_CC_MIN_FRESH)) == 0 &&
	    stale <= http_cc_seconds(&f->cc, HTTP_CC_STALE_WHILE_REVALIDATE))
		return REUSE_STALE;
	return REUSE_VALIDATE;
}

bool
policy_stale_if_error(const struct freshness *f,
    const struct http_cache_control *req_cc, time_t now)
{
	int64_t stale = policy_age(f, now) - f->lifetime;

	if (no_stale(f) || (req_cc->set & HTTP_CC_NO_CACHE))
		return false;
	if ((f->cc.set & HTTP_CC_STALE_IF_ERROR) &&
	    stale <= http_cc_seconds(&f->cc, HTTP_CC_STALE_IF_ERROR))
		return true;
	return (req_cc->set & HTTP_CC_STALE_IF_ERROR) &&
	    stale <= http_cc_seconds(req_cc, HTTP_CC_STALE_IF_ERROR);
}

bool
policy_unreached(const struct freshness *f,
    const struct http_cache_control *req_cc, time_t now)
{
	return !no_stale(f) && (req_cc->set & (HTTP_CC_NO_CACHE |
	    HTTP_CC_MAX_AGE | HTTP_CC_MIN_FRESH)) == 0 &&
	    policy_age(f, now) - f->lifetime <= UNREACHED_MAX;
}

bool
policy_invalidates(enum http_method method, unsigned code)
{
	switch (method) {
	case HTTP_M_GET:
	case HTTP_M_HEAD:
	case HTTP_M_OPTIONS:
	case HTTP_M_TRACE:
		return false;
	default:
		return code >= 200 && code < 400;
	}
}
