/*
 * beacond: says `I am here` to whoever asks, by broadcast, by IPv6 multicast or
 * directly, prints what it gets, and tells neighbours which servers its host
 * announces.  It must never answer what may be another beacon's answer, nor let
 * strangers beyond its own networks make it answer a neighbour.
 */
#include <sys/random.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "announce.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/outlet.h"
#include "net/iface.h"
#include "serve/serve.h"
#include "wire/beacon.h"

#define DATAGRAM_MAX	8192	/* bytes; of a longer one the rest is lost */
#define LINE_BYTES	2048	/* of a printed line: one write to a pipe */
#define RATE		100	/* datagrams a second of a source */
#define ALLOW_MAX	64
#define LINKS_NS	(5 * NSEC_PER_SEC)	/* interfaces are looked at */

struct settings {
	struct opt_list	 announce, allow;
	char		*services;
	char		*name;
	bool		 quiet;

	struct cidr	 nets[ALLOW_MAX];	/* of allow */
	size_t		 nnets;
	struct announced announced;
	struct beacon_reply reply;	/* what is the same in all of them */
	int		 member;	/* of the group; -1: no IPv6 */
	struct iface	 links[IFACES_MAX];
	int		 nlinks;
	int64_t		 links_at;	/* monotonic ns; when they were read */
};

/* -- Interfaces ----------------------------------------------------------- */

static void
read_links(struct settings *set)
{
	int n = iface_list(set->links, IFACES_MAX);

	set->links_at = clock_coarse();
	set->nlinks = n == -1 ? 0 : n;
	if (n == -1)
		log_warn("interfaces");
}

/* join - the group on every interface that has IPv6.  A socket that has joined
 * already is told so, and stays; one interface's failure is not the others'. */
static void
join(struct settings *set)
{
	struct ipv6_mreq m;
	const struct iface *f;
	int i;

	if (set->member == -1 ||
	    inet_pton(AF_INET6, BEACON_GROUP, &m.ipv6mr_multiaddr) != 1)
		return;
	for (i = 0; i < set->nlinks; i++) {
		f = &set->links[i];
		if (f->addr.family != AF_INET6 ||
		    (f->flags & IFF_MULTICAST) == 0)
			continue;
		m.ipv6mr_interface = (unsigned int)f->index;
		if (setsockopt(set->member, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP,
		    &m, sizeof(m)) == -1 && errno != EADDRINUSE)
			log_debug("%s: joining the group: %s", f->name,
			    strerror(errno));
	}
}

/*
 * beacond_timer - interfaces come and go.  The group is joined by a socket that
 * is there for nothing else: the kernel gives what comes for a group that the
 * host is in to every socket of that port (IPV6_MULTICAST_ALL), however many
 * --listen addresses there are.
 */
static int64_t
beacond_timer(struct dgram_port *port, int64_t now, void *ctx)
{
	struct settings *set = ctx;

	(void)port;
	read_links(set);
	join(set);
	return now + LINKS_NS;
}

/* link_of - ours, whose network the sender is in; NULL: beyond all of them. */
static const struct iface *
link_of(struct settings *set, const struct dgram *d)
{
	const struct iface *f = iface_on_link(set->links, set->nlinks,
	    d->ifindex, &d->peer);

	/* It may have got its address a moment ago. */
	if (f == NULL && clock_coarse() - set->links_at > NSEC_PER_SEC) {
		read_links(set);
		f = iface_on_link(set->links, set->nlinks, d->ifindex,
		    &d->peer);
	}
	return f;
}

static bool
is_allowed(const struct settings *set, const struct ipaddr *peer)
{
	for (size_t i = 0; i < set->nnets; i++)
		if (cidr_has(&set->nets[i], peer))
			return true;
	return false;
}

/* -- Datagrams ------------------------------------------------------------ */

/* print - "PEER on IF, sent to ADDRESS: text", and what is special about it */
static void
print(const struct settings *set, const struct dgram *d, const char *note)
{
	char line[LINE_BYTES], peer[IPADDR_TEXT_MAX], local[IPADDR_TEXT_MAX];
	char name[IFACE_NAME_MAX];
	size_t len = d->len;
	struct text t;

	if (set->quiet)
		return;
	while (len > 0 && strchr(" \r\n", d->data[len - 1]) != NULL &&
	    d->data[len - 1] != '\0')
		len--;
	text_init(&t, line, sizeof(line) - 64);
	text_addf(&t, "%s on %s, sent to %s: ",
	    ipaddr_text(&d->peer, peer, sizeof(peer)),
	    iface_name(set->links, set->nlinks, d->ifindex, name),
	    ipaddr_host(&d->local, local, sizeof(local)));
	text_addesc(&t, d->data, len);
	if (t.cut || d->cut)
		t.len += (size_t)sprintf(line + t.len, "[...]");
	t.len += (size_t)sprintf(line + t.len, "%s\n", note);
	outlet_print(line, t.len);
}

/* answer - from our address on the interface where it came in, and by that
 * interface: what it was sent to may be everybody's address. */
static void
answer(struct dgram_port *port, const struct dgram *d, const struct iface *link,
    const void *data, size_t len)
{
	struct ipaddr from;

	if (d->many && link != NULL && link->addr.family == AF_INET) {
		from = link->addr;
		from.scope = (uint32_t)link->index;
		dgram_send(port, &d->peer, &from, data, len);
	} else
		dgram_reply(port, d, data, len);
	serve_count_request();
}

/* answer_list - which servers there are: never longer than the request. */
static void
answer_list(struct dgram_port *port, const struct dgram *d,
    const struct iface *link, const struct beacon_request *request,
    struct settings *set)
{
	struct beacon_reply *r = &set->reply;
	struct ipaddr at = d->many && link != NULL ? link->addr : d->local;
	char out[DATAGRAM_MAX], name[IFACE_NAME_MAX];
	size_t n;

	announced_refresh(&set->announced);
	at.scope = 0;
	r->id = request->id;
	r->from = request->from;
	ipaddr_host(&at, r->address, sizeof(r->address));
	snprintf(r->interface, sizeof(r->interface), "%s",
	    iface_name(set->links, set->nlinks, d->ifindex, name));
	n = beacon_reply_put(out, d->len, r, set->announced.v,
	    set->announced.n);
	if (n > 0)
		answer(port, d, link, out, n);
}

static void
beacond_datagram(struct dgram_port *port, struct dgram *d, void *ctx)
{
	struct settings *set = ctx;
	const struct iface *link = link_of(set, d);
	struct beacon_request request;
	char here[BEACON_HERE_MAX];

	if (beacon_is_answer(d->data, d->len)) {
		print(set, d, " (an answer: not answered)");
		return;
	}
	/* Else whoever forges a source has all of a network answer it. */
	if (d->many && link == NULL) {
		print(set, d, " (from another network: not answered)");
		return;
	}
	print(set, d, "");
	if (!d->cut && (link != NULL || is_allowed(set, &d->peer)) &&
	    beacon_request_parse(&request, d->data, d->len) == 0)
		answer_list(port, d, link, &request, set);
	else
		answer(port, d, link, here, beacon_here(here, d->data,
		    d->cut ? 0 : d->len));
}

/* -- Settings ------------------------------------------------------------- */

static int
set_announced(struct settings *set, char *why, size_t whylen)
{
	const struct opt_list *l = &set->announce;
	struct beacon_service s;

	for (size_t i = 0; i < l->n; i++) {
		if (beacon_service_parse(&s, l->v[i], strlen(l->v[i])) == -1) {
			snprintf(why, whylen, "--announce: '%.100s' is not a "
			    "server; allowed: NAME=PORT/PROTOCOL, as "
			    "httpd=8080/tcp", l->v[i]);
			return SETUP_USAGE;
		}
		if (announced_add(&set->announced, &s) == -1) {
			snprintf(why, whylen, "--announce: more than %d",
			    BEACON_SERVICES_MAX);
			return SETUP_USAGE;
		}
	}
	return 0;
}

static int
set_allowed(struct settings *set, char *why, size_t whylen)
{
	const struct opt_list *l = &set->allow;

	for (size_t i = 0; i < l->n; i++) {
		if (set->nnets == ALLOW_MAX) {
			snprintf(why, whylen, "--allow: more than %d",
			    ALLOW_MAX);
			return SETUP_USAGE;
		}
		if (cidr_parse(&set->nets[set->nnets++], l->v[i]) == -1) {
			snprintf(why, whylen, "--allow: '%.100s' is not a "
			    "network; allowed: ADDRESS or ADDRESS/BITS",
			    l->v[i]);
			return SETUP_USAGE;
		}
	}
	return 0;
}

/* set_name - what the host is called in lists. */
static int
set_name(struct settings *set, char *why, size_t whylen)
{
	char *host = set->reply.host;

	if (set->name == NULL) {
		/* One that is too long is cut, or not said. */
		if (gethostname(host, BEACON_WORD_MAX) == -1)
			host[0] = '\0';
		host[BEACON_WORD_MAX - 1] = '\0';
		return 0;
	}
	if (!beacon_word_ok(set->name, strlen(set->name))) {
		snprintf(why, whylen, "--name: '%.100s' is not a name; "
		    "allowed: at most %d bytes, without spaces and '='",
		    set->name, BEACON_WORD_MAX - 1);
		return SETUP_USAGE;
	}
	snprintf(host, BEACON_WORD_MAX, "%s", set->name);
	return 0;
}

/* set_instance - drawn once in the life of the server: a reload is no other
 * host. */
static int
set_instance(struct settings *set, char *why, size_t whylen)
{
	uint64_t *instance = serve_shared("instance", sizeof(*instance));

	if (instance == NULL || (*instance == 0 &&
	    getrandom(instance, sizeof(*instance), 0) !=
	    (ssize_t)sizeof(*instance))) {
		snprintf(why, whylen, "%s", strerror(errno));
		return -1;
	}
	set->reply.instance = *instance;
	return 0;
}

static void
beacond_teardown(void *ctx)
{
	struct settings *set = ctx;

	announced_close(&set->announced);
	if (set->member != -1)
		close(set->member);
	set->member = -1;
}

static int
beacond_setup(void *ctx, const struct opt_operands *op,
    struct serve_needs *needs, char *why, size_t whylen)
{
	struct settings *set = ctx;
	int result;

	(void)op;
	set->member = set->announced.dir = -1;
	if ((result = set_announced(set, why, whylen)) != 0 ||
	    (result = set_allowed(set, why, whylen)) != 0 ||
	    (result = set_name(set, why, whylen)) != 0 ||
	    (result = set_instance(set, why, whylen)) != 0)
		return result;
	needs->read_dirs[0] = set->services;
	if (set->services != NULL &&
	    announced_open(&set->announced, set->services) == -1) {
		snprintf(why, whylen, "--services: %.200s: %s", set->services,
		    strerror(errno));
		beacond_teardown(set);
		return -1;
	}
	set->member = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return 0;
}

#define FIELD(f)	offsetof(struct settings, f)

static const struct opt options[] = {
	{ .name = "announce", .letter = 'a', .kind = OPT_LIST,
	    .offset = FIELD(announce), .arg = "NAME=PORT/PROTOCOL",
	    .help = "a server of this host, for --discover (repeat)" },
	{ .name = "services", .kind = OPT_STRING, .offset = FIELD(services),
	    .arg = "DIR", .help = "announce what the files in DIR list" },
	{ .name = "name", .letter = 'n', .kind = OPT_STRING,
	    .offset = FIELD(name), .arg = "NAME",
	    .help = "what lists call this host (default: its name)" },
	{ .name = "allow", .kind = OPT_LIST, .offset = FIELD(allow),
	    .arg = "NETWORK",
	    .help = "tell servers to this network too (repeat)" },
	{ .name = "quiet", .letter = 'q', .kind = OPT_FLAG,
	    .offset = FIELD(quiet), .help = "do not print what comes" },
};

static const struct server beacond = {
	.name = "beacond",
	.summary = "answer broadcasts, and say which servers are here",
	.synopsis = "[options]",
	.address = "*:" BEACON_PORT,
	.model = MODEL_FORK,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.settings_size = sizeof(struct settings),
	.setup = beacond_setup,
	.teardown = beacond_teardown,
	.datagram = beacond_datagram,
	.timer = beacond_timer,
	.dgram_max = DATAGRAM_MAX,
	.dgram_rate = RATE,
	/* Each socket of a port gets a copy of every broadcast. */
	.dgram_stateful = 1,
};

int
main(int argc, char **argv)
{
	return serve_main(&beacond, argc, argv);
}
