/*
 * A lookup in a thread of its own, which is waited for no longer than one
 * wants; see resolve.h.  The two share a job, and who is done with it last
 * frees it.
 */
#include "net/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/wait.h"

#define JOB_ADDRS	16

struct job {
	int		 holders;	/* atomic */
	int		 pipe[2];	/* [1] is closed when it is done */
	char		*text, *defport;
	int		 socktype, n;
	struct addr	 addrs[JOB_ADDRS];
	char		 why[256];
};

static void
let_go(struct job *job)
{
	if (__atomic_sub_fetch(&job->holders, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	free(job->text);
	free(job->defport);
	free(job);
}

static void *
work(void *ctx)
{
	struct job *job = ctx;
	int done = job->pipe[1];

	job->n = addr_resolve(job->addrs, JOB_ADDRS, job->text, job->defport,
	    0, job->socktype, job->why, sizeof(job->why));
	let_go(job);
	close(done);
	return NULL;
}

static struct job *
new_job(const char *text, const char *defport, int socktype)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	job->holders = 2;
	job->socktype = socktype;
	job->text = strdup(text);
	job->defport = defport == NULL ? NULL : strdup(defport);
	if (job->text != NULL && (defport == NULL || job->defport != NULL) &&
	    pipe2(job->pipe, O_CLOEXEC) == 0)
		return job;
	job->holders = 1;
	let_go(job);
	return NULL;
}

/* start - the thread, with every signal blocked: they are the program's */
static int
start(struct job *job)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&thread, &attr, work, job);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return error == 0 ? 0 : -1;
}

/* take - what has come of it; as resolve_by() */
static int
take(const struct job *job, struct addr *out, int max, char *why,
    size_t whylen)
{
	int n = job->n < max ? job->n : max;

	errno = 0;
	if (n > 0)
		memcpy(out, job->addrs, (size_t)n * sizeof(*out));
	else if (whylen > 0)
		snprintf(why, whylen, "%s", job->why);
	return n;
}

/* wait_for - 0, or -1 with errno: it was not done in time */
static int
wait_for(const struct job *job, int64_t deadline)
{
	int r, saved;

	do {
		r = net_wait_fd(job->pipe[0], POLLIN, deadline);
	} while (r == -1 && errno == EINTR);
	saved = r == 0 ? ETIMEDOUT : errno;
	net_wait_forget(job->pipe[0]);
	close(job->pipe[0]);
	errno = saved;
	return r > 0 ? 0 : -1;
}

int
resolve_by(struct addr *out, int max, const char *text, const char *defport,
    int socktype, int64_t deadline, char *why, size_t whylen)
{
	struct job *job;
	int n, saved;

	n = addr_resolve(out, max, text, defport, ADDR_NUMERIC, socktype, why,
	    whylen);
	if (n != -1)
		return n;
	job = deadline == CLOCK_NEVER ? NULL :
	    new_job(text, defport, socktype);
	if (job == NULL || start(job) == -1) {
		if (job != NULL) {
			close(job->pipe[0]);
			close(job->pipe[1]);
			job->holders = 1;
			let_go(job);
		}
		errno = 0;
		return addr_resolve(out, max, text, defport, 0, socktype, why,
		    whylen);
	}
	if (wait_for(job, deadline) == 0) {
		n = take(job, out, max, why, whylen);
		let_go(job);
		return n;
	}
	saved = errno;
	let_go(job);
	if (whylen > 0)
		snprintf(why, whylen, "'%s': %s", text, saved == ETIMEDOUT ?
		    "name not found in time: no name server answers" :
		    strerror(saved));
	errno = saved;
	return -1;
}

int
resolve_wanted(const struct resolve_peer *p, struct addr *a, int n)
{
	int family, kept = 0;

	for (int i = 0; i < n; i++) {
		family = a[i].sa.sa_family;
		if ((p->ipv4 && family == AF_INET6) ||
		    (p->ipv6 && family == AF_INET) ||
		    (p->socktype == SOCK_DGRAM && family == AF_UNIX))
			continue;
		a[kept++] = a[i];
	}
	return kept;
}

int
resolve_peer(struct addr *out, int max, const struct resolve_peer *p,
    int64_t deadline, char *why, size_t whylen)
{
	bool bare6 = p->port != NULL && strchr(p->host, ':') != NULL &&
	    *p->host != '[';
	char text[512];
	int n, found;

	n = snprintf(text, sizeof(text), bare6 ? "[%s]%s%s" : "%s%s%s",
	    p->host, p->port != NULL ? ":" : "",
	    p->port != NULL ? p->port : "");
	if (n < 0 || (size_t)n >= sizeof(text)) {
		snprintf(why, whylen, "'%.60s...': host is too long", p->host);
		errno = 0;
		return -1;
	}
	found = resolve_by(out, max, text, p->defport, p->socktype, deadline,
	    why, whylen);
	if (found <= 0)
		return -1;
	n = resolve_wanted(p, out, found);
	if (n > 0)
		return n;
	if (out[0].sa.sa_family == AF_UNIX)
		snprintf(why, whylen, "'%s': datagrams to a UNIX socket are "
		    "not supported", text);
	else
		snprintf(why, whylen, "'%s': no IPv%d address", text,
		    p->ipv4 ? 4 : 6);
	errno = 0;
	return -1;
}
