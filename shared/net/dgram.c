/*
 * Datagrams in batches, with recvmmsg(2) and sendmmsg(2).  Called by the UDP
 * side of serve/ and by clients.  All memory is taken when a port is made:
 * neither receiving nor sending allocates, and no call here waits.
 */
#include "net/dgram.h"

#include <arpa/inet.h>
#include <sys/uio.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/ancillary.h"
#include "net/left.h"
#include "net/wait.h"

/* A queue of answers holds this many bytes, one of the largest at least. */
#define OUT_BYTES	(DGRAM_BATCH * 2048)
_Static_assert(OUT_BYTES >= DGRAM_MAX, "a datagram must fit");

/* What UDP can carry: the length field of IPv4 counts its own header. */
#define UDP4_MAX	(65535 - 20 - 8)
#define UDP6_MAX	(65535 - 8)

union control {
	char		room[ANCILLARY_ROOM + LEFT_ASK_ROOM];
	struct cmsghdr	align;
};

/* One direction: the arrays that the two system calls take. */
struct batch {
	struct mmsghdr	 msg[DGRAM_BATCH];
	struct iovec	 iov[DGRAM_BATCH];
	struct addr	 addr[DGRAM_BATCH];
	union control	 control[DGRAM_BATCH];
	char		*mem;		/* the datagrams' bytes */
};

/* The one datagram of which is asked when it left. */
enum left { LEFT_OFF, LEFT_IDLE, LEFT_WANTED, LEFT_WAITING, LEFT_KNOWN };

struct dgram_port {
	int		 fd;
	size_t		 maxlen;
	uint64_t	 dropped;
	int		 queued;	/* messages in out */
	size_t		 used;		/* bytes in out.mem */
	int		 ngot;		/* in the last batch */
	enum left	 left;
	int64_t		 left_asked, left_at;	/* wall ns */
	struct batch	 in, out;
	struct dgram	 got[DGRAM_BATCH];
};

/*
 * dgram_port_new - 64 buffers of the longest datagram are 4 MiB, of which
 * memory is touched only where long ones do come.
 */
struct dgram_port *
dgram_port_new(int fd, size_t maxlen)
{
	struct dgram_port *p;
	int i;

	if (maxlen == 0 || maxlen > DGRAM_MAX) {
		errno = EINVAL;
		return NULL;
	}
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	p->fd = fd;
	p->maxlen = maxlen;
	p->in.mem = malloc(maxlen * DGRAM_BATCH);
	p->out.mem = malloc(OUT_BYTES);
	if (p->in.mem == NULL || p->out.mem == NULL) {
		free(p->in.mem);
		free(p->out.mem);
		free(p);
		errno = ENOMEM;
		return NULL;
	}
	for (i = 0; i < DGRAM_BATCH; i++) {
		p->in.iov[i].iov_base = p->in.mem + maxlen * (size_t)i;
		p->in.iov[i].iov_len = maxlen;
	}
	return p;
}

void
dgram_port_free(struct dgram_port *p)
{
	if (p == NULL)
		return;
	net_wait_forget(p->fd);
	close(p->fd);
	free(p->in.mem);
	free(p->out.mem);
	free(p);
}

int
dgram_port_fd(const struct dgram_port *p)
{
	return p->fd;
}

uint64_t
dgram_dropped(const struct dgram_port *p)
{
	return p->dropped;
}

struct dgram *
dgram_at(struct dgram_port *p, int i)
{
	return &p->got[i];
}

/* take - one received message as the caller sees it. */
static void
take(struct dgram *d, struct mmsghdr *m)
{
	struct msghdr *h = &m->msg_hdr;

	memset(d, 0, sizeof(*d));
	ipaddr_from(&d->peer, h->msg_name, h->msg_namelen);
	d->data = h->msg_iov->iov_base;
	d->len = m->msg_len;
	d->cut = (h->msg_flags & MSG_TRUNC) != 0;
	ancillary_take(d, h);
}

/* look_left - a stamp that is older than the question is of one that was asked
 * about before.  What nobody waits for is taken all the same, because it makes
 * poll(2) return.  1 where it is known now. */
static int
look_left(struct dgram_port *p)
{
	int64_t at;

	while (left_take(p->fd, &at))
		if (p->left == LEFT_WAITING && at >= p->left_asked) {
			p->left = LEFT_KNOWN;
			p->left_at = at;
			return 1;
		}
	return 0;
}

int
dgram_ask_left(struct dgram_port *p)
{
	if (p->ngot != 1 || (p->left == LEFT_OFF &&
	    left_enable(p->fd) == -1))
		return -1;
	p->left = LEFT_WANTED;
	return 0;
}

int
dgram_left(struct dgram_port *p, int64_t *at)
{
	if (p->left != LEFT_KNOWN)
		return 0;
	*at = p->left_at;
	p->left = LEFT_IDLE;
	return 1;
}

int
dgram_recv(struct dgram_port *p)
{
	struct msghdr *h;
	int error, i, looked, n;

	for (i = 0; i < DGRAM_BATCH; i++) {
		h = &p->in.msg[i].msg_hdr;
		h->msg_name = &p->in.addr[i].ss;
		h->msg_namelen = sizeof(p->in.addr[i].ss);
		h->msg_iov = &p->in.iov[i];
		h->msg_iovlen = 1;
		h->msg_control = &p->in.control[i];
		h->msg_controllen = sizeof(p->in.control[i]);
	}
	looked = p->left == LEFT_WAITING && look_left(p);
	n = recvmmsg(p->fd, p->in.msg, DGRAM_BATCH, MSG_DONTWAIT, NULL);
	p->ngot = n;
	if (n == -1) {
		error = errno;
		if (p->left != LEFT_OFF && !looked)
			look_left(p);
		errno = error;
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	}
	for (i = 0; i < n; i++)
		take(&p->got[i], &p->in.msg[i]);
	return n;
}

/* is_many - multicast, broadcast, or no address at all. */
static int
is_many(const struct ipaddr *ip)
{
	static const uint8_t zero[16];

	if (ip->family == AF_INET)	/* 0/8, 224/4, 240/4: RFC 6890 */
		return ip->ip[0] == 0 || ip->ip[0] >= 224;
	if (ip->family == AF_INET6)
		return ip->ip[0] == 0xff || memcmp(ip->ip, zero, 16) == 0;
	return 1;
}

int
dgram_send(struct dgram_port *p, const struct ipaddr *peer,
    const struct ipaddr *local, const void *data, size_t len)
{
	struct msghdr *h;
	int i;

	if (len > (peer != NULL && peer->family == AF_INET6 ?
	    UDP6_MAX : UDP4_MAX)) {
		errno = EMSGSIZE;
		return -1;
	}
	if (p->queued == DGRAM_BATCH || p->used + len > OUT_BYTES)
		dgram_flush(p);
	i = p->queued++;
	p->out.iov[i].iov_base = p->out.mem + p->used;
	p->out.iov[i].iov_len = len;
	if (len > 0)
		memcpy(p->out.mem + p->used, data, len);
	p->used += len;
	h = &p->out.msg[i].msg_hdr;
	memset(h, 0, sizeof(*h));
	h->msg_iov = &p->out.iov[i];
	h->msg_iovlen = 1;
	if (peer != NULL) {
		addr_from_ip(&p->out.addr[i], peer);
		h->msg_name = &p->out.addr[i].ss;
		h->msg_namelen = p->out.addr[i].len;
		if (local != NULL && local->family == peer->family &&
		    !is_many(local))
			ancillary_source(h, &p->out.control[i], local);
	}
	if (p->left == LEFT_WANTED) {
		left_ask(h, &p->out.control[i]);
		p->left = LEFT_WAITING;
		p->left_asked = clock_wall();
	}
	return 0;
}

int
dgram_reply(struct dgram_port *p, const struct dgram *d, const void *data,
    size_t len)
{
	return dgram_send(p, &d->peer, d->many ? NULL : &d->local, data, len);
}

/*
 * dgram_flush - sendmmsg stops at the first message that fails, and only a
 * message that is first in its call tells why.  An error that an earlier
 * datagram brought back (ICMP, on a connected socket) is told once and has
 * nothing to do with this message, which is then tried again.
 */
void
dgram_flush(struct dgram_port *p)
{
	int again = 0, i = 0, n;

	while (i < p->queued) {
		n = sendmmsg(p->fd, p->out.msg + i, p->queued - i,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			i += n;
			again = 0;
		} else if ((errno == EINTR || errno == ECONNREFUSED) &&
		    again++ < 3)
			continue;
		else {
			p->dropped++;
			i++;
			again = 0;
		}
	}
	p->queued = 0;
	p->used = 0;
}

/*
 * dgram_bad_source - as inetd's dg_badinput.  A subnet's broadcast address as a
 * source does not get past the kernel, which takes it for a martian.
 */
int
dgram_bad_source(const struct ipaddr *ip, const uint16_t *ports, size_t n)
{
	/* none, echo, daytime, quote, chargen, time, dns, tftp, ntp */
	static const uint16_t answer[] = { 0, 7, 13, 17, 19, 37, 53, 69, 123 };
	size_t i;

	if (is_many(ip))
		return 1;
	for (i = 0; i < sizeof(answer) / sizeof(answer[0]); i++)
		if (ip->port == answer[i])
			return 1;
	for (i = 0; i < n; i++)
		if (ip->port == ports[i])
			return 1;
	return 0;
}
