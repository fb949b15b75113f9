/*
 * RFC 9111's decisions of proxyd: a row is an answer's fields and what follows
 * from them.  Pure; nothing is stored or sent here.
 */

#include "http_test.h"

#include "servers/proxyd/policy.h"

#define E	"\r\n"
#define CC	"Cache-Control: "
#define NOW	1700000000	/* Tue, 14 Nov 2023 22:13:20 GMT */
#define DATE	"Date: Tue, 14 Nov 2023 22:13:20 GMT" E
#define EXPIRES	"Expires: "
#define MODIFIED "Last-Modified: "
#define DAY	86400

/* An answer and its request, with the buffers that they are views of. */
struct pair {
	struct http_msg	req, res;
	struct http_cache_control cc;
	char		req_buf[512], res_buf[1024];
};

static void
request(struct pair *p, const char *method, const char *fields)
{
	int n = snprintf(p->req_buf, sizeof(p->req_buf),
	    "%s / HTTP/1.1\r\nHost: a\r\n%s\r\n", method, fields);

	http_msg_init(&p->req, NULL);
	assert_int_equal(http_parse_request(&p->req, p->req_buf, n), HTTP_OK);
	http_request_cache_control(&p->req, &p->cc);
}

static void
response(struct pair *p, unsigned code, const char *fields)
{
	int n = snprintf(p->res_buf, sizeof(p->res_buf),
	    "HTTP/1.1 %u x\r\n%sContent-Length: 0\r\n\r\n", code, fields);

	http_msg_init(&p->res, NULL);
	assert_int_equal(http_parse_response(&p->res, p->res_buf, n,
	    HTTP_M_GET), HTTP_OK);
}

static const struct {
	const char	*fields;
	unsigned	 code;
	int64_t		 lifetime;
	bool		 heuristic;
} lifetimes[] = {
	{ "", 200, 0, false },
	{ DATE, 200, 0, false },
	{ CC "max-age=60" E, 200, 60, false },
	{ CC "max-age=0" E, 200, 0, false },
	{ CC "max-age=x" E, 200, 0, false },
	/* s-maxage before max-age before Expires (5.2.2.10, 5.3) */
	{ CC "max-age=60, s-maxage=5" E, 200, 5, false },
	{ CC "s-maxage=5, max-age=60" E, 200, 5, false },
	{ CC "max-age=60" E EXPIRES "0" E, 200, 60, false },
	{ CC "max-age=0" E DATE EXPIRES "Tue, 14 Nov 2023 23:13:20 GMT" E,
	    200, 0, false },
	/* Expires counts from Date, not from when it came */
	{ DATE EXPIRES "Tue, 14 Nov 2023 22:14:20 GMT" E, 200, 60, false },
	{ "Date: Tue, 14 Nov 2023 22:13:10 GMT" E
	    EXPIRES "Tue, 14 Nov 2023 22:14:20 GMT" E, 200, 70, false },
	{ EXPIRES "Tue, 14 Nov 2023 22:14:20 GMT" E, 200, 60, false },
	{ DATE EXPIRES "Tue, 14 Nov 2023 22:12:20 GMT" E, 200, 0, false },
	{ DATE EXPIRES "0" E, 200, 0, false },
	{ DATE EXPIRES "soon" E, 200, 0, false },
	{ DATE EXPIRES "Tuesday, 14-Nov-23 22:14:20 GMT" E, 200, 60, false },
	{ DATE EXPIRES "Tue Nov 14 22:14:20 2023" E, 200, 60, false },
	/* one that has passed leaves nothing to guess */
	{ DATE EXPIRES "0" E MODIFIED "Mon, 13 Nov 2023 22:13:20 GMT" E, 200,
	    0, false },
	/* a tenth, a day at most, for some statuses (4.2.2) */
	{ DATE MODIFIED "Mon, 13 Nov 2023 22:13:20 GMT" E, 200, DAY / 10,
	    true },
	{ DATE MODIFIED "Tue, 14 Nov 2000 22:13:20 GMT" E, 200, DAY, true },
	{ DATE MODIFIED "Wed, 15 Nov 2023 22:13:20 GMT" E, 200, 0, true },
	{ DATE MODIFIED "once" E, 200, 0, false },
	{ DATE MODIFIED "Mon, 13 Nov 2023 22:13:20 GMT" E, 404, DAY / 10,
	    true },
	{ DATE MODIFIED "Mon, 13 Nov 2023 22:13:20 GMT" E, 302, 0, false },
	{ DATE CC "public" E MODIFIED "Mon, 13 Nov 2023 22:13:20 GMT" E, 302,
	    DAY / 10, true },
	/* RFC 9213: the targeted field alone, where it can be read */
	{ CC "max-age=60" E "CDN-Cache-Control: max-age=7" E, 200, 7, false },
	{ CC "max-age=60" E "CDN-Cache-Control: no-cache" E, 200, 0, false },
	{ CC "max-age=60" E "CDN-Cache-Control: max-age=7," E, 200, 60,
	    false },
};

static void
test_lifetime(void **state)
{
	struct freshness f;
	struct pair p;

	(void)state;
	for (size_t i = 0; i < COUNT(lifetimes); i++) {
		response(&p, lifetimes[i].code, lifetimes[i].fields);
		policy_read(&f, &p.res, NOW, NOW);
		if (f.lifetime != lifetimes[i].lifetime ||
		    f.heuristic != lifetimes[i].heuristic)
			fail_msg("%u %s lives %lld s, %s", lifetimes[i].code,
			    lifetimes[i].fields, (long long)f.lifetime,
			    f.heuristic ? "by guess" : "as told");
	}
}

static const struct {
	const char	*fields;
	int		 delay;		/* s between request and answer */
	int		 resident;	/* s since the answer */
	int64_t		 age;
} ages[] = {
	{ "", 0, 0, 0 },
	{ DATE, 0, 10, 10 },
	{ DATE, 0, -10, 0 },		/* the clock was set back */
	{ DATE "Age: 5" E, 0, 0, 5 },
	{ DATE "Age: 5" E, 2, 10, 17 },
	{ DATE, 2, 10, 12 },
	{ DATE "Age: x" E, 0, 3, 3 },
	{ DATE "Age: -1" E, 0, 3, 3 },
	/* of several the first; too large a one is very old (5.1, 1.2.2) */
	{ DATE "Age: 5, 9" E, 0, 0, 5 },
	{ DATE "Age: 5" E "Age: 9" E, 0, 0, 5 },
	{ DATE "Age: 9" E "Age: 5" E, 0, 0, 9 },
	{ DATE "Age: x, 9" E, 0, 3, 3 },
	{ DATE "Age: 9, x" E, 0, 3, 12 },
	{ DATE "Age: 9.0" E, 0, 0, 0 },
	{ DATE "Age: 9;a=b" E, 0, 0, 0 },
	{ DATE "Age: 99999999999999999999999" E, 0, 0, HTTP_DELTA_MAX },
	/* the older of what Date and Age tell */
	{ "Date: Tue, 14 Nov 2023 22:12:20 GMT" E, 0, 0, 60 },
	{ "Date: Tue, 14 Nov 2023 22:12:20 GMT" E "Age: 5" E, 0, 0, 60 },
	{ "Date: Tue, 14 Nov 2023 22:12:20 GMT" E "Age: 90" E, 0, 1, 91 },
	{ "Date: Tue, 14 Nov 2023 22:14:20 GMT" E, 0, 0, 0 },
};

static void
test_age(void **state)
{
	struct freshness f;
	struct pair p;
	int64_t age;

	(void)state;
	for (size_t i = 0; i < COUNT(ages); i++) {
		response(&p, 200, ages[i].fields);
		policy_read(&f, &p.res, NOW - ages[i].delay, NOW);
		age = policy_age(&f, NOW + ages[i].resident);
		if (age != ages[i].age)
			fail_msg("%zu: %s is %lld s old", i, ages[i].fields,
			    (long long)age);
	}
}

#define OK	CC "max-age=60" E

static const struct {
	const char	*method, *asked;
	unsigned	 code;
	const char	*answered;
	bool		 stored;
} storing[] = {
	{ "GET", "", 200, OK, true },
	{ "HEAD", "", 200, OK, false },
	{ "GET", CC "no-store" E, 200, OK, false },
	{ "GET", CC "no-cache" E, 200, OK, true },
	{ "GET", "", 200, CC "max-age=60, no-store" E, false },
	{ "GET", "", 200, CC "max-age=60, private" E, false },
	{ "GET", "", 200, CC "max-age=60, private=\"a\"" E, true },
	{ "GET", "", 200, OK "Vary: *" E, false },
	{ "GET", "", 200, OK "Vary: a, *" E, false },
	{ "GET", "", 200, OK "Vary: Accept" E, true },
	/* 5.2.2.3: no-store is for who does not understand the status */
	{ "GET", "", 200, CC "max-age=60, no-store, must-understand" E,
	    true },
	{ "GET", "", 299, CC "max-age=60, must-understand" E, false },
	/* 3.5 */
	{ "GET", "Authorization: x" E, 200, OK, false },
	{ "GET", "Authorization: x" E, 200, CC "public, max-age=60" E, true },
	{ "GET", "Authorization: x" E, 200, CC "s-maxage=60" E, true },
	{ "GET", "Authorization: x" E, 200,
	    CC "must-revalidate, max-age=60" E, true },
	/* parts: one range of a known whole, as long as it says */
	{ "GET", "", 206, OK "Content-Range: bytes 0-0/9" E, false },
	{ "GET", "", 206, OK, false },
	{ "GET", "", 200, OK "Content-Range: bytes 0-0/9" E, true },
	{ "GET", "", 304, OK, false },
	/* a status that may not be guessed about, told and not told */
	{ "GET", "", 302, OK, true },
	{ "GET", "", 302, "ETag: \"a\"" E, false },
	{ "GET", "", 404, "ETag: \"a\"" E, true },
	{ "GET", "", 500, OK, true },
	/* must-understand: registered statuses alone, and then no-store does
	 * not count (5.2.2.3) */
	{ "GET", "", 302, CC "max-age=60, must-understand, no-store" E, true },
	{ "GET", "", 299, CC "max-age=60, must-understand" E, false },
	{ "GET", "", 299, CC "max-age=60" E, true },
	{ "GET", "", 599, CC "max-age=60, must-understand" E, false },
	{ "GET", "", 200, CC "max-age=60, no-store" E, false },
	/* RFC 6585: never */
	{ "GET", "", 428, OK, false },
	{ "GET", "", 429, OK, false },
	{ "GET", "", 431, OK, false },
	{ "GET", "", 511, OK, false },
	/* neither fresh nor to be validated */
	{ "GET", "", 200, "", false },
	{ "GET", "", 200, CC "max-age=0" E, false },
	/* no longer fresh: for max-stale */
	{ "GET", "", 200, OK "Age: 60" E, true },
	{ "GET", "", 200, OK "Age: 60" E "ETag: \"a\"" E, true },
	{ "GET", "", 200, CC "max-age=0, stale-if-error=9" E, true },
	{ "GET", "", 200, MODIFIED "Mon, 13 Nov 2023 22:13:20 GMT" E, true },
	/* of POST: what says how long it is fresh, and is (RFC 9110, 9.3.3) */
	{ "POST", "", 200, OK, true },
	{ "POST", "", 200, DATE EXPIRES "Tue, 14 Nov 2023 22:14:20 GMT" E,
	    true },
	{ "POST", "", 200, OK "Age: 60" E, false },
	{ "POST", "", 200, CC "public" E MODIFIED
	    "Mon, 13 Nov 2023 22:13:20 GMT" E, false },
	{ "POST", "", 200, OK "Vary: *" E, false },
	{ "POST", "", 200, CC "max-age=60, private" E, false },
	{ "POST", CC "no-store" E, 200, OK, false },
	{ "POST", "Authorization: x" E, 200, OK, false },
	{ "POST", "", 201, OK, false },
	{ "PUT", "", 200, OK, false },
};

static void
test_storable(void **state)
{
	struct freshness f;
	struct pair p;
	bool stored;

	(void)state;
	for (size_t i = 0; i < COUNT(storing); i++) {
		request(&p, storing[i].method, storing[i].asked);
		response(&p, storing[i].code, storing[i].answered);
		policy_read(&f, &p.res, NOW, NOW);
		stored = p.req.method == HTTP_M_POST ?
		    policy_posted(&p.req, &p.cc, &p.res, &f) :
		    policy_storable(&p.req, &p.cc, &p.res, &f);
		if (stored != storing[i].stored)
			fail_msg("%s %s %u %s: %s", storing[i].method,
			    storing[i].asked, storing[i].code,
			    storing[i].answered, storing[i].stored ?
			    "not stored" : "stored");
	}
}

#define SWR	CC "max-age=60, stale-while-revalidate=30" E

static const struct {
	const char	*asked, *answered;
	int		 age;
	enum reuse	 reuse;
} uses[] = {
	{ "", OK, 0, REUSE_FRESH },
	{ "", OK, 59, REUSE_FRESH },
	{ "", OK, 60, REUSE_VALIDATE },	/* fresh while older than its age */
	{ CC "no-cache" E, OK, 0, REUSE_VALIDATE },
	{ "Pragma: no-cache" E, OK, 0, REUSE_VALIDATE },
	{ "", CC "no-cache, max-age=60" E, 0, REUSE_VALIDATE },
	{ "", CC "no-cache=\"a\", max-age=60" E, 0, REUSE_FRESH },
	{ CC "max-age=5" E, OK, 5, REUSE_FRESH },
	{ CC "max-age=5" E, OK, 6, REUSE_VALIDATE },
	{ CC "max-age=0" E, OK, 0, REUSE_VALIDATE },
	{ CC "max-age=0" E, OK, 1, REUSE_VALIDATE },
	/* RFC 8246: a reload does not ask for what never changes */
	{ CC "max-age=0" E, CC "max-age=60, immutable" E, 9, REUSE_FRESH },
	{ CC "max-age=0" E, CC "max-age=60, immutable" E, 60,
	    REUSE_VALIDATE },
	{ CC "no-cache" E, CC "max-age=60, immutable" E, 9, REUSE_VALIDATE },
	{ CC "min-fresh=10" E, OK, 50, REUSE_FRESH },
	{ CC "min-fresh=10" E, OK, 51, REUSE_VALIDATE },
	{ CC "max-stale=10" E, OK, 70, REUSE_FRESH },
	{ CC "max-stale=10" E, OK, 71, REUSE_VALIDATE },
	{ CC "max-stale" E, OK, 1000000, REUSE_FRESH },
	{ CC "max-stale" E, CC "max-age=60, must-revalidate" E, 60,
	    REUSE_VALIDATE },
	{ CC "max-stale" E, CC "max-age=60, proxy-revalidate" E, 60,
	    REUSE_VALIDATE },
	{ CC "max-stale" E, CC "s-maxage=60" E, 60, REUSE_VALIDATE },
	/* RFC 5861, 3 */
	{ "", SWR, 59, REUSE_FRESH },
	{ "", SWR, 60, REUSE_STALE },
	{ "", SWR, 90, REUSE_STALE },
	{ "", SWR, 91, REUSE_VALIDATE },
	{ CC "max-age=100" E, SWR, 60, REUSE_VALIDATE },
	{ "", CC "max-age=60, stale-while-revalidate=30, must-revalidate" E,
	    60, REUSE_VALIDATE },
};

static void
test_reuse(void **state)
{
	struct freshness f;
	struct pair p;
	enum reuse r;

	(void)state;
	for (size_t i = 0; i < COUNT(uses); i++) {
		request(&p, "GET", uses[i].asked);
		response(&p, 200, uses[i].answered);
		policy_read(&f, &p.res, NOW, NOW);
		r = policy_reuse(&f, &p.cc, NOW + uses[i].age);
		if (r != uses[i].reuse)
			fail_msg("'%s' of '%s' after %d s: %d",
			    uses[i].asked, uses[i].answered, uses[i].age,
			    (int)r);
	}
}

static const struct {
	const char	*asked, *answered;
	int		 age;
	bool		 may;
} errors[] = {
	{ "", OK, 60, false },
	{ "", CC "max-age=60, stale-if-error=30" E, 90, true },
	{ "", CC "max-age=60, stale-if-error=30" E, 91, false },
	{ CC "stale-if-error=30" E, OK, 90, true },
	{ CC "stale-if-error=30" E, OK, 91, false },
	{ CC "no-cache" E, CC "max-age=60, stale-if-error=30" E, 60, false },
	{ "", CC "max-age=60, stale-if-error=30, must-revalidate" E, 60,
	    false },
	{ CC "stale-if-error=30" E, CC "s-maxage=60" E, 60, false },
};

static void
test_stale_if_error(void **state)
{
	struct freshness f;
	struct pair p;

	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		request(&p, "GET", errors[i].asked);
		response(&p, 200, errors[i].answered);
		policy_read(&f, &p.res, NOW, NOW);
		if (policy_stale_if_error(&f, &p.cc, NOW + errors[i].age) !=
		    errors[i].may)
			fail_msg("'%s' of '%s' after %d s", errors[i].asked,
			    errors[i].answered, errors[i].age);
	}
}

static const struct {
	const char	*asked, *answered;
	int		 age;
	bool		 may;
} unreached[] = {
	{ "", OK, 60, true },
	{ "", OK, 60 + DAY, true },
	{ "", OK, 61 + DAY, false },
	{ "", CC "max-age=60, must-revalidate" E, 60, false },
	{ "", CC "max-age=60, proxy-revalidate" E, 60, false },
	{ "", CC "s-maxage=60" E, 60, false },
	{ "", CC "no-cache, max-age=60" E, 0, false },
	{ CC "no-cache" E, OK, 0, false },
	{ CC "max-age=0" E, OK, 1, false },
	{ CC "min-fresh=9" E, OK, 59, false },
};

static void
test_unreached(void **state)
{
	struct freshness f;
	struct pair p;

	(void)state;
	for (size_t i = 0; i < COUNT(unreached); i++) {
		request(&p, "GET", unreached[i].asked);
		response(&p, 200, unreached[i].answered);
		policy_read(&f, &p.res, NOW, NOW);
		if (policy_unreached(&f, &p.cc, NOW + unreached[i].age) !=
		    unreached[i].may)
			fail_msg("'%s' of '%s' after %d s", unreached[i].asked,
			    unreached[i].answered, unreached[i].age);
	}
}

static const struct {
	const char	*range;
	const char	*length;
	bool		 part;
} parts[] = {
	{ "bytes 0-4/10", "5", true },
	{ "bytes 5-9/10", "5", true },
	{ "bytes 0-9/10", "10", true },
	{ "bytes 0-4/10", "6", false },	/* longer than it says */
	{ "bytes 0-4/*", "5", false },
	{ "bytes */10", "5", false },
	{ "bytes 5-10/10", "6", false },
	{ "items 0-4/10", "5", false },
	{ "bytes 0-4/10, bytes 5-9/10", "5", false },
};

static void
test_part(void **state)
{
	struct http_content_range cr;
	struct pair p;
	int n;

	(void)state;
	for (size_t i = 0; i < COUNT(parts); i++) {
		n = snprintf(p.res_buf, sizeof(p.res_buf), "HTTP/1.1 206 x"
		    E "Content-Range: %s" E "Content-Length: %s" E E,
		    parts[i].range, parts[i].length);
		http_msg_init(&p.res, NULL);
		assert_int_equal(http_parse_response(&p.res, p.res_buf, n,
		    HTTP_M_GET), HTTP_OK);
		if (policy_part(&p.res, &cr) != parts[i].part)
			fail_msg("%s of %s bytes", parts[i].range,
			    parts[i].length);
	}
}

static void
test_strong(void **state)
{
	static const struct {
		const char	*fields;
		bool		 strong;
	} rows[] = {
		{ "", false },
		{ "ETag: \"a\"" E, true },
		{ "ETag: W/\"a\"" E, false },
		{ "ETag: a" E, false },
		{ "ETag: \"a\"" E "ETag: \"b\"" E, false },
		{ MODIFIED "Mon, 13 Nov 2023 22:13:20 GMT" E, false },
	};
	struct pair p;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		response(&p, 200, rows[i].fields);
		if ((policy_strong(&p.res).ptr != NULL) != rows[i].strong)
			fail_msg("%s", rows[i].fields);
	}
}

static void
test_validator(void **state)
{
	struct freshness f;
	struct pair p;

	(void)state;
	response(&p, 200, OK);
	policy_read(&f, &p.res, NOW, NOW);
	assert_false(f.validator);
	response(&p, 200, OK "ETag: W/\"a\"" E);
	policy_read(&f, &p.res, NOW, NOW);
	assert_true(f.validator);
	response(&p, 200, MODIFIED "Mon, 13 Nov 2023 22:13:20 GMT" E);
	policy_read(&f, &p.res, NOW, NOW);
	assert_true(f.validator);
}

static void
test_invalidates(void **state)
{
	(void)state;
	assert_true(policy_invalidates(HTTP_M_POST, 200));
	assert_true(policy_invalidates(HTTP_M_PUT, 204));
	assert_true(policy_invalidates(HTTP_M_DELETE, 303));
	assert_false(policy_invalidates(HTTP_M_POST, 404));
	assert_false(policy_invalidates(HTTP_M_POST, 500));
	assert_false(policy_invalidates(HTTP_M_GET, 200));
	assert_false(policy_invalidates(HTTP_M_HEAD, 200));
	assert_false(policy_invalidates(HTTP_M_OPTIONS, 200));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lifetime),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_storable),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_stale_if_error),
		cmocka_unit_test(test_unreached),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_strong),
		cmocka_unit_test(test_validator),
		cmocka_unit_test(test_invalidates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
