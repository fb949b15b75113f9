/*
 * --json: an object a line for each probe and one for each target at the end.
 * What the members mean stands in pingc(1).
 */
#include "clients/pingc/pingc.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"

#define US(ns)	((double)(ns) / NSEC_PER_USEC)

/* begin - {"type":...,"host":...,"address":... */
static void
begin(struct buf *b, const struct target *t, const char *type)
{
	int64_t now = clock_wall();

	buf_addf(b, "{\"type\":\"%s\",\"time\":%lld.%06lld,\"host\":", type,
	    (long long)(now / NSEC_PER_SEC),
	    (long long)(now % NSEC_PER_SEC / NSEC_PER_USEC));
	buf_json(b, t->name, strlen(t->name));
	buf_addf(b, ",\"address\":\"%s\"", t->host);
}

static void
end(struct buf *b)
{
	buf_adds(b, "}\n");
	if (!b->failed)
		fwrite(b->data, 1, b->len, stdout);
	buf_free(b);
}

static void
flag(struct buf *b, const char *name, bool value)
{
	buf_addf(b, ",\"%s\":%s", name, value ? "true" : "false");
}

void
json_reply(const struct target *t, const struct reply *r)
{
	struct buf b = { 0 };

	if (t->opt->quiet)
		return;
	begin(&b, t, "reply");
	buf_addf(&b, ",\"seq\":%llu,\"bytes\":%zu,\"rtt_us\":%.1f",
	    (unsigned long long)r->seq, r->bytes, US(r->rtt));
	if (r->ttl >= 0)
		buf_addf(&b, ",\"ttl\":%d", r->ttl);
	if (r->server >= 0)
		buf_addf(&b, ",\"server_us\":%.1f", US(r->server));
	if (r->text != NULL) {
		buf_adds(&b, ",\"text\":");
		buf_json(&b, r->text, r->text_len);
	}
	flag(&b, "duplicate", r->duplicate);
	flag(&b, "late", r->late);
	flag(&b, "altered", r->altered);
	end(&b);
}

void
json_silence(const struct target *t, uint64_t seq)
{
	struct buf b = { 0 };

	if (t->opt->quiet)
		return;
	begin(&b, t, "timeout");
	buf_addf(&b, ",\"seq\":%llu", (unsigned long long)seq);
	end(&b);
}

void
json_error(const struct target *t, uint64_t seq, const struct icmp *e,
    enum fate fate)
{
	char from[IPADDR_TEXT_MAX];
	struct buf b = { 0 };

	if (t->opt->quiet)
		return;
	begin(&b, t, fate == FATE_REFUSED ? "refused" : "error");
	buf_addf(&b, ",\"seq\":%llu", (unsigned long long)seq);
	if (e->from.family != 0)
		buf_addf(&b, ",\"from\":\"%s\"",
		    ipaddr_host(&e->from, from, sizeof(from)));
	buf_adds(&b, ",\"reason\":");
	buf_json(&b, icmp_text(e, fate), strlen(icmp_text(e, fate)));
	end(&b);
}

/* number - a member of the summary. */
static void
number(struct buf *b, const char *name, uint64_t n)
{
	buf_addf(b, ",\"%s\":%llu", name, (unsigned long long)n);
}

/* spread - a histogram, or null where it is empty. */
static void
spread(struct buf *b, const char *name, const struct hist *h)
{
	static const struct {
		const char *name;
		double share;
	} q[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 },
	    { "p99_9", 0.999 } };
	size_t i;

	if (h->count == 0) {
		buf_addf(b, ",\"%s\":null", name);
		return;
	}
	buf_addf(b, ",\"%s\":{\"min\":%.1f,\"avg\":%.1f,\"max\":%.1f,"
	    "\"mdev\":%.1f", name, US(h->min), US(hist_mean(h)), US(h->max),
	    US(hist_stddev(h)));
	for (i = 0; i < sizeof(q) / sizeof(q[0]); i++)
		buf_addf(b, ",\"%s\":%.1f", q[i].name,
		    US(hist_quantile(h, q[i].share)));
	buf_adds(b, "}");
}

static void
directions(struct buf *b, const struct counts *c)
{
	number(b, "lost_up", counts_lost_up(c));
	number(b, "lost_down", counts_lost_down(c));
	number(b, "duplicates_up", counts_heard(c).duplicates);
	number(b, "reordered_up", counts_heard(c).reordered);
}

void
json_summary(const struct target *t)
{
	static const char *const dialect[] = { "unknown", "plain", "brood" };
	const struct counts *c = &t->counts;
	struct buf b = { 0 };

	begin(&b, t, "summary");
	buf_addf(&b, ",\"dialect\":\"%s\"", dialect[t->known]);
	number(&b, "transmitted", c->sent);
	number(&b, "received", c->received);
	number(&b, "lost", lost_of(c));
	number(&b, "timed_out", c->silent);
	number(&b, "refused", c->refused);
	number(&b, "errors", c->unreachable);
	number(&b, "late", c->late);
	number(&b, "duplicates", c->duplicates);
	number(&b, "corrupted", c->altered);
	number(&b, "reordered", c->reordered);
	if (t->known == KNOWN_BROOD)
		directions(&b, c);
	spread(&b, "rtt_us", &c->rtt);
	spread(&b, "jitter_us", &c->jitter);
	spread(&b, "server_us", &c->server);
	spread(&b, "net_us", &c->net);
	if (c->first_stamp >= 0)
		buf_addf(&b, ",\"stamps_ms\":%lld",
		    (long long)(c->last_stamp - c->first_stamp));
	end(&b);
}
