/*
 * Cache-Control and its targeted kin: every directive, values of all sorts,
 * repetition, and what makes a field void.
 */

#include "http_test.h"

#include "http/cachecontrol.h"

#define CC	"Cache-Control: "
#define CDN	"CDN-Cache-Control: "
#define E	"\r\n"
#define NEVER	HTTP_DELTA_MAX

static void
request(struct http_msg *m, char *buf, const char *fields)
{
	int n = sprintf(buf, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);

	http_msg_init(m, NULL);
	assert_int_equal(http_parse_request(m, buf, n), HTTP_OK);
}

static const struct {
	const char	*fields;
	unsigned	 set;
	uint32_t	 seconds;	/* of the one directive with some */
} samples[] = {
	{ "", 0, 0 },
	{ CC E, 0, 0 },
	{ CC "max-age=60" E, HTTP_CC_MAX_AGE, 60 },
	{ CC "MAX-AGE=60" E, HTTP_CC_MAX_AGE, 60 },
	{ CC "max-age=\"60\"" E, HTTP_CC_MAX_AGE, 60 },
	{ CC "max-age=0060" E, HTTP_CC_MAX_AGE, 60 },
	{ CC "max-age=0" E, HTTP_CC_MAX_AGE, 0 },
	{ CC "max-age=2147483648" E, HTTP_CC_MAX_AGE, NEVER },
	{ CC "max-age=99999999999999999999999" E, HTTP_CC_MAX_AGE, NEVER },
	{ CC "max-age=4294967296" E, HTTP_CC_MAX_AGE, NEVER },
	{ CC "s-maxage=5" E, HTTP_CC_S_MAXAGE, 5 },
	{ CC "min-fresh=5" E, HTTP_CC_MIN_FRESH, 5 },
	{ CC "max-stale=5" E, HTTP_CC_MAX_STALE, 5 },
	{ CC "max-stale" E, HTTP_CC_MAX_STALE, NEVER },
	{ CC "stale-while-revalidate=5" E, HTTP_CC_STALE_WHILE_REVALIDATE,
	    5 },
	{ CC "stale-if-error=5" E, HTTP_CC_STALE_IF_ERROR, 5 },
	/* Values that are none make an answer stale, never more lenient. */
	{ CC "max-age" E, HTTP_CC_MAX_AGE, 0 },
	{ CC "max-age=" E, HTTP_CC_MAX_AGE, 0 },
	{ CC "max-age=-1" E, HTTP_CC_MAX_AGE, 0 },
	{ CC "max-age=+1" E, HTTP_CC_MAX_AGE, 0 },
	{ CC "max-age=60.0" E, HTTP_CC_MAX_AGE, 0 },
	{ CC "max-age=a60" E, HTTP_CC_MAX_AGE, 0 },
	{ CC "max-age=60a" E, HTTP_CC_MAX_AGE, 0 },
	{ CC "max-age='60'" E, HTTP_CC_MAX_AGE, 0 },
	{ CC "max-age =60" E, HTTP_CC_MAX_AGE, 0 },
	{ CC "max-age= 60" E, HTTP_CC_MAX_AGE, 0 },
	{ CC "max-age=60 61" E, HTTP_CC_MAX_AGE, 0 },
	{ CC "max-age=\"60" E, HTTP_CC_MAX_AGE, 0 },
	{ CC "max-stale=x" E, 0, 0 },
	{ CC "stale-if-error" E, 0, 0 },
	{ CC "stale-while-revalidate=-1" E, 0, 0 },
	/* The first of several counts. */
	{ CC "max-age=1, max-age=2" E, HTTP_CC_MAX_AGE, 1 },
	{ CC "max-age=1" E CC "max-age=2" E, HTTP_CC_MAX_AGE, 1 },
	{ CC "max-age=x, max-age=2" E, HTTP_CC_MAX_AGE, 0 },
	/* Quotes hide what is in them. */
	{ CC "x=\"max-age=9, no-store\", max-age=1" E, HTTP_CC_MAX_AGE, 1 },
	{ CC "x=\"\\\", no-store\"" E, 0, 0 },
	/* Those without a value. */
	{ CC "no-store" E, HTTP_CC_NO_STORE, 0 },
	{ CC "No-Store=1" E, HTTP_CC_NO_STORE, 0 },
	{ CC "no-transform,only-if-cached , ,\tmust-revalidate" E,
	    HTTP_CC_NO_TRANSFORM | HTTP_CC_ONLY_IF_CACHED |
	    HTTP_CC_MUST_REVALIDATE, 0 },
	{ CC "proxy-revalidate, must-understand, public, immutable" E,
	    HTTP_CC_PROXY_REVALIDATE | HTTP_CC_MUST_UNDERSTAND |
	    HTTP_CC_PUBLIC | HTTP_CC_IMMUTABLE, 0 },
	{ CC "no-storex, xno-store, no store" E, 0, 0 },
	{ CC "=no-store, \"no-store\", (no-store)" E, 0, 0 },
	/* The two with names. */
	{ CC "no-cache" E, HTTP_CC_NO_CACHE, 0 },
	{ CC "private" E, HTTP_CC_PRIVATE, 0 },
	{ CC "no-cache=\"a, b\"" E, HTTP_CC_NO_CACHE_FIELDS, 0 },
	{ CC "private=\"a\"" E, HTTP_CC_PRIVATE_FIELDS, 0 },
	{ CC "private=a" E, HTTP_CC_PRIVATE_FIELDS, 0 },
	{ CC "private=\"\"" E, HTTP_CC_PRIVATE, 0 },
	{ CC "private=" E, HTTP_CC_PRIVATE, 0 },
	{ CC "no-cache=\"a\", no-cache" E, HTTP_CC_NO_CACHE, 0 },
	{ CC "private" E CC "private=\"a\"" E, HTTP_CC_PRIVATE, 0 },
};

static uint32_t
some_seconds(const struct http_cache_control *cc)
{
	uint32_t n = 0;

	for (int i = 0; i < HTTP_CC_NSECONDS; i++) {
		if (cc->seconds[i] > 0)
			n = http_cc_seconds(cc, 1 << i);
	}
	return n;
}

static void
test_directives(void **state)
{
	struct http_cache_control cc;
	struct http_msg m;
	char buf[512];

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		request(&m, buf, samples[i].fields);
		http_cache_control(&m, &cc);
		if (cc.set != samples[i].set ||
		    some_seconds(&cc) != samples[i].seconds)
			fail_msg("%s gives %#x and %u", samples[i].fields,
			    cc.set, some_seconds(&cc));
	}
	assert_int_equal(http_cc_seconds(&cc, HTTP_CC_MAX_AGE), 0);
}

static void
test_pragma(void **state)
{
	struct http_cache_control cc;
	struct http_msg m;
	char buf[512];

	(void)state;
	request(&m, buf, "Pragma: x, No-Cache" E);
	http_request_cache_control(&m, &cc);
	assert_int_equal(cc.set, HTTP_CC_NO_CACHE);
	request(&m, buf, "Pragma: no-cache" E CC "max-age=5" E);
	http_request_cache_control(&m, &cc);
	assert_int_equal(cc.set, HTTP_CC_MAX_AGE);
	request(&m, buf, "Pragma: nothing" E);
	http_request_cache_control(&m, &cc);
	assert_int_equal(cc.set, 0);
}

static void
test_names(void **state)
{
	struct http_msg m;
	char buf[512];

	(void)state;
	request(&m, buf, CC "no-cache=\"Set-Cookie, x-a\"" E
	    CC "private=X-B, no-cache=\"x-c\"" E);
	assert_true(http_cc_names(&m, HTTP_CC_NO_CACHE_FIELDS,
	    HTTP_STR("set-cookie")));
	assert_true(http_cc_names(&m, HTTP_CC_NO_CACHE_FIELDS,
	    HTTP_STR("X-A")));
	assert_true(http_cc_names(&m, HTTP_CC_NO_CACHE_FIELDS,
	    HTTP_STR("x-c")));
	assert_false(http_cc_names(&m, HTTP_CC_NO_CACHE_FIELDS,
	    HTTP_STR("x-b")));
	assert_true(http_cc_names(&m, HTTP_CC_PRIVATE_FIELDS,
	    HTTP_STR("x-b")));
	assert_false(http_cc_names(&m, HTTP_CC_PRIVATE_FIELDS,
	    HTTP_STR("x")));
}

static const struct {
	const char	*fields;
	bool		 used;
	unsigned	 set;
	uint32_t	 seconds;
} targeted[] = {
	{ "", false, 0, 0 },
	{ CDN E, false, 0, 0 },
	{ CDN "max-age=60" E, true, HTTP_CC_MAX_AGE, 60 },
	{ CDN "max-age=60;a;b=c; d=\"e\"" E, true, HTTP_CC_MAX_AGE, 60 },
	{ CDN "max-age=999999999999999" E, true, HTTP_CC_MAX_AGE, NEVER },
	{ CDN "max-age=1, max-age=2" E, true, HTTP_CC_MAX_AGE, 2 },
	{ CDN "max-age=1" E CDN "max-age=2" E, true, HTTP_CC_MAX_AGE, 2 },
	{ CDN "no-store" E, true, HTTP_CC_NO_STORE, 0 },
	{ CDN "no-store=?1 ,\tprivate" E, true,
	    HTTP_CC_NO_STORE | HTTP_CC_PRIVATE, 0 },
	{ CDN "no-store=?0" E, true, 0, 0 },
	{ CDN "no-cache=\"a\"" E, true, HTTP_CC_NO_CACHE, 0 },
	{ CDN "unknown, a=b/c:d, e=:Zm9v:, f=(1 \"x\";y ?0), g=1.5" E, true,
	    0, 0 },
	/* A value of the wrong type is as if not there. */
	{ CDN "max-age=\"60\", no-store=1" E, true, 0, 0 },
	{ CDN "max-age=-1" E, true, 0, 0 },
	{ CDN "max-age=1.5" E, true, 0, 0 },
	{ CDN "max-age" E, true, 0, 0 },
	{ CDN "max-age=60, max-age=x" E, true, 0, 0 },
	/* What is malformed makes all of it void. */
	{ CDN "max-age=60, &" E, false, 0, 0 },
	{ CDN "Max-Age=60" E, false, 0, 0 },
	{ CDN "max-age=60," E, false, 0, 0 },
	{ CDN ",max-age=60" E, false, 0, 0 },
	{ CDN "max-age= 60" E, false, 0, 0 },
	{ CDN "max-age =60" E, false, 0, 0 },
	{ CDN "max-age=60a" E, false, 0, 0 },
	{ CDN "max-age=1000000000000000" E, false, 0, 0 },
	{ CDN "max-age=1." E, false, 0, 0 },
	{ CDN "max-age=1.2345" E, false, 0, 0 },
	{ CDN "max-age=-" E, false, 0, 0 },
	{ CDN "a=\"b" E, false, 0, 0 },
	{ CDN "a=\"\\b\"" E, false, 0, 0 },
	{ CDN "a=\"\xe9\"" E, false, 0, 0 },
	{ CDN "a=:b" E, false, 0, 0 },
	{ CDN "a=:\":" E, false, 0, 0 },
	{ CDN "a=?2" E, false, 0, 0 },
	{ CDN "a=?" E, false, 0, 0 },
	{ CDN "a=(1" E, false, 0, 0 },
	{ CDN "a=(1,2)" E, false, 0, 0 },
	{ CDN "a;=b" E, false, 0, 0 },
	{ CDN "a;b=" E, false, 0, 0 },
	{ CDN "max-age=1" E CDN "!" E, false, 0, 0 },
};

static void
test_targeted(void **state)
{
	struct http_cache_control cc;
	struct http_msg m;
	char buf[512];

	(void)state;
	for (size_t i = 0; i < COUNT(targeted); i++) {
		bool used;

		request(&m, buf, targeted[i].fields);
		used = http_targeted_cache_control(&m, HDR_CDN_CACHE_CONTROL,
		    &cc);
		if (used != targeted[i].used || cc.set != targeted[i].set ||
		    some_seconds(&cc) != targeted[i].seconds)
			fail_msg("%s gives %d, %#x and %u", targeted[i].fields,
			    used, cc.set, some_seconds(&cc));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directives),
		cmocka_unit_test(test_pragma),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_targeted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
