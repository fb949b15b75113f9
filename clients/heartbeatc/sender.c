/*
 * The way to the monitor.  A host may have several addresses, of which one has
 * the monitor; a monitor is started later, or again; a name moves to another
 * address.  Nothing of that ends the beats.
 */
#include "heartbeatc.h"

#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/resolve.h"
#include "net/wait.h"
#include "wire/heartbeat.h"

/* A name is looked up again so soon where nobody takes the beats. */
#define TROUBLE_NS	(5 * NSEC_PER_SEC)
/* So long, ms, is the first answer of a name server waited for: without it
 * there is nothing to do, or a command that should begin. */
#define FIRST_MS	20000
#define FIRST_RUN_MS	5000
/* And the one that is under way at the end. */
#define LAST_LOOKUP_MS	500

/* -- Addresses ------------------------------------------------------------ */

/* wanted - of n addresses those of the family that was asked for. */
static int
wanted(const struct settings *set, struct addr *addrs, int n)
{
	struct resolve_peer peer = { .socktype = SOCK_DGRAM,
	    .ipv4 = set->ipv4, .ipv6 = set->ipv6 };

	return resolve_wanted(&peer, addrs, n);
}

/* name_place - HOST and PORT as one text, with the port in it always. */
static int
name_place(struct sender *s, const char *host, const char *port)
{
	const char *colon = strchr(host, ':');
	bool bare6 = *host != '[' && colon != NULL &&
	    strchr(colon + 1, ':') != NULL;
	bool has_port = port == NULL && !bare6 && (*host == '[' ?
	    strstr(host, "]:") != NULL : colon != NULL);
	struct ipaddr ip;
	size_t len;
	int n;

	if (port == NULL)
		port = HEARTBEAT_PORT;
	if (has_port)
		n = snprintf(s->where, sizeof(s->where), "%s", host);
	else
		n = snprintf(s->where, sizeof(s->where), bare6 ? "[%s]:%s" :
		    "%s:%s", host, port);
	if (n < 0 || (size_t)n >= sizeof(s->where)) {
		warnx("'%.60s...': the host is too long", host);
		return -1;
	}
	s->numeric = bare6 || *host == '[';
	len = strcspn(host, ":");
	if (!s->numeric && len < sizeof(s->text)) {
		memcpy(s->text, host, len);
		s->text[len] = '\0';
		s->numeric = ipaddr_parse(&ip, s->text) == 0;
	}
	return 0;
}

/* told_to_end - while a name server is waited for */
static void
told_to_end(void)
{
	if (signals_stop())
		net_wait_cancel(1);
}

/* first_lookup - how many addresses, or -1 and the user was told why, unless
 * it is that we were told to end. */
static int
first_lookup(struct sender *s)
{
	char why[256];
	int n;

	net_wait_set_interrupt(told_to_end);
	n = resolve_by(s->addrs, SENDER_ADDRS, s->where, NULL, SOCK_DGRAM,
	    clock_after_ms(s->set->run ? FIRST_RUN_MS : FIRST_MS), why,
	    sizeof(why));
	net_wait_set_interrupt(NULL);
	net_wait_cancel(0);
	if (n == -1 && errno != ECANCELED)
		warnx("%s", why);
	return n;
}

int
sender_open(struct sender *s, const struct settings *set, const char *host,
    const char *port)
{
	int n;

	memset(s, 0, sizeof(*s));
	s->set = set;
	s->fd = -1;
	s->looked = clock_mono();
	s->lookup_at = CLOCK_NEVER;
	if (name_place(s, host, port) == -1)
		return -1;
	if (!s->numeric && set->resolve_ms > 0)
		s->lookup_at = clock_after_ms(set->resolve_ms);
	n = first_lookup(s);
	if (n == -1)
		return -1;
	s->naddrs = wanted(set, s->addrs, n);
	if (s->naddrs > 0)
		return 0;
	warnx("'%s': no address of that family", s->where);
	return -1;
}

static void
hang_up(struct sender *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
}

void
sender_close(struct sender *s)
{
	struct addr none[SENDER_ADDRS];

	hang_up(s);
	/* one that hangs is left to the end of the process */
	if (s->lookup != NULL && net_wait_fd(lookup_fd(s->lookup), POLLIN,
	    clock_after_ms(LAST_LOOKUP_MS)) == 1)
		lookup_take(s->lookup, none);
	s->lookup = NULL;
}

const char *
sender_peer(const struct sender *s, char *buf, size_t size)
{
	if (s->naddrs == 0)
		snprintf(buf, size, "%s", s->where);
	else
		addr_text(&s->addrs[s->at], buf, size);
	return buf;
}

/* -- Trouble -------------------------------------------------------------- */

/* tell - what has changed for the worse, or the better. */
static void
tell(struct sender *s)
{
	char peer[SENDER_WHERE];

	if (s->trouble == s->told)
		return;
	sender_peer(s, peer, sizeof(peer));
	if (s->trouble == 0)
		warnx("%s: beats go through again", peer);
	else
		warnx("%s: %s; beating on", peer, strerror(s->trouble));
	s->told = s->trouble;
}

/* note_trouble - and have the name looked up again, it may have moved. */
static void
note_trouble(struct sender *s, int error)
{
	s->trouble = error;
	if (!s->numeric && s->set->resolve_ms > 0 &&
	    s->looked + TROUBLE_NS < s->lookup_at)
		s->lookup_at = s->looked + TROUBLE_NS;
}

/* -- Sending -------------------------------------------------------------- */

/* dial_at - a socket that hears of refusals; 0, or -1 with errno. */
static int
dial_at(struct sender *s)
{
	const struct addr *a = &s->addrs[s->at];

	s->fd = socket(a->sa.sa_family,
	    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd == -1)
		return -1;
	return connect(s->fd, &a->sa, a->len);
}

/*
 * attempt - to each address that was not tried with this datagram.  An error of
 * send(2) may be the answer to the one before, so that each is asked twice.
 */
static void
attempt(struct sender *s)
{
	int error = EHOSTUNREACH, again = 0;

	while (s->tried < s->naddrs) {
		if ((s->fd != -1 || dial_at(s) == 0) &&
		    send(s->fd, s->text, s->len, 0) != -1)
			return;
		error = errno;
		if (again++ == 0 && error == ECONNREFUSED)
			continue;
		again = 0;
		hang_up(s);
		s->tried++;
		if (s->tried < s->naddrs)
			s->at = (s->at + 1) % s->naddrs;
	}
	note_trouble(s, error);
}

/*
 * late_word - whether the last one was refused and nobody has heard of it yet,
 * for there was no time to wait between the two.
 */
static bool
late_word(struct sender *s)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (s->fd == -1 || getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error,
	    &len) == -1 || error == 0)
		return false;
	hang_up(s);
	if (s->naddrs == 1)
		note_trouble(s, error);
	s->at = (s->at + 1) % s->naddrs;
	return true;
}

void
sender_send(struct sender *s, const char *text, size_t len)
{
	/* nothing was said against the last one: it went */
	if (s->tried < s->naddrs && !late_word(s))
		s->trouble = 0;
	if (s->len > 0)
		tell(s);
	memcpy(s->text, text, len);
	s->len = len;
	s->tried = 0;
	attempt(s);
}

/* hear - of an error, or (nobody sends any) a datagram. */
static void
hear(struct sender *s)
{
	char nothing[64];

	while (recv(s->fd, nothing, sizeof(nothing), 0) != -1)
		continue;
	if (errno == EAGAIN || errno == EINTR)
		return;
	note_trouble(s, errno);
	hang_up(s);
	s->tried++;
	if (s->naddrs > 0)
		s->at = (s->at + 1) % s->naddrs;
	if (s->tried < s->naddrs)
		attempt(s);
	else
		tell(s);
}

/* -- Looking it up again -------------------------------------------------- */

/* take_addresses - new ones; the present one stays if it is among them. */
static void
take_addresses(struct sender *s, const struct addr *addrs, int n)
{
	struct addr now;
	char peer[SENDER_WHERE];

	now = s->addrs[s->at];
	memcpy(s->addrs, addrs, (size_t)n * sizeof(*addrs));
	for (int i = 0; s->naddrs > 0 && i < n; i++) {
		if (addrs[i].len != now.len ||
		    memcmp(&addrs[i].ss, &now.ss, now.len) != 0)
			continue;
		s->naddrs = n;
		s->at = i;
		return;
	}
	s->naddrs = n;
	s->at = 0;
	hang_up(s);
	if (s->set->verbose)
		warnx("%s is %s now", s->where, sender_peer(s, peer,
		    sizeof(peer)));
}

static void
looked_up(struct sender *s)
{
	struct addr addrs[SENDER_ADDRS];
	int n = lookup_take(s->lookup, addrs);

	s->lookup = NULL;
	s->looked = clock_mono();
	s->lookup_at = clock_after_ms(s->set->resolve_ms);
	if (n > 0)
		n = wanted(s->set, addrs, n);
	if (n > 0)
		take_addresses(s, addrs, n);
	if (s->trouble != 0)
		note_trouble(s, s->trouble);
}

static void
look_up(struct sender *s)
{
	if (s->lookup != NULL || clock_mono() < s->lookup_at)
		return;
	s->lookup = lookup_start(s->where);
	s->looked = clock_mono();
	if (s->lookup == NULL)
		s->lookup_at = clock_after_ms(s->set->resolve_ms);
}

void
sender_wait(struct sender *s, int64_t deadline)
{
	struct pollfd p[2] = { { .fd = s->fd, .events = POLLIN },
	    { .fd = -1, .events = POLLIN } };

	look_up(s);
	if (s->lookup != NULL)
		p[1].fd = lookup_fd(s->lookup);
	else if (s->lookup_at < deadline)
		deadline = s->lookup_at;
	if (net_wait(p, 2, deadline) <= 0)
		return;
	if (p[0].revents != 0)
		hear(s);
	if (p[1].revents != 0)
		looked_up(s);
}
