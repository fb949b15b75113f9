/*
 * Fuzz target: what wire/beacon.c takes it must give back the same, and no
 * reply is longer than the request that it answers.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/beacon.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define CHECK(x)	do { if (!(x)) abort(); } while (0)

static void
request(const char *text, size_t n)
{
	struct beacon_reply reply = { .address = "192.0.2.1",
	    .interface = "eth0", .host = "alpha" }, heard;
	struct beacon_request r, back;
	struct beacon_service s = { "x", "tcp", 1 };
	char buf[BEACON_REQUEST_LEN];
	const char *rest;
	char *out;
	size_t len;

	if (beacon_request_parse(&r, text, n) == -1)
		return;
	CHECK(!beacon_is_answer(text, n));
	beacon_request_put(buf, sizeof(buf), &r);
	CHECK(beacon_request_parse(&back, buf, sizeof(buf)) == 0);
	CHECK(back.id == r.id && back.from == r.from);
	CHECK((out = malloc(n)) != NULL);
	reply.id = r.id;
	reply.from = r.from;
	len = beacon_reply_put(out, n, &reply, &s, 1);
	CHECK(len <= n);
	CHECK(len == 0 || (beacon_is_answer(out, len) &&
	    beacon_reply_parse(&heard, out, len, &rest) == 0 &&
	    heard.id == r.id));
	free(out);
}

static void
reply(const char *text, size_t n)
{
	static struct beacon_service v[BEACON_SERVICES_MAX];
	struct beacon_reply r, back;
	struct beacon_service s;
	char buf[4 * BEACON_REQUEST_LEN];
	const char *rest, *again;
	size_t count = 0, len;

	if (beacon_reply_parse(&r, text, n, &rest) == -1)
		return;
	CHECK(beacon_is_answer(text, n));
	while (count < BEACON_SERVICES_MAX &&
	    beacon_reply_next(&v[count], &rest, text + n))
		count++;
	r.from = 0;
	len = beacon_reply_put(buf, sizeof(buf), &r, v, count);
	CHECK(len > 0 && beacon_reply_parse(&back, buf, len, &again) == 0);
	CHECK(strcmp(back.host, r.host) == 0 && back.total == count);
	for (size_t i = 0; beacon_reply_next(&s, &again, buf + len); i++)
		CHECK(i < count && beacon_service_equal(&s, &v[i]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char here[BEACON_HERE_MAX], *exact = malloc(size > 0 ? size : 1);
	struct beacon_service s;

	CHECK(exact != NULL);
	if (size > 0)
		memcpy(exact, data, size);
	request(exact, size);
	reply(exact, size);
	if (beacon_service_parse(&s, exact, size) == 0)
		CHECK(beacon_word_ok(s.name, strlen(s.name)) && s.port > 0);
	CHECK(beacon_is_answer(here, beacon_here(here, exact, size)));
	free(exact);
	return 0;
}
