/*
 * What people read, in the words of ping(8) where it has them: a line for each
 * probe, a snapshot, a summary.  With --json the lines are json.c's.
 */
#include "clients/pingc/pingc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"

#define MS(ns)	((double)(ns) / NSEC_PER_MSEC)

/* lines - is there a line for each probe, and for people? */
static bool
lines(const struct target *t)
{
	return !t->opt->quiet && !t->opt->flood && !t->opt->json;
}

/* begin_line - what stands before it. */
static void
begin_line(const struct target *t)
{
	int64_t now;

	if (t->opt->stamps) {
		now = clock_wall();
		printf("[%lld.%06lld] ", (long long)(now / NSEC_PER_SEC),
		    (long long)(now % NSEC_PER_SEC / NSEC_PER_USEC));
	}
}

/* print_host - NAME (ADDRESS), or the address alone. */
static void
print_host(const struct target *t)
{
	if (t->opt->numeric || strcmp(t->name, t->host) == 0)
		fputs(t->host, stdout);
	else
		printf("%s (%s)", t->name, t->host);
}

/* print_time - with as many digits as ping(8) gives. */
static void
print_time(int64_t ns)
{
	double ms = MS(ns);

	printf("%.*f ms", ms < 1 ? 3 : ms < 10 ? 2 : ms < 100 ? 1 : 0, ms);
}

void
report_start(const struct target *t)
{
	struct ipaddr ip;
	long long size = t->opt->size;

	if (t->opt->json)
		return;
	ipaddr_from(&ip, &t->addr.sa, t->addr.len);
	printf("PING %s (%s) port %d", t->name, t->host, ip.port);
	if (t->known == KNOWN_BROOD)
		printf(": %lld bytes of data, %s\n",
		    size > PING_HEAD ? size : PING_HEAD,
		    t->opt->key != NULL ? "with a key" : "better dialect");
	else
		printf("%s\n", t->known == KNOWN_PLAIN ? ": plain dialect" :
		    "");
}

/* In a flood a dot is printed for each probe, and taken back by its reply. */
void
report_sent(const struct target *t)
{
	if (!t->opt->flood || t->opt->quiet || t->opt->json)
		return;
	putchar('.');
	fflush(stdout);
}

static void
plain_line(const struct target *t, const struct reply *r)
{
	char shown[4096];
	struct text text;
	size_t n = r->text_len;

	while (n > 0 && r->text[n - 1] == ' ')
		n--;			/* the padding that -s asked for */
	text_init(&text, shown, sizeof(shown));
	text_addesc(&text, r->text, n);
	if (t->opt->several) {
		print_host(t);
		fputs(": ", stdout);
	}
	printf("%s RTT ", shown);
	print_time(r->rtt);
}

static void
brood_line(const struct target *t, const struct reply *r)
{
	printf("%zu bytes from ", r->bytes);
	print_host(t);
	printf(": seq=%llu", (unsigned long long)r->seq);
	if (r->ttl >= 0)
		printf(" ttl=%d", r->ttl);
	fputs(" time=", stdout);
	print_time(r->rtt);
	if (t->opt->verbose && r->server >= 0)
		printf(" server=%.3f ms", MS(r->server));
}

void
report_reply(const struct target *t, const struct reply *r)
{
	if (t->opt->json)
		json_reply(t, r);
	if (t->opt->flood && !t->opt->quiet && !t->opt->json) {
		fputs("\b \b", stdout);
		fflush(stdout);
	}
	if (!lines(t))
		return;
	begin_line(t);
	if (r->text != NULL)
		plain_line(t, r);
	else
		brood_line(t, r);
	printf("%s%s%s\n", r->duplicate ? " (DUP!)" : "",
	    r->late ? " (late)" : "", r->altered ? " (altered)" : "");
}

void
report_silence(const struct target *t, uint64_t seq)
{
	if (t->opt->json)
		json_silence(t, seq);
	if (!lines(t))
		return;
	begin_line(t);
	if (t->opt->several) {
		print_host(t);
		fputs(": ", stdout);
	}
	if (t->known == KNOWN_BROOD)
		printf("Request timed out: seq=%llu\n",
		    (unsigned long long)seq);
	else
		puts("Request timed out");
}

const char *
icmp_text(const struct icmp *e, enum fate fate)
{
	if (fate == FATE_REFUSED)
		return "Refused: Port Unreachable";
	if (e->error == EHOSTUNREACH)
		return "Destination Host Unreachable";
	if (e->error == ENETUNREACH)
		return "Destination Net Unreachable";
	return strerror(e->error);
}

void
report_error(const struct target *t, uint64_t seq, const struct icmp *e,
    enum fate fate)
{
	char from[IPADDR_TEXT_MAX];

	if (t->opt->json)
		json_error(t, seq, e, fate);
	if (t->opt->flood && !t->opt->quiet && !t->opt->json) {
		fputs("\bE", stdout);
		fflush(stdout);
	}
	if (!lines(t))
		return;
	begin_line(t);
	if (e->from.family != 0)
		printf("From %s", ipaddr_host(&e->from, from, sizeof(from)));
	else
		fputs("From this host", stdout);
	if (t->opt->several) {
		fputs(" for ", stdout);
		print_host(t);
	}
	printf(": seq=%llu %s\n", (unsigned long long)seq,
	    icmp_text(e, fate));
}

/* -- Snapshot and summary ------------------------------------------------- */

uint64_t
lost_of(const struct counts *c)
{
	return c->sent > c->received ? c->sent - c->received : 0;
}

static double
loss(const struct counts *c)
{
	return c->sent == 0 ? 0 :
	    (double)lost_of(c) * 100 / (double)c->sent;
}

void
report_snapshot(const struct target *t)
{
	const struct counts *c = &t->counts;

	fprintf(stderr, "\r");
	if (t->opt->several)
		fprintf(stderr, "%s: ", t->name);
	fprintf(stderr, "%llu/%llu packets, %d%% loss",
	    (unsigned long long)c->received, (unsigned long long)c->sent,
	    (int)loss(c));
	if (c->rtt.count > 0)
		fprintf(stderr, ", min/avg/ewma/max = "
		    "%.3f/%.3f/%.3f/%.3f ms", MS(c->rtt.min),
		    MS(hist_mean(&c->rtt)), MS(c->ewma), MS(c->rtt.max));
	fputc('\n', stderr);
}

static void
plus(uint64_t n, const char *what)
{
	if (n > 0)
		printf(", +%llu %s", (unsigned long long)n, what);
}

static void
print_counts(const struct target *t)
{
	const struct counts *c = &t->counts;

	printf("%llu packets transmitted, %llu received",
	    (unsigned long long)c->sent, (unsigned long long)c->received);
	plus(c->duplicates, "duplicates");
	plus(c->altered, "corrupted");
	plus(c->late, "late");
	plus(c->refused, "refused");
	plus(c->unreachable, "errors");
	printf(", %g%% packet loss, time %lldms\n", loss(c),
	    (long long)((t->ended - t->began) / NSEC_PER_MSEC));
}

/* print_directions - of what the server has said it got. */
static void
print_directions(const struct counts *c)
{
	uint64_t up = counts_lost_up(c), down = counts_lost_down(c);
	uint64_t known = up + down + c->late + c->refused + c->unreachable;
	uint64_t lost = lost_of(c);
	struct heard all = counts_heard(c);

	printf("lost: %llu up, %llu down, %llu unknown; duplicated: %llu up, "
	    "%llu down; reordered: %llu up, %llu down\n",
	    (unsigned long long)up, (unsigned long long)down,
	    (unsigned long long)(lost > known ? lost - known : 0),
	    (unsigned long long)all.duplicates,
	    (unsigned long long)c->duplicates,
	    (unsigned long long)all.reordered,
	    (unsigned long long)c->reordered);
}

static void
print_spread(const char *what, const struct hist *h)
{
	printf("%s min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n", what,
	    MS(h->min), MS(hist_mean(h)), MS(h->max), MS(hist_stddev(h)));
}

static void
print_quantiles(const char *what, const struct hist *h)
{
	printf("%s 50/90/99/99.9%% = %.3f/%.3f/%.3f/%.3f ms\n", what,
	    MS(hist_quantile(h, 0.5)), MS(hist_quantile(h, 0.9)),
	    MS(hist_quantile(h, 0.99)), MS(hist_quantile(h, 0.999)));
}

static void
print_times(const struct counts *c)
{
	if (c->rtt.count == 0)
		return;
	print_spread("rtt", &c->rtt);
	print_quantiles("rtt", &c->rtt);
	if (c->jitter.count > 0)
		printf("jitter avg/50/99/max = %.3f/%.3f/%.3f/%.3f ms\n",
		    MS(hist_mean(&c->jitter)),
		    MS(hist_quantile(&c->jitter, 0.5)),
		    MS(hist_quantile(&c->jitter, 0.99)), MS(c->jitter.max));
	if (c->server.count > 0) {
		print_quantiles("in the server", &c->server);
		print_spread("rtt without it", &c->net);
		print_quantiles("rtt without it", &c->net);
	}
	if (c->first_stamp >= 0)
		printf("stamps first to last %lld ms\n",
		    (long long)(c->last_stamp - c->first_stamp));
}

void
report_summary(const struct target *t)
{
	const struct counts *c = &t->counts;

	if (t->opt->json) {
		json_summary(t);
		return;
	}
	printf("\n--- %s ping statistics ---\n", t->name);
	print_counts(t);
	if (t->known == KNOWN_BROOD && c->sent > 0)
		print_directions(c);
	else if (c->reordered > 0)
		printf("reordered: %llu\n", (unsigned long long)c->reordered);
	print_times(c);
	if (t->opt->plot)
		plot(&c->rtt);
}
