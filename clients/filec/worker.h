/*
 * A worker process of filec is nothing without its parent.
 */
#ifndef FILEC_WORKER_H
#define FILEC_WORKER_H

#include <sys/types.h>

/* worker_bind - end with the parent, however that ends: its .part must not stay
 * locked when the next filec comes for it. */
void	worker_bind(pid_t parent);

#endif
