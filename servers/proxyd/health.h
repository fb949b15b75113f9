/*
 * Whether the origins of a reverse proxy are well: asked at intervals
 * (--health-path), beside what connections to them show.
 */
#ifndef PROXYD_HEALTH_H
#define PROXYD_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct health;
struct proxyd;

/* health_open - shared by all processes; all are well.  NULL with errno. */
struct health *health_open(void);
/* health_up - what the ith origin's looks have shown. */
bool	health_up(const struct health *, size_t i);
/* health_idle - look, if it is time to; ms until it is, -1: never. */
int64_t	health_idle(struct proxyd *);
/* health_leave - the same, by a process that has served its connection. */
void	health_leave(struct proxyd *);

#endif
