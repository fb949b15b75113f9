/*
 * The parts of the parent: parent.c is its loop, children.c keeps the number
 * and kind of children right, reload.c changes the configuration.
 */
#ifndef SERVE_PARENT_H
#define SERVE_PARENT_H

#include <poll.h>

struct core;

/* children.c */
void	parent_reap(struct core *);
void	parent_maintain(struct core *, int second_has_passed);
int	parent_children(const struct core *);
/* parent_listeners - those that the parent accepts from now; how many. */
int	parent_listeners(struct core *, struct pollfd *);
void	parent_accept(struct core *, int listener);

/* reload.c */
void	parent_reload(struct core *);
void	parent_reopen(struct core *);
/* single_reload - for the process that is alone; was the configuration
 * changed? */
int	single_reload(struct core *);

#endif
