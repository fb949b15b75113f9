/*
 * A bad network on purpose: answers that are lost, late, doubled, out of order
 * or damaged, with chances that a seed makes repeatable.  Called by pingd for
 * each request and answer where any fault is asked for.
 */
#ifndef PINGD_FAULTS_H
#define PINGD_FAULTS_H

#include <stddef.h>
#include <stdint.h>

#include "net/dgram.h"

struct faults_conf {
	double	loss, loss_down;	/* per cent, as all of these */
	double	duplicate, reorder, corrupt;
	int64_t	delay_ms, jitter_ms;
	char	*seed;			/* a number; NULL: another each time */
};

struct faults;

/* What waits for its time: so many answers and so many bytes at most; what
 * would be more is lost, as in a router. */
#define FAULTS_HELD	4096
#define FAULTS_BYTES	(8 * 1024 * 1024)

/* faults_wanted - does conf ask for any? */
int	faults_wanted(const struct faults_conf *);
/* faults_new - NULL with errno; faults_start: in the process that will use it,
 * whose number makes its chances its own. */
struct faults	*faults_new(const struct faults_conf *, uint64_t seed);
void	faults_start(struct faults *, int process);
void	faults_free(struct faults *);

/* faults_lose - is this request lost on its way to us? */
int	faults_lose(struct faults *);
/* faults_answer - send, or hold, or lose the answer to d; data may be
 * damaged.  1 where it has to wait for faults_timer. */
int	faults_answer(struct faults *, struct dgram_port *,
	    const struct dgram *d, char *data, size_t len);
/* faults_due - when the next answer held must go: monotonic ns, CLOCK_NEVER. */
int64_t	faults_due(const struct faults *);
/* faults_timer - send what is due at now; when to come back. */
int64_t	faults_timer(struct faults *, int64_t now);

#endif
