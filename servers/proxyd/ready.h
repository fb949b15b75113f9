/*
 * Answers made ready: what a plain request for what is fresh and hot gets, kept
 * by each process as it goes out.
 */
#ifndef PROXYD_READY_H
#define PROXYD_READY_H

#include "store.h"

struct ready;

/* ready_new - with room for so many bytes; NULL without memory. */
struct ready *ready_new(int64_t bytes);
void	ready_free(struct ready *);
/* ready_fits - x is a request that such an answer may be given to, whatever
 * its URL. */
bool	ready_fits(const struct exchange *);
/* ready_answer - if there is one for x->url; the exchange is then answered. */
bool	ready_answer(struct exchange *);
/* ready_keep - what x, which ready_fits(), has just been answered from st,
 * which is fresh, for those who ask next. */
void	ready_keep(struct exchange *, const struct stored *st);

#endif
