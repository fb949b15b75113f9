/*
 * The entries that filed's table names.
 */
#ifndef FILED_SESSION_H
#define FILED_SESSION_H

#include "net/conn.h"
#include "serve/serve.h"

enum conn_fate	filed_session(struct conn *, void *);
void	filed_closed(struct conn *, void *);
void	filed_refuse(struct conn *, void *, enum serve_refusal);

#endif
