/*
 * A socket in words, for clients that are asked to say what they do.
 */
#include "net/ends.h"

#include <sys/socket.h>

#include <stdio.h>
#include <string.h>

static const char *
family_name(int family)
{
	switch (family) {
	case AF_INET:
		return "AF_INET";
	case AF_INET6:
		return "AF_INET6";
	case AF_UNIX:
		return "AF_UNIX";
	default:
		return "unknown";
	}
}

static const char *
type_name(int fd)
{
	int type;
	socklen_t len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == -1)
		return "unknown";
	return type == SOCK_STREAM ? "SOCK_STREAM" :
	    type == SOCK_DGRAM ? "SOCK_DGRAM" : "unknown";
}

/* text - of an address as getsockname(2) gave it; r is its result */
static void
text(const struct addr *a, int r, char *buf, size_t size)
{
	if (r == -1)
		snprintf(buf, size, "unknown");
	else
		addr_text(a, buf, size);
}

void
ends_of(int fd, struct ends *e)
{
	struct addr a;
	int r;

	memset(&a, 0, sizeof(a));
	a.len = sizeof(a.ss);
	r = getpeername(fd, &a.sa, &a.len);
	text(&a, r, e->peer, sizeof(e->peer));
	memset(&a, 0, sizeof(a));
	a.len = sizeof(a.ss);
	r = getsockname(fd, &a.sa, &a.len);
	text(&a, r, e->local, sizeof(e->local));
	e->family = family_name(r == -1 ? AF_UNSPEC : a.sa.sa_family);
	e->type = type_name(fd);
}
