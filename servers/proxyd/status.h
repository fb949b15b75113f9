/*
 * What the proxy says about itself: /server-status for people and programs,
 * /metrics for Prometheus; and the counters that they are made of.
 */
#ifndef PROXYD_STATUS_H
#define PROXYD_STATUS_H

#include <stdbool.h>

struct counters;
struct exchange;

/* counters_open - shared by all processes; NULL with errno. */
struct counters *counters_open(void);
/* counters_add - one exchange that is over. */
void	counters_add(struct counters *, const struct exchange *);

/* status_wanted - the request is for one of these pages, not for an origin:
 * its target is a path, and the pages are on. */
bool	status_wanted(const struct exchange *);
/* status_answer - the page, or 403 to whom it is not shown. */
void	status_answer(struct exchange *);

#endif
