/*
 * Who has answered, and what it looks like.  What comes from the network is
 * shown with control characters escaped.
 */
#include "beaconc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"

int
answers_init(struct answers *a, const struct settings *set)
{
	memset(a, 0, sizeof(*a));
	a->set = set;
	a->hosts = calloc(HOSTS_MAX, sizeof(*a->hosts));
	a->found = calloc(FOUND_MAX, sizeof(*a->found));
	if (a->hosts != NULL && a->found != NULL)
		return 0;
	answers_free(a);
	return -1;
}

void
answers_free(struct answers *a)
{
	free(a->hosts);
	free(a->found);
	a->hosts = NULL;
	a->found = NULL;
}

int
answers_count(const struct answers *a)
{
	return a->set->discover ? a->nfound : a->nhosts;
}

/* -- Output --------------------------------------------------------------- */

static void
line_out(struct answers *a, const struct buf *b)
{
	if (b->failed || fwrite(b->data, 1, b->len, stdout) != b->len ||
	    fflush(stdout) == EOF) {
		if (b->failed)
			errno = ENOMEM;
		a->failed = true;
	}
}

static const char *
interface_of(const struct answers *a, const struct dgram *d,
    char buf[IFACE_NAME_MAX])
{
	return iface_name(a->links, a->nlinks, d->ifindex, buf);
}

static void
json_word(struct buf *b, const char *key, const char *value)
{
	buf_adds(b, b->len == 0 ? "{" : ",");
	buf_json(b, key, strlen(key));
	buf_addc(b, ':');
	buf_json(b, value, strlen(value));
}

/* host_text - the address alone, but with a scope by name where it needs one */
static const char *
host_text(const struct answers *a, const struct dgram *d, char *buf,
    size_t size)
{
	struct ipaddr ip = d->peer;
	char name[IFACE_NAME_MAX];
	size_t n;

	ip.scope = 0;
	ipaddr_host(&ip, buf, size);
	n = strlen(buf);
	if (d->peer.scope != 0)
		snprintf(buf + n, size - n, "%%%s", interface_of(a, d, name));
	return buf;
}

/* who_text - "ADDRESS:PORT on INTERFACE" */
#define WHO_MAX		(IPADDR_TEXT_MAX + IFACE_NAME_MAX + 16)
static const char *
who_text(const struct answers *a, const struct dgram *d, char buf[WHO_MAX])
{
	char host[IPADDR_TEXT_MAX], name[IFACE_NAME_MAX];

	snprintf(buf, WHO_MAX, d->peer.family == AF_INET6 ? "[%s]:%u on %s" :
	    "%s:%u on %s", host_text(a, d, host, sizeof(host)),
	    (unsigned)d->peer.port, interface_of(a, d, name));
	return buf;
}

static void
print_answer(struct answers *a, const struct dgram *d)
{
	char host[IPADDR_TEXT_MAX], name[IFACE_NAME_MAX], shown[4096];
	char who[WHO_MAX];
	int64_t at = d->stamp != 0 ? d->stamp : clock_wall();
	double ms = (double)(at - a->asked_at) / NSEC_PER_MSEC;
	struct buf b = { 0 };
	struct text t;

	if (a->set->json) {
		json_word(&b, "address", host_text(a, d, host, sizeof(host)));
		buf_addf(&b, ",\"port\":%u", (unsigned)d->peer.port);
		json_word(&b, "interface", interface_of(a, d, name));
		buf_adds(&b, ",\"text\":");
		buf_json(&b, d->data, d->len);
		buf_addf(&b, ",\"rtt_ms\":%.3f}\n", ms);
	} else {
		text_init(&t, shown, sizeof(shown));
		text_addesc(&t, d->data, d->len);
		buf_addf(&b, "%s: %s (%.3f ms)\n", who_text(a, d, who), shown,
		    ms);
	}
	line_out(a, &b);
	buf_free(&b);
}

static void
print_service(struct answers *a, const struct dgram *d,
    const struct beacon_reply *r, const struct beacon_service *s)
{
	char host[IPADDR_TEXT_MAX], name[IFACE_NAME_MAX], port[32];
	struct buf b = { 0 };

	host_text(a, d, host, sizeof(host));
	if (a->set->json) {
		json_word(&b, "name", s->name);
		buf_addf(&b, ",\"port\":%u", (unsigned)s->port);
		json_word(&b, "protocol", s->protocol);
		json_word(&b, "address", host);
		json_word(&b, "interface", interface_of(a, d, name));
		json_word(&b, "host", r->host);
		json_word(&b, "host_address", r->address);
		json_word(&b, "host_interface", r->interface);
		buf_adds(&b, "}\n");
	} else {
		snprintf(port, sizeof(port), "%u/%s", (unsigned)s->port,
		    s->protocol);
		buf_addf(&b, "%-12s %-10s %-15s %-8s %s\n", s->name, port,
		    host, interface_of(a, d, name), r->host);
	}
	line_out(a, &b);
	buf_free(&b);
}

/* -- Memory --------------------------------------------------------------- */

static void
remember_host(struct answers *a, const struct ipaddr *peer)
{
	for (int i = 0; i < a->nhosts; i++)
		if (ipaddr_equal(&a->hosts[i], peer))
			return;
	if (a->nhosts < HOSTS_MAX)
		a->hosts[a->nhosts++] = *peer;
}

/* remember_service - whether it is a new one.  A host that is met by two ways
 * tells the same twice; which host it is its instance says. */
static bool
remember_service(struct answers *a, uint64_t instance,
    const struct beacon_service *s)
{
	struct found *f;

	for (int i = 0; i < a->nfound; i++)
		if (a->found[i].instance == instance &&
		    beacon_service_equal(&a->found[i].service, s))
			return false;
	if (a->nfound == FOUND_MAX)
		return false;
	f = &a->found[a->nfound++];
	f->instance = instance;
	f->service = *s;
	return true;
}

/* take_list - as answers_take.  Only a page with something new in it leads to
 * another, so that no host can keep us at it. */
static uint32_t
take_list(struct answers *a, const struct dgram *d)
{
	struct beacon_service s;
	struct beacon_reply r;
	uint32_t next, got = 0, fresh = 0;
	char who[WHO_MAX];
	const char *rest;

	if (beacon_reply_parse(&r, d->data, d->len, &rest) == -1 ||
	    r.id != a->id) {
		if (a->set->verbose)
			fprintf(stderr, "%s announces no servers\n",
			    who_text(a, d, who));
		return 0;
	}
	while (beacon_reply_next(&s, &rest, d->data + d->len)) {
		got++;
		if (!remember_service(a, r.instance, &s))
			continue;
		fresh++;
		print_service(a, d, &r, &s);
	}
	next = r.from + got;
	return fresh > 0 && next > r.from && next < r.total ? next : 0;
}

uint32_t
answers_take(struct answers *a, const struct dgram *d)
{
	a->heard++;
	remember_host(a, &d->peer);
	if (a->set->discover)
		return take_list(a, d);
	print_answer(a, d);
	return 0;
}

void
answers_summary(struct answers *a)
{
	struct buf b = { 0 };

	if (a->set->json || a->set->discover)
		return;
	buf_addf(&b, "sent %llu, answers %llu, hosts %d\n",
	    (unsigned long long)a->asked, (unsigned long long)a->heard,
	    a->nhosts);
	line_out(a, &b);
	buf_free(&b);
}
