/*
 * Whose request it is, where a proxy that we trust brought it.
 */
#ifndef HTTPD_FORWARDED_H
#define HTTPD_FORWARDED_H

#include "request.h"

/*
 * forwarded_client - set r->client from X-Forwarded-For or Forwarded (RFC
 * 7239) if the peer is in --trust-forwarded: the last address in it that is
 * not trusted itself.
 */
void	forwarded_client(struct request *);

#endif
