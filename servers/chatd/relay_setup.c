/*
 * What --relay needs before anything forks.  Called by setup, at each reload
 * too: the hub's id stays, for the others know it by that.
 */
#include "relay.h"

#include <sys/random.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* name_hub - what was asked for, or what this machine is called. */
static int
name_hub(struct settings *set, char *why, size_t whylen)
{
	char host[256] = "";

	if (set->relay_name == NULL) {
		gethostname(host, sizeof(host) - 1);
		host[strcspn(host, ".")] = '\0';
		host[HUB_NAME_SIZE - 1] = '\0';
		if (!packet_name_fits(host))
			snprintf(host, sizeof(host), "hub");
	} else {
		snprintf(host, sizeof(host), "%s", set->relay_name);
	}
	if (!packet_name_fits(host)) {
		snprintf(why, whylen, "--relay-name: '%.100s' is not a name; "
		    "allowed: 1 to %d letters, digits, dots and dashes", host,
		    HUB_NAME_SIZE - 1);
		return SETUP_USAGE;
	}
	snprintf(set->hub_name, sizeof(set->hub_name), "%.*s",
	    HUB_NAME_SIZE - 1, host);
	return 0;
}

/* name_id - a new number, and from now on what is said here is told. */
static int
make_id(struct hub *h)
{
	struct shared *s = &h->relay;

	while (s->id == 0) {
		atomic_store(&s->said, ring_next(&h->ring) - 1);
		atomic_store(&s->passed, ring_next(&h->ring) - 1);
		if (getrandom(&s->id, sizeof(s->id), 0) !=
		    (ssize_t)sizeof(s->id))
			return -1;
	}
	return 0;
}

int
relay_setup(struct settings *set, char *why, size_t whylen)
{
	int result;

	if (set->relay_url == NULL)
		return 0;
	if (set->p2p) {
		snprintf(why, whylen, "--relay: not with --p2p");
		return SETUP_USAGE;
	}
	if ((result = name_hub(set, why, whylen)) != 0)
		return result;
	set->relay = calloc(1, sizeof(*set->relay));
	if (set->relay == NULL || make_id(set->hub) == -1) {
		snprintf(why, whylen, "--relay: out of memory");
		return -1;
	}
	return link_target_parse(set->relay, set->relay_url, set->relay_ca,
	    why, whylen);
}
