/*
 * The offset between our clock and the server's, from several samples, as NTP
 * takes it: the sample that was fastest there and back tells most.  It sets no
 * clock.
 */
#include "timec.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "wire/time.h"

#define ASK	"Unix."

/* one - a sample.  A clock that is set while we wait must not spoil it, so the
 * second stamp is the first and what has passed since. */
static enum outcome
one(struct link *l, struct time_sample *s)
{
	struct answer a;
	struct text shown;
	char mem[256];
	enum outcome o = link_ask(l, ASK, sizeof(ASK) - 1, &a);

	if (o != OUTCOME_ANSWERED)
		return o;
	s->sent = a.sent;
	s->got = a.sent + a.rtt;
	if (time_unix_parse(a.text, a.len, &s->server) == 0)
		return OUTCOME_ANSWERED;
	text_init(&shown, mem, sizeof(mem));
	text_addesc(&shown, a.text, a.len);
	warnx("%s does not tell its time in nanoseconds: it answers '%s'",
	    l->host, mem);
	return OUTCOME_ERROR;
}

static void
print_json(const struct link *l, const char *server, double offset,
    double delay, int n)
{
	struct buf b = { 0 };

	buf_json(&b, server, strlen(server));
	printf("{\"offset\":%.9f,\"delay\":%.9f,\"server\":%s,\"port\":%u,"
	    "\"samples\":%d}\n", offset, delay, b.failed ? "null" : b.data,
	    (unsigned int)l->peer.port, n);
	buf_free(&b);
}

static int
print(const struct link *l, const struct time_sample *s, int n)
{
	const struct time_sample *best = time_best(s, (size_t)n);
	double offset = (double)time_offset(best) / NSEC_PER_SEC;
	double delay = (double)time_delay(best) / NSEC_PER_SEC;
	char mem[IPADDR_TEXT_MAX];
	const char *server = server_asked(l, mem);

	if (l->set->json)
		print_json(l, server, offset, delay, n);
	else
		printf("offset %+.6f s, delay %.6f s, server %s, "
		    "samples %d\n", offset, delay, server, n);
	return flushed();
}

/* measure - a lost datagram is a sample less; a connection that is silent will
 * not speak again. */
enum outcome
measure(struct link *l)
{
	static struct time_sample s[SAMPLES_MAX];
	enum outcome o;
	int n = 0;

	for (int64_t i = 0; i < l->set->samples; i++) {
		o = one(l, &s[n]);
		if (o == OUTCOME_ERROR)
			return o;
		if (o == OUTCOME_ANSWERED)
			n++;
		else if (!l->set->udp)
			break;
	}
	if (n == 0)
		return OUTCOME_SILENCE;
	return print(l, s, n) == -1 ? OUTCOME_ERROR : OUTCOME_ANSWERED;
}
