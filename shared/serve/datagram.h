/*
 * The UDP side of a server, as steps for a loop: the child that serves
 * datagrams has one of its own, the single model puts them into its.
 */
#ifndef SERVE_DATAGRAM_H
#define SERVE_DATAGRAM_H

#include <poll.h>
#include <stdint.h>

struct core;

/* datagrams_open - ports for this process's sockets; 0 or -1 (logged). */
int	datagrams_open(struct core *);
void	datagrams_close(struct core *);
/* datagrams_poll - what to wait for; how many. */
int	datagrams_poll(const struct core *, struct pollfd *, int max);
/* datagrams_ready - port i has something: hand it to the service. */
void	datagrams_ready(struct core *, int i);
/* datagrams_timer - run the service's timer if it is due; when to come back
 * (monotonic ns, CLOCK_NEVER). */
int64_t	datagrams_timer(struct core *);

#endif
