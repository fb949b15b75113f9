/*
 * Looking a name up in a thread of its own: a resolver that does not answer
 * takes seconds, in which beats must go on.
 */
#include "heartbeatc.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lookup {
	pthread_t	 thread;
	int		 pipe[2];
	char		 where[SENDER_WHERE];
	struct addr	 addrs[SENDER_ADDRS];
	int		 naddrs;
};

static void *
work(void *ctx)
{
	struct lookup *l = ctx;
	char why[256];

	l->naddrs = addr_resolve(l->addrs, SENDER_ADDRS, l->where, NULL, 0,
	    SOCK_DGRAM, why, sizeof(why));
	close(l->pipe[1]);	/* which makes the other end readable */
	return NULL;
}

/* start_thread - with every signal blocked: they are the program's. */
static int
start_thread(struct lookup *l)
{
	sigset_t all, old;
	int result;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	result = pthread_create(&l->thread, NULL, work, l);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return result == 0 ? 0 : -1;
}

struct lookup *
lookup_start(const char *where)
{
	struct lookup *l = calloc(1, sizeof(*l));
	size_t n = strlen(where);

	if (l == NULL || n >= sizeof(l->where) ||
	    pipe2(l->pipe, O_CLOEXEC) == -1) {
		free(l);
		return NULL;
	}
	memcpy(l->where, where, n + 1);
	if (start_thread(l) == 0)
		return l;
	close(l->pipe[0]);
	close(l->pipe[1]);
	free(l);
	return NULL;
}

int
lookup_fd(const struct lookup *l)
{
	return l->pipe[0];
}

int
lookup_take(struct lookup *l, struct addr *out)
{
	int n;

	pthread_join(l->thread, NULL);
	close(l->pipe[0]);
	n = l->naddrs;
	if (n > 0)
		memcpy(out, l->addrs, (size_t)n * sizeof(*out));
	free(l);
	return n;
}
